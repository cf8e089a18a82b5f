"""Philox4x32-10: four random words for every place of every row, without any state.

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC 2011.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import inlined, kernel

Words: TypeAlias = npt.NDArray[np.uint32]

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_FIRST_MULTIPLIER = np.uint64(0xD2511F53)
_SECOND_MULTIPLIER = np.uint64(0xCD9E8D57)
_FIRST_WEYL = np.uint64(0x9E3779B9)
_SECOND_WEYL = np.uint64(0xBB67AE85)


@inlined
def random_words(number: Any, place: Any, seed: Any) -> tuple[Any, Any, Any, Any]:
    """The four words, each in a uint64, of a place of a row; all are uint64."""
    a, b = place, np.uint64(0)
    c, d = number & _LOW, number >> _HALF
    first, second = seed & _LOW, seed >> _HALF
    for _ in range(10):
        left, right = a * _FIRST_MULTIPLIER, c * _SECOND_MULTIPLIER
        a, b = (right >> _HALF) ^ b ^ first, right & _LOW
        c, d = (left >> _HALF) ^ d ^ second, left & _LOW
        first = (first + _FIRST_WEYL) & _LOW
        second = (second + _SECOND_WEYL) & _LOW
    return a, b, c, d


@kernel
def fill_words(rows: npt.NDArray[np.int64], seed: Any, found: Words) -> None:
    """Fills the words of all places.

    Args:
        rows: A number for each row; its bits are half of the counter.
        seed: uint64, the key.
        found: Receives the words; [rows, places, 4].
    """
    for row in range(len(rows)):
        number = np.uint64(rows[row])
        for place in range(found.shape[1]):
            a, b, c, d = random_words(number, np.uint64(place), seed)
            found[row, place, 0] = np.uint32(a)
            found[row, place, 1] = np.uint32(b)
            found[row, place, 2] = np.uint32(c)
            found[row, place, 3] = np.uint32(d)
