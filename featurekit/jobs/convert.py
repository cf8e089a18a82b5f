"""Conversion: rows in, a published dataset of tf.Example TFRecords out."""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from featurekit._version import __version__
from featurekit.errors import DatasetIncompleteError, RowError, SourceError
from featurekit.io.adapter import open_source
from featurekit.io.csv_source import CsvOptions
from featurekit.io.layout import Layout, check_layout, pack, place_columns
from featurekit.io.manifest import (
    Accounting,
    Manifest,
    Receipt,
    format_version,
    output_columns,
)
from featurekit.io.output_directory import (
    OutputDirectory,
    RunFolder,
    write_atomically,
)
from featurekit.io.sources import ROWS_PER_TASK, Source, Task
from featurekit.io.spill import FRAMES, INDEX, read_destination, reordered
from featurekit.io.tfrecord import scan
from featurekit.io.tfrecord_writer import Compression, check_compression
from featurekit.jobs.analyze import check_source
from featurekit.jobs.global_shuffle import (
    GlobalShuffle,
    ShuffleKind,
    check_shuffle,
)
from featurekit.jobs.local_engine import Progress, run_tasks
from featurekit.jobs.overlap import overlapped
from featurekit.jobs.rows import BadRowPolicy, RowReader, Rows
from featurekit.jobs.shard_size import rows_for_bytes
from featurekit.jobs.task_writer import SpillingTaskWriter, TaskWriter
from featurekit.kernels.jit import compile_seconds
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.serialize import spec_to_proto
from featurekit.spec.splits import SPILLED, SPILLED_INDEX


