"""TFRecord files: a strict reader; the writer is `tfrecord_writer.TFRecordWriter`.

The reader checks both checksums of every record and never takes damage for the end of
the file. What it cannot see is a file cut exactly between two records, and records that
were removed, repeated or exchanged as wholes: only a count or a digest kept elsewhere
shows those.

Codes of `CorruptRecordError`:

    LENGTH_CRC           the length of a record does not fit its checksum
    DATA_CRC             the payload of a record does not fit its checksum
    TRUNCATED            the file ends inside a record
    LENGTH_LIMIT         a record claims to be longer than allowed
    TRAILING_GARBAGE     zeros follow the last record
    NOT_TFRECORD         the file is of another kind
    COMPRESSION          the file is compressed otherwise than declared, or the
                         compressed stream is damaged, cut, or followed by garbage
    DECOMPRESSION_LIMIT  the file decompresses to more bytes than allowed
"""

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn, TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.errors import CorruptRecordError
from featurekit.io.byte_streams import (
    ByteStream,
    DamagedStreamError,
    GzipStream,
    open_regular,
    sniff,
)
from featurekit.io.tfrecord_writer import Compression, byte_array, check_compression
from featurekit.io.tfrecord_writer import TFRecordWriter as TFRecordWriter
from featurekit.io.tfrecord_writer import frame as frame
from featurekit.kernels.arrow_buffers import read_only
from featurekit.kernels.tfrecord_frame import (
    COMPLETE,
    DATA_CRC,
    FRAME_BYTES,
    HEADER_BYTES,
    LENGTH_CRC,
    LENGTH_LIMIT,
    NEED_MORE,
    scan_frames,
)

ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]
PathLike: TypeAlias = str | os.PathLike[str]

MAX_RECORD_BYTES = 256 * 2**20
CHUNK_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole records of a file, one after another.

    Attributes:
        buffer: The framed records, uint8; the arrays may be kept.
        starts: Where each payload starts in ``buffer``, int64.
        lengths: The length of each payload in bytes, int64.
        first_record: The index of the first record in the file, from 0.
        first_offset: The offset of ``buffer`` in the (decompressed) file, in bytes.
    """

    buffer: ByteArray
    starts: IntArray
    lengths: IntArray
    first_record: int = 0
    first_offset: int = 0

    def __len__(self) -> int:
        return len(self.starts)

    def payload(self, index: int) -> bytes:
        """A copy of one record's payload."""
        start = int(self.starts[index])
        return self.buffer[start : start + int(self.lengths[index])].tobytes()


def scan(
    buffer: ByteArray | bytes,
    *,
    file: str | None = None,
    max_record_bytes: int = MAX_RECORD_BYTES,
) -> Chunk:
    """Finds and checks all records of a whole, uncompressed file in memory.

    Args:
        buffer: The content of the file: bytes, or uint8.
        file: The name of the file, for error messages.
        max_record_bytes: The longest payload that is accepted, in bytes.

    Raises:
        CorruptRecordError: The bytes are not whole, intact records.
    """
    content = byte_array(buffer)
    chunk, stop, length = _scan(content, max_record_bytes, 0, 0)
    if stop != COMPLETE:
        end = len(chunk.buffer)
        _refuse(stop, length, content[end:], chunk, file, max_record_bytes)
    return chunk


def read_chunks(
    path: PathLike,
    *,
    compression: Compression = None,
    chunk_bytes: int = CHUNK_BYTES,
    max_record_bytes: int = MAX_RECORD_BYTES,
    max_file_bytes: int | None = None,
) -> Generator[Chunk, None, None]:
    """Reads a file in pieces of whole, checked records.

    Memory is bounded by ``chunk_bytes`` plus the longest record, whatever the file
    claims: a buffer grows only as its bytes arrive.

    Args:
        path: A regular file; anything else (directory, pipe, device) is refused.
        compression: None for plain records; either gzip for compressed ones. What the
            file really is must be the same.
        chunk_bytes: The size of the pieces, in decompressed bytes.
        max_record_bytes: The longest payload that is accepted, in bytes.
        max_file_bytes: The most decompressed bytes to read; unlimited by default.

    Yields:
        Chunks of at least one record; none for an empty file.

    Raises:
        CorruptRecordError: The file is damaged, or no TFRecord file of this
            compression. Chunks before the damage have been yielded by then.
        SourceError: The file does not exist, or is not a regular file.
    """
    name = os.fspath(path)
    with open_regular(name) as raw:
        _check_compression(name, raw, compression)
        stream: ByteStream = GzipStream(raw) if compression else raw
        yield from _chunks(stream, name, chunk_bytes, max_record_bytes, max_file_bytes)


def read_records(
    path: PathLike, *, compression: Compression = None, **limits: Any
) -> Iterator[bytes]:
    """Yields the payload of every record of a file; see `read_chunks`."""
    for chunk in read_chunks(path, compression=compression, **limits):
        for index in range(len(chunk)):
            yield chunk.payload(index)


def _scan(
    content: ByteArray, max_record_bytes: int, first_record: int, first_offset: int
) -> tuple[Chunk, int, int]:
    """The whole records at the front of the content, and why there are no more."""
    room = len(content) // FRAME_BYTES
    starts, lengths = np.empty(room, np.int64), np.empty(room, np.int64)
    count, end, stop, length = scan_frames(content, max_record_bytes, starts, lengths)
    chunk = Chunk(
        content[:end],
        read_only(starts[:count].copy()),
        read_only(lengths[:count].copy()),
        first_record,
        first_offset,
    )
    return chunk, stop, length


