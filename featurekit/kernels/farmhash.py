"""FarmHash64 fingerprints of strings and integers, a column at a time.

Source of the algorithm: FarmHash by Geoff Pike, the portable 64-bit variant whose
result is fixed for ever as ``Fingerprint64``. TensorFlow's ``to_hash_bucket_fast`` is
this fingerprint modulo the number of buckets; its hashed crosses combine fingerprints
with `fingerprint_cat64`.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.kernels.arrow_buffers import (
    filled_numbers,
    is_string_like,
    string_buffers,
    validity,
)
from featurekit.kernels.jit import kernel

ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]
HashArray: TypeAlias = npt.NDArray[np.uint64]

K0 = np.uint64(0xC3A5C85C97CB3127)
K1 = np.uint64(0xB492B66FBE98F273)
K2 = np.uint64(0x9AE16A3B2F90404F)
CAT_MULTIPLIER = np.uint64(0xC6A4A7935BD1E995)
SEED = np.uint64(81)

DECIMAL_BYTES = 20  # "-9223372036854775808" is the longest

_B8 = np.uint64(8)
_B16 = np.uint64(16)
_B24 = np.uint64(24)
_B32 = np.uint64(32)
_B40 = np.uint64(40)
_B47 = np.uint64(47)
_B48 = np.uint64(48)
_B56 = np.uint64(56)
_B64 = np.uint64(64)
_TWO = np.uint64(2)
_NINE = np.uint64(9)
_TEN = np.uint64(10)
_ZERO_DIGIT = np.uint64(48)
_MINUS = np.uint8(45)


@kernel
def _half(data: ByteArray, at: int) -> np.uint64:
    """Four bytes, little endian."""
    return (
        np.uint64(data[at])
        | np.uint64(data[at + 1]) << _B8
        | np.uint64(data[at + 2]) << _B16
        | np.uint64(data[at + 3]) << _B24
    )


@kernel
def _word(data: ByteArray, at: int) -> np.uint64:
    """Eight bytes, little endian."""
    return (
        np.uint64(data[at])
        | np.uint64(data[at + 1]) << _B8
        | np.uint64(data[at + 2]) << _B16
        | np.uint64(data[at + 3]) << _B24
        | np.uint64(data[at + 4]) << _B32
        | np.uint64(data[at + 5]) << _B40
        | np.uint64(data[at + 6]) << _B48
        | np.uint64(data[at + 7]) << _B56
    )


@kernel
def _rotate(value: np.uint64, bits: int) -> np.uint64:
    right = np.uint64(bits)
    return (value >> right) | (value << (_B64 - right))


@kernel
def _fold(value: np.uint64) -> np.uint64:
    return value ^ (value >> _B47)


@kernel
def _mix(a: np.uint64, b: np.uint64, multiplier: np.uint64) -> np.uint64:
    """Two words to one, as in the Murmur hash."""
    a = _fold((a ^ b) * multiplier)
    b = _fold((b ^ a) * multiplier)
    return b * multiplier


@kernel
def _upto_16(data: ByteArray, at: int, size: int) -> np.uint64:
    length = np.uint64(size)
    multiplier = K2 + length * _TWO
    if size >= 8:
        head = _word(data, at) + K2
        tail = _word(data, at + size - 8)
        return _mix(
            _rotate(tail, 37) * multiplier + head,
            (_rotate(head, 25) + tail) * multiplier,
            multiplier,
        )
    if size >= 4:
        head = length + (_half(data, at) << np.uint64(3))
        return _mix(head, _half(data, at + size - 4), multiplier)
    if size > 0:
        y = np.uint64(data[at]) + (np.uint64(data[at + (size >> 1)]) << _B8)
        z = length + (np.uint64(data[at + size - 1]) << _TWO)
        return _fold(y * K2 ^ z * K0) * K2
    return K2


@kernel
def _upto_32(data: ByteArray, at: int, size: int) -> np.uint64:
    multiplier = K2 + np.uint64(size) * _TWO
    end = at + size
    a = _word(data, at) * K1
    b = _word(data, at + 8)
    c = _word(data, end - 8) * multiplier
    d = _word(data, end - 16) * K2
    return _mix(
        _rotate(a + b, 43) + _rotate(c, 30) + d,
        a + _rotate(b + K2, 18) + c,
        multiplier,
    )


@kernel
def _upto_64(data: ByteArray, at: int, size: int) -> np.uint64:
    multiplier = K2 + np.uint64(size) * _TWO
    end = at + size
    a = _word(data, at) * K2
    b = _word(data, at + 8)
    c = _word(data, end - 8) * multiplier
    d = _word(data, end - 16) * K2
    y = _rotate(a + b, 43) + _rotate(c, 30) + d
    z = _mix(y, a + _rotate(b + K2, 18) + c, multiplier)
    e = _word(data, at + 16) * multiplier
    f = _word(data, at + 24)
    g = (y + _word(data, end - 32)) * multiplier
    h = (z + _word(data, end - 24)) * multiplier
    return _mix(
        _rotate(e + f, 43) + _rotate(g, 30) + h,
        e + _rotate(f + a, 18) + g,
        multiplier,
    )


@kernel
def _weak(
    data: ByteArray, at: int, a: np.uint64, b: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Mixes the 32 bytes at ``at`` into two words, weakly."""
    last = _word(data, at + 24)
    a = a + _word(data, at)
    b = _rotate(b + a + last, 21)
    total = a + _word(data, at + 8) + _word(data, at + 16)
    return total + last, b + _rotate(total, 44) + a


