"""Changes text code point by code point: normal forms, and other cases.

The tables are arrays of `featurekit.backends.unicode_arrays`. Text of ASCII alone takes
a path of its own: no normal form changes it.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import inlined, kernel

BoolArray: TypeAlias = npt.NDArray[np.bool_]
ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int32]
LongArray: TypeAlias = npt.NDArray[np.int64]

EACH = 0  # code points by themselves
DECOMPOSE = 1
COMPOSE = 2

_INVALID = -1
_MOST_BYTES = 4  # of a code point


@inlined
def _continues(data: ByteArray, at: int, end: int) -> bool:
    return at < end and (data[at] & 0xC0) == 0x80


@kernel
def _decode(data: ByteArray, start: int, end: int, points: IntArray) -> int:
    """The code points of UTF-8; their number, or -1 where it is none."""
    at, count = start, 0
    while at < end:
        first = np.int32(data[at])
        if first < 0x80:
            points[count] = first
            at, count = at + 1, count + 1
            continue
        length = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
        if first < 0xC2 or first > 0xF4:
            return _INVALID
        point = first & (0x7F >> length)
        for ahead in range(1, length):
            if not _continues(data, at + ahead, end):
                return _INVALID
            point = (point << 6) | (np.int32(data[at + ahead]) & 0x3F)
        # Longer forms than needed, surrogates, and what is beyond the last code point.
        if point < (0, 0, 0, 0x800, 0x10000)[length]:
            return _INVALID
        if 0xD800 <= point < 0xE000 or point > 0x10FFFF:
            return _INVALID
        points[count] = point
        at, count = at + length, count + 1
    return count


@kernel
def _encode(points: IntArray, count: int, out: ByteArray, to: int) -> int:
    """Writes UTF-8; returns where it ends."""
    for i in range(count):
        point = points[i]
        if point < 0x80:
            out[to] = point
            to += 1
            continue
        length = 2 if point < 0x800 else 3 if point < 0x10000 else 4
        for ahead in range(length - 1, 0, -1):
            out[to + ahead] = 0x80 | (point & 0x3F)
            point >>= 6
        out[to] = ((0xF00 >> length) & 0xFF) | point
        to += length
    return to


@inlined
def _look_up(pages: IntArray, values: IntArray, point: int) -> int:
    return values[(pages[point >> 8] << 8) | (point & 0xFF)]  # type: ignore[no-any-return]


@kernel
def _map(
    points: IntArray,
    count: int,
    pages: IntArray,
    entries: IntArray,
    targets: IntArray,
    out: IntArray,
) -> int:
    """Replaces each code point by what it becomes; their number."""
    made = 0
    for i in range(count):
        entry = _look_up(pages, entries, points[i])
        if entry == 0:
            out[made] = points[i]
            made += 1
        else:
            for at in range(entry >> 5, (entry >> 5) + (entry & 31)):
                out[made] = targets[at]
                made += 1
    return made


@kernel
def _order(points: IntArray, classes: IntArray, start: int, end: int) -> None:
    """Sorts marks by their class, those of one class as they are: counting sort."""
    places = np.zeros(257, np.int64)
    for i in range(start, end):
        places[classes[i] + 1] += 1
    for one in range(256):
        places[one + 1] += places[one]
    marks, old = points[start:end].copy(), classes[start:end].copy()
    for i in range(len(marks)):
        to = start + places[old[i]]
        places[old[i]] += 1
        points[to], classes[to] = marks[i], old[i]


@kernel
def _order_all(points: IntArray, classes: IntArray, count: int) -> None:
    start, sorted_so_far = 0, True
    for i in range(count + 1):
        if i < count and classes[i] != 0:
            if i > start and classes[i] < classes[i - 1]:
                sorted_so_far = False
            continue
        if not sorted_so_far:
            _order(points, classes, start, i)
        start, sorted_so_far = i + 1, True


@kernel
def _pair(pairs: LongArray, composed: IntArray, first: int, second: int) -> int:
    """What two code points become; -1 if they stay."""
    key = (np.int64(first) << 21) + np.int64(second)
    low, high = 0, len(pairs)
    while low < high:
        middle = (low + high) // 2
        if pairs[middle] < key:
            low = middle + 1
        else:
            high = middle
    if low < len(pairs) and pairs[low] == key:
        return composed[low]  # type: ignore[no-any-return]
    return -1


@kernel
def _compose(
    points: IntArray,
    classes: IntArray,
    follows: BoolArray,
    count: int,
    pairs: LongArray,
    composed: IntArray,
) -> int:
    """Puts starters and what follows them together, in place; their number."""
    made, starter = 0, -1
    for i in range(count):
        own = classes[i]
        reached = starter == made - 1 or (made > 0 and classes[made - 1] < own)
        if follows[i] and starter >= 0 and reached:
            found = _pair(pairs, composed, points[starter], points[i])
            if found >= 0:
                points[starter] = found
                continue
        if own == 0:
            starter = made
        points[made], classes[made] = points[i], own
        made += 1
    return made


@kernel
def _is_ascii(data: ByteArray, start: int, end: int) -> bool:
    together = 0
    for at in range(start, end):
        together |= data[at]  # which needs no jump, and so many bytes at once
    return together < 0x80


@kernel
def _change_ascii(
    data: ByteArray, start: int, end: int, lower: bool, out: ByteArray, to: int
) -> int:
    for at in range(start, end):
        is_capital = lower and 0x41 <= data[at] <= 0x5A
        out[to] = data[at] + 0x20 if is_capital else data[at]
        to += 1
    return to


@kernel
def _change_one(
    points: IntArray,
    count: int,
    kind: int,
    pages: IntArray,
    properties: IntArray,
    pairs: LongArray,
    composed: IntArray,
) -> int:
    """The normal form of code points that are mapped already, in place."""
    if kind == EACH:
        return count
    classes = np.empty(count, np.int32)
    for i in range(count):
        classes[i] = _look_up(pages, properties, points[i]) & 0xFF
    _order_all(points, classes, count)
    if kind == DECOMPOSE:
        return count
    follows = np.empty(count, np.bool_)
    for i in range(count):
        follows[i] = _look_up(pages, properties, points[i]) > 0xFF
    return _compose(points, classes, follows, count, pairs, composed)


@kernel
def change_texts(
    data: ByteArray,
    offsets: LongArray,
    kind: int,
    mapping: tuple[IntArray, IntArray, IntArray],
    composition: tuple[IntArray, IntArray, LongArray, IntArray],
    starts: LongArray,
    refused: BoolArray,
) -> ByteArray:
    """Changes all texts of a column.

    Args:
        data: The bytes of the texts.
        offsets: Where each begins, one more than texts.
        kind: EACH, DECOMPOSE, or COMPOSE.
        mapping: Pages, entries and targets of the code points by themselves.
        composition: Pages, properties, pairs, and what they become.
        starts: Receives where each new text begins, one more than texts.
        refused: Becomes True where a text is not UTF-8; it becomes empty.

    Returns:
        The bytes of the new texts, and unused ones behind them.
    """
    pages, entries, targets = mapping
    property_pages, properties, pairs, composed = composition
    out = np.empty(offsets[-1] - offsets[0] + 64, np.uint8)
    to = 0
    for row in range(len(refused)):
        start, end = offsets[row], offsets[row + 1]
        starts[row] = to
        if _is_ascii(data, start, end):
            out = _with_room(out, to, end - start)
            to = _change_ascii(data, start, end, kind == EACH, out, to)
            continue
        points = np.empty(end - start, np.int32)
        count = _decode(data, start, end, points)
        if count == _INVALID:
            refused[row] = True
            continue
        size = 0
        for i in range(count):
            size += max(1, _look_up(pages, entries, points[i]) & 31)
        found = np.empty(size, np.int32)
        _map(points, count, pages, entries, targets, found)
        count = _change_one(
            found, size, kind, property_pages, properties, pairs, composed
        )
        out = _with_room(out, to, _MOST_BYTES * count)
        to = _encode(found, count, out, to)
    starts[len(refused)] = to
    return out


@kernel
def _with_room(out: ByteArray, used: int, needed: int) -> ByteArray:
    """The bytes, with room for more behind those that are used."""
    if used + needed <= len(out):
        return out
    larger = np.empty(2 * len(out) + needed, np.uint8)
    larger[:used] = out[:used]
    return larger
