"""The table of a zone against the zone database."""

from bisect import bisect_right
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurekit.plan.time_zones import offset_transitions

ZONES = [
    "UTC",
    "America/New_York",
    "Europe/Dublin",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Caracas",
]
SECONDS = st.integers(
    int(datetime(1900, 1, 2, tzinfo=UTC).timestamp()),
    int(datetime(2099, 12, 30, tzinfo=UTC).timestamp()),
)


def offset(zone: str, second: int) -> int:
    transitions, offsets = offset_transitions(zone)
    return offsets[bisect_right(transitions, second)]


def expected(zone: str, second: int) -> int:
    moment = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone))
    return round(moment.utcoffset().total_seconds())


@given(st.sampled_from(ZONES), SECONDS)
def test_any_instant(zone: str, second: int) -> None:
    assert offset(zone, second) == expected(zone, second)


@pytest.mark.parametrize("zone", ZONES)
def test_both_sides_of_every_transition(zone: str) -> None:
    for instant in offset_transitions(zone)[0]:
        for second in (instant - 1, instant, instant + 1):
            assert offset(zone, second) == expected(zone, second)
