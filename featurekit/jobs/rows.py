"""From a task's raw batches to the rows that a plan accepts, and those it refuses.

Analysis and conversion both read through here, so they agree on every row.
"""

import json
import math
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.base import Transformed
from featurekit.backends.host.executor import HostBackend
from featurekit.errors import RowError
from featurekit.io.casting import cast_accepted, cast_batch
from featurekit.io.manifest import Accounting
from featurekit.io.sources import Task
from featurekit.jobs.splits import assign_split, split_columns
from featurekit.plan.graph import Plan
from featurekit.plan.lower import label_check
from featurekit.spec.feature_spec import FeatureSpec

BadRowPolicy: TypeAlias = Literal["fail", "dead_letter"]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refused row: why, and what it held in the source."""

    error: RowError
    values: dict[str, Any]

    def to_json(self) -> str:
        """One line of a dead-letter file."""
        entry = {**self.error.as_dict(), "values": _plain(self.values)}
        return json.dumps(entry, ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True)
class Rows:
    """What became of one batch.

    Args:
        outputs: The accepted rows, in order.
        parts: For each of them the index of its part, int64.
        rejections: The refused rows, in order.
        accounting: All rows of the batch.
    """

    outputs: pa.RecordBatch
    parts: npt.NDArray[np.int64]
    rejections: tuple[Rejection, ...]
    accounting: Accounting


@dataclass(frozen=True)
class RowReader:
    """Reads tasks and runs a plan on them. Picklable.

    Args:
        spec: The declaration.
        plan: What to compute.
        on_bad_row: "fail" raises at a refused row; "dead_letter" collects it.
    """

    spec: FeatureSpec
    plan: Plan
    on_bad_row: BadRowPolicy = "fail"

    def __getstate__(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}

    @cached_property
    def _backend(self) -> HostBackend:
        # Once per process: it holds the lookup tables.
        return HostBackend(self.plan)

    @cached_property
    def columns(self) -> dict[str, str]:
        """The columns to read and the types to cast them to."""
        needed = {*self.plan.columns, *split_columns(self.spec)}
        return {
            item.name: item.dtype for item in self.spec.inputs if item.name in needed
        }

    @cached_property
    def time_zones(self) -> dict[str, str]:
        """The zones of timestamps that carry none."""
        return {
            item.name: item.time_zone
            for item in self.spec.inputs
            if item.time_zone is not None
        }

    def read(self, task: Task) -> Iterator[Rows]:
        """Reads a task batch by batch.

        Raises:
            SourceError: The source cannot be read.
            RowError: A row is refused, under "fail".
        """
        row = task.first_row
        for raw in task.read_raw(tuple(self.columns)):
            yield self._process(task, raw, row)
            row += raw.num_rows

    def _process(self, task: Task, raw: pa.RecordBatch, first_row: int) -> Rows:
        rejected: dict[int, RowError] = {}
        batch = self._cast(task, raw, first_row, rejected)
        parts = self._assign(task, batch, first_row, rejected)
        rows = np.arange(raw.num_rows)
        if rejected:
            rows = np.delete(rows, sorted(rejected))
            batch, parts = batch.take(pa.array(rows)), parts[rows]
        done = self._backend.run(batch)
        filtered = self._refuse(task, done, rows + first_row, rejected, first_row)
        rejections = tuple(
            Rejection(rejected[row], _row_values(raw, row)) for row in sorted(rejected)
        )
        return Rows(
            done.outputs,
            parts[done.accepted_rows],
            rejections,
            _account(raw.num_rows, done.outputs.num_rows, filtered, rejections),
        )

    def _cast(
        self,
        task: Task,
        raw: pa.RecordBatch,
        first_row: int,
        rejected: dict[int, RowError],
    ) -> pa.RecordBatch:
        where: dict[str, Any] = {
            "file": task.file,
            "first_row": first_row,
            "text": task.text,
        }
        if self.on_bad_row == "fail":
            return cast_batch(raw, self.columns, self.time_zones, **where)
        batch, errors = cast_accepted(raw, self.columns, self.time_zones, **where)
        for error in errors:
            assert error.row is not None
            rejected.setdefault(error.row - first_row, error)
        return batch

    def _assign(
        self,
        task: Task,
        batch: pa.RecordBatch,
        first_row: int,
        rejected: dict[int, RowError],
    ) -> npt.NDArray[np.int64]:
        assigned = assign_split(self.spec, batch)
        for column, missing in assigned.missing.items():
            for row in np.flatnonzero(missing).tolist():
                if row in rejected:
                    continue
                rejected[row] = RowError(
                    "the value that decides the split is missing",
                    code="NULL_NOT_ALLOWED",
                    file=task.file,
                    row=first_row + row,
                    column=column,
                    hint="clean the data, or split by another column",
                )
                if self.on_bad_row == "fail":
                    raise rejected[row]
        return assigned.parts

    def _refuse(
        self,
        task: Task,
        done: Transformed,
        rows: npt.NDArray[np.int64],
        rejected: dict[int, RowError],
        first_row: int,
    ) -> int:
        """Collects what the plan refused; returns how many rows have no label."""
        kept = np.ones(len(done.rejected_rows), np.bool_)
        if self.spec.missing_label == "drop":
            kept = done.rejecting_nodes != label_check(self.plan)
        for index in np.flatnonzero(kept).tolist():
            error = done.error(index, rows=rows, file=task.file)
            if self.on_bad_row == "fail":
                raise error
            assert error.row is not None
            rejected[error.row - first_row] = error
        return int(len(kept) - kept.sum())


def _account(
    read: int, written: int, filtered: int, rejections: tuple[Rejection, ...]
) -> Accounting:
    codes: dict[str, int] = {}
    for rejection in rejections:
        codes[rejection.error.code] = codes.get(rejection.error.code, 0) + 1
    return Accounting(read, written, len(rejections), filtered, codes)


def _row_values(raw: pa.RecordBatch, row: int) -> dict[str, Any]:
    return {name: raw.column(name)[row].as_py() for name in raw.schema.names}


def _plain(value: Any) -> Any:
    """The value as JSON can hold it; bytes that are not text as base64."""
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": b64encode(value).decode()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
