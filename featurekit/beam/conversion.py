"""Conversion on Beam: the tasks of `featurekit.jobs.convert`, run by any runner."""

from collections.abc import Iterable
from os import PathLike
from typing import Any

import apache_beam as beam

from featurekit.io.adapter import open_source
from featurekit.io.csv_source import CsvOptions
from featurekit.io.manifest import Manifest, Receipt
from featurekit.io.sources import ROWS_PER_TASK, Task
from featurekit.io.tfrecord_writer import Compression
from featurekit.jobs.convert import Conversion
from featurekit.jobs.rows import BadRowPolicy
from featurekit.plan.stats import Stats
from featurekit.spec.feature_spec import FeatureSpec


class Convert(beam.PTransform):
    """Writes the records of a spec; `featurekit.convert` as a Beam job, byte for byte.

    Applied to a pipeline; gives a PCollection of one Manifest, after the dataset has
    become visible. The tasks are planned where the pipeline is built; workers have to
    see the source, and the output, under the same paths. A task may be run twice, or by
    two workers at once: its files have the same bytes and appear complete.

    The output is locked while the job begins and while it publishes, not in between:
    of two jobs that write different datasets to one folder, the second to publish
    fails with OutputExistsError, or replaces the first one under `overwrite`.

    Args:
        spec: The declaration.
        stats: What `analyze` measured for it.
        source: Rows: a path, a pattern, a table; see `featurekit.io.adapter`.
        output: The dataset's folder; made if it does not exist.
        overwrite: Replace another dataset in the folder. Defaults to False.
        compression: "gzip", or None for plain records. Defaults to None.
        on_bad_row: "fail" raises at a refused row; "dead_letter" writes it aside.
            Defaults to "fail".
        rows_per_task: Rows of one task, about. Defaults to 65,536.
        csv: How CSV files are read. Defaults to standard CSV.

    Raises:
        SourceError: The source cannot be read, or lacks a column.
        StatisticsError: The statistics are of another spec.
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
        csv: CsvOptions | None = None,
    ) -> None:
        super().__init__()
        self.overwrite = overwrite
        self.conversion = Conversion(
            spec,
            stats,
            open_source(source, csv=csv),
            output,
            compression=compression,
            on_bad_row=on_bad_row,
            rows_per_task=rows_per_task,
        )

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        """Prepares the output, runs the tasks, publishes when all are done."""
        prepared = (
            pipeline
            | "Job" >> beam.Create([self.overwrite])
            | "Prepare" >> beam.Map(_prepare, self.conversion)
        )
        return (
            pipeline
            | "Tasks" >> beam.Create(self.conversion.tasks)
            | "Spread" >> beam.Reshuffle()
            | "Write"
            >> beam.Map(_run, self.conversion, beam.pvalue.AsSingleton(prepared))
            | "Receipts" >> beam.combiners.ToList()
            | "Publish" >> beam.Map(_publish, self.conversion, self.overwrite)
        )


def _prepare(overwrite: bool, conversion: Conversion) -> bool:
    """Refuses an output that is taken, before any work; True if it is done already."""
    with conversion.open_output(overwrite=overwrite) as directory:
        if directory.finished is None:
            conversion.prepare()
        return directory.finished is not None


def _run(task: Task, conversion: Conversion, finished: bool) -> list[Receipt]:
    return [] if finished else [conversion.run_task(task)]


def _publish(
    receipts: Iterable[list[Receipt]], conversion: Conversion, overwrite: bool
) -> Manifest:
    with conversion.open_output(overwrite=overwrite) as directory:
        # A runner may retry this step after it was done.
        if directory.finished is not None:
            return directory.finished
        manifest = conversion.manifest(one for found in receipts for one in found)
        directory.publish(manifest)
        return manifest
