"""Local wall-clock time to UTC, also after 2037.

Arrow's zone functions stop daylight saving time in 2037, where the explicit part of
the zone database ends (seen in pyarrow 25 against ``zoneinfo``: New York in April
2038 is one hour off). Up to 2036 Arrow is used; from 2037 on a table of transitions
that ``zoneinfo`` gives, extended by the 400 years after which the calendar repeats.
"""

import datetime as dt
import functools
import re
import zoneinfo
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_SECOND = 1_000_000
_LATE = 2_114_380_800 * _SECOND  # 2037-01-01
_CYCLE = 146_097 * 86_400 * _SECOND  # 400 years: whole weeks, same leap years
# Some zones list explicit transitions until 2087, so the last cycle is the one that
# repeats for good.
_REPEATS = _LATE + _CYCLE
_WEEK = 7 * 86_400
_FIXED = re.compile(r"[+-]\d\d:?\d\d")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def local_to_utc(local: pa.Array, timezone: str) -> tuple[pa.Array, pa.Array]:
    """The earliest and the latest instant that a local time may mean.

    Args:
        local: int64 microseconds of the wall clock since 1970-01-01 00:00, at least
            two days from the ends of int64.
        timezone: An IANA name, or a fixed offset such as "+05:30".

    Returns:
        Two int64 arrays of microseconds since the Unix epoch in UTC. They are equal
        where the clock showed the time exactly once, and differ where it showed it
        twice or never. Nulls stay nulls.

    Raises:
        KeyError: the zone is not known.
    """
    late = pc.greater_equal(local, _LATE - 2 * 86_400 * _SECOND)
    fixed = _FIXED.fullmatch(timezone) is not None
    if fixed or not pc.any(late).as_py():
        return _by_arrow(local, timezone)
    nothing = pa.scalar(None, pa.int64())
    sooner = _by_arrow(pc.if_else(late, nothing, local), timezone)
    later = _by_table(local.filter(late), timezone)
    return (
        pc.replace_with_mask(sooner[0], late.fill_null(False), later[0]),
        pc.replace_with_mask(sooner[1], late.fill_null(False), later[1]),
    )


def _by_arrow(local: pa.Array, timezone: str) -> tuple[pa.Array, pa.Array]:
    naive = local.cast(pa.timestamp("us"))
    try:
        early, late = (
            pc.assume_timezone(naive, timezone, ambiguous=side, nonexistent=side)
            for side in ("earliest", "latest")
        )
    except pa.ArrowInvalid as error:
        raise KeyError(timezone) from error
    return early.cast(pa.int64()), late.cast(pa.int64())


def _by_table(local: pa.Array, timezone: str) -> tuple[pa.Array, pa.Array]:
    starts, offsets = late_offsets(timezone)
    exact = local.to_numpy(zero_copy_only=False)
    cycles = np.maximum(exact - _REPEATS, 0) // _CYCLE * _CYCLE
    exact = exact - cycles
    # Reading the clock with the offsets in force a day before and a day after gives
    # the only two candidates, as transitions are more than two days apart.
    day = 86_400 * _SECOND
    candidates = []
    for shift in (-day, day):
        position = np.searchsorted(starts, exact + shift, side="right") - 1
        candidates.append(exact - offsets[np.maximum(position, 0)])
    # A candidate is an instant if the clock shows the local time then.
    shown = [
        instant + _offset_at(instant, starts, offsets) == exact
        for instant in candidates
    ]
    before, after = candidates
    early = np.where(shown[0] | ~shown[1], before, after)
    late = np.where(shown[1] | ~shown[0], after, before)
    return pa.array(early + cycles), pa.array(late + cycles)


def _offset_at(instants: Any, starts: Any, offsets: Any) -> Any:
    position = np.searchsorted(starts, instants, side="right") - 1
    return offsets[np.maximum(position, 0)]


@functools.lru_cache(maxsize=64)
def late_offsets(timezone: str) -> tuple[Any, Any]:
    """The UTC offsets of a zone from 2037 through 2836.

    Args:
        timezone: An IANA name.

    Returns:
        Two int64 arrays of equal length: the instant in microseconds UTC from which
        an offset holds, increasing, and the offset in microseconds to add to UTC.

    Raises:
        KeyError: the zone is not known.
    """
    try:
        zone = zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise KeyError(timezone) from error

    def offset(second: int) -> int:
        instant = _EPOCH + dt.timedelta(seconds=second)
        return round(instant.astimezone(zone).utcoffset() / dt.timedelta(seconds=1))  # type: ignore[operator]

    begin = _LATE // _SECOND - _WEEK
    end = (_LATE + 2 * _CYCLE) // _SECOND + _WEEK
    starts, offsets = [begin], [offset(begin)]
    for second in range(begin, end, _WEEK):
        low, high = second, second + _WEEK
        new = offset(high)
        if new == offsets[-1]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if offset(middle) == new else (middle, high)
        starts.append(high)
        offsets.append(new)
    return np.array(starts) * _SECOND, np.array(offsets) * _SECOND
