"""Exact sums of values and of their squares: long accumulators of 32-bit limbs.

An accumulator is a fixed-point number as wide as the format's whole range: limb i is
worth 2^(32·i) units. A mantissa is shifted to its place and added to three limbs,
without carries; the limbs are int64, so that 31 bits are left to collect them
(U. Kulisch, Computer Arithmetic and Validity, 2nd ed., chapter 8; R. M. Neal, Fast
exact summation using small and large superaccumulators, 2015).

One unit is the smallest positive number that can occur: 2^-1074 for sums of floats,
2^-2148 for sums of their squares, and 1 for integers.
"""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import kernel

# The largest float64 ends at bit 2098, its square at bit 4196.
SUM_LIMBS = 68
SQUARE_LIMBS = 134
# A value adds less than 2^35 to any limb: 2^24 values leave room in an int64.
MAX_VALUES = 1 << 24
# Groups that are summed together: their limbs are 7 MB.
_GROUPS = 1 << 12

_LOW = np.uint64(0xFFFFFFFF)
_WORD = np.uint64(32)

Index: TypeAlias = int | np.int64


@kernel
def _deposit(
    limbs: npt.NDArray[np.int64], magnitude: np.uint64, offset: Index, sign: Index
) -> None:
    """Adds sign · magnitude · 2^offset units."""
    place = offset >> 5
    shift = np.uint64(offset & 31)
    low = (magnitude & _LOW) << shift
    high = (magnitude >> _WORD) << shift
    limbs[place] += sign * np.int64(low & _LOW)
    limbs[place + 1] += sign * np.int64((low >> _WORD) + (high & _LOW))
    limbs[place + 2] += sign * np.int64(high >> _WORD)


@kernel
def _deposit_square(
    limbs: npt.NDArray[np.int64], magnitude: np.uint64, offset: Index
) -> None:
    """Adds magnitude² · 2^offset units; magnitude <= 2^63."""
    low = magnitude & _LOW
    high = magnitude >> _WORD
    _deposit(limbs, low * low, offset, 1)
    if high != np.uint64(0):
        _deposit(limbs, low * high, offset + 33, 1)
        _deposit(limbs, high * high, offset + 64, 1)


@kernel
def add_floats(
    bits: npt.NDArray[np.uint64],
    sums: npt.NDArray[np.int64],
    squares: npt.NDArray[np.int64],
) -> int:
    """Adds the finite values among float64 values to both accumulators.

    Args:
        bits: The values' bits, shape [n], at most MAX_VALUES.
        sums: Limbs in units of 2^-1074, shape [SUM_LIMBS]; changed in place.
        squares: Limbs in units of 2^-2148, shape [SQUARE_LIMBS]; changed in place.

    Returns:
        How many values were finite.
    """
    finite = 0
    for word in bits:
        exponent = np.int64((word >> np.uint64(52)) & np.uint64(0x7FF))
        if exponent == 0x7FF:
            continue
        finite += 1
        magnitude = word & np.uint64(0xFFFFFFFFFFFFF)
        if exponent != 0:
            magnitude |= np.uint64(0x10000000000000)
            exponent -= 1
        sign = 1 - 2 * np.int64(word >> np.uint64(63))
        _deposit(sums, magnitude, exponent, sign)
        _deposit_square(squares, magnitude, 2 * exponent)
    return finite


@kernel
def add_integers(
    values: npt.NDArray[np.int64],
    sums: npt.NDArray[np.int64],
    squares: npt.NDArray[np.int64],
) -> None:
    """Adds int64 values to both accumulators.

    Args:
        values: Shape [n], at most MAX_VALUES.
        sums: Limbs in units of 1, shape [SUM_LIMBS]; changed in place.
        squares: Limbs in units of 1, shape [SQUARE_LIMBS]; changed in place.
    """
    for value in values:
        magnitude = np.uint64(value)
        sign = 1
        if value < 0:
            magnitude = np.uint64(0) - magnitude
            sign = -1
        _deposit(sums, magnitude, 0, sign)
        _deposit_square(squares, magnitude, 0)


def to_int(limbs: npt.NDArray[np.int64]) -> int:
    """The accumulator's value in units."""
    (found,) = _to_ints(limbs[np.newaxis])
    return found


def sum_groups(
    values: npt.NDArray[np.float64], ends: npt.NDArray[np.int64]
) -> Iterator[tuple[int, int]]:
    """The sum of each group and that of its squares, in units.

    Args:
        values: Finite, those of a group one behind the other; at most MAX_VALUES.
        ends: Where each group ends; the next one begins there.
    """
    bits = values.view(np.uint64)
    for at in range(0, len(ends), _GROUPS):
        part = ends[at : at + _GROUPS]
        sums = np.zeros((len(part), SUM_LIMBS), np.int64)
        squares = np.zeros((len(part), SQUARE_LIMBS), np.int64)
        _add_groups(bits, ends[at - 1] if at else 0, part, sums, squares)
        yield from zip(_to_ints(sums), _to_ints(squares), strict=True)


@kernel
def _add_groups(
    bits: npt.NDArray[np.uint64],
    start: int,
    ends: npt.NDArray[np.int64],
    sums: npt.NDArray[np.int64],
    squares: npt.NDArray[np.int64],
) -> None:
    for group in range(len(ends)):
        add_floats(bits[start : ends[group]], sums[group], squares[group])
        start = ends[group]


def _to_ints(limbs: npt.NDArray[np.int64]) -> list[int]:
    """The values of several accumulators, shape [n, limbs]."""
    words = _carried(limbs).astype("<u4", copy=False)
    return [int.from_bytes(row.tobytes(), "little", signed=True) for row in words]


@kernel
def _carried(limbs: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """The values in two's complement: words of 32 bits, and two more for the carry."""
    rows, width = limbs.shape
    words = np.empty((rows, width + 2), np.uint32)
    for row in range(rows):
        carry = np.int64(0)
        for place in range(width):
            carry += limbs[row, place]
            words[row, place] = np.uint32(carry & 0xFFFFFFFF)
            carry >>= 32
        words[row, width] = np.uint32(carry & 0xFFFFFFFF)
        words[row, width + 1] = np.uint32((carry >> 32) & 0xFFFFFFFF)
    return words
