"""Base-128 variable-length integers, as protocol buffers write them.

A read returns a value and the position after it. A failed read returns a negative
position which carries a problem code and the place of the problem, see `failure`.

Source: https://protobuf.dev/programming-guides/encoding/#varints
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import kernel

ByteArray: TypeAlias = npt.NDArray[np.uint8]

TRUNCATED = 1
BAD_VARINT = 2
BAD_LENGTH = 3

_SEVEN = np.uint64(7)
_LOW = np.uint64(0x7F)
_MORE = np.uint64(0x80)
_MAX_LENGTH = np.uint64(0x7FFFFFFF)


@kernel
def as_int(value: np.unsignedinteger) -> int:
    """An unsigned scalar as int64: mixing both kinds would give a float."""
    return np.int64(value)  # type: ignore[return-value]


@kernel
def failure(code: int, position: int) -> int:
    """A negative number that holds a problem code (1 to 31) and its position."""
    return ~((position << 5) | code)


@kernel
def failure_code(failed: int) -> int:
    """The problem code in a number made by `failure`."""
    return ~failed & 31


@kernel
def failure_position(failed: int) -> int:
    """The position in a number made by `failure`."""
    return ~failed >> 5


@kernel
def varint_size(value: np.uint64) -> int:
    """The number of bytes, 1 to 10, that `write_varint` writes for the value."""
    size = 1
    while value >= _MORE:
        value >>= _SEVEN
        size += 1
    return size


@kernel
def write_varint(out: ByteArray, position: int, value: np.uint64) -> int:
    """Writes the shortest varint of the value; returns the position after it."""
    while value >= _MORE:
        out[position] = np.uint8((value & _LOW) | _MORE)
        value >>= _SEVEN
        position += 1
    out[position] = np.uint8(value)
    return position + 1


@kernel
def read_varint(data: ByteArray, position: int, end: int) -> tuple[np.uint64, int]:
    """Reads a varint of at most 10 bytes that ends before ``end``.

    Longer than needed encodings are read as protobuf does; bits above the 64th are
    dropped.
    """
    value = np.uint64(0)
    shift = np.uint64(0)
    for i in range(10):
        if position + i >= end:
            return np.uint64(0), failure(TRUNCATED, position)
        byte = np.uint64(data[position + i])
        value |= (byte & _LOW) << shift
        if byte < _MORE:
            return value, position + i + 1
        shift += _SEVEN
    return np.uint64(0), failure(BAD_VARINT, position)


@kernel
def read_length(data: ByteArray, position: int, end: int) -> tuple[int, int]:
    """Reads the length prefix of a field: the bounds of its bytes, within ``end``.

    Returns:
        The positions of the first byte and of the byte after the last. The second is
        negative on failure: a length of more than 5 bytes or of 2 GiB and more
        (BAD_LENGTH), or one that reaches beyond ``end`` (TRUNCATED).
    """
    if position < end and data[position] < 0x80:
        after = position + 1
        stop = after + as_int(data[position])
    else:
        value, after = read_varint(data, position, end)
        if after < 0:
            return position, after
        if after - position > 5 or value > _MAX_LENGTH:
            return position, failure(BAD_LENGTH, position)
        stop = after + as_int(value)
    if stop > end:
        return position, failure(TRUNCATED, position)
    return after, stop
