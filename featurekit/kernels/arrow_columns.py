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
import pyarrow as pa

from featurekit.kernels.array_views import (
    bytes_at,
    integers_at,
    shorts_at,
    words_at,
)
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
SPANS = 72  # offsets or views
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
    elif line[ENTRIES // 8]:  # without any, there may be no offsets
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


@kernel
def _read_codes(codes: int, width: int, entries: IntArray) -> None:
    """Codes as if they had no sign: those of rows that are not null have none."""
    count = len(entries)
    if width == 1:
        for i, code in enumerate(bytes_at(codes, count)):
            entries[i] = code
    elif width == 2:
        for i, code in enumerate(shorts_at(codes, count)):
            entries[i] = code
    elif width == 4:
        for i, code in enumerate(words_at(codes, count)):
            entries[i] = code
    else:
        for i, code in enumerate(integers_at(codes, count)):
            entries[i] = code


@kernel
def read_entries(line: int, first_row: int, entries: IntArray) -> bool:
    """Finds which text each row of a block has.

    Args:
        line: Address of the line of a column of text.
        first_row: The block's first row in the batch.
        entries: Receives positions among the texts, or MISSING.

    Returns:
        Whether all codes point into their dictionary.
    """
    bits, codes = load_int64(line + VALID), load_int64(line + CODES)
    at, width = load_int64(line + START) + first_row, load_int64(line + CODE_BYTES)
    if codes:
        _read_codes(codes + width * at, width, entries)
    else:
        for i in range(len(entries)):
            entries[i] = first_row + i
    if bits:
        for i in range(len(entries)):
            entries[i] = entries[i] if bit(bits, at + i) else MISSING
    if codes == 0:
        return True
    if not _are_within(entries, load_int64(line + ENTRIES)):
        return False
    bits, start = load_int64(line + ENTRY_VALID), load_int64(line + ENTRY_START)
    if bits:
        for i in range(len(entries)):
            if entries[i] >= 0 and not bit(bits, start + entries[i]):
                entries[i] = MISSING
    return True


@kernel
def list_entries(line: int, entries: IntArray) -> None:
    """Lists MISSING, and then all texts of a dictionary, as rows have them."""
    bits, start = load_int64(line + ENTRY_VALID), load_int64(line + ENTRY_START)
    entries[0] = MISSING
    for i in range(len(entries) - 1):
        entries[i + 1] = i if bits == 0 or bit(bits, start + i) else MISSING


@kernel
def _are_within(entries: IntArray, count: int) -> bool:
    wrong = 0
    for i in range(len(entries)):
        wrong += entries[i] >= count or entries[i] < MISSING
    return wrong == 0


@inlined
def span_of(
    kind: int, spans: int, data: int, end: int, position: int
) -> tuple[int, int, int]:
    """Where a text starts, its size, and where bytes end that may be read.

    Args:
        kind: KIND of the line of its column.
        spans: SPANS.
        data: DATA.
        end: END.
        position: Of the text, from ENTRY_START.
    """
    if kind == OFFSETS_64:
        first = load_int64(spans + 8 * position)
        return data + first, load_int64(spans + 8 * position + 8) - first, end
    if kind == OFFSETS_32:
        first = load_int32(spans + 4 * position)
        return data + first, load_int32(spans + 4 * position + 4) - first, end
    view = spans + 16 * position
    size = load_int32(view)
    if size <= _INLINE:
        return view + 4, size, view + 16
    start = load_int64(data + 8 * load_int32(view + 8)) + load_int32(view + 12)
    return start, size, start + size


def column_kind(kind: pa.DataType) -> tuple[int, int]:
    """What the values of a column are, and the width of a dictionary's codes, or 0.

    >>> column_kind(pa.dictionary(pa.int16(), pa.string()))
    (4, 2)
    """
    if pa.types.is_dictionary(kind):
        return column_kind(kind.value_type)[0], kind.index_type.bit_width // 8
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return VIEWS, 0
    if pa.types.is_large_string(kind) or pa.types.is_large_binary(kind):
        return OFFSETS_64, 0
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return OFFSETS_32, 0
    return NUMBERS, 0
