"""Analysis on Beam: all statistics of all features in one combine.

The pipeline has the same few transforms for five features and for five thousand.
"""

from collections.abc import Iterable
from math import isqrt
from typing import Any

import apache_beam as beam
import pyarrow as pa

from featurekit.beam.failures import whole_errors
from featurekit.beam.keyed_tasks import key_tasks, only_tasks
from featurekit.io.adapter import open_source
from featurekit.io.csv_source import CsvOptions
from featurekit.io.sources import ROWS_PER_TASK
from featurekit.jobs.analyze import Analysis, PartialStatistics
from featurekit.jobs.rows import BadRowPolicy
from featurekit.plan.stats import Stats
from featurekit.spec.feature_spec import FeatureSpec


class CombineStatistics(beam.CombineFn):
    """Counts into one list of accumulators for all requests of a spec.

    Merging is associative and order-free, so the result has the same bytes however a
    runner groups the inputs. Subclasses say what an input is.

    Args:
        analysis: What is measured.
    """

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis

    def create_accumulator(self, *_: Any, **__: Any) -> PartialStatistics:
        """Accumulators that have counted nothing."""
        return self.analysis.create()

    def merge_accumulators(
        self, parts: Iterable[PartialStatistics], *_: Any, **__: Any
    ) -> PartialStatistics:
        """Counts into the first one what the others have counted."""
        return self.analysis.merge(parts)

    def extract_output(self, counted: PartialStatistics, *_: Any, **__: Any) -> Stats:
        """The statistics."""
        with whole_errors():
            return self.analysis.extract(counted)


class MergeStatistics(CombineStatistics):
    """Combines the PartialStatistics of tasks into Stats."""

    def add_input(
        self, counted: PartialStatistics, partial: PartialStatistics, *_: Any, **__: Any
    ) -> PartialStatistics:
        """Counts what a task has counted."""
        counted.merge(partial)
        return counted


class MergeParts(MergeStatistics):
    """Combines the PartialStatistics of some tasks into one."""

    def extract_output(self, counted: PartialStatistics, *_: Any, **__: Any) -> Any:
        """What all of them have counted."""
        return counted


class MeasureBatches(CombineStatistics):
    """Combines Arrow batches of rows into Stats, for pipelines that have rows already.

    Args:
        spec: The declaration.
        on_bad_row: "fail" raises at a refused row; "dead_letter" leaves it out.
            Defaults to "fail".

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec({"age": fk.numeric("age").standardize()})
        >>> measure = MeasureBatches(spec)
        >>> counted = measure.create_accumulator()
        >>> counted = measure.add_input(counted, pa.record_batch({"age": [20, 30]}))
        >>> measure.extract_output(counted) == fk.analyze(spec, {"age": [30, 20]})
        True
    """

    def __init__(self, spec: FeatureSpec, *, on_bad_row: BadRowPolicy = "fail") -> None:
        super().__init__(Analysis(spec, on_bad_row=on_bad_row))

    def add_input(
        self, counted: PartialStatistics, batch: pa.RecordBatch, *_: Any, **__: Any
    ) -> PartialStatistics:
        """Counts the rows of a batch, columns as a source would store them."""
        with whole_errors():
            self.analysis.add(counted, self.analysis.reader.process(batch))
        return counted


class Analyze(beam.PTransform):
    """Measures what a spec has to learn; `featurekit.analyze` as a Beam job.

    Applied to a pipeline; gives a PCollection of one Stats. The tasks are planned where
    the pipeline is built, and run on the workers, which have to see the same files. An
    element of the pipeline is a task, or what it has counted, never a row. Only a table
    in memory travels inside the pipeline, each task with its own rows: runners that are
    sent a pipeline limit its size (Dataflow to 10 MB), so large data belongs in files.

    Args:
        spec: The declaration.
        source: Rows: a path, a pattern, a table; see `featurekit.io.adapter`.
        on_bad_row: "fail" raises at a refused row; "dead_letter" leaves it out.
            Defaults to "fail".
        rows_per_task: Rows of one task, about. Defaults to 65,536.
        csv: How CSV files are read. Defaults to standard CSV.

    Raises:
        SourceError: The source cannot be read, or lacks a column.
        RowError: A row is refused, under "fail"; where several are, not always the
            first. Runners on other machines keep the text of an error only.
    """

    def __init__(
        self,
        spec: FeatureSpec,
        source: Any,
        *,
        on_bad_row: BadRowPolicy = "fail",
        rows_per_task: int = ROWS_PER_TASK,
        csv: CsvOptions | None = None,
    ) -> None:
        super().__init__()
        self.analysis = Analysis(spec, on_bad_row=on_bad_row)
        self.tasks = self.analysis.plan_tasks(
            open_source(source, csv=csv), rows_per_task=rows_per_task
        )

    def expand(self, pipeline: beam.pvalue.PBegin) -> beam.PCollection[Stats]:
        """Tasks, spread over the workers, measured, and combined."""
        keyed = tuple[int, PartialStatistics]
        merge = beam.CombineGlobally(MergeStatistics(self.analysis))
        # Engines that do not merge where they measure send all parts of a key to one
        # worker: it gets the square root of them, and so does the last.
        parts = max(1, isqrt(len(self.tasks)))
        return (
            pipeline
            | "Tasks" >> beam.Create(key_tasks(self.tasks), reshuffle=False)
            | "Spread" >> beam.GroupByKey()
            | "Measure"
            >> beam.Map(_measure, self.analysis, parts).with_output_types(keyed)
            | "Merge parts" >> beam.CombinePerKey(MergeParts(self.analysis))
            | "Parts" >> beam.Values()
            # There is something to merge always: the job's own entry counts no rows.
            | "Merge" >> merge.without_defaults()
        )


def _measure(
    group: tuple[int, Iterable[object]], analysis: Analysis, parts: int
) -> tuple[int, PartialStatistics]:
    index, values = group
    with whole_errors():
        return index % parts, analysis.run_group(only_tasks(values))
