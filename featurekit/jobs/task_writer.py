"""Writing the shards of one task."""

from contextlib import ExitStack
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from featurekit.io.example import ExampleEncoder
from featurekit.io.manifest import Shard
from featurekit.io.output_directory import RunFolder, SummedFile, new_file
from featurekit.io.tfrecord_writer import Compression, TFRecordWriter
from featurekit.jobs.rows import Rows
from featurekit.kernels.arrow_buffers import arrow_array
from featurekit.spec.splits import REJECTED


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
        for split, outputs in self._parts(rows):
            if outputs.num_rows:
                records, _ = self._encoder.encode(outputs)
                self._writer(split).write_framed(records)
                self._count(split, outputs.num_rows)
        if rows.rejections:
            lines = "".join(f"{entry.to_json()}\n" for entry in rows.rejections)
            self._open(REJECTED, ".jsonl").write(lines.encode())
            self._count(REJECTED, len(rows.rejections))

    def _parts(self, rows: Rows) -> list[tuple[str, pa.RecordBatch]]:
        if not rows.parts.any():  # the usual case: no row has to move
            return [(self.splits[0], rows.outputs)]
        return [
            (name, rows.outputs.take(arrow_array(np.flatnonzero(rows.parts == index))))
            for index, name in enumerate(self.splits)
        ]

    def _count(self, kind: str, records: int) -> None:
        self._records[kind] = self._records.get(kind, 0) + records

    def _open(self, kind: str, suffix: str) -> BinaryIO:
        if kind not in self._files:
            path = self.run.file(kind, self.task, suffix)
            file = SummedFile(path, self._stack.enter_context(new_file(path)))
            self._files[kind] = file
        found: BinaryIO = self._files[kind]  # type: ignore[assignment]
        return found

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
