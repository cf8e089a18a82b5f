"""One row, step by step: what a plan makes of it, and where it is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import pyarrow as pa

from featurekit.backends.reference import ReferenceBackend
from featurekit.backends.values_reference import Value
from featurekit.errors import RowError, SourceError
from featurekit.io.adapter import open_source
from featurekit.io.casting import cast_accepted
from featurekit.io.csv_source import CsvOptions
from featurekit.io.sources import Source, Task
from featurekit.jobs.analyze import check_source
from featurekit.jobs.one_row import make_of
from featurekit.jobs.rows import RowReader, row_values
from featurekit.plan.graph import Plan
from featurekit.plan.lower import compile_spec
from featurekit.plan.ops import ReadColumn, ReadList
from featurekit.plan.rejects import row_error
from featurekit.plan.stats import Stats
from featurekit.spec.feature_spec import FeatureSpec

Outcome: TypeAlias = Literal["written", "rejected", "filtered", "unused"]


@dataclass(frozen=True, slots=True)
class Step:
    """One node of the plan and its value.

    Args:
        node: Position in the plan.
        op: The operation as text, its inputs as %positions.
        type: Type of the value, such as "float64?".
        features: The outputs that depend on it.
        value: The value; None for a missing one, and for a refused one.
        error: Why the step refused the row; None if it did not.
    """

    node: int
    op: str
    type: str
    features: tuple[str, ...]
    value: Value
    error: RowError | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What becomes of one row.

    Args:
        file: The source file.
        row: The row in that file, from 0.
        raw: The columns that are read, as the source stores them.
        steps: The nodes in order, up to the one that refused the row.
        outcome: "written"; "rejected", with `error`; "filtered": it has no label, and
            the spec drops such rows; or "unused": it is too short for a window, or has
            no elements to pack.
        outputs: What its record holds; empty unless it is written.
        part: The part of the data that it is written to; None unless it is written.
        error: Why it is refused; None unless it is.
        made: How many rows are made of it, one of which is explained; 0 where it is
            refused before that, or unused.
    """

    file: str
    row: int
    raw: Mapping[str, Any]
    steps: tuple[Step, ...]
    outcome: Outcome
    outputs: Mapping[str, Any]
    part: str | None = None
    error: RowError | None = None
    made: int = 1


def explain(
    spec: FeatureSpec,
    source: Any,
    row: int,
    *,
    stats: Stats | None = None,
    csv: CsvOptions | None = None,
    window: int = 0,
) -> Explanation:
    """Runs one row through every step of the plan.

    Values are those of the reference backend; outcome, part and outputs are those that
    a conversion gives. Of a spec with `fk.windows`, one window of the row is explained.
    With `fk.packing` the row is, as if it were alone in its pack: which other rows
    share it depends on the rows that are read with it.

    Args:
        spec: The declaration.
        source: Rows: a path, a pattern, a table; see `featurekit.io.adapter`.
        row: The row, from 0; counted through all files in their order.
        stats: What `analyze` measured. Defaults to none, which suffices for a spec
            that learns nothing.
        csv: How CSV files are read. Defaults to standard CSV.
        window: Which of the row's windows, from 0. Defaults to the first one.

    Raises:
        SourceError: There is no such row, or no such window of it, the source cannot be
            read, or it lacks a column.
        StatisticsError: A statistic is missing.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec({"age": fk.numeric("age").clip(0, 99).buckets([18])})
        >>> for step in explain(spec, {"age": [20, 130]}, 1).steps:
        ...     print(step.op, "->", step.value)
        read_column(column='age', dtype='float32') -> 130.0
        to_float64(%0, nan='missing') -> 130.0
        clip_value(%1, low=0.0, high=99.0) -> 99.0
        bucketize(%2, boundaries=(18.0,)) -> 1
        require_present(%3) -> 1
    """
    opened = open_source(source, csv=csv)
    check_source(spec, opened)
    plan = compile_spec(spec, stats)
    # Refused rows are collected, not raised: the refusal is part of the answer.
    reader = RowReader(spec, plan, on_bad_row="dead_letter")
    task, raw, position = _find(opened, reader, row)
    if spec.rows is not None:
        return _explain_made(reader, raw, task, position, window)
    _check_window(window, 1)
    return _explain(reader, raw, task, position)


