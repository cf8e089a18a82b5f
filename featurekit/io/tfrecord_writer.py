"""Writing TFRecord files."""

import os
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from featurekit.kernels.arrow_buffers import read_only
from featurekit.kernels.tfrecord_frame import FRAME_BYTES, HEADER_BYTES, seal_frames

ByteArray: TypeAlias = npt.NDArray[np.uint8]
PathLike: TypeAlias = str | os.PathLike[str]
Compression: TypeAlias = Literal["gzip", "gzip-small"] | None
"""How records are compressed; every TFRecord reader reads both kinds of gzip.

None is the default: writing is then bounded by the disk alone. "gzip" is a fast level
of ISA-L, about ten times as fast as zlib's usual one; "gzip-small" is zlib's level 6,
for files that are kept long or sent far.
"""


def check_compression(compression: object) -> None:
    """Raises ValueError for an unknown compression."""
    if compression not in (None, "gzip", "gzip-small"):
        raise ValueError(
            f"compression is None, 'gzip' or 'gzip-small', not {compression!r}"
        )


def _compressor(compression: Compression) -> Any:
    """An object with the methods of zlib's; None for plain records."""
    if compression == "gzip":
        return isal_zlib.compressobj(1, isal_zlib.DEFLATED, 31)
    if compression == "gzip-small":
        return zlib.compressobj(6, zlib.DEFLATED, 31)
    return None


def byte_array(buffer: ByteArray | bytes) -> ByteArray:
    """The bytes as a read-only uint8 array."""
    if isinstance(buffer, np.ndarray):
        return read_only(buffer.view(np.uint8))
    return read_only(np.frombuffer(buffer, np.uint8))


def frame(payload: bytes) -> ByteArray:
    """One framed record, uint8.

    >>> len(frame(b"abc"))
    19
    """
    framed = np.empty(len(payload) + FRAME_BYTES, np.uint8)
    framed[HEADER_BYTES : HEADER_BYTES + len(payload)] = np.frombuffer(
        payload, np.uint8
    )
    seal_frames(framed, np.array([HEADER_BYTES]), np.array([len(payload)]), 1)
    return framed


class TFRecordWriter:
    """Writes a TFRecord file; a context manager.

    A block left by an exception leaves a gzip stream without its end, which every
    reader then refuses. Equal records give equal bytes: a gzip header holds no time.

    Args:
        path_or_file: The file to create or replace, or a binary file to write to, which
            then stays open.
        compression: See `Compression`. Defaults to None.
        fsync: Whether `close` waits until the bytes are on the device.

    Attributes:
        bytes_in: Framed bytes received so far.
        bytes_out: Bytes handed to the file so far, after compression.
    """

    def __init__(
        self,
        path_or_file: PathLike | BinaryIO,
        *,
        compression: Compression = None,
        fsync: bool = False,
    ) -> None:
        check_compression(compression)
        self._owned = isinstance(path_or_file, str | os.PathLike)
        self._file: Any = path_or_file
        if isinstance(path_or_file, str | os.PathLike):
            self._file = Path(path_or_file).open("wb")  # noqa: SIM115 (close does)
        self._gzip = _compressor(compression)
        self._fsync = fsync
        self._closed = False
        self.bytes_in = 0
        self.bytes_out = 0

    def write(self, payload: bytes) -> None:
        """Frames and writes one record."""
        self.write_framed(frame(payload))

    def write_framed(self, buffer: ByteArray | bytes) -> None:
        """Writes records that are framed already; they are not checked again."""
        if self._closed:
            raise ValueError("the writer is closed")
        data = byte_array(buffer).data
        self.bytes_in += len(data)
        self._emit(self._gzip.compress(data) if self._gzip else data)

    def close(self) -> None:
        """Ends the stream, flushes, and closes a file that the writer opened."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._gzip:
                self._emit(self._gzip.flush(zlib.Z_FINISH))
            self._file.flush()
            if self._fsync:
                os.fsync(self._file.fileno())
        finally:
            if self._owned:
                self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
            return
        self._closed = True
        if self._owned:
            self._file.close()

    def _emit(self, data: memoryview | bytes) -> None:
        view = memoryview(data)
        while len(view):
            written = self._file.write(view)
            if written is None:
                raise BlockingIOError(
                    "the file does not block; records need one that does"
                )
            self.bytes_out += written
            view = view[written:]
