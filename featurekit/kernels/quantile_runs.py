"""Multisets of float64 values as sorted runs of order-preserving 64-bit keys.

The key of a float is its bits with the sign bit set if it is positive, and all bits
inverted if it is negative: keys compare as unsigned integers the way the floats
compare (M. Herf, Radix Tricks, 2001).

A run stands for all values whose keys share their top B bits. It has the smallest and
the largest key that occurred, and a count; a multiset is three arrays sorted by key.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import kernel

Keys: TypeAlias = npt.NDArray[np.uint64]
Counts: TypeAlias = npt.NDArray[np.int64]
Runs: TypeAlias = tuple[Keys, Keys, Counts]

_SIGN = np.uint64(1 << 63)
_EXPONENT = np.uint64(0x7FF << 52)


@kernel
def to_keys(bits: Keys) -> Keys:
    """The keys of the finite values among float64 values; -0.0 becomes 0.0.

    Args:
        bits: The values' bits, shape [n].

    Returns:
        Keys, shape [number of finite values], in the order of the values.
    """
    keys = np.empty(len(bits), np.uint64)
    finite = 0
    for word in bits:
        if word & _EXPONENT == _EXPONENT:
            continue
        if word & _SIGN == np.uint64(0) or word == _SIGN:
            keys[finite] = word | _SIGN
        else:
            keys[finite] = ~word
        finite += 1
    return keys[:finite]


def to_floats(keys: Keys) -> npt.NDArray[np.float64]:
    """The values of keys."""
    positive = (keys & _SIGN) != 0
    return np.where(positive, keys ^ _SIGN, ~keys).view(np.float64)


@kernel
def count_runs(keys: Keys) -> Runs:
    """One run for each distinct key.

    Args:
        keys: Sorted, shape [n].

    Returns:
        Smallest keys, largest keys (equal), and counts, each of shape [distinct].
    """
    found = np.empty(len(keys), np.uint64)
    counts = np.empty(len(keys), np.int64)
    size = 0
    for key in keys:
        if size and found[size - 1] == key:
            counts[size - 1] += 1
        else:
            found[size] = key
            counts[size] = 1
            size += 1
    return found[:size].copy(), found[:size].copy(), counts[:size].copy()


@kernel
def merge_runs(first: Runs, second: Runs, shift: int) -> Runs:
    """The union of two multisets, with the lowest `shift` bits of keys ignored.

    Args:
        first: Runs at any resolution of at least 64 - shift bits.
        second: Likewise.
        shift: Bits to ignore, 0 to 63.

    Returns:
        Runs at a resolution of 64 - shift bits.
    """
    total = len(first[0]) + len(second[0])
    lows = np.empty(total, np.uint64)
    highs = np.empty(total, np.uint64)
    counts = np.empty(total, np.int64)
    ignored = np.uint64(shift)
    size = i = j = 0
    while i + j < total:
        from_first = j == len(second[0]) or (
            i < len(first[0]) and first[0][i] <= second[0][j]
        )
        if from_first:
            low, high, count = first[0][i], first[1][i], first[2][i]
            i += 1
        else:
            low, high, count = second[0][j], second[1][j], second[2][j]
            j += 1
        if size and lows[size - 1] >> ignored == low >> ignored:
            highs[size - 1] = max(highs[size - 1], high)
            counts[size - 1] += count
        else:
            lows[size], highs[size], counts[size] = low, high, count
            size += 1
    return lows[:size].copy(), highs[:size].copy(), counts[:size].copy()


@kernel
def finest_resolution(lows: Keys, limit: int) -> int:
    """The most leading bits that tell at most `limit` runs apart.

    Args:
        lows: Smallest keys of runs, strictly increasing, shape [n].
        limit: At least 2.

    Returns:
        The largest B <= 64 such that the keys have at most `limit` distinct prefixes
        of B bits; at least 1.
    """
    # Neighbours whose first p bits agree have different prefixes of B bits iff B > p.
    agreeing = np.zeros(64, np.int64)
    for i in range(1, len(lows)):
        difference = lows[i] ^ lows[i - 1]
        prefix = 0
        for step in (32, 16, 8, 4, 2, 1):
            if difference >> np.uint64(64 - prefix - step) == np.uint64(0):
                prefix += step
        agreeing[prefix] += 1
    distinct = 1
    for prefix in range(64):
        distinct += agreeing[prefix]
        if distinct > limit:
            return prefix
    return 64
