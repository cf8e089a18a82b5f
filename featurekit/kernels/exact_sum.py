"""Exact sums of values and of their squares: long accumulators of 32-bit limbs.

An accumulator is a fixed-point number as wide as the format's whole range: limb i is
worth 2^(32·i) units. A mantissa is shifted to its place and added to three limbs,
without carries; the limbs are int64, so that 31 bits are left to collect them
(U. Kulisch, Computer Arithmetic and Validity, 2nd ed., chapter 8; R. M. Neal, Fast
exact summation using small and large superaccumulators, 2015).

One unit is the smallest positive number that can occur: 2^-1074 for sums of floats,
2^-2148 for sums of their squares, and 1 for integers.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import kernel

# The largest float64 ends at bit 2098, its square at bit 4196.
SUM_LIMBS = 68
SQUARE_LIMBS = 134
# A value adds less than 2^35 to any limb: 2^24 values leave room in an int64.
MAX_VALUES = 1 << 24

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
    return sum(
        int(limbs[place]) << (32 * int(place)) for place in np.flatnonzero(limbs)
    )
