"""Finding and sealing the frames of TFRecord files.

A frame is the length of the payload (uint64, little endian), the masked CRC-32C of
those 8 bytes (uint32), the payload, and the payload's masked CRC-32C (uint32).

Source: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.crc32c import crc32c_at, masked, masked_crc32c
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
    position = 0
    count = 0
    end = len(buffer)
    while position < end:
        if end - position < HEADER_BYTES:
            return count, position, NEED_MORE, -1
        crc = masked_crc32c(buffer, position, position + 8)
        if crc != _stored_uint32(buffer, position + 8):
            return count, position, LENGTH_CRC, -1
        length = as_int(_stored_uint32(buffer, position))
        if _stored_uint32(buffer, position + 4) != 0 or length > max_length:
            return count, position, LENGTH_LIMIT, -1
        start = position + HEADER_BYTES
        stop = start + length
        if stop + FOOTER_BYTES > end:
            return count, position, NEED_MORE, length
        if masked_crc32c(buffer, start, stop) != _stored_uint32(buffer, stop):
            return count, position, DATA_CRC, length
        starts[count] = start
        lengths[count] = length
        count += 1
        position = stop + FOOTER_BYTES
    return count, position, COMPLETE, -1


@inlined
def seal_frame(start: int, stop: int) -> None:
    """Writes header and footer around the payload between two addresses."""
    header = start - HEADER_BYTES
    store_64(header, stop - start)
    store_32(header + 8, masked(crc32c_at(header, 8)))
    store_32(stop, masked(crc32c_at(start, stop - start)))


@kernel
def seal_frames(buffer: ByteArray, starts: IntArray, lengths: IntArray) -> None:
    """Writes header and footer around payloads that are already in place.

    Args:
        buffer: uint8, with room for 12 bytes before and 4 bytes after each payload.
        starts: Where payloads start, int64.
        lengths: How long payloads are, int64.
    """
    base = address_of(buffer)
    for i in range(len(starts)):
        seal_frame(base + starts[i], base + starts[i] + lengths[i])
