"""Damaged TFRecord files: what comes before the damage is read, and nothing else.

The oracle is a reader of a dozen lines with a checksum of its own.
"""

import random
from pathlib import Path

import pytest

from featurekit.errors import CorruptRecordError
from featurekit.io.tfrecord import MAX_RECORD_BYTES, frame, read_chunks

POLYNOMIAL = 0x82F63B78  # of CRC-32C (RFC 3720, appendix B.4), bits reversed


def _table() -> list[int]:
    found = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
        found.append(byte)
    return found


TABLE = _table()


def masked_crc(data: bytes) -> int:
    """The checksum of a record, masked as the format asks."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def whole_records(content: bytes) -> tuple[list[bytes], bool]:
    """The sound records at the front, and whether there is nothing after them."""
    found = []
    at = 0
    while at < len(content):
        header = content[at : at + 8]
        size = int.from_bytes(header, "little")
        payload = content[at + 12 : at + 12 + size]
        sums = content[at + 8 : at + 12], content[at + 12 + size : at + 16 + size]
        expected = tuple(masked_crc(x).to_bytes(4, "little") for x in (header, payload))
        if size > MAX_RECORD_BYTES or len(payload) < size or sums != expected:
            return found, False
        found.append(payload)
        at += 16 + size
    return found, True


def damaged(content: bytes, draw: random.Random) -> bytes:
    """The content after one to three accidents."""
    data = bytearray(content)
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(data) + 1)
        size = draw.choice([1, 1, 2, 4, 8, 16, 40])
        kind = draw.randrange(6)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << draw.randrange(8)
        elif kind == 1:
            data[at : at + size] = draw.randbytes(size)
        elif kind == 2:
            del data[at : at + size]
        elif kind == 3:
            data[at:at] = draw.randbytes(size)
        elif kind == 4:
            del data[at:]
        else:  # a piece of the file is written twice, as after a lost seek
            start = draw.randrange(len(content))
            data[at:at] = content[start : start + draw.randrange(80)]
    return bytes(data)


def check_files(count: int, folder: Path) -> None:
    draw = random.Random(7)
    path = folder / "part.tfrecord"
    unharmed = refused = 0
    for _ in range(count):
        sizes = [draw.choice([0, 1, 7, 20, 33]) for _ in range(draw.randint(1, 6))]
        content = b"".join(frame(draw.randbytes(size)).tobytes() for size in sizes)
        path.write_bytes(damaged(content, draw))
        expected, sound = whole_records(path.read_bytes())
        found = []
        try:
            for chunk in read_chunks(path, chunk_bytes=draw.choice([1, 50, 4096])):
                found += [chunk.payload(index) for index in range(len(chunk))]
        except CorruptRecordError as error:
            assert not sound
            assert error.record == len(found)
            assert error.offset == sum(len(payload) + 16 for payload in found)
            refused += 1
        else:
            assert sound
            unharmed += 1
        assert found == expected
    assert refused > count // 2 and unharmed > count // 200


def test_damaged_files(tmp_path: Path) -> None:
    check_files(1_000, tmp_path)


@pytest.mark.slow
def test_many_damaged_files(tmp_path: Path) -> None:
    check_files(100_000, tmp_path)
