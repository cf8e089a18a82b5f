"""Decoding blocks of records ahead of their use, in threads.

One thread reads files and checks sums, in order; others decode what it read straight
into the arrays of the block. Kernels and file reads run without the GIL. Which thread
does what changes nothing in the result.
"""

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.io.layout import (
    Arrays,
    Layout,
    column_views,
    empty_arrays,
    place_columns,
    stored_arrays,
)
from featurekit.io.reading_order import Block, check_count, permutation
from featurekit.io.shard_stream import Piece, ShardStream

if TYPE_CHECKING:
    from featurekit.io.dataset import Dataset

CHUNK_BYTES = 4 * 2**20
_MAX_THREADS = 8
Decoded: TypeAlias = tuple[Arrays, npt.NDArray[np.int64] | None]
"""The rows of a block as they lie in the files, and the order to take them in."""


def default_threads() -> int:
    """One for each core that the process may use, at most 8."""
    if hasattr(os, "sched_getaffinity"):
        return min(_MAX_THREADS, len(os.sched_getaffinity(0)))
    return min(_MAX_THREADS, os.cpu_count() or 1)


def decode_blocks(
    dataset: "Dataset",
    blocks: Iterable[Block],
    layout: Layout,
    *,
    ahead: int,
    threads: int | None,
) -> Generator[Decoded, None, None]:
    """The blocks as arrays, in order: by column, or packed whatever the files are.

    Holds the block that is used, `ahead` more, and of the files a few pieces for each
    thread. Threads end when the iterator ends, is closed, or raises.

    Raises:
        CorruptRecordError: A file is damaged.
        ExampleDecodeError: A record is not what the manifest says.
        DatasetIncompleteError: A file is gone, or has another number of records.
        ValueError: There are no threads.
    """
    if threads is None:
        threads = default_threads()
    check_count("threads", threads, least=1)
    decoding = _Decoding(dataset, layout, threads)
    with ThreadPoolExecutor(1, "featurekit-read") as reader:
        pending: deque[Future[_Filling]] = deque()
        try:
            for block in blocks:
                pending.append(reader.submit(decoding.start, block))
                if len(pending) > ahead:
                    yield decoding.finish(pending.popleft())
            while pending:
                yield decoding.finish(pending.popleft())
        finally:
            decoding.stopped = True
            reader.shutdown(cancel_futures=True)
            decoding.close()


_Filling: TypeAlias = tuple[Decoded, list[Future[None]]]


class _Decoding:
    """What the threads share."""

    def __init__(self, dataset: "Dataset", layout: Layout, threads: int) -> None:
        self.dataset = dataset
        self.columns = place_columns(dataset.written, layout)
        # An array has no null to say that a record lacks a value.
        self._stored = pa.schema([one.with_nullable(False) for one in dataset.stored])
        # Whether what records hold has an array, or a part of one, to be decoded into.
        self._direct = self.columns == dataset.written or layout == "packed"
        self.stopped = False
        self._decoders = ThreadPoolExecutor(threads, "featurekit-decode")
        self._shards = dataset.shards
        self._streams: dict[int, ShardStream] = {}
        self._epoch = 0
        self._undone: deque[Future[None]] = deque()
        self._most_undone = 2 * threads

    def start(self, block: Block) -> _Filling:
        """Reads a block, and has it decoded; runs in the reader's thread."""
        arrays = empty_arrays(self.columns, len(block))
        at = 0
        jobs: list[Future[None]] = []
        for piece in self._pieces(block):
            rows = slice(at, at + len(piece))
            jobs.append(self._decoders.submit(self._fill, arrays, rows, piece))
            at = rows.stop
            self._wait_for_room(jobs[-1])
        order = None
        if block.entropy is not None:
            order = permutation(len(block), block.entropy)
        return (arrays, order), jobs

    def _pieces(self, block: Block) -> Iterator[Piece]:
        if block.epoch != self._epoch:  # what was read in part is read from the start
            self._close_streams()
            self._epoch = block.epoch
        for run in block.runs:
            shard = self._shards[run.shard]
            stream = self._streams.get(run.shard)
            if stream is None:
                stream = ShardStream(self.dataset, shard, chunk_bytes=CHUNK_BYTES)
                self._streams[run.shard] = stream
            for piece in stream.take(run.start, run.stop):
                if self.stopped:
                    return
                yield piece
            if run.stop == shard.records:
                self._streams.pop(run.shard).close()

    def _wait_for_room(self, job: Future[None]) -> None:
        """Keeps the reader from piling up bytes in front of slow decoders."""
        self._undone.append(job)
        if len(self._undone) > self._most_undone:
            with suppress(CancelledError):
                self._undone.popleft().exception()

    def _fill(self, arrays: Arrays, rows: slice, piece: Piece) -> None:
        alike = self.columns == self.dataset.written
        if not alike:
            arrays = column_views(arrays, self.columns)
        targets = {name: array[rows] for name, array in arrays.items()}
        if self._direct and piece.decode_into(self._stored, targets):
            return
        found = stored_arrays(piece.decode(self._stored))
        if not alike:
            found = column_views(found, self.dataset.written)
        for name, values in found.items():
            targets[name][:] = values

    def finish(self, started: "Future[_Filling]") -> Decoded:
        """Waits for a block."""
        decoded, jobs = started.result()
        for job in jobs:
            job.result()
        return decoded

    def close(self) -> None:
        """Ends the threads, and closes the files."""
        self._decoders.shutdown(cancel_futures=True)
        self._close_streams()

    def _close_streams(self) -> None:
        while self._streams:
            self._streams.popitem()[1].close()
