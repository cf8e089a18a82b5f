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
from featurekit.io.tfrecord_writer import Compression, check_compression
from featurekit.jobs.analyze import check_source
from featurekit.jobs.local_engine import Progress, run_tasks
from featurekit.jobs.overlap import overlapped
from featurekit.jobs.rows import BadRowPolicy, RowReader, Rows
from featurekit.jobs.shard_size import rows_for_bytes
from featurekit.jobs.task_writer import TaskWriter
from featurekit.kernels.jit import compile_seconds
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.serialize import spec_to_proto


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
    ) -> None:
        check_compression(compression)
        check_layout(layout)
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
        ]
        digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
        self.run = RunFolder(Path(output), digest[:16], len(self.tasks))

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

    def run_task(self, task: Task) -> Receipt:
        """Writes the shards of one task, unless an earlier attempt did.

        Raises:
            SourceError: The source cannot be read.
            RowError: A row is refused, under "fail".
            DatasetError: The output cannot be written.
        """
        found = self.run.find_receipt(task.index)
        if found is not None:
            return found
        receipt = _write_task(self, task)
        self.run.save_receipt(receipt)
        return receipt

    def manifest(self, receipts: Iterable[Receipt]) -> Manifest:
        """The manifest of all tasks' receipts.

        Raises:
            DatasetIncompleteError: A task has none.
        """
        ordered = sorted(receipts, key=lambda receipt: receipt.task)
        if [receipt.task for receipt in ordered] != list(range(self.run.num_tasks)):
            raise DatasetIncompleteError(
                "not every task was done",
                file=str(self.run.root),
                got=len(ordered),
                expected=f"{self.run.num_tasks} receipts, one of each task",
                hint="run the same command again",
            )
        return Manifest(
            run_id=self.run.run_id,
            spec_fingerprint=self.spec.fingerprint(),
            stats_fingerprint=self.stats.fingerprint(),
            source_fingerprint=self.source_fingerprint,
            library_version=__version__,
            shards=tuple(shard for receipt in ordered for shard in receipt.shards),
            columns=self.columns,
            layout=self.layout,
            accounting=sum((r.accounting for r in ordered), Accounting()),
            compression="gzip" if self.compression else "",
        )


def _write_task(conversion: Conversion, task: Task) -> Receipt:
    accounting = Accounting()
    with ExitStack() as stack:
        writer = TaskWriter(
            conversion.run,
            task.index,
            conversion.spec.split_names,
            conversion.compression,
            stack,
        )
        # Reading and transforming run ahead of encoding and writing.
        for rows in overlapped(conversion.read(task)):
            accounting += rows.accounting
            writer.write(rows)
    return Receipt(task.index, writer.shards(), accounting)


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
    )
    with conversion.open_output(overwrite=overwrite) as directory:
        resumed = directory.finished is not None
        manifest = directory.finished
        if manifest is None:
            conversion.prepare()
            receipts = run_tasks(conversion.run_task, conversion.tasks, workers=workers)
            reported = _report(receipts, len(conversion.tasks), progress)
            try:
                manifest = conversion.manifest(list(reported))
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


def _report(
    receipts: Iterable[Receipt], total: int, progress: Progress | None
) -> Iterator[Receipt]:
    rows = 0
    for done, receipt in enumerate(receipts, start=1):
        rows += receipt.accounting.rows_read
        if progress is not None:
            progress(done, total, rows)
        yield receipt
