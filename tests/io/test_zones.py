"""Local times at and around the transitions of a zone agree with zoneinfo."""

import datetime as dt
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from featurekit.io.zones import late_offsets, local_to_utc

EPOCH = dt.datetime(1970, 1, 1)
MICRO = dt.timedelta(microseconds=1)
YEAR_2037 = (dt.datetime(2037, 1, 1) - EPOCH) // MICRO


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Asia/Gaza"]
)
def test_around_transitions_from_2037_on(zone):
    starts, offsets = late_offsets(zone)
    zoneinfo = ZoneInfo(zone)
    times = [
        EPOCH + (int(start) + int(offset)) * MICRO + dt.timedelta(minutes=minutes)
        for start, offset in zip(starts[1:200], offsets[:199], strict=True)
        for minutes in (-91, -60, -59, -30, -1, 0, 1, 29, 30, 59, 60, 91)
    ]
    local = [(time - EPOCH) // MICRO for time in times]
    early, late = local_to_utc(pa.array(local), zone)
    seen = 0
    for time, first, last in zip(
        times, early.to_pylist(), late.to_pylist(), strict=True
    ):
        pair = {
            (time - time.replace(tzinfo=zoneinfo, fold=fold).utcoffset() - EPOCH)
            // MICRO
            for fold in (0, 1)
        }
        assert (first == last) == (len(pair) == 1), time
        assert {first, last} == pair, time
        seen += len(pair) == 2
    assert seen > 300


def test_the_calendar_repeats_after_400_years():
    cycle = 146_097 * 86_400_000_000
    local = [YEAR_2037 + cycle + day * 86_400_000_000 for day in range(0, 1000, 7)]
    near, _ = local_to_utc(pa.array(local), "America/New_York")
    far, _ = local_to_utc(pa.array([t + 50 * cycle for t in local]), "America/New_York")
    assert [t + 50 * cycle for t in near.to_pylist()] == far.to_pylist()


def test_nulls_stay_and_fixed_offsets_and_unknown_zones():
    early, late = local_to_utc(pa.array([None, YEAR_2037 * 2, 0]), "Europe/Paris")
    assert early.equals(late)
    assert early.null_count == 1
    early, _ = local_to_utc(pa.array([YEAR_2037 * 2]), "+05:30")
    assert early.to_pylist() == [YEAR_2037 * 2 - 19_800_000_000]
    for value in (0, YEAR_2037 * 2):
        with pytest.raises(KeyError, match="No/Where"):
            local_to_utc(pa.array([value]), "No/Where")
