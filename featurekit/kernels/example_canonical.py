"""Records as every writer writes them, straight to columns.

`example_decode` reads whatever the format allows. What writers write is far less: one
Features message, one entry for each key, key before value, one list, numbers packed.
`read_records` reads such records in one pass, and stops at the first that is different;
it never judges one.

Positions are addresses; what is outside of a record changes nothing, but keys, numbers
and strings are read in whole words where the buffer has them. The columns are lines of
a table, as in `example_encode`.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.example_encode import BYTES_LIST, FLOAT_LIST, INT64_LIST
from featurekit.kernels.jit import inlined, kernel
from featurekit.kernels.memory import (
    AHEAD,
    BLOCK,
    address_of,
    copy_block,
    copy_bytes,
    leading_word,
    load_int64,
    load_uint8,
    prefetch,
    store_8,
    store_32,
    store_64,
)

ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]

# The line of a column: byte offsets of its entries.
KIND = 0  # of the list
WIDTH = 8  # values of a row
KEY = 16  # the bytes of the key
KEY_SIZE = 24
KEY_WORD = 32  # its first 8 bytes, or fewer and zeros
VALUES = 40  # receives int64, float32, or strings, one behind the other
OFFSETS = 48  # strings: receives int64, one more than rows: the sizes before each
VALID = 56  # receives a bool per row
SEEN = 64  # the row of the last entry, from 1
FOLLOWER = 72  # the column of the entry that came next in the record before
ROOM = 80  # strings: how many bytes VALUES has room for
STRIDE = 88  # numbers: bytes from the values of a row to those of the next
LINE = 96
"""Bytes of a line of the table."""

_ALL = np.uint64(2**64 - 1)
_MORE_OF_ALL = np.uint64(0x8080808080808080)
_FIELD_1 = 0x0A
_FIELD_2 = 0x12
_NONE = -1
_ODD = -2


@inlined
def _read_length(at: int, end: int) -> tuple[int, int]:
    """The bounds of a field's bytes after its tag; the second is 0 if it is cut."""
    if at >= end:
        return at, 0
    size = load_uint8(at)
    at += 1
    if size >= 0x80:
        size &= 0x7F
        shift = 7
        while True:
            if at >= end or shift > 28:
                return at, 0
            byte = load_uint8(at)
            at += 1
            size |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
    if size > end - at:
        return at, 0
    return at, at + size


@inlined
def _field(at: int, end: int, tag: int) -> tuple[int, int]:
    """The bounds of the bytes of the field at `at`; the second is 0 if it differs."""
    if at >= end or load_uint8(at) != tag:
        return at, 0
    return _read_length(at + 1, end)


@inlined
def _is_key(line: int, at: int, size: int, word: int) -> bool:
    if size != load_int64(line + KEY_SIZE) or word != load_int64(line + KEY_WORD):
        return False
    key = load_int64(line + KEY)
    for i in range(8, size):  # noqa: SIM110 (compiled)
        if load_uint8(at + i) != load_uint8(key + i):
            return False
    return True


@kernel
def _search(table: int, columns: int, at: int, size: int, word: int) -> int:
    """The column of a key; _NONE if there is none, _ODD if it is not ASCII."""
    for c in range(columns):
        if _is_key(table + c * LINE, at, size, word):
            return c
    for i in range(size):
        if load_uint8(at + i) >= 0x80:
            return _ODD
    return _NONE


@inlined
def _gathered(word: np.uint64) -> np.uint64:
    """The lowest 7 bits of each byte, one behind the other."""
    word = (word & np.uint64(0x007F007F007F007F)) | (
        (word & np.uint64(0x7F007F007F007F00)) >> np.uint64(1)
    )
    word = (word & np.uint64(0x00003FFF00003FFF)) | (
        (word & np.uint64(0x3FFF00003FFF0000)) >> np.uint64(2)
    )
    return np.uint64(
        (word & np.uint64(0x0FFFFFFF))
        | ((word & np.uint64(0x0FFFFFFF00000000)) >> np.uint64(4))
    )


@inlined
def _read_short_int64(at: int, size: int, out: int) -> bool:
    """Reads one integer of 1 to 8 bytes; its size is known, and nothing is guessed."""
    word = np.uint64(load_int64(at)) & (_ALL >> np.uint64(64 - 8 * size))
    store_64(out, _gathered(word))
    # Another byte follows each but the last.
    more = _MORE_OF_ALL & (_ALL >> np.uint64(71 - 8 * size))
    return bool((word & _MORE_OF_ALL) == more)


@inlined
def _read_int64s(at: int, stop: int, out: int, count: int, far: int) -> bool:
    """Reads exactly `count` integers that end at `stop`."""
    if count == 1 and 0 < stop - at <= 8 and at + 8 <= far:
        return _read_short_int64(at, stop - at, out)
    for i in range(count):
        if at >= stop:
            return False
        byte = load_uint8(at)
        at += 1
        value = np.uint64(byte & 0x7F)
        shift = np.uint64(7)
        while byte >= 0x80:
            if at >= stop or shift > np.uint64(63):
                return False
            byte = load_uint8(at)
            at += 1
            if shift == np.uint64(63) and byte > 1:
                return False
            value |= np.uint64(byte & 0x7F) << shift
            shift += np.uint64(7)
        store_64(out + 8 * i, value)
    return at == stop


