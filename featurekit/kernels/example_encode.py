"""Columns to the wire format of tf.Example, a column at a time.

Every feature of a record is one map entry:

    0a <entry> 0a <key> 12 <feature> <kind> <list> ...

where <x> is the length of what follows, and kind is 0a bytes_list, 12 float_list, 1a
int64_list. First, the `size_*` kernels add up what each record needs. Then
`write_header` and, column by column, the `write_*` kernels write at one cursor per
record.

A column of n records is given by row offsets (int64, n + 1: record r holds the values
from offsets[r] to offsets[r + 1]) and row validity (bool, n, or of length 0 if all rows
are valid); a row that is not valid writes no entry.

Source: https://protobuf.dev/programming-guides/encoding/ and tensorflow/core/example,
example.proto and feature.proto.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import kernel
from featurekit.kernels.varint import varint_size, write_varint

BoolArray: TypeAlias = npt.NDArray[np.bool_]
ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]

BYTES_LIST = 0x0A
FLOAT_LIST = 0x12
INT64_LIST = 0x1A

_FIELD_1 = np.uint8(0x0A)
_FIELD_2 = np.uint8(0x12)


@kernel
def _prefixed(size: int) -> int:
    """The size of a field: tag, length and content."""
    return 1 + varint_size(np.uint64(size)) + size


@kernel
def _list_size(packed: int) -> int:
    """The size of a list message of packed numbers; an empty list has no field."""
    return _prefixed(packed) if packed else 0


@kernel
def _entry_size(key_size: int, list_size: int) -> int:
    """The size of a map entry whose key field takes ``key_size`` bytes."""
    return _prefixed(key_size + _prefixed(_prefixed(list_size)))


@kernel
def size_int64(
    values: IntArray,
    offsets: IntArray,
    valid: BoolArray,
    key_size: int,
    packed: IntArray,
    sizes: IntArray,
) -> None:
    """Adds the entry sizes of an int64 column to ``sizes``; keeps ``packed`` sizes."""
    for r in range(len(sizes)):
        if len(valid) and not valid[r]:
            continue
        total = 0
        for i in range(offsets[r], offsets[r + 1]):
            total += varint_size(np.uint64(values[i]))
        packed[r] = total
        sizes[r] += _entry_size(key_size, _list_size(total))


@kernel
def size_float32(
    offsets: IntArray, valid: BoolArray, key_size: int, sizes: IntArray
) -> None:
    """Adds the entry sizes of a float32 column to ``sizes``."""
    for r in range(len(sizes)):
        if len(valid) and not valid[r]:
            continue
        packed = 4 * (offsets[r + 1] - offsets[r])
        sizes[r] += _entry_size(key_size, _list_size(packed))


@kernel
def size_bytes(
    starts: IntArray,
    stops: IntArray,
    offsets: IntArray,
    valid: BoolArray,
    key_size: int,
    inner: IntArray,
    sizes: IntArray,
) -> None:
    """Adds the entry sizes of a bytes column to ``sizes``; keeps ``inner`` sizes."""
    for r in range(len(sizes)):
        if len(valid) and not valid[r]:
            continue
        total = 0
        for i in range(offsets[r], offsets[r + 1]):
            total += _prefixed(stops[i] - starts[i])
        inner[r] = total
        sizes[r] += _entry_size(key_size, total)


@kernel
def payload_sizes(sizes: IntArray) -> IntArray:
    """The size of each record, given the size of all of its map entries."""
    payloads = np.empty(len(sizes), np.int64)
    for r in range(len(sizes)):
        payloads[r] = _prefixed(sizes[r])
    return payloads


@kernel
def write_header(
    out: ByteArray, sizes: IntArray, starts: IntArray, cursors: IntArray
) -> None:
    """Opens each record at ``starts``; sets the cursors to its first map entry."""
    for r in range(len(sizes)):
        out[starts[r]] = _FIELD_1
        cursors[r] = write_varint(out, starts[r] + 1, np.uint64(sizes[r]))


@kernel
def _copy(out: ByteArray, at: int, data: ByteArray, start: int, stop: int) -> int:
    for i in range(stop - start):
        out[at + i] = data[start + i]
    return at + stop - start


@kernel
def _open_entry(
    out: ByteArray, at: int, key: ByteArray, kind: int, list_size: int
) -> int:
    """Writes an entry up to its values; returns the position after."""
    feature = _prefixed(list_size)
    out[at] = _FIELD_1
    at = write_varint(out, at + 1, np.uint64(len(key) + _prefixed(feature)))
    at = _copy(out, at, key, 0, len(key))
    out[at] = _FIELD_2
    at = write_varint(out, at + 1, np.uint64(feature))
    out[at] = np.uint8(kind)
    return write_varint(out, at + 1, np.uint64(list_size))


@kernel
def _open_packed(
    out: ByteArray, at: int, key: ByteArray, kind: int, packed: int
) -> int:
    at = _open_entry(out, at, key, kind, _list_size(packed))
    if packed:
        out[at] = _FIELD_1
        at = write_varint(out, at + 1, np.uint64(packed))
    return at


@kernel
def write_int64(
    out: ByteArray,
    cursors: IntArray,
    rows: tuple[int, int],
    key: ByteArray,
    values: IntArray,
    offsets: IntArray,
    valid: BoolArray,
    packed: IntArray,
) -> None:
    """Writes the entries of an int64 column for the records rows[0] to rows[1] - 1.

    Args:
        out: The buffer.
        cursors: Where the next entry of each record goes; moved on.
        rows: The first record and the one after the last.
        key: The key field: tag, length and UTF-8 bytes.
        values: int64.
        offsets: Row offsets into ``values``.
        valid: Row validity.
        packed: The sizes that `size_int64` kept.
    """
    for r in range(rows[0], rows[1]):
        if len(valid) and not valid[r]:
            continue
        at = _open_packed(out, cursors[r], key, INT64_LIST, packed[r])
        for i in range(offsets[r], offsets[r + 1]):
            at = write_varint(out, at, np.uint64(values[i]))
        cursors[r] = at


@kernel
def write_float32(
    out: ByteArray,
    cursors: IntArray,
    rows: tuple[int, int],
    key: ByteArray,
    raw: ByteArray,
    offsets: IntArray,
    valid: BoolArray,
) -> None:
    """As `write_int64`; the 4 bytes of each value in ``raw`` are copied as they are."""
    for r in range(rows[0], rows[1]):
        if len(valid) and not valid[r]:
            continue
        start = 4 * offsets[r]
        stop = 4 * offsets[r + 1]
        at = _open_packed(out, cursors[r], key, FLOAT_LIST, stop - start)
        cursors[r] = _copy(out, at, raw, start, stop)


@kernel
def write_bytes(
    out: ByteArray,
    cursors: IntArray,
    rows: tuple[int, int],
    key: ByteArray,
    data: ByteArray,
    starts: IntArray,
    stops: IntArray,
    offsets: IntArray,
    valid: BoolArray,
    inner: IntArray,
) -> None:
    """As `write_int64`; value i is data[starts[i]:stops[i]]."""
    for r in range(rows[0], rows[1]):
        if len(valid) and not valid[r]:
            continue
        at = _open_entry(out, cursors[r], key, BYTES_LIST, inner[r])
        for i in range(offsets[r], offsets[r + 1]):
            out[at] = _FIELD_1
            at = write_varint(out, at + 1, np.uint64(stops[i] - starts[i]))
            at = _copy(out, at, data, starts[i], stops[i])
        cursors[r] = at


@kernel
def first_null_element(
    offsets: IntArray, valid: BoolArray, value_valid: BoolArray
) -> tuple[int, int]:
    """The first valid row that holds a null, and its place in the row; -1 if none."""
    for r in range(len(offsets) - 1):
        if len(valid) and not valid[r]:
            continue
        for i in range(offsets[r], offsets[r + 1]):
            if not value_valid[i]:
                return r, i - offsets[r]
    return -1, -1
