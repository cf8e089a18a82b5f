"""Conversion on Beam: the tasks of `featurekit.jobs.convert`, run by any runner."""

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import apache_beam as beam

from featurekit.beam.failures import whole_errors
from featurekit.beam.keyed_tasks import JOB, KeyedTask, key_tasks, only_tasks
from featurekit.errors import DatasetError, OutputBusyError, OutputExistsError
from featurekit.io.adapter import open_source
from featurekit.io.csv_source import CsvOptions
from featurekit.io.layout import Layout
from featurekit.io.manifest import Manifest, Receipt
from featurekit.io.output_directory import OutputDirectory, read_manifest
from featurekit.io.sources import ROWS_PER_TASK, Task
from featurekit.io.tfrecord_writer import Compression
from featurekit.jobs.convert import Conversion
from featurekit.jobs.rows import BadRowPolicy
from featurekit.plan.stats import Stats
from featurekit.spec.feature_spec import FeatureSpec

PATIENCE = 20.0
"""Seconds to wait for another job that holds the output."""


class Convert(beam.PTransform):
    """Writes the records of a spec; `featurekit.convert` as a Beam job, byte for byte.

    Applied to a pipeline; gives a PCollection of one Manifest, after the dataset has
    become visible. The tasks are planned where the pipeline is built; workers have to
    see the source, and the output, under the same paths. A task may be run twice, or by
    two workers at once: its files have the same bytes and appear complete.

    An element of the pipeline is a task or a receipt, never a row. Only a table in
    memory travels inside the pipeline, each task with its own rows: runners that are
    sent a pipeline limit its size (Dataflow to 10 MB), so large data belongs in files.

    A pipeline that fails leaves what its finished tasks have written, unseen by
    readers. The same job resumes from there; any other job that publishes to the
    folder removes it. The output is locked while the job begins and while it
    publishes, not in between: of two jobs that write different datasets to one folder
    at once, the second to publish fails, also under `overwrite`, and can be run again.
    The same job submitted twice at once is done once, and both end well.

    Args:
        spec: The declaration.
        stats: What `analyze` measured for it.
        source: Rows: a path, a pattern, a table; see `featurekit.io.adapter`.
        output: The dataset's folder; made if it does not exist.
        overwrite: Replace another dataset in the folder. Defaults to False.
        compression: None, "gzip" (fast), or "gzip-small". Defaults to None.
        on_bad_row: "fail" raises at a refused row; "dead_letter" writes it aside.
            Defaults to "fail".
        rows_per_task: Rows of one task, about. Defaults to 65,536.
        shard_bytes: The size of a task's shards, about, instead of `rows_per_task`.
            Defaults to None.
        layout: "named" or "packed"; see `featurekit.convert`. Defaults to "named".
        csv: How CSV files are read. Defaults to standard CSV.

    Raises:
        SourceError: The source cannot be read, or lacks a column.
        StatisticsError: The statistics are of another spec.
        OutputExistsError: The folder holds another dataset; when the pipeline runs,
            before any task does.
        RowError: A row is refused, under "fail"; where several are, not always the
            first. Runners on other machines keep the text of an error only.
    """

    def __init__(
        self,
        spec: FeatureSpec,
        stats: Stats,
        source: Any,
        output: str | PathLike[str],
        *,
        overwrite: bool = False,
        compression: Compression = None,
        on_bad_row: BadRowPolicy = "fail",
        rows_per_task: int = ROWS_PER_TASK,
        shard_bytes: int | None = None,
        layout: Layout = "named",
        csv: CsvOptions | None = None,
    ) -> None:
        super().__init__()
        self.overwrite = overwrite
        self.conversion = Conversion(
            spec,
            stats,
            open_source(source, csv=csv),
            # Workers have working folders of their own.
            Path(output).absolute(),
            compression=compression,
            on_bad_row=on_bad_row,
            rows_per_task=rows_per_task,
            shard_bytes=shard_bytes,
            layout=layout,
        )

    def expand(self, pipeline: beam.pvalue.PBegin) -> beam.PCollection[Manifest]:
        """Prepares the output, runs the tasks, publishes when all are done."""
        work, keyed = self.conversion, tuple[int, Any]
        return (
            pipeline
            | "Tasks" >> beam.Create(key_tasks(work.tasks), reshuffle=False)
            | "Begin"
            >> beam.FlatMap(_begin, work, self.overwrite).with_output_types(keyed)
            # No task is written before the output is prepared: each group has both.
            | "Spread" >> beam.GroupByKey()
            | "Write" >> beam.Map(_write, work).with_output_types(keyed)
            | "Receipts" >> beam.GroupByKey()
            | "Publish" >> beam.Map(_publish, work, self.overwrite)
        )


def _begin(
    keyed: KeyedTask, conversion: Conversion, overwrite: bool
) -> list[tuple[int, Task | bool]]:
    """Passes a task on; of the job, tells everyone whether its dataset is there."""
    index, task = keyed
    if task is not None:
        return [(index, task)]
    finished = _prepare(conversion, overwrite)
    return [(key, finished) for key in (JOB, *range(conversion.run.num_tasks))]


def _prepare(conversion: Conversion, overwrite: bool) -> bool:
    """Refuses an output that is taken, before any work; True if it is done already."""
    with whole_errors(), _opened(conversion, overwrite) as directory:
        if directory.finished is None:
            conversion.prepare()
        return directory.finished is not None


@contextmanager
def _opened(conversion: Conversion, overwrite: bool) -> Iterator[OutputDirectory]:
    """The output, when others let go of it: jobs on Beam hold it for moments only."""
    deadline = time.monotonic() + PATIENCE
    with ExitStack() as stack:
        while True:
            directory = conversion.open_output(overwrite=overwrite)
            try:
                stack.enter_context(directory)
                break
            except OutputBusyError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield directory


def _write(
    group: tuple[int, Iterable[Task | bool]], conversion: Conversion
) -> tuple[int, Receipt | None]:
    """Does a task, if its dataset is not there; the job has none."""
    values = list(group[1])
    tasks = only_tasks(values)
    if not tasks or True in values:
        return JOB, None
    with whole_errors():
        try:
            return JOB, conversion.run_task(tasks[0])
        except DatasetError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            _explain_missing(conversion, error)
            return JOB, None


def _explain_missing(conversion: Conversion, error: DatasetError) -> None:
    """Says who has tidied up what a task was about to use; nothing if all is done.

    Raises:
        OutputExistsError: Another job has published.
        DatasetError: Nobody has: the error that was given.
    """
    found = read_manifest(conversion.run.root)
    if found is None:
        raise error
    # Else the same job, of another submission, has published.
    if found.run_id != conversion.run.run_id:
        raise OutputExistsError(
            "another job has published to the folder meanwhile",
            file=str(conversion.run.root),
            hint="let one job at a time write to it; to replace what it wrote, "
            "run this one again with overwrite=True",
        ) from error


def _publish(
    group: tuple[int, Iterable[Receipt | None]], conversion: Conversion, overwrite: bool
) -> Manifest:
    with whole_errors(), _opened(conversion, overwrite) as directory:
        # A runner may retry this step after it was done.
        if directory.finished is not None:
            return directory.finished
        manifest = conversion.manifest(filter(None, group[1]))
        directory.publish(manifest)
        return manifest
