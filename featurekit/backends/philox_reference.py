"""Philox4x32-10 in plain Python: random numbers as a function of a counter.

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC 2011. There is no state: who asks for number 7 of row "x" gets the same one anywhere.
"""

_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_WEYL = 0x9E3779B9, 0xBB67AE85
_WORD = 2**32


def philox(
    counter: tuple[int, int, int, int], key: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Four random words of 32 bits for a counter and a key of such words.

    >>> [hex(word) for word in philox((0, 0, 0, 0), (0, 0))]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    a, b, c, d = counter
    first, second = key
    for _ in range(10):
        high, low = divmod(a * _MULTIPLIERS[0], _WORD)
        other_high, other_low = divmod(c * _MULTIPLIERS[1], _WORD)
        a, b, c, d = other_high ^ b ^ first, other_low, high ^ d ^ second, low
        first = (first + _WEYL[0]) % _WORD
        second = (second + _WEYL[1]) % _WORD
    return a, b, c, d


def words(row: int, position: int, seed: int) -> tuple[int, int, int, int]:
    """Four random words for a place in a row.

    Args:
        row: A number of 64 bits that stands for the row.
        position: The place, below 2**32.
        seed: A number of 64 bits.
    """
    counter = position, 0, row % _WORD, row // _WORD
    return philox(counter, (seed % _WORD, seed // _WORD))
