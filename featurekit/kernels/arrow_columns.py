"""The columns of an Arrow batch at their addresses, through the Arrow C data interface.

One exported struct says where all buffers of all columns are, while asking each array
for its buffers would cost as much as computing with them. Every column becomes a line
of a table of int64. Whoever exported the batch keeps the struct until the last read.

A null's value, code or span is never followed: anything may be there.

Source of the layouts: https://arrow.apache.org/docs/format/CDataInterface.html and
https://arrow.apache.org/docs/format/Columnar.html.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import inlined, kernel
from featurekit.kernels.memory import (
    load_int32,
    load_int64,
    load_uint8,
)

IntArray: TypeAlias = npt.NDArray[np.int64]

NUMBERS = 0
OFFSETS_32 = 4
OFFSETS_64 = 8
VIEWS = 16
"""What the values of a column are: numbers, or text by offsets or by views."""

# The line of a column: byte offsets of its entries.
VALID = 0  # bits: which rows are not null; 0: all
START = 8  # the first row's position in VALID, and in VALUES or CODES
VALUES = 16  # numbers
CODES = 24  # the entry of each row in a dictionary; 0: row i is entry i
CODE_BYTES = 32
KIND = 40  # of the values
ENTRIES = 48  # how many texts there are
ENTRY_VALID = 56  # bits of a dictionary's entries; 0: all are valid
ENTRY_START = 64  # the first entry's position in ENTRY_VALID and SPANS
SPANS = 72  # offsets or views; 0: all texts are empty
DATA = 80  # the bytes of all texts; of views, the addresses of all bytes
END = 88  # behind the bytes of all texts
LINE = 96
"""Bytes of a line of the table."""
ENTRIES_OF_LINE = LINE // 8

# The struct ArrowArray.
_LENGTH = 0
_NULLS = 8
_OFFSET = 16
_BUFFERS = 40
_CHILDREN = 48
_DICTIONARY = 56

_INLINE = 12  # bytes that a view holds itself
MISSING = -1
DAMAGED = -2
"""A code that points behind the dictionary."""


@inlined
def _valid_bits(array: int) -> int:
    """The bits of validity; 0 if there is no null."""
    if load_int64(array + _NULLS) == 0:
        return 0
    return int(load_int64(load_int64(array + _BUFFERS)))


@kernel
def _describe_spans(line: IntArray, buffers: int) -> None:
    spans = load_int64(buffers + 8)
    line[SPANS // 8], line[DATA // 8] = spans, 0
    stop = line[ENTRY_START // 8] + line[ENTRIES // 8]
    if line[KIND // 8] == VIEWS:
        line[DATA // 8] = buffers + 16
    elif spans and line[ENTRIES // 8]:
        data = load_int64(buffers + 16)
        wide = line[KIND // 8] == OFFSETS_64
        line[DATA // 8] = data
        line[END // 8] = data + (
            load_int64(spans + 8 * stop) if wide else load_int32(spans + 4 * stop)
        )


@kernel
def describe_columns(
    batch: int, chosen: IntArray, kinds: IntArray, code_bytes: IntArray, table: IntArray
) -> None:
    """Fills the lines of columns.

    Args:
        batch: Address of the struct ArrowArray of a record batch.
        chosen: Positions of the columns in the batch.
        kinds: What the values of each are; of dictionaries, those of the entries.
        code_bytes: Width of a dictionary's codes; 0 for other columns.
        table: Receives the lines; int64, [columns, entries of a line].
    """
    for c in range(len(chosen)):
        array = load_int64(load_int64(batch + _CHILDREN) + 8 * chosen[c])
        values = load_int64(load_int64(array + _BUFFERS) + 8)
        line = table[c]
        line[VALID // 8] = _valid_bits(array)
        line[START // 8] = load_int64(batch + _OFFSET) + load_int64(array + _OFFSET)
        line[VALUES // 8] = values
        line[KIND // 8] = kinds[c]
        line[CODES // 8] = values if code_bytes[c] else 0
        line[CODE_BYTES // 8] = code_bytes[c]
        if kinds[c] == NUMBERS:
            continue
        if code_bytes[c]:
            array = load_int64(array + _DICTIONARY)
            line[ENTRY_VALID // 8] = _valid_bits(array)
            line[ENTRY_START // 8] = load_int64(array + _OFFSET)
            line[ENTRIES // 8] = load_int64(array + _LENGTH)
        else:
            line[ENTRY_VALID // 8] = 0
            line[ENTRY_START // 8] = line[START // 8]
            line[ENTRIES // 8] = load_int64(batch + _LENGTH)
        _describe_spans(line, load_int64(array + _BUFFERS))


@inlined
def bit(bits: int, position: int) -> bool:
    """Whether a bit is set."""
    return bool((load_uint8(bits + (position >> 3)) >> (position & 7)) & 1)


@inlined
def is_present(line: int, row: int) -> bool:
    """Whether a number is not null."""
    bits = load_int64(line + VALID)
    return bits == 0 or bit(bits, load_int64(line + START) + row)


@inlined
def _code(codes: int, width: int, at: int) -> int:
    """The code of a row; those of rows that are not null have no sign."""
    if width == 4:
        return int(load_int32(codes + 4 * at)) & 0xFFFFFFFF
    if width == 1:
        return int(load_uint8(codes + at))
    if width == 2:
        at = codes + 2 * at
        return int(load_uint8(at)) | int(load_uint8(at + 1)) << 8
    return int(load_int64(codes + 8 * at))


@inlined
def entry_at(line: int, row: int) -> int:
    """The text that a row has, by its position; MISSING or DAMAGED."""
    if not is_present(line, row):
        return MISSING
    codes = load_int64(line + CODES)
    if codes == 0:
        return row
    at = load_int64(line + START) + row
    entry = _code(codes, load_int64(line + CODE_BYTES), at)
    if entry < 0 or entry >= load_int64(line + ENTRIES):
        return DAMAGED
    bits = load_int64(line + ENTRY_VALID)
    if bits and not bit(bits, load_int64(line + ENTRY_START) + entry):
        return MISSING
    return entry


@inlined
def span_of(line: int, entry: int) -> tuple[int, int, int]:
    """Where a text starts, its size, and where bytes end that may be read."""
    kind, spans = load_int64(line + KIND), load_int64(line + SPANS)
    at = load_int64(line + ENTRY_START) + entry
    if spans == 0:
        return 0, 0, 0
    if kind == OFFSETS_64:
        first = load_int64(spans + 8 * at)
        size = load_int64(spans + 8 * at + 8) - first
        return load_int64(line + DATA) + first, size, load_int64(line + END)
    if kind == OFFSETS_32:
        first = load_int32(spans + 4 * at)
        size = load_int32(spans + 4 * at + 4) - first
        return load_int64(line + DATA) + first, size, load_int64(line + END)
    view = spans + 16 * at
    size = load_int32(view)
    if size <= _INLINE:
        return view + 4, size, view + 16
    data = load_int64(load_int64(line + DATA) + 8 * load_int32(view + 8))
    start = data + load_int32(view + 12)
    return start, size, start + size
