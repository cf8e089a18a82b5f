"""Netstrings: several values as one, from which each can be told again.

Source: D. J. Bernstein, "Netstrings", 1997: the length in decimal digits, a colon, the
bytes, a comma.
"""

from collections.abc import Iterable, Sequence


def join_netstrings(values: Iterable[bytes | int]) -> bytes:
    """A netstring for each value; an integer enters as decimal text.

    Example:
        >>> join_netstrings([b"JFK", 17])
        b'3:JFK,2:17,'
    """
    texts = (one if isinstance(one, bytes) else b"%d" % one for one in values)
    return b"".join(b"%d:%s," % (len(text), text) for text in texts)


def split_netstrings(data: bytes) -> tuple[bytes, ...]:
    """The values that were joined.

    Raises:
        ValueError: The bytes are no netstrings.

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
            raise ValueError(data)
        stop = start + int(digits)
        if data[stop : stop + 1] != b",":
            raise ValueError(data)
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
        ValueError: `join_netstrings` does not make this of such values.

    Example:
        >>> split_combination(b"3:JFK,2:17,", [True, False])
        (b'JFK', 17)
    """
    pairs = zip(split_netstrings(data), are_texts, strict=True)
    found = tuple(value if is_text else int(value) for value, is_text in pairs)
    if join_netstrings(found) != data:
        raise ValueError(data)
    return found
