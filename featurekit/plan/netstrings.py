"""Netstrings: several values as one, from which each can be told again.

Source: D. J. Bernstein, "Netstrings", 1997: the length in decimal digits, a colon, the
bytes, a comma.
"""

from collections.abc import Sequence

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


def split_combination(
    data: bytes, are_texts: Sequence[bool]
) -> tuple[bytes | int, ...]:
    """The values of a combination: text, or integers.

    Args:
        data: A netstring for each value.
        are_texts: For each value whether it is text.

    Raises:
        StatisticsError: These are not the values of such a combination.

    Example:
        >>> split_combination(b"3:JFK,2:17,", [True, False])
        (b'JFK', 17)
    """
    values = split_netstrings(data)
    try:
        pairs = zip(values, are_texts, strict=True)
        return tuple(value if is_text else int(value) for value, is_text in pairs)
    except ValueError:
        raise _damaged(data) from None


def _damaged(data: bytes) -> StatisticsError:
    return StatisticsError(
        "a combination of a cross is damaged",
        code="STATISTIC_STATE",
        got=data,
        expected="a netstring for each value",
        hint="run analyze again",
    )
