"""Reading the wire format of protocol buffers without reading past the end.

Functions that can fail return a negative position, see
`featurekit.kernels.varint.failure`. What is accepted is what the C++ parser of protocol
buffers accepts, and unknown fields are skipped as it does.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import kernel
from featurekit.kernels.varint import (
    TRUNCATED,
    as_int,
    failure,
    read_length,
    read_varint,
)

ByteArray: TypeAlias = npt.NDArray[np.uint8]

BAD_TAG = 4
BAD_GROUP = 5
DEPTH = 6

MAX_DEPTH = 100

_VARINT = 0
_FIXED64 = 1
_LENGTH = 2
_START_GROUP = 3
_END_GROUP = 4
_FIXED32 = 5
_MAX_TAG = np.uint64(0xFFFFFFFF)


@kernel
def read_tag(data: ByteArray, position: int, end: int) -> tuple[int, int]:
    """Reads a tag (field number * 8 + wire type) of at most 5 bytes.

    Fails on field number 0 and wire types 6 and 7 (BAD_TAG).
    """
    if position < end and data[position] < 0x80:
        tag = as_int(data[position])
        after = position + 1
    else:
        value, after = read_varint(data, position, end)
        if after < 0:
            return 0, after
        if after - position > 5 or value > _MAX_TAG:
            return 0, failure(BAD_TAG, position)
        tag = as_int(value)
    if tag < 8 or tag & 7 > _FIXED32:
        return 0, failure(BAD_TAG, position)
    return tag, after


@kernel
def _skip_plain(data: ByteArray, position: int, end: int, wire: int) -> int:
    """Skips the value of a field that is not a group."""
    if wire == _VARINT:
        _, after = read_varint(data, position, end)
        return after
    if wire == _LENGTH:
        _, stop = read_length(data, position, end)
        return stop
    after = position + (8 if wire == _FIXED64 else 4)
    return failure(TRUNCATED, position) if after > end else after


@kernel
def _skip_group(data: ByteArray, position: int, end: int, tag: int, depth: int) -> int:
    """Skips a group whose start tag was read, and groups in it, not recursively."""
    opened = np.empty(MAX_DEPTH, np.int64)
    inside = 0
    while True:
        if tag & 7 == _START_GROUP:
            if depth + inside >= MAX_DEPTH:
                return failure(DEPTH, position)
            opened[inside] = tag >> 3
            inside += 1
        elif tag & 7 == _END_GROUP:
            if opened[inside - 1] != tag >> 3:
                return failure(BAD_GROUP, position)
            inside -= 1
            if inside == 0:
                return position
        else:
            position = _skip_plain(data, position, end, tag & 7)
            if position < 0:
                return position
        tag, position = read_tag(data, position, end)
        if position < 0:
            return position


@kernel
def skip_field(data: ByteArray, position: int, end: int, tag: int, depth: int) -> int:
    """Skips the value of a field whose tag was read; returns the position after it.

    Args:
        data: uint8.
        position: Where the value starts.
        end: Where the message ends.
        tag: The field's tag.
        depth: How many messages deep the field is, at least 1; groups may nest until
            100.
    """
    wire = tag & 7
    if wire == _END_GROUP:
        return failure(BAD_GROUP, position)
    if wire == _START_GROUP:
        return _skip_group(data, position, end, tag, depth)
    return _skip_plain(data, position, end, wire)


@kernel
def is_utf8(data: ByteArray, start: int, stop: int) -> bool:
    """Whether the bytes are UTF-8: shortest forms, no surrogates, up to U+10FFFF."""
    at = start
    while at < stop:
        lead = data[at]
        at += 1
        if lead < 0x80:
            continue
        if lead < 0xC2 or lead > 0xF4:
            return False
        following = 1 if lead < 0xE0 else (2 if lead < 0xF0 else 3)
        if at + following > stop:
            return False
        second = data[at]
        if (
            (lead == 0xE0 and second < 0xA0)
            or (lead == 0xED and second > 0x9F)
            or (lead == 0xF0 and second < 0x90)
            or (lead == 0xF4 and second > 0x8F)
        ):
            return False
        for i in range(following):
            if data[at + i] & 0xC0 != 0x80:
                return False
        at += following
    return True
