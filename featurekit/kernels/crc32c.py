"""CRC-32C (Castagnoli), the checksum of TFRecord files.

Source of the algorithm: RFC 3720, appendix B.4 (polynomial and test vectors), and
"Slicing-by-8" of Kounavis and Berry, "Novel Table Lookup-Based Algorithms for
High-Performance CRC Generation", 2008, for processors without an instruction for it.
The mask is the one that TFRecord files use, so that the checksum of data which itself
holds checksums stays useful.
"""

import platform
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from llvmlite import binding

from featurekit.kernels.jit import inlined, kernel
from featurekit.kernels.memory import (
    address_of,
    crc_instruction,
    crc_step,
    load_int64,
    load_uint8,
)

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


_LOW_BYTE = np.uint64(0xFF)
_ALL_ONES = np.uint32(0xFFFFFFFF)


@kernel
def extended_by_tables(crc: np.uint32, address: int, size: int) -> np.uint32:
    """As `extended_at`, on any processor.

    Eight bytes a step: each looks up what it contributes once the bytes that follow it
    in the step have been shifted through.
    """
    state = np.uint32(crc ^ _ALL_ONES)
    end = address + size
    while address + 8 <= end:
        word = np.uint64(load_int64(address)) ^ np.uint64(state)
        state = _TABLES[0, word >> np.uint64(56)]
        for k in range(1, 8):
            byte = (word >> np.uint64(56 - 8 * k)) & _LOW_BYTE
            state = np.uint32(state ^ _TABLES[k, byte])
        address += 8
    while address < end:
        byte = (np.uint64(state) ^ np.uint64(load_uint8(address))) & _LOW_BYTE
        state = np.uint32((state >> np.uint32(8)) ^ _TABLES[0, byte])
        address += 1
    return np.uint32(state ^ _ALL_ONES)


_INSTRUCTION = crc_instruction(
    platform.machine().lower(), binding.get_host_cpu_features()
)

if _INSTRUCTION is not None:
    _next_word = crc_step(_INSTRUCTION[64], 64)
    _next_byte = crc_step(_INSTRUCTION[8], 8)

    @inlined
    def extended_at(crc: np.uint32, address: int, size: int) -> np.uint32:
        """The CRC-32C of bytes whose beginning has one, and of those at an address."""
        state = np.uint32(crc ^ _ALL_ONES)
        end = address + size
        while address + 8 <= end:
            state = _next_word(state, np.uint64(load_int64(address)))
            address += 8
        while address < end:
            state = _next_byte(state, np.uint8(load_uint8(address)))
            address += 1
        return np.uint32(state ^ _ALL_ONES)

else:
    extended_at = extended_by_tables


@inlined
def crc32c_at(address: int, size: int) -> np.uint32:
    """The CRC-32C of the bytes at an address."""
    return extended_at(np.uint32(0), address, size)


Four: TypeAlias = tuple[int, int, int, int]

if _INSTRUCTION is not None:

    @inlined
    def crc32c_of_four(at: Four, sizes: Four) -> tuple[Any, Any, Any, Any]:
        """The CRC-32C of the bytes at four addresses.

        Each step waits for the one before, for three cycles on most processors: four
        checksums side by side take hardly longer than one.
        """
        a = b = c = d = np.uint32(_ALL_ONES)
        shortest = min(min(sizes[0], sizes[1]), min(sizes[2], sizes[3]))
        common = shortest - shortest % 8
        for i in range(0, common, 8):
            a = _next_word(a, np.uint64(load_int64(at[0] + i)))
            b = _next_word(b, np.uint64(load_int64(at[1] + i)))
            c = _next_word(c, np.uint64(load_int64(at[2] + i)))
            d = _next_word(d, np.uint64(load_int64(at[3] + i)))
        return (
            extended_at(np.uint32(a ^ _ALL_ONES), at[0] + common, sizes[0] - common),
            extended_at(np.uint32(b ^ _ALL_ONES), at[1] + common, sizes[1] - common),
            extended_at(np.uint32(c ^ _ALL_ONES), at[2] + common, sizes[2] - common),
            extended_at(np.uint32(d ^ _ALL_ONES), at[3] + common, sizes[3] - common),
        )

else:

    @inlined
    def crc32c_of_four(at: Four, sizes: Four) -> tuple[Any, Any, Any, Any]:
        """The CRC-32C of the bytes at four addresses."""
        return (
            crc32c_at(at[0], sizes[0]),
            crc32c_at(at[1], sizes[1]),
            crc32c_at(at[2], sizes[2]),
            crc32c_at(at[3], sizes[3]),
        )


@kernel
def crc32c(data: ByteArray, start: int, stop: int) -> np.uint32:
    """The CRC-32C of ``data[start:stop]``; the caller answers for the bounds."""
    return crc32c_at(address_of(data) + start, stop - start)


@kernel
def crc32c_extended(crc: int, data: ByteArray) -> np.uint32:
    """The CRC-32C of bytes whose beginning has `crc` and whose rest is `data`."""
    return extended_at(np.uint32(crc), address_of(data), len(data))


@inlined
def masked(crc: np.uint32) -> np.uint32:
    """A checksum as TFRecord files store it."""
    rotated = np.uint32((crc >> np.uint32(15)) | (crc << np.uint32(17)))
    return np.uint32(rotated + MASK_DELTA)


@kernel
def masked_crc32c(data: ByteArray, start: int, stop: int) -> np.uint32:
    """The CRC-32C of ``data[start:stop]``, masked as TFRecord files store it."""
    return masked(crc32c(data, start, stop))
