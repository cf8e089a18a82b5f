"""From a task's raw batches to the rows that a plan accepts, and those it refuses.

Analysis and conversion both read through here, so they agree on every row.
"""

import json
import math
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.base import Transformed
from featurekit.backends.host.executor import HostBackend
from featurekit.errors import RowError, SourceError, SpecError
from featurekit.io.casting import cast_accepted
from featurekit.io.manifest import Accounting
from featurekit.io.sources import Task
from featurekit.jobs.folds import with_rows
from featurekit.jobs.packing import Packer, run_packed
from featurekit.jobs.splits import (
    assign_split,
    key_types,
    split_columns,
    split_types,
)
from featurekit.jobs.windows import make_windows
from featurekit.kernels.arrow_buffers import arrow_array
from featurekit.plan.graph import Plan
from featurekit.plan.lower import label_check
from featurekit.plan.ops import AlignLists
from featurekit.plan.rejects import (
    describe_reject,
    describe_too_long,
    show_lengths,
)
from featurekit.plan.targets import ROW
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.packing import Packing
from featurekit.spec.windows import Windows

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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a batch begins; see `RowReader.process`."""

    file: str | None
    first_row: int
    text: bool


@dataclass(frozen=True)
class RowReader:
    """Reads tasks and runs a plan on them. Picklable.

    Args:
        spec: The declaration.
        plan: What to compute.
        on_bad_row: "fail" raises at the first refused row; "dead_letter" collects it.
    """

    spec: FeatureSpec
    plan: Plan
    on_bad_row: BadRowPolicy = "fail"

    def __post_init__(self) -> None:
        if self.on_bad_row not in get_args(BadRowPolicy):
            raise SourceError(
                "unknown policy for bad rows",
                code="BAD_ARGUMENT",
                got=self.on_bad_row,
                expected="'fail' or 'dead_letter'",
            )
        if self._has_folds and not self.spec.key:
            raise SpecError(
                "target encoding needs key columns, which decide the fold of a row",
                code="SPEC_UNKNOWN_REFERENCE",
                hint='pass key=["…"] to the spec',
            )

    @property
    def _has_folds(self) -> bool:
        return ROW in self.plan.columns

    def __getstate__(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}

    @cached_property
    def _backend(self) -> HostBackend:
        # Once per process: it holds the lookup tables.
        return HostBackend(self.plan)

    @cached_property
    def columns(self) -> dict[str, str]:
        """The columns that the plan needs, and the types to cast them to."""
        cut = () if self.spec.rows is None else self.spec.rows.lists
        return {
            item.name: item.dtype
            for item in self.spec.source_inputs
            if item.name in (*self.plan.columns, *cut)
        }

    @cached_property
    def raw_columns(self) -> tuple[str, ...]:
        """The columns to read."""
        names = [*self.columns, *split_columns(self.spec)]
        if self.on_bad_row == "dead_letter" or self._has_folds:
            # So that a refused row can be found again in other systems.
            names += [item.name for item in self.spec.key]
        return tuple(dict.fromkeys(names))

    @cached_property
    def time_zones(self) -> dict[str, str]:
        """The zones of timestamps that carry none."""
        return {
            item.name: item.time_zone
            for item in self.spec.source_inputs
            if item.time_zone is not None
        }

    def read(self, task: Task) -> Iterator[Rows]:
        """Reads a task batch by batch.

        Raises:
            SourceError: The source cannot be read.
            RowError: A row is refused, under "fail".
        """
        row = task.first_row
        for raw in task.read_raw(self.raw_columns):
            yield self.process(raw, file=task.file, first_row=row, text=task.text)
            row += raw.num_rows

    def process(
        self,
        raw: pa.RecordBatch,
        *,
        file: str | None = None,
        first_row: int = 0,
        text: bool = False,
    ) -> Rows:
        """Casts a batch, decides the part of each row, and runs the plan.

        Args:
            raw: Columns as the source stores them, among them `raw_columns`.
            file: The source, for messages.
            first_row: The row in the source of the first row of the batch.
            text: Whether the values are fields of a text file.

        Raises:
            RowError: A row is refused, under "fail": the first one of the batch.
        """
        where = Place(file, first_row, text)
        rejected: dict[int, RowError] = {}
        batch = self._cast(raw, self.columns, where, rejected)
        parts = self._assign(raw, batch, where, rejected)
        if self._has_folds:
            names = [item.name for item in self.spec.key]
            types = key_types(self.spec, names, raw.schema, text=text)
            keys = self._cast(raw, types, where, rejected)
            batch = with_rows(self.spec, batch, keys, parts)
        rows = np.arange(raw.num_rows)
        if rejected:
            rows = np.delete(rows, sorted(rejected))
            batch, parts = batch.take(arrow_array(rows)), parts[rows]
        if isinstance(self.spec.rows, Packing):
            return self._packed(raw, batch, parts, rows, rejected, where)
        unused = 0
        if self.spec.rows is not None:
            made = make_windows(self.spec.rows, batch)
            rejected |= _misfits(self.spec.rows, made.misfits, batch, rows, where)
            batch, unused = made.batch, made.unused
            rows, parts = rows[made.rows], parts[made.rows]
        done = self._backend.run(batch)
        refused, filtered = self._refuse(done, rows, where)
        errors = sorted([*rejected.items(), *refused], key=lambda entry: entry[0])
        if errors and self.on_bad_row == "fail":
            raise errors[0][1]
        account = _account(
            raw.num_rows, done.outputs.num_rows, filtered, [e for _, e in errors]
        )
        if self.spec.rows is not None:
            total = len(rows) + len(rejected)
            account = replace(account, rows_made=total, rows_unused=unused)
        rejections = tuple(Rejection(e, row_values(raw, row)) for row, e in errors)
        return Rows(done.outputs, parts[done.accepted_rows], rejections, account)

    def _packed(
        self,
        raw: pa.RecordBatch,
        batch: pa.RecordBatch,
        parts: npt.NDArray[np.int64],
        rows: npt.NDArray[np.int64],
        rejected: dict[int, RowError],
        where: Place,
    ) -> Rows:
        """Packs the rows that were read, and runs the plan on the packs."""
        assert isinstance(self.spec.rows, Packing)
        packer = Packer(self.spec.rows, batch)
        rejected |= _misfits(self.spec.rows, packer.misfits, batch, rows, where)
        rejected |= _too_long(self.spec.rows, packer.too_long, batch, rows, where)
        found = run_packed(
            packer,
            parts,
            self._backend.run,
            located=rows + where.first_row,
            file=where.file,
        )
        rejected |= {int(rows[row]): error for row, error in found.refused.items()}
        errors = sorted(rejected.items())
        if errors and self.on_bad_row == "fail":
            raise errors[0][1]
        written = found.done.outputs.num_rows
        account = _account(raw.num_rows, written, 0, [e for _, e in errors])
        account = replace(
            account, rows_made=written + len(errors), rows_unused=packer.unused
        )
        rejections = tuple(Rejection(e, row_values(raw, row)) for row, e in errors)
        return Rows(found.done.outputs, parts[found.packs.first], rejections, account)

    def _cast(
        self,
        raw: pa.RecordBatch,
        columns: Mapping[str, str],
        where: Place,
        rejected: dict[int, RowError],
    ) -> pa.RecordBatch:
        """Casts all rows; the values of those that join `rejected` are missing."""
        batch, errors = cast_accepted(
            raw,
            columns,
            self.time_zones,
            file=where.file,
            first_row=where.first_row,
            text=where.text,
        )
        for error in errors:
            assert error.row is not None
            rejected.setdefault(error.row - where.first_row, error)
        return batch

    def _assign(
        self,
        raw: pa.RecordBatch,
        batch: pa.RecordBatch,
        where: Place,
        rejected: dict[int, RowError],
    ) -> npt.NDArray[np.int64]:
        types = split_types(self.spec, raw.schema, text=where.text)
        if types.items() <= self.columns.items():
            deciding = batch.select(list(types))
        else:
            deciding = self._cast(raw, types, where, rejected)
        assigned = assign_split(self.spec, deciding, num_rows=raw.num_rows)
        for column, missing in assigned.missing.items():
            for row in np.flatnonzero(missing).tolist():
                if row in rejected:
                    continue
                rejected[row] = RowError(
                    "the value that decides the split is missing",
                    code="NULL_NOT_ALLOWED",
                    file=where.file,
                    row=where.first_row + row,
                    column=column,
                    hint="clean the data, or split by another column",
                )
        return assigned.parts

    def _refuse(
        self,
        done: Transformed,
        rows: npt.NDArray[np.int64],
        where: Place,
    ) -> tuple[list[tuple[int, RowError]], int]:
        """What the plan refused, with its rows; and how many rows have no label."""
        kept = np.ones(len(done.rejected_rows), np.bool_)
        if self.spec.missing_label == "drop":
            kept = done.rejecting_nodes != label_check(self.plan)
        located = rows + where.first_row
        refused = [
            (
                int(rows[done.rejected_rows[index]]),
                done.error(index, rows=located, file=where.file),
            )
            for index in np.flatnonzero(kept).tolist()
        ]
        return refused, int(len(kept) - kept.sum())


def _misfits(
    spec: Windows | Packing,
    misfits: npt.NDArray[np.int64],
    batch: pa.RecordBatch,
    rows: npt.NDArray[np.int64],
    where: Place,
) -> dict[int, RowError]:
    """The errors of rows whose lists cannot be cut together."""
    code, message, expected, hint = describe_reject(AlignLists(False))
    found = {}
    for index in misfits.tolist():
        values = tuple(batch.column(name)[index].as_py() for name in spec.lists)
        found[int(rows[index])] = RowError(
            message,
            code=code,
            file=where.file,
            row=int(rows[index]) + where.first_row,
            column=", ".join(spec.lists),
            got=show_lengths(spec.lists, values),
            expected=expected,
            hint=hint,
        )
    return found


def _too_long(
    spec: Packing,
    too_long: npt.NDArray[np.int64],
    batch: pa.RecordBatch,
    rows: npt.NDArray[np.int64],
    where: Place,
) -> dict[int, RowError]:
    """The errors of rows that no pack can hold."""
    code, message, expected, hint = describe_too_long(spec.length)
    return {
        int(rows[index]): RowError(
            message,
            code=code,
            file=where.file,
            row=int(rows[index]) + where.first_row,
            column=", ".join(spec.lists),
            got=len(batch.column(spec.lists[0])[index]),
            expected=expected,
            hint=hint,
        )
        for index in too_long.tolist()
    }


def _account(
    read: int, written: int, filtered: int, errors: list[RowError]
) -> Accounting:
    codes: dict[str, int] = {}
    for error in errors:
        codes[error.code] = codes.get(error.code, 0) + 1
    return Accounting(read, written, len(errors), filtered, codes)


def row_values(raw: pa.RecordBatch, row: int) -> dict[str, Any]:
    """The values of a row as the source stores them."""
    return {name: _source_value(raw.column(name)[row]) for name in raw.schema.names}


def _source_value(scalar: pa.Scalar) -> Any:
    """The value; its bytes where they are no text, its text where it is no value."""
    if isinstance(scalar, pa.DictionaryScalar):
        return _source_value(scalar.value)
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return scalar.as_buffer().to_pybytes()
    except (ValueError, OverflowError):
        return str(scalar)


def _plain(value: Any) -> Any:
    """The value as JSON can hold it; bytes that are not text as base64."""
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
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
