"""Columns to framed records of tf.Example, one record after another.

Every feature of a record is one map entry:

    0a <entry> 0a <key> 12 <feature> <kind> <list> ...

where <x> is the length of what follows, and kind is 0a bytes_list, 12 float_list, 1a
int64_list. In a column with one value per row, all that comes before the value depends
on the value's size alone. These headers are built once, for every size up to a limit,
and copied in whole blocks of 32 bytes; what a block writes too much is overwritten by
what comes next, so the buffer needs room behind the last record.

A column is a line of a table of int64. Positions are addresses of NumPy or Arrow memory
that the caller keeps alive; 0 stands for what a column does not have.

Source: https://protobuf.dev/programming-guides/encoding/ and tensorflow/core/example,
example.proto and feature.proto.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import inlined, kernel
from featurekit.kernels.memory import (
    AHEAD,
    BLOCK,
    address_of,
    copy_block,
    copy_bytes,
    leading_zeros,
    load_int32,
    load_int64,
    load_uint8,
    move_bytes,
    prefetch,
    store_8,
    store_32,
    store_64,
)
from featurekit.kernels.tfrecord_frame import FOOTER_BYTES, HEADER_BYTES, seal_frames

BoolArray: TypeAlias = npt.NDArray[np.bool_]
ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]

BYTES_LIST = 0x0A
FLOAT_LIST = 0x12
INT64_LIST = 0x1A

# The line of a column: byte offsets of its entries.
KIND = 0  # of the list
VALID = 8  # a bool per row: whether there is a feature
OFFSETS = 16  # int64, one more than rows: the values of a row; 0: one each
VALUES = 24  # int64, float32, or the bytes of all strings
END = 32  # behind the bytes of all strings
SPANS = 40  # where each string starts; it stops where the next one starts
SPAN_BYTES = 48  # size of a span: 4 or 8
CODES = 56  # int32, one per value: the string of a dictionary
KEY = 64  # the key field: tag, length, bytes
KEY_SIZE = 72
HEADERS = 80  # what comes before a value, by the value's size
STRIDE = 88  # bytes from one header to the next, a multiple of 32
SIZES = 96  # int64: the sizes of the headers
FORM = 104  # the usual form that the column has, if it has one
LINE = 112
"""Bytes of a line of the table."""

# Usual forms, which need fewer questions: one value per row,
UNUSUAL = 0
NUMBERS = 1  # a number,
NULLABLE_NUMBERS = 2  # or none,
TEXTS = 3  # a text, in spans of 4 bytes, not in a dictionary.

MAX_HEADER_VALUE = 64
"""Strings below this size have a header of their own."""
_SEALED_TOGETHER = 8
SLACK = 2 * BLOCK
"""Bytes that must be free behind the last record."""

_FIELD_1 = 0x0A
_FIELD_2 = 0x12
_SEVEN = np.uint64(7)
_LOW = np.uint64(0x7F)
_MORE = np.uint64(0x80)
_MORE_OF_ALL = np.uint64(0x8080808080808080)


@inlined
def _varint_size(value: np.uint64) -> int:
    """The number of bytes of a varint; without a branch, which would be a guess."""
    bits = 64 - leading_zeros(value | np.uint64(1))
    return (9 * bits + 64) >> 6  # type: ignore[no-any-return]


@inlined
def _put_varint(at: int, value: np.uint64) -> int:
    while value >= _MORE:
        store_8(at, (value & _LOW) | _MORE)
        value >>= _SEVEN
        at += 1
    store_8(at, value)
    return at + 1


@inlined
def _spread(value: np.uint64) -> np.uint64:
    """The lowest 56 bits, in groups of 7 bits per byte."""
    value = (value & np.uint64(0x0FFFFFFF)) | (
        (value & np.uint64(0x00FFFFFFF0000000)) << np.uint64(4)
    )
    value = (value & np.uint64(0x00003FFF00003FFF)) | (
        (value & np.uint64(0x0FFFC0000FFFC000)) << np.uint64(2)
    )
    return np.uint64(
        (value & np.uint64(0x007F007F007F007F))
        | ((value & np.uint64(0x3F803F803F803F80)) << np.uint64(1))
    )


@inlined
def _put_number(at: int, value: np.uint64, size: int) -> int:
    """As `_put_varint`, for the numbers of rows, whose sizes nobody can guess."""
    if size > 8:
        return _put_varint(at, value)
    before_last = np.uint64(8 * (size - 1))
    more = _MORE_OF_ALL & ((np.uint64(1) << before_last) - np.uint64(1))
    store_64(at, _spread(value) | more)
    return at + size


@inlined
def _prefixed(size: int) -> int:
    """The size of a field: tag, length and content."""
    return 1 + _varint_size(np.uint64(size)) + size


@kernel
def _open_entry(at: int, line: int, list_size: int) -> int:
    """Writes an entry up to its values; returns the position after."""
    key_size = load_int64(line + KEY_SIZE)
    feature = _prefixed(list_size)
    store_8(at, _FIELD_1)
    at = _put_varint(at + 1, np.uint64(key_size + _prefixed(feature)))
    copy_bytes(at, load_int64(line + KEY), key_size)
    at += key_size
    store_8(at, _FIELD_2)
    at = _put_varint(at + 1, np.uint64(feature))
    store_8(at, load_int64(line + KIND))
    return _put_varint(at + 1, np.uint64(list_size))


@kernel
def _open_packed(at: int, line: int, packed: int) -> int:
    """As `_open_entry`, with the prefix of packed numbers, if there are any."""
    if not packed:
        return _open_entry(at, line, 0)
    at = _open_entry(at, line, _prefixed(packed))
    store_8(at, _FIELD_1)
    return _put_varint(at + 1, np.uint64(packed))


@kernel
def write_headers(table: IntArray) -> None:
    """Builds the headers of all columns, where the table says that they are.

    Args:
        table: int64, [columns, entries of a line].
    """
    for c in range(len(table)):
        line = address_of(table) + c * LINE
        kind, sizes = load_int64(line + KIND), load_int64(line + SIZES)
        for size in range(1 if kind == INT64_LIST else 0, MAX_HEADER_VALUE):
            start = load_int64(line + HEADERS) + size * load_int64(line + STRIDE)
            if kind == BYTES_LIST:
                end = _open_entry(start, line, _prefixed(size))
                store_8(end, _FIELD_1)
                end = _put_varint(end + 1, np.uint64(size))
            else:
                end = _open_packed(start, line, 4 if kind == FLOAT_LIST else size)
            store_64(sizes + 8 * size, end - start)


@inlined
def _copy_header(at: int, line: int, size: int) -> int:
    start = load_int64(line + HEADERS) + size * load_int64(line + STRIDE)
    length = load_int64(load_int64(line + SIZES) + 8 * size)
    copy_block(at, start)
    done = BLOCK
    while done < length:
        copy_block(at + done, start + done)
        done += BLOCK
    return at + length  # type: ignore[no-any-return]


@inlined
def _string(line: int, index: int) -> tuple[int, int]:
    """Where a string starts, and its size."""
    codes = load_int64(line + CODES)
    if codes:
        index = load_int32(codes + 4 * index)
    spans, values = load_int64(line + SPANS), load_int64(line + VALUES)
    if load_int64(line + SPAN_BYTES) == 4:
        start = load_int32(spans + 4 * index)
        prefetch(spans + 4 * index + AHEAD)
        prefetch(values + start + AHEAD)
        return values + start, load_int32(spans + 4 * index + 4) - start
    start = load_int64(spans + 8 * index)
    prefetch(spans + 8 * index + AHEAD)
    prefetch(values + start + AHEAD)
    return values + start, load_int64(spans + 8 * index + 8) - start


@inlined
def _write_text(at: int, line: int, start: int, size: int) -> int:
    """Writes the entry of a text; 0 if it has no header."""
    if size >= MAX_HEADER_VALUE:
        return 0
    at = _copy_header(at, line, size)
    if size <= BLOCK and start + BLOCK <= load_int64(line + END):
        copy_block(at, start)
    else:
        copy_bytes(at, start, size)
    return at + size


@inlined
def _write_number(at: int, line: int, r: int) -> int:
    """Writes the entry of a number."""
    if load_int64(line + KIND) == INT64_LIST:
        place = load_int64(line + VALUES) + 8 * r
        prefetch(place + AHEAD)
        value = np.uint64(load_int64(place))
        size = _varint_size(value)
        return _put_number(_copy_header(at, line, size), value, size)
    at = _copy_header(at, line, 0)
    store_32(at, load_int32(load_int64(line + VALUES) + 4 * r))
    return at + 4


@kernel
def _write_list(at: int, line: int, r: int) -> int:
    """Writes the entry of a row's values, whatever their number and size."""
    first, last = r, r + 1
    offsets, values = load_int64(line + OFFSETS), load_int64(line + VALUES)
    if offsets:
        first, last = load_int64(offsets + 8 * r), load_int64(offsets + 8 * r + 8)
    kind = load_int64(line + KIND)
    size = 0
    if kind == BYTES_LIST:
        for i in range(first, last):
            size += _prefixed(_string(line, i)[1])
        at = _open_entry(at, line, size)
        for i in range(first, last):
            start, length = _string(line, i)
            store_8(at, _FIELD_1)
            at = _put_varint(at + 1, np.uint64(length))
            copy_bytes(at, start, length)
            at += length
        return at
    if kind == INT64_LIST:
        for i in range(first, last):
            size += _varint_size(np.uint64(load_int64(values + 8 * i)))
        at = _open_packed(at, line, size)
        for i in range(first, last):
            at = _put_varint(at, np.uint64(load_int64(values + 8 * i)))
        return at
    size = 4 * (last - first)
    at = _open_packed(at, line, size)
    copy_bytes(at, values + 4 * first, size)
    return at + size


