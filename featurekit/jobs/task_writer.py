"""Writing the shards of one task."""

from contextlib import ExitStack
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from featurekit.io.example import ExampleEncoder
from featurekit.io.manifest import Shard
from featurekit.io.output_directory import RunFolder, SummedFile, new_file
from featurekit.io.spill import FRAMES, INDEX, SpillWriter
from featurekit.io.tfrecord_writer import ByteArray, Compression, TFRecordWriter
from featurekit.jobs.global_shuffle import GlobalShuffle
from featurekit.jobs.rows import Rows
from featurekit.kernels.arrow_buffers import arrow_array
from featurekit.spec.splits import REJECTED, SPILLED, SPILLED_INDEX


class TaskWriter:
    """The open shards of one task; a shard exists once it has a record.

    Args:
        run: The folder.
        task: Index of the task.
        splits: The parts of the data, in order.
        compression: How records are compressed.
        stack: Closes the files.
    """

    def __init__(
        self,
        run: RunFolder,
        task: int,
        splits: tuple[str, ...],
        compression: Compression,
        stack: ExitStack,
    ) -> None:
        self.run = run
        self.task = task
        self.splits = splits
        self.compression = compression
        self._stack = stack
        # One for all shards: they have the same columns, and share its buffer.
        self._encoder = ExampleEncoder()
        self._files: dict[str, SummedFile] = {}
        self._writers: dict[str, TFRecordWriter] = {}
        self._records: dict[str, int] = {}

    def write(self, rows: Rows) -> None:
        """Writes accepted rows to the shards of their parts, refused ones aside."""
        self._write_accepted(rows)
        if rows.rejections:
            lines = "".join(f"{entry.to_json()}\n" for entry in rows.rejections)
            self._open(REJECTED, ".jsonl").write(lines.encode())
            self._count(REJECTED, len(rows.rejections))

    def _write_accepted(self, rows: Rows) -> None:
        for split, outputs in self._parts(rows):
            if outputs.num_rows:
                records, _ = self._encoder.encode(outputs)
                self.write_framed(split, records, outputs.num_rows)

    def _parts(self, rows: Rows) -> list[tuple[str, pa.RecordBatch]]:
        if not rows.parts.any():  # the usual case: no row has to move
            return [(self.splits[0], rows.outputs)]
        return [
            (name, rows.outputs.take(arrow_array(np.flatnonzero(rows.parts == index))))
            for index, name in enumerate(self.splits)
        ]

    def _count(self, kind: str, records: int) -> None:
        self._records[kind] += records

    def _open(self, kind: str, suffix: str) -> BinaryIO:
        if kind not in self._files:
            path = self.run.file(kind, self.task, suffix)
            file = SummedFile(path, self._stack.enter_context(new_file(path)))
            self._files[kind] = file
            self._records[kind] = 0
        found: BinaryIO = self._files[kind]  # type: ignore[assignment]
        return found

    def write_framed(self, split: str, records: ByteArray, count: int) -> None:
        """Writes records that are framed already to the shard of a part."""
        self._writer(split).write_framed(records)
        self._count(split, count)

    def _writer(self, split: str) -> TFRecordWriter:
        if split not in self._writers:
            suffix = ".tfrecord.gz" if self.compression else ".tfrecord"
            file = self._open(split, suffix)
            writer = TFRecordWriter(file, compression=self.compression)
            self._writers[split] = self._stack.enter_context(writer)
        return self._writers[split]

    def shards(self) -> tuple[Shard, ...]:
        """The files that were written, once they are closed."""
        return tuple(
            Shard(
                path=file.path.relative_to(self.run.root).as_posix(),
                split=kind,
                task=self.task,
                records=self._records[kind],
                bytes=file.size,
                crc32c=file.crc32c,
            )
            for kind, file in sorted(self._files.items())
        )


class SpillingTaskWriter(TaskWriter):
    """Writes accepted rows to where a shuffle gathers them.

    Args:
        shuffle: What is drawn for each record.
        run: The folder.
        task: Index of the task.
        splits: The parts of the data, in order.
        stack: Closes the files.
    """

    def __init__(
        self,
        shuffle: GlobalShuffle,
        run: RunFolder,
        task: int,
        splits: tuple[str, ...],
        stack: ExitStack,
    ) -> None:
        super().__init__(run, task, splits, None, stack)
        self._shuffle = shuffle
        self._rows = 0
        self._spill = SpillWriter(
            self._open(SPILLED, FRAMES),
            self._open(SPILLED_INDEX, INDEX),
            len(splits) * shuffle.shards,
        )

    def _write_accepted(self, rows: Rows) -> None:
        count = rows.outputs.num_rows
        if not count:
            return
        shards = self._shuffle.shard_of(self.task, self._rows, count)
        records, starts = self._encoder.encode(rows.outputs)
        self._spill.write(records, starts, rows.parts * self._shuffle.shards + shards)
        self._count(SPILLED, count)
        self._rows += count
