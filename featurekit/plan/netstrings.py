"""Netstrings: several values as one, from which each can be told again.

Source: D. J. Bernstein, "Netstrings", 1997: the length in decimal digits, a colon, the
bytes, a comma.
"""

from featurekit.errors import StatisticsError


def split_netstrings(data: bytes) -> tuple[bytes, ...]:
    """The values that were joined.

    Raises:
        StatisticsError: The bytes are no netstrings.

    Example:
        >>> split_netstrings(b"3:JFK,2:17,0:,")
        (b'JFK', b'17', b'')
    """
    found = []
    at = 0
    while at < len(data):
        digits, colon, _ = data[at : at + 20].partition(b":")
        start = at + len(digits) + 1
        if not colon or not digits.isdigit():
            raise _damaged(data)
        stop = start + int(digits)
        if data[stop : stop + 1] != b",":
            raise _damaged(data)
        found.append(data[start:stop])
        at = stop + 1
    return tuple(found)


def _damaged(data: bytes) -> StatisticsError:
    return StatisticsError(
        "a combination of a cross is damaged",
        code="STATISTIC_STATE",
        got=data,
        expected="a netstring for each value",
        hint="run analyze again",
    )
