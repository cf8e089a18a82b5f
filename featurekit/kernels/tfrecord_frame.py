"""Finding and sealing the frames of TFRecord files.

A frame is the length of the payload (uint64, little endian), the masked CRC-32C of
those 8 bytes (uint32), the payload, and the payload's masked CRC-32C (uint32).

Source: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.crc32c import (
    crc32c_at,
    crc32c_of_four,
    masked,
    masked_crc32c,
)
from featurekit.kernels.jit import inlined, kernel
from featurekit.kernels.memory import address_of, store_32, store_64
from featurekit.kernels.varint import as_int

ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]

HEADER_BYTES = 12
FOOTER_BYTES = 4
FRAME_BYTES = HEADER_BYTES + FOOTER_BYTES

COMPLETE = 0
NEED_MORE = 1
LENGTH_CRC = 2
LENGTH_LIMIT = 3
DATA_CRC = 4

_GROUP = 4
"""Payloads whose checksums are computed side by side."""


@kernel
def _stored_uint32(buffer: ByteArray, at: int) -> np.uint32:
    return np.uint32(
        np.uint32(buffer[at])
        | np.uint32(buffer[at + 1]) << np.uint32(8)
        | np.uint32(buffer[at + 2]) << np.uint32(16)
        | np.uint32(buffer[at + 3]) << np.uint32(24)
    )


@kernel
def scan_frames(
    buffer: ByteArray, max_length: int, starts: IntArray, lengths: IntArray
) -> tuple[int, int, int, int]:
    """Finds the frames of a buffer that begins with one, and checks both checksums.

    Args:
        buffer: uint8.
        max_length: The longest payload that is accepted, in bytes.
        starts: Receives where payloads start; room for len(buffer) // 16 of them.
        lengths: Receives the lengths of payloads; as many.

    Returns:
        The number of whole frames; the position after the last of them; why the scan
        stopped there: COMPLETE at the end of the buffer, NEED_MORE if the buffer ends
        inside a frame, else the damage; and the length of the frame at that position,
        -1 where its header is cut or damaged.
    """
    position = count = checked = 0
    end = len(buffer)
    reason, length = COMPLETE, -1
    while position < end:
        reason, length = _read_header(buffer, position, max_length)
        if reason != COMPLETE:
            break
        starts[count] = position + HEADER_BYTES
        lengths[count] = length
        count += 1
        position += FRAME_BYTES + length
        length = -1
        if count - checked == _GROUP:
            good = _check_payloads(buffer, starts, lengths, checked, count)
            if good < count:
                return good, starts[good] - HEADER_BYTES, DATA_CRC, lengths[good]
            checked = count
    good = _check_payloads(buffer, starts, lengths, checked, count)
    if good < count:
        return good, starts[good] - HEADER_BYTES, DATA_CRC, lengths[good]
    return count, position, reason, length


@inlined
def _read_header(buffer: ByteArray, position: int, max_length: int) -> tuple[int, int]:
    """COMPLETE or what is wrong with a frame's header; its length, -1 if unknown."""
    left = len(buffer) - position
    if left < HEADER_BYTES:
        return NEED_MORE, -1
    if masked_crc32c(buffer, position, position + 8) != _stored_uint32(
        buffer, position + 8
    ):
        return LENGTH_CRC, -1
    length = as_int(_stored_uint32(buffer, position))
    if _stored_uint32(buffer, position + 4) != 0 or length > max_length:
        return LENGTH_LIMIT, -1
    if FRAME_BYTES + length > left:
        return NEED_MORE, length
    return COMPLETE, length


@inlined
def _four_checksums(
    base: int, starts: IntArray, lengths: IntArray, first: int
) -> tuple[Any, Any, Any, Any]:
    """The masked checksums of four payloads."""
    a, b, c, d = crc32c_of_four(
        (
            base + starts[first],
            base + starts[first + 1],
            base + starts[first + 2],
            base + starts[first + 3],
        ),
        (lengths[first], lengths[first + 1], lengths[first + 2], lengths[first + 3]),
    )
    return masked(a), masked(b), masked(c), masked(d)


@kernel
def _check_payloads(
    buffer: ByteArray, starts: IntArray, lengths: IntArray, first: int, last: int
) -> int:
    """The first payload whose checksum differs; `last` if there is none."""
    if last - first == _GROUP:
        a, b, c, d = _four_checksums(address_of(buffer), starts, lengths, first)
        if (
            a == _stored_uint32(buffer, starts[first] + lengths[first])
            and b == _stored_uint32(buffer, starts[first + 1] + lengths[first + 1])
            and c == _stored_uint32(buffer, starts[first + 2] + lengths[first + 2])
            and d == _stored_uint32(buffer, starts[first + 3] + lengths[first + 3])
        ):
            return last
    for i in range(first, last):
        stop = starts[i] + lengths[i]
        if masked_crc32c(buffer, starts[i], stop) != _stored_uint32(buffer, stop):
            return i
    return last


@kernel
def seal_frames(
    buffer: ByteArray, starts: IntArray, lengths: IntArray, count: int
) -> None:
    """Writes header and footer around payloads that are already in place.

    Args:
        buffer: uint8, with room for 12 bytes before and 4 bytes after each payload.
        starts: Where payloads start, int64.
        lengths: How long payloads are, int64.
        count: How many there are.
    """
    base = address_of(buffer)
    first = 0
    while count - first >= _GROUP:
        a, b, c, d = _four_checksums(base, starts, lengths, first)
        _seal(base + starts[first], lengths[first], a)
        _seal(base + starts[first + 1], lengths[first + 1], b)
        _seal(base + starts[first + 2], lengths[first + 2], c)
        _seal(base + starts[first + 3], lengths[first + 3], d)
        first += _GROUP
    for i in range(first, count):
        start = base + starts[i]
        _seal(start, lengths[i], masked(crc32c_at(start, lengths[i])))


@inlined
def _seal(start: int, length: int, checksum: np.uint32) -> None:
    header = start - HEADER_BYTES
    store_64(header, length)
    store_32(header + 8, masked(crc32c_at(header, 8)))
    store_32(start + length, checksum)
