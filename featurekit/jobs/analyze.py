"""Analysis: all statistics of all features in one pass over the data."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import numpy as np
import pyarrow as pa

from featurekit.analyzers.accumulator import Accumulator, create
from featurekit.analyzers.netstrings import joined
from featurekit.errors import FeatureKitError
from featurekit.io.adapter import open_source
from featurekit.io.csv_source import CsvOptions
from featurekit.io.manifest import Accounting
from featurekit.io.sources import ROWS_PER_TASK, Source, Task
from featurekit.jobs.local_engine import Progress, count_workers, run_tasks
from featurekit.jobs.rows import BadRowPolicy, RowReader, Rows
from featurekit.jobs.token_partitions import TokenPartitions
from featurekit.kernels.arrow_buffers import arrow_array
from featurekit.plan.lower import compile_requests
from featurekit.plan.requirements import AnalysisRequest, requirements
from featurekit.plan.stats import Stats
from featurekit.spec.feature_spec import FeatureSpec

TASKS_PER_GROUP = 16
"""Tasks that one process counts together, at most: progress is told in between."""


@dataclass(slots=True)
class PartialStatistics:
    """What some rows have counted; merging is associative and order-free.

    Between processes it travels as the bytes of its accumulators.

    Args:
        accumulators: In the order of the requests.
        accounting: The rows that were read. `rows_written` counts those that were
            accepted, of all parts of the data.
    """

    accumulators: Sequence[Accumulator]
    accounting: Accounting

    def merge(self, other: Self) -> None:
        """Counts everything that `other` has counted."""
        for mine, theirs in zip(self.accumulators, other.accumulators, strict=True):
            mine.merge(theirs)
        self.accounting += other.accounting


class Analysis:
    """One analysis: what to measure, of which source. Picklable.

    Args:
        spec: The declaration.
        on_bad_row: "fail" raises at a refused row; "dead_letter" leaves it out.
    """

    def __init__(self, spec: FeatureSpec, *, on_bad_row: BadRowPolicy = "fail") -> None:
        self.spec = spec
        self.requests: tuple[AnalysisRequest, ...] = requirements(spec)
        self.reader = RowReader(
            spec, compile_requests(spec, self.requests), on_bad_row=on_bad_row
        )

    def plan_tasks(
        self, source: Source, *, rows_per_task: int = ROWS_PER_TASK
    ) -> Sequence[Task]:
        """The tasks of a source that has all columns of the spec.

        Raises:
            SourceError: A column is missing, or can never have the declared type.
        """
        check_source(self.spec, source)
        return source.plan_tasks(rows_per_task=rows_per_task)

    def create(self) -> PartialStatistics:
        """What no rows have counted."""
        accumulators = [
            create(request.kind, request.value_type, **dict(request.options))
            for request in self.requests
        ]
        return PartialStatistics(accumulators, Accounting())

    def run_group(self, tasks: Iterable[Task]) -> PartialStatistics:
        """Counts the training rows of some tasks."""
        partial = self.create()
        for task in tasks:
            for rows in self.reader.read(task):
                self.add(partial, rows, file=task.file)
        return partial

    def add(
        self, partial: PartialStatistics, rows: Rows, *, file: str | None = None
    ) -> None:
        """Counts the training rows of a batch."""
        training = rows.outputs
        if rows.parts.any():
            training = training.take(arrow_array(np.flatnonzero(rows.parts == 0)))
        counted = zip(self.requests, partial.accumulators, strict=True)
        for request, accumulator in counted:
            try:
                self._count(request, training, accumulator)
            except FeatureKitError as error:
                source = file or "a batch"
                error.add_note(f"while measuring {request.key} of {source}")
                raise
        partial.accounting += rows.accounting

    @staticmethod
    def _count(
        request: AnalysisRequest, rows: pa.RecordBatch, accumulator: Accumulator
    ) -> None:
        columns = [rows.column(name) for name in request.columns]
        if request.by is not None:
            if request.kind == "target_by_key":
                columns.append(rows.column(request.fold_name))
            names = ["value", "key", "fold"][: len(columns)]
            columns = [pa.StructArray.from_arrays(columns, names)]
        for column in [joined(columns)] if request.is_joined else columns:
            accumulator.add(column)

    def merge(self, partials: Iterable[PartialStatistics]) -> PartialStatistics:
        """Everything that was counted, counted into the first."""
        remaining = iter(partials)
        total = next(remaining, None) or self.create()
        for partial in remaining:
            total.merge(partial)
        return total

    def extract(self, partial: PartialStatistics) -> Stats:
        """The statistics of what was counted."""
        found = zip(self.requests, partial.accumulators, strict=True)
        return Stats({request.key: value.extract() for request, value in found})


def check_source(spec: FeatureSpec, source: Source) -> None:
    """Refuses, before a row is read, a source that cannot give the spec's columns.

    Raises:
        SourceError: A column is missing, or can never have the declared type.
    """
    inputs = spec.source_inputs
    columns = {item.name: item.dtype for item in inputs}
    zones = {item.name: item.time_zone for item in inputs if item.time_zone}
    source.check(columns, zones)


def analyze(
    spec: FeatureSpec,
    source: Any,
    *,
    workers: int | None = None,
    on_bad_row: BadRowPolicy = "fail",
    rows_per_task: int = ROWS_PER_TASK,
    token_partitions: int = 1,
    csv: CsvOptions | None = None,
    progress: Progress | None = None,
) -> Stats:
    """Measures what a spec has to learn, in one pass over the data.

    Learns from the first part of the split only. The result depends on the rows alone:
    not on their order, nor on how they were divided into files, tasks and workers.

    Args:
        spec: The declaration.
        source: Rows: a path, a pattern, a table; see `featurekit.io.adapter`.
        workers: Processes. Defaults to one for every 16 tasks, at most one per core.
        on_bad_row: "fail" raises at the first refused row; "dead_letter" leaves
            refused rows out. Defaults to "fail".
        rows_per_task: Rows of one task, about. Defaults to 65,536.
        token_partitions: Into how many parts the tokens of vocabularies are divided,
            for columns with millions of distinct values: counts are then kept in files
            of the system's folder for temporary ones, and memory is that of one part.
            The result is the same. Defaults to 1, all in memory.
        csv: How CSV files are read. Defaults to standard CSV.
        progress: Called after every few tasks with tasks done, tasks in all, and rows
            read.

    Raises:
        SourceError: The source cannot be read, or lacks a column.
        RowError: A row is refused, under "fail".

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec({"age": fk.numeric("age").standardize()})
        >>> print(fk.analyze(spec, {"age": [20, 30, None]}))
        moments(fk.numeric('age')) = count=2, mean=25.0, variance=25.0
        presence(fk.numeric('age')) = rows=3, nulls=1, nans=0, infinities=0
    """
    return run_analysis(
        spec,
        source,
        workers=workers,
        on_bad_row=on_bad_row,
        rows_per_task=rows_per_task,
        token_partitions=token_partitions,
        csv=csv,
        progress=progress,
    )[0]


def run_analysis(
    spec: FeatureSpec,
    source: Any,
    *,
    workers: int | None = None,
    on_bad_row: BadRowPolicy = "fail",
    rows_per_task: int = ROWS_PER_TASK,
    token_partitions: int = 1,
    csv: CsvOptions | None = None,
    progress: Progress | None = None,
) -> tuple[Stats, Accounting]:
    """As `analyze`, with the accounting of the rows that were read."""
    analysis = Analysis(spec, on_bad_row=on_bad_row)
    tasks = analysis.plan_tasks(
        open_source(source, csv=csv), rows_per_task=rows_per_task
    )
    workers = count_workers(workers, len(tasks))
    groups = group_tasks(tasks, workers)
    if token_partitions != 1:
        return _run_partitioned(analysis, groups, token_partitions, workers, progress)
    partials = run_tasks(analysis.run_group, groups, workers=workers)
    total = analysis.merge(_report(partials, groups, progress))
    return analysis.extract(total), total.accounting


def _run_partitioned(
    analysis: Analysis,
    groups: Sequence[Sequence[Task]],
    partitions: int,
    workers: int,
    progress: Progress | None,
) -> tuple[Stats, Accounting]:
    with TemporaryDirectory(prefix="featurekit-tokens-") as folder:
        counting = TokenPartitions(analysis, Path(folder), partitions)
        numbered = [*enumerate(groups)]
        partials = run_tasks(counting.run_group, numbered, workers=workers)
        total = analysis.merge(_report(partials, groups, progress))
        work = [(part, len(groups)) for part in range(partitions)]
        parts = run_tasks(counting.count_part, work, workers=workers)
        return counting.join(total, parts), total.accounting


def group_tasks(tasks: Sequence[Task], workers: int) -> list[Sequence[Task]]:
    """Tasks whose rows are counted together: merging is work of one process alone.

    Args:
        tasks: All tasks.
        workers: How many processes share them: each takes some groups, so that none
            waits long for the last.
    """
    share = len(tasks) if workers == 1 else -(-len(tasks) // (6 * workers))
    size = max(1, min(TASKS_PER_GROUP, share))
    return [tasks[start : start + size] for start in range(0, len(tasks), size)]


def _report(
    partials: Iterable[PartialStatistics],
    groups: Sequence[Sequence[Task]],
    progress: Progress | None,
) -> Iterator[PartialStatistics]:
    rows = done = 0
    total = sum(map(len, groups))
    for group, partial in zip(groups, partials, strict=True):
        rows += partial.accounting.rows_read
        done += len(group)
        if progress is not None:
            progress(done, total, rows)
        yield partial
