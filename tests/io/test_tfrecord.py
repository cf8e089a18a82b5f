"""TFRecord files: round trips, and damage that is always noticed."""

import gzip
import io
import os
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featurekit.errors import CorruptRecordError, SourceError
from featurekit.io.tfrecord import (
    TFRecordWriter,
    frame,
    read_chunks,
    read_records,
    scan,
)

PAYLOADS = [b"first record", b"", b"\x00" * 20, bytes(range(40))]
CONTENT = b"".join(frame(payload).tobytes() for payload in PAYLOADS)
BOUNDARIES = np.cumsum([0, *(len(payload) + 16 for payload in PAYLOADS)]).tolist()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "part.tfrecord"


def _damaged_length(length: int) -> bytes:
    """A header that claims a length, with the right checksum."""
    header = length.to_bytes(8, "little")
    crc = frame(header)[-4:].tobytes()
    return header + crc


def _payloads(chunk) -> list[bytes]:
    return [chunk.payload(i) for i in range(len(chunk))]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300)), st.sampled_from([None, "gzip"]))
def test_written_records_are_read(tmp_path_factory, payloads, compression) -> None:
    path = tmp_path_factory.mktemp("rw") / "records"
    with TFRecordWriter(path, compression=compression) as writer:
        for payload in payloads:
            writer.write(payload)
    for chunk_bytes in (1, 64, 1 << 20):
        chunks = list(
            read_chunks(path, compression=compression, chunk_bytes=chunk_bytes)
        )
        assert [p for chunk in chunks for p in _payloads(chunk)] == payloads
        record = offset = 0
        for chunk in chunks:
            assert (chunk.first_record, chunk.first_offset) == (record, offset)
            record += len(chunk)
            offset += len(chunk.buffer)
    assert list(read_records(path, compression=compression)) == payloads


def test_frames_at_once_equal_records_one_by_one(path: Path) -> None:
    single, whole = io.BytesIO(), io.BytesIO()
    with TFRecordWriter(single) as writer:
        for payload in PAYLOADS:
            writer.write(payload)
    with TFRecordWriter(whole) as writer:
        writer.write_framed(np.frombuffer(CONTENT, np.uint8))
        writer.write_framed(b"")
    assert single.getvalue() == whole.getvalue() == CONTENT
    assert (writer.bytes_in, writer.bytes_out) == (len(CONTENT), len(CONTENT))
    with TFRecordWriter(path, fsync=True) as writer:
        writer.write_framed(CONTENT)
    assert path.read_bytes() == CONTENT


def test_known_frame() -> None:
    # Written by TensorFlow's TFRecordWriter.
    known = bytes.fromhex("0300000000000000b099490e6162636e57f121")
    assert frame(b"abc").tobytes() == known


def test_equal_records_give_equal_gzip_bytes() -> None:
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        with TFRecordWriter(file, compression="gzip") as writer:
            writer.write_framed(CONTENT)
    assert files[0].getvalue() == files[1].getvalue()
    assert gzip.decompress(files[0].getvalue()) == CONTENT
    assert files[0].getvalue()[4:8] == bytes(4)  # no time in the header


def test_an_exception_leaves_no_whole_gzip_stream(path: Path) -> None:
    with pytest.raises(KeyError), TFRecordWriter(path, compression="gzip") as writer:
        writer.write(b"x" * 1000)
        raise KeyError
    with pytest.raises((CorruptRecordError, EOFError)):
        gzip.decompress(path.read_bytes() or b"\x1f\x8b")
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"late")


def test_empty_file_has_no_records(path: Path) -> None:
    path.write_bytes(b"")
    assert list(read_chunks(path)) == []
    assert list(read_chunks(path, compression="gzip")) == []
    assert len(scan(b"")) == 0


def _part(position: int) -> str:
    """The code for a flip at a position of CONTENT."""
    record = max(i for i, start in enumerate(BOUNDARIES) if start <= position)
    within = position - BOUNDARIES[record]
    return "LENGTH_CRC" if within < 12 else "DATA_CRC"


