"""Framed records of one task, in the order of where they go.

A task appends block after block; whoever gathers a destination reads its slice of every
block of every task. So records of all tasks are mixed without being in memory together.

    spilled-00000-of-00003.frames   blocks of framed records, sorted by destination
    spilled-00000-of-00003.index    for each block where each destination begins, and
                                    where the last one ends: int64, little-endian
"""

from collections.abc import Iterable
from io import FileIO
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.errors import DatasetIncompleteError
from featurekit.kernels.arrow_buffers import arrow_array
from featurekit.kernels.tfrecord_frame import HEADER_BYTES

ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]

FRAMES = ".frames"
INDEX = ".index"


def reordered(
    frames: ByteArray, payload_starts: IntArray, order: IntArray
) -> tuple[memoryview, IntArray]:
    """Framed records in another order.

    Args:
        frames: uint8, one frame behind the other.
        payload_starts: Where each payload starts, then where the last frame ends.
        order: Which record comes first, second, and so on.

    Returns:
        The frames, and where each begins, then the end.
    """
    offsets = payload_starts - HEADER_BYTES
    offsets[-1] = payload_starts[-1]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(frames)]
    records = pa.Array.from_buffers(pa.large_binary(), len(order), buffers)
    _, begins, data = records.take(arrow_array(order)).buffers()
    return memoryview(data), np.frombuffer(begins, np.int64, len(order) + 1)


class SpillWriter:
    """Appends blocks of records to a pair of files.

    Args:
        frames: The file of records.
        index: The file of their places.
        destinations: How many there are.
    """

    def __init__(self, frames: BinaryIO, index: BinaryIO, destinations: int) -> None:
        self._frames = frames
        self._index = index
        self._ends = np.arange(destinations + 1)
        self._size = 0

    def write(
        self, frames: ByteArray, payload_starts: IntArray, destinations: IntArray
    ) -> None:
        """Appends a block.

        Args:
            frames: uint8, one frame behind the other.
            payload_starts: Where each payload starts, then where the last frame ends.
            destinations: Where each record goes.
        """
        order = np.argsort(destinations, kind="stable")
        data, begins = reordered(frames, payload_starts, order)
        firsts = np.searchsorted(destinations[order], self._ends)
        self._frames.write(data)
        self._index.write((begins[firsts] + self._size).astype("<i8").tobytes())
        self._size += len(data)


def read_destination(
    files: Iterable[tuple[Path, Path]], destinations: int, which: int
) -> ByteArray:
    """All records that go to a destination, in the order in which they were spilled.

    Args:
        files: Pairs of frames and index, in the order of the tasks.
        destinations: How many there are.
        which: The destination.

    Returns:
        Framed records, one behind the other, uint8.

    Raises:
        DatasetIncompleteError: A file is shorter than its index says.
    """
    slices = [
        (frames, begin, end)
        for frames, index in files
        for begin, end in _slices(frames, index, destinations, which)
    ]
    found = np.empty(sum(end - begin for _, begin, end in slices), np.uint8)
    filled = 0
    for frames, of_file in groupby(slices, key=itemgetter(0)):
        with frames.open("rb", buffering=0) as file:
            for _, begin, end in of_file:
                file.seek(begin)
                _fill(file, found[filled : filled + end - begin].data, frames)
                filled += end - begin
    return found


def _slices(
    frames: Path, index: Path, destinations: int, which: int
) -> list[tuple[int, int]]:
    """Where the records of a destination are in a file."""
    if not frames.stat().st_size:
        return []
    places = np.memmap(index, "<i8", "r").reshape(-1, destinations + 1)
    found: list[list[int]] = places[:, which : which + 2].tolist()
    return [(begin, end) for begin, end in found if begin < end]


def _fill(file: FileIO, target: memoryview, path: Path) -> None:
    while len(target):
        count = file.readinto(target)
        if not count:
            raise DatasetIncompleteError(
                "a file of spilled records is shorter than it was",
                file=str(path),
                hint="run the same command again",
            )
        target = target[count:]