@inlined
def _write_unusual(at: int, line: int, r: int) -> int:
    """Writes the entry of a row, if it has one, whatever the column's form."""
    valid = load_int64(line + VALID)
    if valid and load_uint8(valid + r) == 0:
        return at
    end = 0
    if load_int64(line + OFFSETS) == 0 and load_int64(line + KIND) == BYTES_LIST:
        start, size = _string(line, r)
        end = _write_text(at, line, start, size)
    return end if end else _write_list(at, line, r)


@inlined
def _write_entries(at: int, table: int, columns: int, r: int) -> int:
    for c in range(columns):
        line = table + c * LINE
        form = load_int64(line + FORM)
        if form == TEXTS:
            spans = load_int64(line + SPANS) + 4 * r
            first = load_int32(spans)
            start = load_int64(line + VALUES) + first
            prefetch(spans + AHEAD)
            prefetch(start + AHEAD)
            end = _write_text(at, line, start, load_int32(spans + 4) - first)
            at = end if end else _write_list(at, line, r)
        elif form == NULLABLE_NUMBERS:
            # Written in any case, and perhaps overwritten: cheaper than a wrong guess.
            present = load_uint8(load_int64(line + VALID) + r)
            at += present * (_write_number(at, line, r) - at)
        elif form == NUMBERS:
            at = _write_number(at, line, r)
        else:
            at = _write_unusual(at, line, r)
    return at