@pytest.mark.parametrize("bit", range(8))
def test_every_flip_is_noticed(bit: int) -> None:
    for position in range(len(CONTENT)):
        content = bytearray(CONTENT)
        content[position] ^= 1 << bit
        with pytest.raises(CorruptRecordError) as caught:
            scan(bytes(content), file="f")
        error = caught.value
        assert error.code == _part(position)
        assert error.file == "f"
        assert error.offset == BOUNDARIES[error.record]
        assert error.offset <= position < BOUNDARIES[error.record + 1]


@pytest.mark.parametrize("chunk_bytes", [16, 1 << 20])
def test_every_cut_is_noticed_except_between_records(path, chunk_bytes) -> None:
    for size in range(len(CONTENT)):
        path.write_bytes(CONTENT[:size])
        if size in BOUNDARIES:
            found = list(read_records(path, chunk_bytes=chunk_bytes))
            assert found == PAYLOADS[: BOUNDARIES.index(size)]
            continue
        with pytest.raises(CorruptRecordError) as caught:
            list(read_records(path, chunk_bytes=chunk_bytes))
        error = caught.value
        # A header of length 0 that is cut looks like padding.
        assert error.code in ("TRUNCATED", "TRAILING_GARBAGE")
        assert error.file == str(path)
        assert error.offset == BOUNDARIES[error.record] < size


@pytest.mark.parametrize("size", [1, 4, 11, 12, 16, 100, 5000])
def test_trailing_bytes_are_noticed(path: Path, size: int) -> None:
    path.write_bytes(CONTENT + bytes(size))
    for chunk_bytes in (64, 1 << 20):
        with pytest.raises(CorruptRecordError) as caught:
            list(read_chunks(path, chunk_bytes=chunk_bytes))
        assert caught.value.code == "TRAILING_GARBAGE"
        assert (caught.value.record, caught.value.offset) == (4, len(CONTENT))
    path.write_bytes(CONTENT + b"\x07" * size)
    with pytest.raises(CorruptRecordError) as caught:
        list(read_chunks(path))
    assert caught.value.code == ("TRUNCATED" if size < 12 else "LENGTH_CRC")


@pytest.mark.parametrize("length", [257 * 2**20, 2**31, 2**32, 2**63, 2**64 - 1])
def test_long_claims_are_refused_before_allocation(path: Path, length: int) -> None:
    path.write_bytes(CONTENT + _damaged_length(length))
    with pytest.raises(CorruptRecordError, match=str(length)) as caught:
        list(read_chunks(path))
    assert caught.value.code == "LENGTH_LIMIT"


def test_claim_beyond_the_file_is_a_cut(path: Path) -> None:
    path.write_bytes(CONTENT + _damaged_length(200 * 2**20) + b"xyz")
    with pytest.raises(CorruptRecordError, match=r"\[TRUNCATED\]"):
        list(read_chunks(path))


def test_limit_is_an_argument(path: Path) -> None:
    path.write_bytes(CONTENT)
    assert len(list(read_records(path, max_record_bytes=40))) == 4
    with pytest.raises(CorruptRecordError, match=r"\[LENGTH_LIMIT\]"):
        list(read_records(path, max_record_bytes=39))
    with pytest.raises(CorruptRecordError, match=r"\[DECOMPRESSION_LIMIT\]"):
        list(read_records(path, max_file_bytes=100))


OTHER_KINDS = {
    "Parquet": b"PAR1" + bytes(range(100)),
    "text": b"year,month,day\n2013,1,1\n",
    "Arrow": b"ARROW1\x00\x00" + bytes(100),
    "short text": b"abc",
}


@pytest.mark.parametrize("content", OTHER_KINDS.values(), ids=OTHER_KINDS)
def test_other_kinds_of_files(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CorruptRecordError, match=r"\[NOT_TFRECORD\]") as caught:
        list(read_chunks(path))
    assert (caught.value.record, caught.value.offset) == (0, 0)


