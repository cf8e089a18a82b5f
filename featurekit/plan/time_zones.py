"""Rules of time zones, copied into a plan so that it needs no zone database."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

FIRST_YEAR = 1900
LAST_YEAR = 2100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=64)
def offset_transitions(zone: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Instants at which a zone's offset changes, 1900 to 2100, and the offsets.

    Args:
        zone: IANA name.

    Returns:
        Instants in seconds since 1970-01-01 UTC, and one more offsets, in seconds east
        of UTC: before the first instant and from each on.

    Example:
        >>> transitions, offsets = offset_transitions("America/New_York")
        >>> offsets[-2:]
        (-14400, -18000)
    """
    from zoneinfo import ZoneInfo

    info = ZoneInfo(zone)

    def offset(seconds: int) -> int:
        found = (_EPOCH + timedelta(seconds=seconds)).astimezone(info).utcoffset()
        assert found is not None
        return round(found.total_seconds())

    def second(year: int) -> int:
        return round((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds())

    start, end = second(FIRST_YEAR), second(LAST_YEAR)
    transitions, offsets = [], [offset(start)]
    # No zone has changed its offset and changed it back within a day.
    for moment in range(start, end, 86_400):
        after = offset(moment + 86_400)
        if after == offsets[-1]:
            continue
        low, high = moment, moment + 86_400
        while high - low > 1:
            middle = (low + high) // 2
            if offset(middle) == offsets[-1]:
                low = middle
            else:
                high = middle
        transitions.append(high)
        offsets.append(after)
    return tuple(transitions), tuple(offsets)
