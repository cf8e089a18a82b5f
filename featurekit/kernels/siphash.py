"""SipHash-2-4, the keyed hash of texts and of the decimal texts of integers.

Source of the algorithm: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input
PRF", 2012. TensorFlow's ``to_hash_bucket_strong`` is this hash modulo the number of
buckets.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import inlined, kernel

ByteArray: TypeAlias = npt.NDArray[np.uint8]
State: TypeAlias = tuple[np.uint64, np.uint64, np.uint64, np.uint64]

_START_0 = np.uint64(0x736F6D6570736575)
_START_1 = np.uint64(0x646F72616E646F6D)
_START_2 = np.uint64(0x6C7967656E657261)
_START_3 = np.uint64(0x7465646279746573)
_END = np.uint64(0xFF)
_BITS = np.uint64(64)
_BYTE = np.uint64(8)
_LENGTH_SHIFT = np.uint64(56)


@inlined
def _rotate(value: np.uint64, bits: int) -> np.uint64:
    left = np.uint64(bits)
    return (value << left) | (value >> (_BITS - left))


@inlined
def _round(v0: np.uint64, v1: np.uint64, v2: np.uint64, v3: np.uint64) -> State:
    v0 = v0 + v1
    v2 = v2 + v3
    v1 = _rotate(v1, 13) ^ v0
    v3 = _rotate(v3, 16) ^ v2
    v0 = _rotate(v0, 32)
    v2 = v2 + v1
    v0 = v0 + v3
    v1 = _rotate(v1, 17) ^ v2
    v3 = _rotate(v3, 21) ^ v0
    return v0, v1, _rotate(v2, 32), v3


@inlined
def _word(data: ByteArray, start: int, count: int) -> np.uint64:
    """Up to eight bytes, little endian."""
    found = np.uint64(0)
    for at in range(count):
        found |= np.uint64(data[start + at]) << (_BYTE * np.uint64(at))
    return found


@kernel
def siphash_span(
    data: ByteArray, start: int, stop: int, key_0: int, key_1: int
) -> np.uint64:
    """The hash of ``data[start:stop]``; the caller answers for the bounds.

    Args:
        data: uint8.
        start: Where the text begins.
        stop: Where it ends.
        key_0: The first word of the key; a negative one wraps.
        key_1: The second.
    """
    v0, v1 = _START_0 ^ np.uint64(key_0), _START_1 ^ np.uint64(key_1)
    v2, v3 = _START_2 ^ np.uint64(key_0), _START_3 ^ np.uint64(key_1)
    size = stop - start
    whole = size // 8
    for block in range(whole + 1):
        if block < whole:
            word = _word(data, start + 8 * block, 8)
        else:
            # The rest of the bytes and, in the last byte, the length.
            word = _word(data, start + 8 * block, size - 8 * whole)
            word |= np.uint64(size) << _LENGTH_SHIFT
        v3 ^= word
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        v0 ^= word
    v2 ^= _END
    for _ in range(4):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return v0 ^ v1 ^ v2 ^ v3