def _chunks(
    stream: ByteStream,
    name: str,
    chunk_bytes: int,
    max_record_bytes: int,
    max_file_bytes: int | None,
) -> Iterator[Chunk]:
    rest = np.empty(0, np.uint8)
    record = offset = 0
    wanted = chunk_bytes
    while True:
        content = np.empty(len(rest) + wanted, np.uint8)
        content[: len(rest)] = rest
        try:
            filled = len(rest) + _fill(stream, content.data[len(rest) :])
        except DamagedStreamError as damage:
            raise CorruptRecordError(
                str(damage),
                code="COMPRESSION",
                file=name,
                record=record,
                offset=damage.offset,
            ) from damage
        at_end = filled < len(content)
        _check_size(name, offset + filled, max_file_bytes)
        content = read_only(content[:filled])
        chunk, stop, length = _scan(content, max_record_bytes, record, offset)
        if len(chunk):
            yield chunk
        rest = content[len(chunk.buffer) :]
        if (stop == NEED_MORE and at_end) or stop not in (COMPLETE, NEED_MORE):
            _refuse(stop, length, rest, chunk, name, max_record_bytes, stream)
        if at_end:
            return
        record += len(chunk)
        offset += len(chunk.buffer)
        # A record longer than a chunk doubles the buffer until it fits.
        wanted = max(chunk_bytes, len(rest))


def _fill(stream: ByteStream, target: memoryview) -> int:
    """Reads until the target is full or the stream ends; returns the bytes read."""
    filled = 0
    while filled < len(target):
        got = stream.readinto(target[filled:])
        if not got:
            break
        filled += got
    return filled


def _check_size(name: str, size: int, max_file_bytes: int | None) -> None:
    if max_file_bytes is not None and size > max_file_bytes:
        raise CorruptRecordError(
            "the file holds more bytes than allowed",
            code="DECOMPRESSION_LIMIT",
            file=name,
            record=0,
            offset=max_file_bytes,
            expected=f"at most {max_file_bytes} bytes",
            hint="raise max_file_bytes if the file is right",
        )


def _check_compression(name: str, raw: BinaryIO, compression: Compression) -> None:
    check_compression(compression)
    head = raw.read(HEADER_BYTES)
    raw.seek(0)
    found = sniff(head)
    if compression is not None and head and found != "gzip":
        raise CorruptRecordError(
            "the file is not compressed with gzip",
            code="COMPRESSION",
            file=name,
            record=0,
            offset=0,
            got=found or "no gzip header",
            expected="gzip",
        )


def _refuse(
    stop: int,
    length: int,
    rest: ByteArray,
    chunk: Chunk,
    name: str | None,
    max_record_bytes: int,
    stream: ByteStream | None = None,
) -> NoReturn:
    """Raises for the bytes at which a scan stopped."""
    where: dict[str, Any] = {
        "file": name,
        "record": chunk.first_record + len(chunk),
        "offset": chunk.first_offset + len(chunk.buffer),
    }
    if where["offset"] == 0 and stop in (LENGTH_CRC, NEED_MORE) and length < 0:
        _refuse_other_kind(bytes(rest[:HEADER_BYTES]), where)
    if length < 0 and where["record"] and not rest.any() and _only_zeros(stream):
        raise CorruptRecordError(
            "zeros follow the last record", code="TRAILING_GARBAGE", **where
        )
    if stop == NEED_MORE:
        needed = FRAME_BYTES + max(length, 0)
        raise CorruptRecordError(
            "the file ends inside a record",
            code="TRUNCATED",
            got=len(rest),
            expected=f"at least {needed} bytes",
            **where,
        )
    code, message = _DAMAGE[stop]
    expected = f"at most {max_record_bytes} bytes" if stop == LENGTH_LIMIT else None
    got = int.from_bytes(bytes(rest[:8]), "little") if stop == LENGTH_LIMIT else None
    raise CorruptRecordError(message, code=code, got=got, expected=expected, **where)


_DAMAGE = {
    LENGTH_CRC: ("LENGTH_CRC", "the length of a record does not fit its checksum"),
    LENGTH_LIMIT: ("LENGTH_LIMIT", "a record claims to be longer than allowed"),
    DATA_CRC: ("DATA_CRC", "the payload of a record does not fit its checksum"),
}


def _refuse_other_kind(head: bytes, where: dict[str, Any]) -> None:
    """Raises if the head of the file is that of another kind of file."""
    found = sniff(head)
    if found in ("gzip", "zlib", "zstd", "bzip2", "xz"):
        raise CorruptRecordError(
            "the file is compressed, but was declared to hold plain records",
            code="COMPRESSION",
            got=found,
            expected="no compression",
            **where,
        )
    if found is not None:
        raise CorruptRecordError(
            "the file does not hold TFRecords", code="NOT_TFRECORD", got=found, **where
        )


def _only_zeros(stream: ByteStream | None) -> bool:
    """Whether nothing but zeros is left to read."""
    block = bytearray(1 << 16)
    try:
        while stream is not None and (got := stream.readinto(memoryview(block))):
            if any(block[:got]):
                return False
    except DamagedStreamError:
        return False
    return True
