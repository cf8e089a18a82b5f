"""Varints: round trips, limits, and failures that say where."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featurekit.kernels import varint


def _array(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8)


@settings(deadline=None)  # the first call may compile
@given(st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 300)))
def test_write_then_read_is_the_identity(value: int) -> None:
    out = np.zeros(10, np.uint8)
    size = varint.write_varint(out, 0, np.uint64(value))
    assert (
        size
        == varint.varint_size(np.uint64(value))
        == max(1, -(-value.bit_length() // 7))
    )
    out.flags.writeable = False
    assert varint.read_varint(out, 0, size) == (value, size)


@settings(deadline=None)  # the first call may compile
@given(st.integers(0, 2**64 - 1), st.data())
def test_a_cut_varint_is_truncated(value: int, data: st.DataObject) -> None:
    out = np.zeros(10, np.uint8)
    size = varint.write_varint(out, 0, np.uint64(value))
    out.flags.writeable = False
    _, failed = varint.read_varint(out, 0, data.draw(st.integers(0, size - 1)))
    assert failed < 0
    assert varint.failure_code(failed) == varint.TRUNCATED
    assert varint.failure_position(failed) == 0


def test_overlong_is_read_and_eleven_bytes_are_not() -> None:
    assert varint.read_varint(_array(b"\x81\x80\x00"), 0, 3) == (1, 3)
    assert varint.read_varint(_array(b"\xff" * 9 + b"\x01"), 0, 10) == (2**64 - 1, 10)
    _, failed = varint.read_varint(_array(b"\x80" * 10 + b"\x00"), 0, 11)
    assert varint.failure_code(failed) == varint.BAD_VARINT


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x05abcd", varint.TRUNCATED),
        (b"", varint.TRUNCATED),
        (b"\xff\xff\xff\xff\x07", varint.TRUNCATED),
        (b"\x80\x80\x80\x80\x08", varint.BAD_LENGTH),
        (b"\xff" * 9 + b"\x01", varint.BAD_LENGTH),
        (b"\x80\x80\x80\x80\x80\x00", varint.BAD_LENGTH),
    ],
)
def test_lengths_stay_inside(data: bytes, code: int) -> None:
    _, failed = varint.read_length(_array(data), 0, len(data))
    assert failed < 0
    assert varint.failure_code(failed) == code


def test_length_gives_the_bounds() -> None:
    assert varint.read_length(_array(b"\x04abcd"), 0, 5) == (1, 5)
    assert varint.read_length(_array(b"\x84\x00abcd"), 0, 6) == (2, 6)