def _explain_made(
    reader: RowReader, raw: pa.RecordBatch, task: Task, position: int, window: int
) -> Explanation:
    """One of the rows that are made of a row."""
    cast, errors = _cast(reader, raw, task, position)
    made = None if errors else make_of(reader.spec, raw, cast)
    if made is not None and made.batch.num_rows:
        _check_window(window, made.batch.num_rows)
        alone = RowReader(made.spec, reader.plan, on_bad_row="dead_letter")
        found = _explain(alone, made.batch.slice(window, 1), task, position)
        return replace(found, raw=row_values(raw, 0), made=made.batch.num_rows)
    done = reader.process(raw, file=task.file, first_row=position, text=task.text)
    error = done.rejections[0].error if done.rejections else None
    return Explanation(
        task.file,
        position,
        row_values(raw, 0),
        steps=(),
        outcome="rejected" if error else "unused",
        outputs={},
        error=error,
        made=0,
    )


def _check_window(window: int, count: int) -> None:
    if not 0 <= window < count:
        raise SourceError(
            "the row has no such window",
            code="NO_SUCH_ROW",
            got=window,
            expected=f"0 to {count - 1}",
        )


def _explain(
    reader: RowReader, raw: pa.RecordBatch, task: Task, position: int
) -> Explanation:
    """A row as the plan gets it."""
    done = reader.process(raw, file=task.file, first_row=position, text=task.text)
    error = done.rejections[0].error if done.rejections else None
    written = done.outputs.num_rows == 1
    return Explanation(
        task.file,
        position,
        row_values(raw, 0),
        _trace(reader, raw, task, position),
        "written" if written else "rejected" if error else "filtered",
        done.outputs.to_pylist()[0] if written else {},
        reader.spec.split_names[int(done.parts[0])] if written else None,
        error,
    )


def _find(
    source: Source, reader: RowReader, row: int
) -> tuple[Task, pa.RecordBatch, int]:
    """The task of the row, the row alone, and its position in the file."""
    if row < 0:
        raise SourceError("row must be at least 0", code="BAD_ARGUMENT", got=row)
    start = 0
    for task in source.plan_tasks():
        if task.num_rows is not None and start + task.num_rows <= row:
            start += task.num_rows
            continue
        position = task.first_row
        for batch in task.read_raw(reader.raw_columns):
            if row < start + batch.num_rows:
                index = row - start
                return task, batch.slice(index, 1), position + index
            start += batch.num_rows
            position += batch.num_rows
    raise SourceError(
        "the source has no such row",
        code="NO_SUCH_ROW",
        got=row,
        expected=f"0 to {start - 1}" if start else "a source with rows",
    )


def _cast(
    reader: RowReader, raw: pa.RecordBatch, task: Task, position: int
) -> tuple[pa.RecordBatch, list[RowError]]:
    return cast_accepted(
        raw,
        reader.columns,
        reader.time_zones,
        file=task.file,
        first_row=position,
        text=task.text,
    )


def _trace(
    reader: RowReader, raw: pa.RecordBatch, task: Task, position: int
) -> tuple[Step, ...]:
    """The steps up to the one that refuses the row."""
    cast, errors = _cast(reader, raw, task, position)
    return trace_row(reader.plan, cast, errors, file=task.file, position=position)


def trace_row(
    plan: Plan,
    cast: pa.RecordBatch,
    errors: Sequence[RowError] = (),
    *,
    file: str | None = None,
    position: int = 0,
) -> tuple[Step, ...]:
    """The steps of a row up to the one that refuses it.

    Args:
        plan: What the row goes through.
        cast: The row, of cast columns.
        errors: What could not be cast. Defaults to nothing.
        file: Where the row is from, for errors. Defaults to None.
        position: The row in it. Defaults to 0.
    """
    uncast = {error.column: error for error in reversed(errors)}
    row = cast.to_pylist()[0]
    values, rejecting = ReferenceBackend(plan).trace(row)
    steps = []
    for index, value in values:
        op = plan.nodes[index].op
        error = None
        if isinstance(op, ReadColumn | ReadList):
            error = uncast.get(op.column)
        steps.append(_step(plan, index, value, error))
        if error is not None:
            return tuple(steps)
    if rejecting >= 0:
        found = [row[name] for name in plan.columns_of[rejecting]]
        got = found[0] if len(found) == 1 else tuple(found)
        error = row_error(plan, rejecting, row=position, got=got, file=file)
        steps.append(_step(plan, rejecting, None, error))
    return tuple(steps)


def _step(plan: Plan, index: int, value: Value, error: RowError | None) -> Step:
    node = plan.nodes[index]
    return Step(index, str(node), str(node.type), plan.features_of[index], value, error)