@pytest.mark.parametrize(
    "content",
    [gzip.compress(CONTENT), zlib.compress(CONTENT), b"\x28\xb5\x2f\xfd" + bytes(20)],
    ids=["gzip", "zlib", "zstd"],
)
def test_compressed_read_as_plain(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CorruptRecordError, match=r"\[COMPRESSION\]"):
        list(read_chunks(path))


@pytest.mark.parametrize("content", [CONTENT, zlib.compress(CONTENT), b"x"])
def test_other_bytes_read_as_gzip(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CorruptRecordError, match=r"\[COMPRESSION\]"):
        list(read_chunks(path, compression="gzip"))


def test_files_that_are_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, code in {"pipe": "NOT_A_FILE", ".": "NOT_A_FILE"}.items():
        with pytest.raises(SourceError, match=re.escape(f"[{code}]")):
            list(read_chunks(tmp_path / name))
    with pytest.raises(SourceError, match=r"\[SOURCE_NOT_FOUND\]"):
        list(read_chunks(tmp_path / "nothing"))
    with pytest.raises(SourceError, match=r"\[NOT_A_FILE\]"):
        list(read_chunks("/dev/zero"))


def test_gzip_members_are_all_read(path: Path) -> None:
    half = BOUNDARIES[2] + 5  # members need not end between records
    members = gzip.compress(CONTENT[:half]) + gzip.compress(CONTENT[half:])
    path.write_bytes(members + gzip.compress(b""))
    for chunk_bytes in (16, 1 << 20):
        found = read_records(path, compression="gzip", chunk_bytes=chunk_bytes)
        assert list(found) == PAYLOADS


@pytest.mark.parametrize("garbage", [b"\x00", b"\x00" * 9, b"x", b"\x1f\x8b", b"\x1f"])
def test_garbage_after_gzip(path: Path, garbage: bytes) -> None:
    path.write_bytes(gzip.compress(CONTENT) + garbage)
    with pytest.raises(CorruptRecordError) as caught:
        list(read_chunks(path, compression="gzip"))
    assert caught.value.code == "COMPRESSION"
    assert caught.value.record is not None


def test_every_cut_of_gzip_is_noticed(path: Path) -> None:
    content = gzip.compress(CONTENT, mtime=0)
    for size in range(1, len(content)):
        path.write_bytes(content[:size])
        with pytest.raises(CorruptRecordError):
            list(read_chunks(path, compression="gzip"))


def test_every_flip_of_gzip_is_noticed_or_harmless(path: Path) -> None:
    content = gzip.compress(CONTENT, mtime=0)
    for position in range(len(content)):
        for bit in range(8):
            damaged = bytearray(content)
            damaged[position] ^= 1 << bit
            path.write_bytes(damaged)
            try:
                found = list(read_records(path, compression="gzip"))
            except CorruptRecordError:
                continue
            # The header's time, or bits that deflate does not use.
            assert found == PAYLOADS


def test_memory_is_bounded_by_chunks(path: Path) -> None:
    with TFRecordWriter(path, compression="gzip") as writer:
        zeros = frame(bytes(100_000)).tobytes()
        for _ in range(50):
            writer.write_framed(zeros)
    assert path.stat().st_size < 50_000
    sizes = [
        len(chunk.buffer)
        for chunk in read_chunks(path, compression="gzip", chunk_bytes=200_000)
    ]
    assert sum(sizes) == 50 * 100_016
    assert max(sizes) <= 300_000


def test_unknown_compression(path: Path) -> None:
    with pytest.raises(ValueError, match="zip"):
        TFRecordWriter(path, compression="zip")  # type: ignore[arg-type]
    path.write_bytes(CONTENT)
    with pytest.raises(ValueError, match="zip"):
        list(read_chunks(path, compression="zip"))  # type: ignore[arg-type]
