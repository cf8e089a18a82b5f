"""CRC-32C: known vectors, and a bit-by-bit definition as the oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featurekit.kernels.crc32c import (
    crc32c,
    crc32c_extended,
    extended_by_tables,
    masked_crc32c,
)


def _checksum(data: bytes) -> int:
    return int(crc32c(np.frombuffer(data, np.uint8), 0, len(data)))


def _bit_by_bit(data: bytes) -> int:
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = (state >> 1) ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


# RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms.
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (b"123456789", 0xE3069283),
    ],
)
def test_known_vectors(data: bytes, expected: int) -> None:
    assert _checksum(data) == expected


@settings(deadline=None)  # the first call may compile
@given(st.binary(max_size=200))
def test_equals_the_definition(data: bytes) -> None:
    assert _checksum(data) == _bit_by_bit(data)


@settings(deadline=None)  # the first call may compile
@given(st.binary(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_a_range_is_the_slice(data: bytes, start: int, stop: int) -> None:
    stop = min(stop, len(data))
    start = min(start, stop)
    found = crc32c(np.frombuffer(data, np.uint8), start, stop)
    assert found == _bit_by_bit(data[start:stop])


def test_mask_rotates_and_adds() -> None:
    crc = _bit_by_bit(b"123456789")
    expected = (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    assert masked_crc32c(np.frombuffer(b"123456789", np.uint8), 0, 9) == expected


@given(st.binary(max_size=200), st.integers(0, 200))
def test_a_checksum_goes_on_where_it_stopped(data: bytes, cut: int) -> None:
    first, rest = (np.frombuffer(part, np.uint8) for part in (data[:cut], data[cut:]))
    whole = crc32c_extended(0, np.frombuffer(data, np.uint8))
    assert crc32c_extended(crc32c_extended(0, first), rest) == whole
    assert whole == _checksum(data)


@given(st.binary(max_size=200), st.integers(0, 2**32 - 1))
def test_tables_give_what_the_instruction_gives(data: bytes, before: int) -> None:
    array = np.frombuffer(data, np.uint8)
    found = extended_by_tables(np.uint32(before), array.ctypes.data, len(array))
    assert found == crc32c_extended(before, array)
