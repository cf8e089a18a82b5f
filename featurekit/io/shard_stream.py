"""The records of one shard, forwards, by their numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import pyarrow as pa

from featurekit.errors import DatasetIncompleteError
from featurekit.io.canonical_decoder import read_numbers
from featurekit.io.example_decoder import decode_examples
from featurekit.io.manifest import Shard
from featurekit.io.tfrecord import CHUNK_BYTES, Chunk, read_chunks
from featurekit.kernels.arrow_buffers import read_only

if TYPE_CHECKING:
    from featurekit.io.dataset import Dataset

PIECE_ROWS = 16_384
"""Records that are decoded at once: enough to forget the cost of a call."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Checked records that are not decoded yet.

    Args:
        chunk: Holds them.
        rows: Which of it.
        file: Where they are from.
    """

    chunk: Chunk
    rows: slice
    file: str

    def __len__(self) -> int:
        return int(self.rows.stop - self.rows.start)

    def decode(self, schema: pa.Schema) -> pa.RecordBatch:
        """The records as columns.

        Raises:
            ExampleDecodeError: A record is not what the schema says.
        """
        return decode_examples(
            self.chunk.buffer,
            self.chunk.starts[self.rows],
            self.chunk.lengths[self.rows],
            schema,
            file=self.file,
            first_record=self.chunk.first_record + self.rows.start,
        )

    def decode_into(
        self, schema: pa.Schema, targets: Mapping[str, npt.NDArray[Any]]
    ) -> bool:
        """Decodes into arrays, if all records are as writers write them.

        Args:
            schema: What they hold: int64 and float32.
            targets: An array for each column; see `canonical_decoder.read_numbers`.
        """
        return read_numbers(
            read_only(self.chunk.buffer),
            read_only(self.chunk.starts[self.rows]),
            read_only(self.chunk.lengths[self.rows]),
            schema,
            targets,
        )


class ShardStream:
    """An open shard. Reads and checks; decoding is left to whoever has the time.

    Args:
        dataset: The dataset.
        shard: One of its shards.
        chunk_bytes: What is held of the file.

    Raises:
        DatasetIncompleteError: The file is gone.
    """

    def __init__(
        self, dataset: "Dataset", shard: Shard, *, chunk_bytes: int = CHUNK_BYTES
    ) -> None:
        self.shard = shard
        self.path: Path = dataset.file(shard.path)
        if not self.path.is_file():
            raise DatasetIncompleteError("a shard is gone", file=str(self.path))
        self._chunks = read_chunks(
            self.path, compression=dataset.compression, chunk_bytes=chunk_bytes
        )
        self._chunk: Chunk | None = None
        self._end = 0  # the records of all chunks so far

    def take(self, start: int, stop: int) -> Iterator[Piece]:
        """The records from `start` to before `stop`; those before are passed over.

        Args:
            start: Not less than any `stop` before.
            stop: At most the number of records.

        Raises:
            CorruptRecordError: The file is damaged.
            DatasetIncompleteError: It has another number of records; more are noticed
                when the last one is taken.
        """
        while start < stop:
            while self._end <= start:
                self._chunk = next(self._chunks, None)
                if self._chunk is None:
                    raise self._differs()
                self._end += len(self._chunk)
            assert self._chunk is not None
            first = start - self._chunk.first_record
            last = min(first + PIECE_ROWS, first + stop - start, len(self._chunk))
            yield Piece(self._chunk, slice(first, last), str(self.path))
            start += last - first
        if stop == self.shard.records:
            self._end += sum(map(len, self._chunks))
            if self._end != stop:
                raise self._differs()

    def close(self) -> None:
        """Closes the file."""
        self._chunks.close()

    def _differs(self) -> DatasetIncompleteError:
        return DatasetIncompleteError(
            "a shard does not have the number of records that the manifest says",
            file=str(self.path),
            got=self._end,
            expected=str(self.shard.records),
        )
