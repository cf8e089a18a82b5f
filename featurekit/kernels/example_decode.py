"""The wire format of tf.Example to columns.

`locate` walks the map entries of every record once and notes where the entry of each
wanted key is; `measure_column` finds the values in those entries, checks them and
counts them; an `emit_*` kernel copies them out. Every read is checked against the end
of the message around it.

What is accepted, and with which values, is what the C++ parser of protocol buffers
does: packed and unpacked numbers, also mixed; a key after its value; of equal keys the
last; of two kinds in a feature the last; two lists of one kind are joined; unknown
fields are skipped. Entries of keys that are not wanted are skipped unseen.

Source: https://protobuf.dev/programming-guides/encoding/ and tensorflow/core/example,
example.proto and feature.proto.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import kernel
from featurekit.kernels.varint import (
    as_int,
    failure,
    failure_code,
    failure_position,
    read_length,
    read_varint,
)
from featurekit.kernels.wire import is_utf8, read_tag, skip_field

ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]

BYTES_LIST = 0x0A
FLOAT_LIST = 0x12
INT64_LIST = 0x1A

BAD_PACKED_FLOATS = 7
WRONG_KIND = 8
LENGTH_MISMATCH = 9
INVALID_UTF8 = 10

_FIELD_1 = 0x0A  # field 1, length-delimited
_FIELD_2 = 0x12
_FIELD_1_VARINT = 0x08
_FIELD_1_FIXED32 = 0x0D


@kernel
def _compare(
    data: ByteArray, start: int, stop: int, other: ByteArray, first: int, last: int
) -> int:
    """Negative, 0 or positive as data[start:stop] sorts against other[first:last]."""
    size = stop - start
    other_size = last - first
    for i in range(min(size, other_size)):
        difference = as_int(data[start + i]) - as_int(other[first + i])
        if difference != 0:
            return difference
    return size - other_size


@kernel
def _find_key(
    data: ByteArray, start: int, stop: int, keys: ByteArray, bounds: IntArray, hint: int
) -> int:
    """The index of a key in the sorted keys, -1 if absent; tries the hint first."""
    count = len(bounds) - 1
    if (
        hint < count
        and _compare(data, start, stop, keys, bounds[hint], bounds[hint + 1]) == 0
    ):
        return hint
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        order = _compare(data, start, stop, keys, bounds[middle], bounds[middle + 1])
        if order == 0:
            return middle
        if order < 0:
            high = middle
        else:
            low = middle + 1
    return -1


@kernel
def _read_key(data: ByteArray, position: int, end: int) -> tuple[int, int, int]:
    """Walks a map entry: the bounds of its key (0, 0 if it has none), and the end."""
    start = stop = 0
    while position < end:
        tag, position = read_tag(data, position, end)
        if position < 0:
            return start, stop, position
        if tag == _FIELD_1:
            if not is_utf8(data, start, stop):  # of several keys the last counts
                return start, stop, failure(INVALID_UTF8, start)
            start, stop = read_length(data, position, end)
            position = stop
        else:
            position = skip_field(data, position, end, tag, 3)
        if position < 0:
            return start, stop, position
    return start, stop, position


@kernel
def _locate_entries(
    data: ByteArray,
    position: int,
    end: int,
    keys: ByteArray,
    bounds: IntArray,
    begins: IntArray,
    ends: IntArray,
    r: int,
) -> int:
    """Walks a Features message; returns its end, negative on failure."""
    hint = 0
    while position < end:
        tag, position = read_tag(data, position, end)
        if position < 0:
            return position
        if tag != _FIELD_1:
            position = skip_field(data, position, end, tag, 2)
            if position < 0:
                return position
            continue
        begin, position = read_length(data, position, end)
        if position < 0:
            return position
        key_start, key_stop, failed = _read_key(data, begin, position)
        if failed < 0:
            return failed
        column = _find_key(data, key_start, key_stop, keys, bounds, hint)
        if column >= 0:
            begins[column, r] = begin
            ends[column, r] = position
            hint = column + 1
        elif not is_utf8(data, key_start, key_stop):
            return failure(INVALID_UTF8, key_start)
    return position


@kernel
def locate(
    data: ByteArray,
    starts: IntArray,
    lengths: IntArray,
    keys: ByteArray,
    bounds: IntArray,
    begins: IntArray,
    ends: IntArray,
) -> tuple[int, int, int]:
    """Finds the map entries of the wanted keys in every record.

    Args:
        data: uint8.
        starts: Where records start in ``data``.
        lengths: Their lengths; all within ``data``.
        keys: The wanted keys, sorted by bytes, one after another.
        bounds: int64, one more than keys; key k is keys[bounds[k]:bounds[k + 1]].
        begins: int64, [keys, records]; receives where each entry starts, -1 if absent.
        ends: As ``begins``; receives where each entry ends.

    Returns:
        A problem code, 0 if all went well; the record; the position in ``data``.
    """
    for r in range(len(starts)):
        begins[:, r] = -1
        position = starts[r]
        end = position + lengths[r]
        while position < end:
            tag, position = read_tag(data, position, end)
            if position >= 0 and tag != _FIELD_1:
                position = skip_field(data, position, end, tag, 1)
            elif position >= 0:
                begin, position = read_length(data, position, end)
                if position >= 0:
                    position = _locate_entries(
                        data, begin, position, keys, bounds, begins, ends, r
                    )
            if position < 0:
                return failure_code(position), r, failure_position(position)
    return 0, 0, 0


@kernel
def _measure_varints(data: ByteArray, position: int, end: int) -> tuple[int, int]:
    """The number of varints between the positions; the end, negative on failure."""
    count = 0
    while position < end:
        if data[position] < 0x80:
            position += 1
        else:
            _, position = read_varint(data, position, end)
            if position < 0:
                return count, position
        count += 1
    return count, position


@kernel
def _measure_list(
    data: ByteArray, position: int, end: int, kind: int
) -> tuple[int, int, int]:
    """Checks a list: the number of values, the bytes of its strings, and the end."""
    count = 0
    size = 0
    while position < end:
        tag, position = read_tag(data, position, end)
        if position < 0:
            return count, size, position
        if tag == _FIELD_1:
            start, stop = read_length(data, position, end)
            if stop < 0:
                return count, size, stop
            if kind == BYTES_LIST:
                count += 1
                size += stop - start
            elif kind == FLOAT_LIST:
                if (stop - start) % 4 != 0:
                    return count, size, failure(BAD_PACKED_FLOATS, position)
                count += (stop - start) // 4
            else:
                more, failed = _measure_varints(data, start, stop)
                if failed < 0:
                    return count, size, failed
                count += more
            position = stop
            continue
        if (tag == _FIELD_1_VARINT and kind == INT64_LIST) or (
            tag == _FIELD_1_FIXED32 and kind == FLOAT_LIST
        ):
            count += 1
        position = skip_field(data, position, end, tag, 5)
        if position < 0:
            return count, size, position
    return count, size, position


@kernel
def _next_list(
    data: ByteArray, position: int, feature_end: int, entry_end: int
) -> tuple[int, int, int, int]:
    """Finds the next list in a map entry.

    Args:
        data: uint8.
        position: Where to go on.
        feature_end: The end of the Feature message that this is in, or -1 outside.
        entry_end: The end of the entry.

    Returns:
        The kind, 0 if there is no further list; the start of the list; its end, where
        the walk goes on, negative on failure; and the end of the Feature around it.
    """
    while True:
        while feature_end >= 0 and position < feature_end:
            tag, position = read_tag(data, position, feature_end)
            if position < 0:
                return 0, 0, position, feature_end
            if tag in (BYTES_LIST, FLOAT_LIST, INT64_LIST):
                begin, stop = read_length(data, position, feature_end)
                return tag, begin, stop, feature_end
            position = skip_field(data, position, feature_end, tag, 4)
            if position < 0:
                return 0, 0, position, feature_end
        feature_end = -1
        if position >= entry_end:
            return 0, 0, position, feature_end
        tag, position = read_tag(data, position, entry_end)
        if position < 0:
            return 0, 0, position, feature_end
        if tag == _FIELD_2:
            position, feature_end = read_length(data, position, entry_end)
            if feature_end < 0:
                return 0, 0, feature_end, feature_end
        else:
            position = skip_field(data, position, entry_end, tag, 3)
            if position < 0:
                return 0, 0, position, feature_end


@kernel
def measure_column(
    data: ByteArray,
    begins: IntArray,
    ends: IntArray,
    kind: int,
    width: int,
    sinces: IntArray,
    counts: IntArray,
) -> tuple[int, int, int, int]:
    """Checks and counts the values of one column.

    Args:
        data: uint8.
        begins: Where the entry of each record starts, -1 if it has none. Becomes the
            start of the list where there is only one.
        ends: Where it ends; likewise.
        kind: The wanted kind of list.
        width: The number of values that each record must have, -1 for any.
        sinces: int64, one per record. Receives -1 where begins and ends are those of a
            list, else the position from which the lists of the entry count.
        counts: int64, one per record. Receives the number of values, -1 for a null: no
            entry, or a feature without any kind.

    Returns:
        A problem code, 0 if all went well; the record; the position in ``data``, or the
        kind that was found, or the number of values; the bytes of all strings.
    """
    total = 0
    for r in range(len(begins)):
        counts[r] = -1
        sinces[r] = -1
        if begins[r] < 0:
            continue
        position = begins[r]
        feature_end = -1
        current = count = size = pieces = 0
        first = last = since = 0
        while True:
            found, begin, position, feature_end = _next_list(
                data, position, feature_end, ends[r]
            )
            if position < 0:
                return failure_code(position), r, failure_position(position), 0
            if found == 0:
                break
            if found != current:
                current = found
                count = size = pieces = 0
                since = begin
            more, bytes_more, position = _measure_list(data, begin, position, found)
            if position < 0:
                return failure_code(position), r, failure_position(position), 0
            count += more
            size += bytes_more
            pieces += 1
            first, last = begin, position
        if current == 0:
            continue
        if current != kind:
            return WRONG_KIND, r, current, 0
        if width >= 0 and count != width:
            return LENGTH_MISMATCH, r, count, 0
        counts[r] = count
        total += size
        if pieces == 1:
            begins[r], ends[r] = first, last
        else:
            sinces[r] = since
    return 0, 0, 0, total


@kernel
def _emit_int64_list(
    data: ByteArray, position: int, end: int, out: IntArray, at: int
) -> int:
    """Copies the values of a checked list; returns the index after the last."""
    while position < end:
        tag, position = read_tag(data, position, end)
        if tag == _FIELD_1:
            position, stop = read_length(data, position, end)
            while position < stop:
                value, position = read_varint(data, position, stop)
                out[at] = as_int(value)
                at += 1
        elif tag == _FIELD_1_VARINT:
            value, position = read_varint(data, position, end)
            out[at] = as_int(value)
            at += 1
        else:
            position = skip_field(data, position, end, tag, 5)
    return at


@kernel
def _emit_float_list(
    data: ByteArray, position: int, end: int, out: ByteArray, at: int
) -> int:
    """As `_emit_int64_list`, for the raw bytes of floats."""
    while position < end:
        tag, position = read_tag(data, position, end)
        if tag == _FIELD_1:
            position, stop = read_length(data, position, end)
        elif tag == _FIELD_1_FIXED32:
            stop = position + 4
        else:
            position = skip_field(data, position, end, tag, 5)
            continue
        for i in range(stop - position):
            out[4 * at + i] = data[position + i]
        at += (stop - position) // 4
        position = stop
    return at


@kernel
def _emit_bytes_list(
    data: ByteArray, position: int, end: int, out: ByteArray, offsets: IntArray, at: int
) -> int:
    """As `_emit_int64_list`, for strings; offsets[at] is where the next one starts."""
    while position < end:
        tag, position = read_tag(data, position, end)
        if tag != _FIELD_1:
            position = skip_field(data, position, end, tag, 5)
            continue
        position, stop = read_length(data, position, end)
        start = offsets[at]
        for i in range(stop - position):
            out[start + i] = data[position + i]
        at += 1
        offsets[at] = start + stop - position
        position = stop
    return at


@kernel
def emit_int64(
    data: ByteArray,
    begins: IntArray,
    ends: IntArray,
    sinces: IntArray,
    counts: IntArray,
    firsts: IntArray,
    out: IntArray,
) -> None:
    """Copies the values of an int64 column that `measure_column` accepted.

    Args:
        data: uint8.
        begins: From `measure_column`, as are ends, sinces and counts.
        ends: See begins.
        sinces: See begins.
        counts: See begins.
        firsts: The index in ``out`` of each record's first value.
        out: Receives the values.
    """
    for r in range(len(begins)):
        if counts[r] <= 0:
            continue
        if sinces[r] < 0:
            _emit_int64_list(data, begins[r], ends[r], out, firsts[r])
            continue
        at = firsts[r]
        position, feature_end = begins[r], -1
        while True:
            found, begin, position, feature_end = _next_list(
                data, position, feature_end, ends[r]
            )
            if found == 0:
                break
            if begin >= sinces[r]:
                at = _emit_int64_list(data, begin, position, out, at)


@kernel
def emit_float32(
    data: ByteArray,
    begins: IntArray,
    ends: IntArray,
    sinces: IntArray,
    counts: IntArray,
    firsts: IntArray,
    out: ByteArray,
) -> None:
    """As `emit_int64`; ``out`` receives 4 bytes per value, as they are."""
    for r in range(len(begins)):
        if counts[r] <= 0:
            continue
        if sinces[r] < 0:
            _emit_float_list(data, begins[r], ends[r], out, firsts[r])
            continue
        at = firsts[r]
        position, feature_end = begins[r], -1
        while True:
            found, begin, position, feature_end = _next_list(
                data, position, feature_end, ends[r]
            )
            if found == 0:
                break
            if begin >= sinces[r]:
                at = _emit_float_list(data, begin, position, out, at)


@kernel
def emit_bytes(
    data: ByteArray,
    begins: IntArray,
    ends: IntArray,
    sinces: IntArray,
    counts: IntArray,
    firsts: IntArray,
    out: ByteArray,
    offsets: IntArray,
) -> None:
    """As `emit_int64`, for strings.

    Args:
        data: uint8.
        begins: From `measure_column`, as are ends, sinces and counts.
        ends: See begins.
        sinces: See begins.
        counts: See begins.
        firsts: int64, one more than records: the slot of each record's first string. A
            null record's slots become empty strings.
        out: Receives the bytes of all strings.
        offsets: Receives where each string starts, and the end of the last.
    """
    offsets[0] = 0
    for r in range(len(begins)):
        at = firsts[r]
        position, feature_end = begins[r], -1
        if counts[r] > 0 and sinces[r] < 0:
            at = _emit_bytes_list(data, position, ends[r], out, offsets, at)
        elif counts[r] > 0:
            while True:
                found, begin, position, feature_end = _next_list(
                    data, position, feature_end, ends[r]
                )
                if found == 0:
                    break
                if begin >= sinces[r]:
                    at = _emit_bytes_list(data, begin, position, out, offsets, at)
        while at < firsts[r + 1]:
            offsets[at + 1] = offsets[at]
            at += 1


@kernel
def first_invalid_utf8(data: ByteArray, offsets: IntArray) -> int:
    """The index of the first string that is not UTF-8; -1 if all are."""
    for i in range(len(offsets) - 1):
        if not is_utf8(data, offsets[i], offsets[i + 1]):
            return i
    return -1
