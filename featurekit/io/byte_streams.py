"""Bytes from files: regular files only, strict gzip, and kinds told by their magic."""

import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, Protocol

from isal import isal_zlib

from featurekit.errors import SourceError

_BLOCK = 1 << 18
_DAMAGED: Any = isal_zlib.error

_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"PAR1", "Parquet"),
    (b"ARROW1", "Arrow IPC"),
    (b"ORC", "ORC"),
    (b"Obj\x01", "Avro"),
    (b"PK\x03\x04", "zip"),
    (b"\x89HDF", "HDF5"),
    (b"SQLite", "SQLite"),
)
_TEXT = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\n\r")


class ByteStream(Protocol):
    """What can be read into memory that exists already."""

    def readinto(self, target: memoryview, /) -> int | None:
        """Reads up to len(target) bytes; returns how many, 0 at the end."""


def open_regular(path: str) -> BufferedReader:
    """Opens a regular file for reading; never waits on a pipe or device.

    Raises:
        SourceError: There is no such file (SOURCE_NOT_FOUND), it may not be read
            (SOURCE_UNREADABLE), or it is not a regular file (NOT_A_FILE).
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise SourceError(
                "this is not a regular file", code="NOT_A_FILE", file=path
            )
        return Path(path).open("rb")
    except FileNotFoundError as error:
        raise SourceError(
            "there is no such file", code="SOURCE_NOT_FOUND", file=path
        ) from error
    except OSError as error:
        raise SourceError(
            f"the file cannot be read: {error.strerror}",
            code="SOURCE_UNREADABLE",
            file=path,
        ) from error


def sniff(head: bytes) -> str | None:
    """Names the kind of a file by its first bytes; None if they tell nothing.

    >>> sniff(b"PAR1....")
    'Parquet'
    """
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    # RFC 1950: deflate with a window of 32 KiB, and a header divisible by 31.
    if len(head) >= 2 and head[0] == 0x78 and (head[0] * 256 + head[1]) % 31 == 0:
        return "zlib"
    if head and all(byte in _TEXT for byte in head):
        return "text"
    return None


class DamagedStreamError(Exception):
    """A compressed stream is cut, damaged, or followed by something else.

    Args:
        message: What is wrong.
        offset: About where in the compressed file, in bytes.
    """

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class GzipStream:
    """Decompresses a gzip file strictly.

    All members of the file are read; each must be whole, end with its checksum and
    length, and be followed by another member or by the end of the file.

    Args:
        file: The compressed bytes.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._member: Any = None
        self._input = b""
        self._read = 0

    def readinto(self, target: memoryview, /) -> int:
        """Decompresses up to len(target) bytes; returns how many, 0 at the end.

        Raises:
            DamagedStreamError: The stream is not whole members and nothing else.
        """
        while len(target):
            if self._member is None and not self._next_member():
                return 0
            if not self._input:
                self._input = self._pull()
            data = self._decompress(self._member, len(target))
            if self._member.eof:
                self._input = self._member.unused_data
                self._member = None
            elif not data and not self._input and not self._more():
                self._refuse("the compressed stream ends early")
            if data:
                target[: len(data)] = data
                return len(data)
        return 0

    def _decompress(self, member: Any, room: int) -> bytes:
        try:
            data: bytes = member.decompress(self._input, room)
        except _DAMAGED as error:
            self._refuse(f"the compressed stream is damaged ({error})")
        self._input = member.unconsumed_tail
        return data

    def _pull(self) -> bytes:
        block = self._file.read(_BLOCK)
        self._read += len(block)
        return block

    def _more(self) -> bool:
        self._input = self._pull()
        return bool(self._input)

    def _next_member(self) -> bool:
        if not self._input and not self._more():
            return False
        if len(self._input) < 2:
            self._input += self._pull()
        if not self._input.startswith(b"\x1f\x8b"):
            self._refuse("something that is not gzip follows the compressed stream")
        self._member = isal_zlib.decompressobj(31)
        return True

    def _refuse(self, message: str) -> NoReturn:
        raise DamagedStreamError(message, self._read - len(self._input))