class Conversion:
    """One conversion: what a task needs to know. Picklable.

    Args:
        spec: The declaration.
        stats: Its statistics.
        source: The rows.
        output: The dataset's folder.
        compression: None, "gzip" (fast), or "gzip-small".
        on_bad_row: "fail" raises at a refused row; "dead_letter" writes it aside.
        rows_per_task: Rows of one task, about.
        shard_bytes: Bytes of the shards of one task, about; instead of `rows_per_task`.
        layout: "named" or "packed"; see `convert`.
        shuffle: None, or "global"; see `convert`.
        seed: Of the shuffle.

    Attributes:
        columns: What each record holds, and where.
        tasks: The work, in the order of the rows.
        run: The folder of the shards.
    """

    def __init__(
        self,
        spec: FeatureSpec,
        stats: Stats,
        source: Source,
        output: str | PathLike[str],
        *,
        compression: Compression = None,
        on_bad_row: BadRowPolicy = "fail",
        rows_per_task: int = ROWS_PER_TASK,
        shard_bytes: int | None = None,
        layout: Layout = "named",
        shuffle: ShuffleKind = None,
        seed: int = 0,
    ) -> None:
        check_compression(compression)
        check_layout(layout)
        check_shuffle(shuffle, seed)
        check_source(spec, source)
        self.spec = spec
        self.stats = stats
        self.compression = compression
        self.plan = compile_spec(spec, stats, training=True)
        self.layout = layout
        self.columns = place_columns(output_columns(self.plan), layout)
        self.reader = RowReader(spec, self.plan, on_bad_row=on_bad_row)
        self.source_fingerprint = source.fingerprint()
        if shard_bytes is not None:
            rows_per_task = rows_for_bytes(source, self.read, shard_bytes, compression)
        self.tasks: Sequence[Task] = source.plan_tasks(rows_per_task=rows_per_task)
        identity = [
            format_version(layout),
            layout,
            self.plan.fingerprint(),
            spec.fingerprint(),
            stats.fingerprint(),
            self.source_fingerprint,
            compression or "",
            on_bad_row,
            rows_per_task,
            *([] if shuffle is None else [shuffle, seed]),
        ]
        digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
        self.run = RunFolder(Path(output), digest[:16], len(self.tasks))
        self.shuffle = GlobalShuffle(seed, len(self.tasks)) if shuffle else None

    def __getstate__(self) -> dict[str, Any]:
        # Each worker is sent its own tasks; all of them would be sent with each.
        return {**self.__dict__, "tasks": ()}

    def open_output(self, *, overwrite: bool = False) -> OutputDirectory:
        """The output, to be held while the tasks run."""
        return OutputDirectory(self.run, overwrite=overwrite)

    def prepare(self) -> None:
        """Stores what makes the dataset describe itself."""
        write_atomically(self.run.path / "spec.pb", spec_to_proto(self.spec))
        write_atomically(self.run.path / "stats.pb", self.stats.to_proto())

    def read(self, task: Task) -> Iterator[Rows]:
        """The rows of a task, their outputs as records hold them."""
        for rows in self.reader.read(task):
            yield replace(rows, outputs=pack(rows.outputs, self.columns))

    @property
    def _stage(self) -> str:
        return "" if self.shuffle is None else f"{SPILLED}-"

    def run_task(self, task: Task) -> Receipt:
        """Writes the shards of one task, unless an earlier attempt did.

        With a shuffle, writes what `gather` puts into shards when all tasks are done.

        Raises:
            SourceError: The source cannot be read.
            RowError: A row is refused, under "fail".
            DatasetError: The output cannot be written.
        """
        found = self.run.find_receipt(task.index, self._stage)
        if found is not None:
            return found
        receipt = _write_task(self, task)
        self.run.save_receipt(receipt, self._stage)
        return receipt

    def gather(self, number: int) -> Receipt:
        """Writes the shards of one number, of what all tasks have spilled for them.

        Raises:
            DatasetIncompleteError: Spilled records are gone, or damaged.
            DatasetError: The output cannot be written.
        """
        found = self.run.find_receipt(number)
        if found is not None:
            return found
        receipt = _gather(self, number)
        self.run.save_receipt(receipt)
        return receipt

    def manifest(
        self, receipts: Iterable[Receipt], spilled: Iterable[Receipt] = ()
    ) -> Manifest:
        """The manifest of all tasks' receipts.

        Args:
            receipts: Of the tasks; with a shuffle, of what was gathered.
            spilled: With a shuffle, the receipts of the tasks.

        Raises:
            DatasetIncompleteError: A task has none.
        """
        ordered = self._ordered(receipts)
        if self.shuffle is not None:
            ordered += self._ordered(spilled)
        return Manifest(
            run_id=self.run.run_id,
            spec_fingerprint=self.spec.fingerprint(),
            stats_fingerprint=self.stats.fingerprint(),
            source_fingerprint=self.source_fingerprint,
            library_version=__version__,
            shards=tuple(
                shard
                for receipt in ordered
                for shard in receipt.shards
                if shard.split not in (SPILLED, SPILLED_INDEX)
            ),
            columns=self.columns,
            layout=self.layout,
            accounting=sum((r.accounting for r in ordered), Accounting()),
            compression="gzip" if self.compression else "",
        )

    def _ordered(self, receipts: Iterable[Receipt]) -> list[Receipt]:
        ordered = sorted(receipts, key=lambda receipt: receipt.task)
        if [receipt.task for receipt in ordered] != list(range(self.run.num_tasks)):
            raise DatasetIncompleteError(
                "not every task was done",
                file=str(self.run.root),
                got=len(ordered),
                expected=f"{self.run.num_tasks} receipts, one of each task",
                hint="run the same command again",
            )
        return ordered


def _write_task(conversion: Conversion, task: Task) -> Receipt:
    accounting = Accounting()
    with ExitStack() as stack:
        writer = _writer(conversion, task.index, stack)
        # Reading and transforming run ahead of encoding and writing.
        for rows in overlapped(conversion.read(task)):
            accounting += rows.accounting
            writer.write(rows)
    return Receipt(task.index, writer.shards(), accounting)


def _writer(conversion: Conversion, task: int, stack: ExitStack) -> TaskWriter:
    splits = conversion.spec.split_names
    if conversion.shuffle is None:
        return TaskWriter(conversion.run, task, splits, conversion.compression, stack)
    return SpillingTaskWriter(conversion.shuffle, conversion.run, task, splits, stack)