@kernel
def _longer(data: ByteArray, start: int, size: int) -> np.uint64:
    """More than 64 bytes: whole blocks of 64, then the last 64 bytes once more."""
    y = SEED * K1 + np.uint64(113)
    z = _fold(y * K2 + np.uint64(113)) * K2
    x = SEED * K2 + _word(data, start)
    v0 = v1 = w0 = w1 = np.uint64(0)
    multiplier = K1
    weight = np.uint64(1)
    at = start
    blocks = (size - 1) >> 6
    for block in range(blocks + 1):
        if block == blocks:
            multiplier = K1 + ((z & np.uint64(0xFF)) << np.uint64(1))
            weight = _NINE
            at = start + size - 64
            w0 = w0 + np.uint64((size - 1) & 63)
            v0 = v0 + w0
            w0 = w0 + v0
        x = _rotate(x + y + v0 + _word(data, at + 8), 37) * multiplier
        y = _rotate(y + v1 + _word(data, at + 48), 42) * multiplier
        x = x ^ (w1 * weight)
        y = y + v0 * weight + _word(data, at + 40)
        z = _rotate(z + w0, 33) * multiplier
        v0, v1 = _weak(data, at, v1 * multiplier, x + w0)
        w0, w1 = _weak(data, at + 32, z + w1, y + _word(data, at + 16))
        z, x = x, z
        at += 64
    return _mix(
        _mix(v0, w0, multiplier) + _fold(y) * K0 + z,
        _mix(v1, w1, multiplier) + x,
        multiplier,
    )


@kernel
def fingerprint_span(data: ByteArray, start: int, stop: int) -> np.uint64:
    """The fingerprint of ``data[start:stop]``; the caller answers for the bounds."""
    size = stop - start
    if size <= 16:
        return _upto_16(data, start, size)
    if size <= 32:
        return _upto_32(data, start, size)
    if size <= 64:
        return _upto_64(data, start, size)
    return _longer(data, start, size)


@kernel
def fingerprint64(data: ByteArray, offsets: IntArray) -> HashArray:
    """Fingerprints of strings that lie one after another.

    Args:
        data: The bytes of all strings, uint8.
        offsets: Where each string starts in ``data``, and the end of the last: int64,
            one more than there are strings, never decreasing.

    Returns:
        One uint64 per string.
    """
    count = len(offsets) - 1
    hashes = np.empty(count, np.uint64)
    for i in range(count):
        hashes[i] = fingerprint_span(data, offsets[i], offsets[i + 1])
    return hashes


@kernel
def fingerprint_cat64(h: np.uint64, v: np.uint64) -> np.uint64:
    """Combines two fingerprints; the order matters. A negative integer wraps.

    Source: TensorFlow's ``FingerprintCat64``, which hashed crosses fold over inputs.
    """
    mixed = np.uint64(h) ^ CAT_MULTIPLIER  # a Python int arrives as int64
    mixed = mixed ^ (_fold(np.uint64(v) * CAT_MULTIPLIER) * CAT_MULTIPLIER)
    mixed = mixed * CAT_MULTIPLIER
    return _fold(_fold(mixed) * CAT_MULTIPLIER)


@kernel
def fingerprint_cat64_arrays(h: HashArray, v: HashArray) -> HashArray:
    """Combines two arrays of fingerprints of equal length, element by element."""
    combined = np.empty(len(h), np.uint64)
    for i in range(len(h)):
        combined[i] = fingerprint_cat64(h[i], v[i])
    return combined


@kernel
def write_decimal(value: int, text: ByteArray) -> int:
    """Writes the decimal text of an integer to the end of 20 bytes; where it starts."""
    rest = np.uint64(value)
    if value < 0:
        rest = np.uint64(0) - rest
    at = DECIMAL_BYTES
    while True:
        at -= 1
        text[at] = np.uint8(_ZERO_DIGIT + rest % _TEN)
        rest = rest // _TEN
        if rest == np.uint64(0):
            break
    if value < 0:
        at -= 1
        text[at] = _MINUS
    return at


@kernel
def fingerprint_decimals(values: IntArray) -> HashArray:
    hashes = np.empty(len(values), np.uint64)
    text = np.empty(DECIMAL_BYTES, np.uint8)
    for i in range(len(values)):
        at = write_decimal(values[i], text)
        hashes[i] = fingerprint_span(text, at, DECIMAL_BYTES)
    return hashes


def fingerprint_strings(array: pa.Array) -> HashArray:
    """Fingerprints of a string or binary column.

    Args:
        array: string, large_string, string_view, their binary twins, or a dictionary
            of those; slices are fine.

    Returns:
        One uint64 per row; 0 where the row is null, which is no special fingerprint:
        mask nulls by the array's own validity.

    >>> fingerprint_strings(pa.array(["A", "", None])) % np.uint64(1000)
    array([564, 263,   0], dtype=uint64)
    """
    if isinstance(array, pa.DictionaryArray):
        valid = validity(array)
        hashes = np.zeros(len(array), np.uint64)
        codes = filled_numbers(array.indices)
        if len(array.dictionary):
            hashes = fingerprint_strings(array.dictionary)[codes]
    else:
        if not is_string_like(array.type):
            raise TypeError(f"strings have fingerprints here, not {array.type}")
        valid = validity(array)
        hashes = fingerprint64(*string_buffers(array))
    if len(valid):
        hashes[~valid] = 0
    return hashes


def fingerprint_integers(values: npt.NDArray[np.int64]) -> HashArray:
    """Fingerprints of the decimal texts of integers, as TensorFlow hashes integers.

    Args:
        values: One-dimensional int64; narrower integers are widened.

    >>> fingerprint_integers(np.array([0, -1])) % np.uint64(1000)
    array([735, 430], dtype=uint64)
    """
    widened = np.ascontiguousarray(values, dtype=np.int64).view()
    widened.flags.writeable = False
    return fingerprint_decimals(widened)