@kernel
def write_records(
    out: ByteArray,
    rows: int,
    framed: bool,
    table: IntArray,
    starts: IntArray,
    lengths: IntArray,
) -> int:
    """Writes the records of all rows, one behind the other.

    Args:
        out: The buffer, with room for all.
        rows: How many there are.
        framed: Whether each record is a TFRecord frame.
        table: The columns, in the order of their keys; int64, [columns, entries].
        starts: int64, one for each row; receives where each payload starts.
        lengths: int64, as many; receives how long each payload is.

    Returns:
        The size of everything.
    """
    begin: int = address_of(out)
    before = HEADER_BYTES if framed else 0
    behind = FOOTER_BYTES if framed else 0
    at = begin
    sealed = 0
    guess = 2  # the size of the length of all entries; mostly that of the row before
    for r in range(rows):
        start = at + before
        first = start + 1 + guess
        end = _write_entries(first, address_of(table), len(table), r)
        size = end - first
        needed = _varint_size(np.uint64(size))
        if needed != guess:
            move_bytes(start + 1 + needed, first, size)
            end += needed - guess
            guess = needed
        store_8(start, _FIELD_1)
        _put_varint(start + 1, np.uint64(size))
        starts[r], lengths[r] = start - begin, end - start
        at = end + behind
        # While they are in the nearest cache; in groups, see `seal_frames`.
        if framed and r + 1 - sealed == _SEALED_TOGETHER:
            seal_frames(out, starts[sealed:], lengths[sealed:], _SEALED_TOGETHER)
            sealed = r + 1
    if framed:
        seal_frames(out, starts[sealed:], lengths[sealed:], rows - sealed)
    return at - begin


@kernel
def total_size(spans: IntArray, codes: npt.NDArray[np.int32], valid: BoolArray) -> int:
    """The bytes of all strings that valid codes of a dictionary stand for."""
    total = 0
    for i in range(len(codes)):
        if len(valid) == 0 or valid[i]:
            total += spans[codes[i] + 1] - spans[codes[i]]
    return total


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