def _gather(conversion: Conversion, number: int) -> Receipt:
    shuffle, run = conversion.shuffle, conversion.run
    if shuffle is None:
        raise ValueError("nothing is gathered without a shuffle")
    splits = conversion.spec.split_names
    with ExitStack() as stack:
        writer = TaskWriter(run, number, splits, conversion.compression, stack)
        for part, split in enumerate(splits):
            which = part * shuffle.shards + number
            frames = read_destination(_spills(run), len(splits) * shuffle.shards, which)
            records = scan(frames, file=str(run.path))
            if len(records):
                ends = np.append(records.starts, len(frames))
                order = shuffle.order(which, len(records))
                data, _ = reordered(frames, ends, order)
                writer.write_framed(split, np.frombuffer(data, np.uint8), len(records))
    return Receipt(number, writer.shards(), Accounting())


def _spills(run: RunFolder) -> Iterator[tuple[Path, Path]]:
    for task in range(run.num_tasks):
        yield run.file(SPILLED, task, FRAMES), run.file(SPILLED_INDEX, task, INDEX)


@dataclass(frozen=True, slots=True)
class ConvertReport:
    """What a conversion did; `print(report)` shows it.

    Args:
        path: The dataset's folder.
        manifest: What was published.
        bytes_in: Size of the source.
        seconds: Wall-clock time.
        resumed: Whether the dataset was there already, complete.
        compile_seconds: Time that this process compiled kernels, within `seconds`; once
            per machine, as the code is cached.
    """

    path: Path
    manifest: Manifest
    bytes_in: int
    seconds: float
    resumed: bool
    compile_seconds: float = 0.0

    @property
    def bytes_out(self) -> int:
        """Size of the shards."""
        return sum(shard.bytes for shard in self.manifest.shards)

    def __str__(self) -> str:
        rows = self.manifest.accounting
        rate = rows.rows_read / self.seconds if self.seconds else 0.0
        lines = [
            f"{self.path}: {len(self.manifest.shards)} shards of run "
            f"{self.manifest.run_id}" + (" (was complete)" if self.resumed else ""),
            f"  rows read {rows.rows_read:,}, written {rows.rows_written:,}, "
            f"rejected {rows.rows_rejected:,}, filtered {rows.rows_filtered:,}",
        ]
        if rows.rows_made or rows.rows_unused:
            made = f"  rows made {rows.rows_made:,}, of all but {rows.rows_unused:,}"
            lines.append(f"{made} of those that were read")
        splits = self.manifest.records_by_split.items()
        lines.append("  " + ", ".join(f"{name} {count:,}" for name, count in splits))
        if rows.rejected_by_code:
            codes = rows.rejected_by_code.items()
            found = ", ".join(f"{code} {count:,}" for code, count in codes)
            lines.append(f"  rejected: {found}")
        lines.append(
            f"  {self.seconds:.2f} s, {rate:,.0f} rows/s, {self.bytes_in:,} bytes in, "
            f"{self.bytes_out:,} bytes out"
        )
        if self.compile_seconds >= 0.1:
            compiling = f"  {self.compile_seconds:.2f} s of it compiled kernels"
            lines.append(f"{compiling}, once per machine")
        return "\n".join(lines)


