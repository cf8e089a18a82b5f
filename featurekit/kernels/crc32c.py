"""CRC-32C (Castagnoli), the checksum of TFRecord files.

Source of the algorithm: RFC 3720, appendix B.4 (polynomial and test vectors), and
"Slicing-by-8" of Kounavis and Berry, "Novel Table Lookup-Based Algorithms for
High-Performance CRC Generation", 2008. The mask is the one that TFRecord files use, so
that the checksum of data which itself holds checksums stays useful.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import kernel

ByteArray: TypeAlias = npt.NDArray[np.uint8]

POLYNOMIAL = 0x82F63B78  # 0x1EDC6F41 with its bits reversed
MASK_DELTA = np.uint32(0xA282EAD8)


def _slicing_tables() -> npt.NDArray[np.uint32]:
    """Table k holds the checksum of one byte that is followed by k zero bytes."""
    tables = np.zeros((8, 256), np.uint32)
    for byte in range(256):
        state = byte
        for _ in range(8):
            state = (state >> 1) ^ (POLYNOMIAL if state & 1 else 0)
        tables[0, byte] = state
    for k in range(1, 8):
        previous = tables[k - 1]
        tables[k] = (previous >> np.uint32(8)) ^ tables[0][previous & np.uint32(0xFF)]
    return tables


_TABLES = _slicing_tables()


@kernel
def crc32c(data: ByteArray, start: int, stop: int) -> np.uint32:
    """The CRC-32C of ``data[start:stop]``; the caller answers for the bounds.

    Eight bytes a step: each looks up what it contributes once the bytes that follow it
    in the step have been shifted through.
    """
    state = np.uint32(0xFFFFFFFF)
    low_byte = np.uint32(0xFF)
    position = start
    while position + 8 <= stop:
        low = (
            np.uint32(data[position])
            | np.uint32(data[position + 1]) << np.uint32(8)
            | np.uint32(data[position + 2]) << np.uint32(16)
            | np.uint32(data[position + 3]) << np.uint32(24)
        )
        low = np.uint32(low ^ state)
        state = np.uint32(
            _TABLES[7, low & low_byte]
            ^ _TABLES[6, (low >> np.uint32(8)) & low_byte]
            ^ _TABLES[5, (low >> np.uint32(16)) & low_byte]
            ^ _TABLES[4, low >> np.uint32(24)]
            ^ _TABLES[3, data[position + 4]]
            ^ _TABLES[2, data[position + 5]]
            ^ _TABLES[1, data[position + 6]]
            ^ _TABLES[0, data[position + 7]]
        )
        position += 8
    while position < stop:
        state = np.uint32(
            (state >> np.uint32(8))
            ^ _TABLES[0, (state ^ np.uint32(data[position])) & low_byte]
        )
        position += 1
    return np.uint32(state ^ np.uint32(0xFFFFFFFF))


@kernel
def masked_crc32c(data: ByteArray, start: int, stop: int) -> np.uint32:
    """The CRC-32C of ``data[start:stop]``, masked as TFRecord files store it."""
    crc = crc32c(data, start, stop)
    rotated = np.uint32((crc >> np.uint32(15)) | (crc << np.uint32(17)))
    return np.uint32(rotated + MASK_DELTA)