@inlined
def _copy_string(target: int, source: int, size: int, far: int) -> None:
    if size <= BLOCK and source + BLOCK <= far:
        copy_block(target, source)
    else:
        copy_bytes(target, source, size)


@inlined
def _read_list(kind: int, at: int, stop: int, line: int, r: int, far: int) -> bool:
    """Reads the values of a list; False if they are not those of the column."""
    if kind != load_int64(line + KIND):
        return False
    first, last = _field(at, stop, _FIELD_1)
    if last != stop:
        return False
    values, width = load_int64(line + VALUES), load_int64(line + WIDTH)
    if kind == BYTES_LIST:
        offsets = load_int64(line + OFFSETS) + 8 * r
        prefetch(offsets + AHEAD)
        before, size = load_int64(offsets), last - first
        if before + size + BLOCK > load_int64(line + ROOM):
            return False
        _copy_string(values + before, first, size, far)
        store_64(offsets + 8, before + size)
        return True
    row = values + load_int64(line + STRIDE) * r
    prefetch(row + AHEAD)
    if kind == INT64_LIST:
        return _read_int64s(first, last, row, width, far)
    if last - first != 4 * width:
        return False
    copy_bytes(row, first, 4 * width)
    return True


@inlined
def _fill_null(line: int, r: int) -> None:
    kind, width = load_int64(line + KIND), load_int64(line + WIDTH)
    values = load_int64(line + VALUES)
    store_8(load_int64(line + VALID) + r, 0)
    if kind == BYTES_LIST:
        offsets = load_int64(line + OFFSETS) + 8 * r
        store_64(offsets + 8, load_int64(offsets))
        return
    row = values + load_int64(line + STRIDE) * r
    for i in range(width):
        if kind == INT64_LIST:
            store_64(row + 8 * i, 0)
        else:
            store_32(row + 4 * i, 0)


@inlined
def _read_entry(
    at: int, end: int, table: int, columns: int, guess: int, r: int, far: int
) -> int:
    """Reads a map entry; returns its column, _NONE for another key, or _ODD."""
    key, key_end = _field(at, end, _FIELD_1)
    if key_end == 0:
        return _ODD
    size = key_end - key
    word = leading_word(key, size, far)
    c = guess
    if guess < 0 or not _is_key(table + guess * LINE, key, size, word):
        c = _search(table, columns, key, size, word)
    if c == _ODD:
        return _ODD
    feature, feature_end = _field(key_end, end, _FIELD_2)
    if feature_end != end:
        return _ODD
    if c == _NONE:
        return c
    line = table + c * LINE
    if load_int64(line + SEEN) == r + 1:
        return _ODD
    store_64(line + SEEN, r + 1)
    if feature == feature_end:  # a feature without a kind is a null
        _fill_null(line, r)
        return c
    kind = load_uint8(feature)
    if kind != BYTES_LIST and kind != FLOAT_LIST and kind != INT64_LIST:
        return _ODD
    values, values_end = _read_length(feature + 1, end)
    if values_end != end or not _read_list(kind, values, end, line, r, far):
        return _ODD
    store_8(load_int64(line + VALID) + r, 1)
    return c


@kernel
def read_records(
    data: ByteArray, starts: IntArray, lengths: IntArray, table: IntArray
) -> int:
    """Reads records into columns.

    Args:
        data: uint8.
        starts: Where records start in ``data``.
        lengths: Their lengths; all within ``data``.
        table: The columns; int64, [columns, entries of a line]. SEEN and the first of
            OFFSETS are 0. A string needs room for 32 bytes more than it has.

    Returns:
        The number of records that were read: all of them, or those before the first
        that is written in another way, or has a string without room.
    """
    base = address_of(data)
    far = base + len(data)
    lines, columns = address_of(table), len(table)
    for r in range(len(starts)):
        at, stop = _field(base + starts[r], base + starts[r] + lengths[r], _FIELD_1)
        end = base + starts[r] + lengths[r]
        if stop != end and lengths[r]:
            return r
        previous = columns - 1
        while at < end:
            entry, entry_end = _field(at, end, _FIELD_1)
            if entry_end == 0:
                return r
            guess = _NONE
            if columns:
                guess = load_int64(lines + previous * LINE + FOLLOWER)
            c = _read_entry(entry, entry_end, lines, columns, guess, r, far)
            if c == _ODD:
                return r
            if c >= 0:
                store_64(lines + previous * LINE + FOLLOWER, c)
                previous = c
            at = entry_end
        for c in range(columns):
            line = lines + c * LINE
            if load_int64(line + SEEN) != r + 1:
                _fill_null(line, r)
    return len(starts)


@kernel
def is_ascii(data: ByteArray, size: int) -> bool:
    """Whether the first bytes are ASCII."""
    address = address_of(data)
    bits = np.uint64(0)
    for i in range(size // 8):
        bits |= np.uint64(load_int64(address + 8 * i))
    for i in range(size - size % 8, size):
        bits |= np.uint64(load_uint8(address + i)) << np.uint64(56)
    return bool((bits & np.uint64(0x8080808080808080)) == 0)