def convert(
    spec: FeatureSpec,
    stats: Stats,
    source: Any,
    output: str | PathLike[str],
    *,
    workers: int | None = None,
    overwrite: bool = False,
    compression: Compression = None,
    on_bad_row: BadRowPolicy = "fail",
    rows_per_task: int = ROWS_PER_TASK,
    shard_bytes: int | None = None,
    layout: Layout = "named",
    shuffle: ShuffleKind = None,
    seed: int = 0,
    csv: CsvOptions | None = None,
    progress: Progress | None = None,
) -> ConvertReport:
    """Writes the records of a spec as a dataset folder.

    The bytes depend on the arguments alone, not on the number of workers. The dataset
    appears at once, when all of it is written. After a crash the same call redoes only
    unfinished tasks.

    Args:
        spec: The declaration.
        stats: What `analyze` measured for it.
        source: Rows: a path, a pattern, a table; see `featurekit.io.adapter`.
        output: The dataset's folder; made if it does not exist.
        workers: Processes. Defaults to one for every 16 tasks, at most one per core.
        overwrite: Replace another dataset in the folder. Defaults to False.
        compression: None, "gzip" (fast), or "gzip-small". Defaults to None.
        on_bad_row: "fail" raises at a refused row; "dead_letter" writes it, with the
            reason, to a `rejected` file of the dataset. Defaults to "fail".
        rows_per_task: Rows of one task, about; each task writes one shard for each part
            of the data. A row group is not divided. Defaults to 65,536.
        shard_bytes: The size of a task's shards, about, instead of `rows_per_task`;
            measured on the first rows. Defaults to None.
        layout: "named" writes a tf.Example feature for each output, which any reader
            knows. "packed" writes one for all ids and one for all floats: smaller
            files, read two to four times faster; for readers that use `featurekit.load`
            or the places in the manifest. Defaults to "named".
        shuffle: "global" puts all records of each part of the data into a random order,
            across all shards: for sources that are sorted by time or label, whose
            records a reader's own mixing cannot bring together. Takes the disk space of
            the records a second time while it works, and memory for a shard or two in
            each process. Defaults to None, the order of the rows.
        seed: Of the shuffle, from 0 below 2^64; the order depends on it, on the source
            and on `rows_per_task`, and on nothing else. Defaults to 0.
        csv: How CSV files are read. Defaults to standard CSV.
        progress: Called after each task with tasks done, tasks in all, and rows read.

    Raises:
        SourceError: The source cannot be read, or lacks a column.
        StatisticsError: The statistics are of another spec.
        RowError: A row is refused, under "fail".
        OutputExistsError: The folder holds another dataset.
        OutputBusyError: Another job writes to the folder.

    Example:
        >>> import featurekit as fk, tempfile
        >>> spec = fk.FeatureSpec({"age": fk.numeric("age").fill(0).standardize()})
        >>> rows = {"age": [20, 30, None]}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     report = fk.convert(spec, fk.analyze(spec, rows), rows, folder)
        >>> report.manifest.accounting.rows_written
        3
    """
    started, compiled = time.perf_counter(), compile_seconds()
    opened = open_source(source, csv=csv)
    conversion = Conversion(
        spec,
        stats,
        opened,
        output,
        compression=compression,
        on_bad_row=on_bad_row,
        rows_per_task=rows_per_task,
        shard_bytes=shard_bytes,
        layout=layout,
        shuffle=shuffle,
        seed=seed,
    )
    with conversion.open_output(overwrite=overwrite) as directory:
        resumed = directory.finished is not None
        manifest = directory.finished
        if manifest is None:
            conversion.prepare()
            try:
                manifest = _run(conversion, workers, progress)
            except (SourceError, RowError):
                # The same data will fail again: there is nothing to resume.
                directory.abandon()
                raise
            directory.publish(manifest)
    elapsed = time.perf_counter() - started
    return ConvertReport(
        Path(output),
        manifest,
        opened.num_bytes(),
        elapsed,
        resumed=resumed,
        compile_seconds=compile_seconds() - compiled,
    )


def _run(
    conversion: Conversion, workers: int | None, progress: Progress | None
) -> Manifest:
    """All tasks, and with a shuffle what follows them."""
    tasks = conversion.tasks
    stages = 1 if conversion.shuffle is None else 2
    receipts = run_tasks(conversion.run_task, tasks, workers=workers)
    done = list(_report(receipts, stages * len(tasks), progress))
    if conversion.shuffle is None:
        return conversion.manifest(done)
    gathered = run_tasks(conversion.gather, range(len(tasks)), workers=workers)
    reported = _report(gathered, 2 * len(tasks), progress, after=done)
    return conversion.manifest(list(reported), done)


def _report(
    receipts: Iterable[Receipt],
    total: int,
    progress: Progress | None,
    after: Sequence[Receipt] = (),
) -> Iterator[Receipt]:
    rows = sum(receipt.accounting.rows_read for receipt in after)
    for done, receipt in enumerate(receipts, start=len(after) + 1):
        rows += receipt.accounting.rows_read
        if progress is not None:
            progress(done, total, rows)
        yield receipt
