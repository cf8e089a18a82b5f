"""HostBackend: runs a plan on whole columns with Arrow, NumPy and compiled kernels."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.base import Transformed
from featurekit.backends.host import categorical, numeric, time_parts
from featurekit.backends.host.values import (
    BoolArray,
    Column,
    Result,
    Step,
    Text,
    present,
    read_numbers,
    read_text,
    take,
    to_arrow,
)
from featurekit.backends.inputs import check_columns
from featurekit.plan import ops
from featurekit.plan.graph import Plan


def _fill_missing(op: ops.FillMissing) -> Step:
    def run(x: Column) -> Result:
        if x.valid is None:
            return x, None
        if isinstance(x.values, Text):
            return Column(x.values.fill(str(op.value).encode(), x.valid)), None
        filled = np.where(x.valid, x.values, x.values.dtype.type(op.value))
        return Column(filled), None

    return run


def _require_present(op: ops.RequirePresent) -> Step:
    def run(x: Column) -> Result:
        return Column(x.values), None if x.valid is None else ~x.valid

    return run


def _read_column(op: ops.ReadColumn) -> Step:
    def run(array: pa.Array) -> Result:
        return (read_text if op.dtype == "string" else read_numbers)(array), None

    return run


# Makes an op ready to run: tables are built here, once per plan.
KERNELS: dict[type[ops.Op], Callable[[Any], Step]] = {
    ops.ReadColumn: _read_column,
    ops.ToFloat64: numeric.to_float64,
    ops.FillMissing: _fill_missing,
    ops.ClipValue: numeric.clip,
    ops.Log1pValue: numeric.log1p,
    ops.StandardizeValue: numeric.standardize,
    ops.MinMaxScale: numeric.min_max,
    ops.Bucketize: numeric.bucketize,
    ops.IsGreaterEqual: numeric.is_greater_equal,
    ops.LookupVocabulary: categorical.lookup_vocabulary,
    ops.HashBucket: categorical.hash_bucket,
    ops.CrossHash: categorical.cross_hash,
    ops.CheckRange: categorical.check_range,
    ops.ExtractTimePart: time_parts.extract_time_part,
    ops.RequirePresent: _require_present,
    ops.OneHotEncode: categorical.one_hot,
    ops.ToFloat32: numeric.to_float32,
}
assert set(KERNELS) == set(ops.OPS), "an op has no kernel on the host"


class HostBackend:
    """Runs a plan on whole columns. Safe to share between threads.

    Results do not depend on how rows are cut into batches, nor on how the columns lie
    in memory.

    Args:
        plan: The plan.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec({"a": fk.numeric("x").buckets([0.0])})
        >>> backend = HostBackend(fk.compile(spec))
        >>> batch = pa.record_batch({"x": pa.array([1.0, None], pa.float32())})
        >>> done = backend.run(batch)
        >>> done.outputs.to_pylist(), done.rejected_rows.tolist()
        ([{'a': 1}], [1])
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._steps = [KERNELS[type(node.op)](node.op) for node in plan.nodes]
        self._released: list[list[int]] = [[] for _ in plan.nodes]
        for entry, last in enumerate(plan.last_uses):
            if last < len(plan.nodes):
                self._released[last].append(entry)

    def __reduce__(self) -> tuple[type["HostBackend"], tuple[Plan]]:
        return HostBackend, (self.plan,)

    def run(self, batch: pa.RecordBatch) -> Transformed:
        """Computes all outputs for all rows that no op refuses.

        Text outputs are large_binary, or a dictionary of it where the source has one.

        Raises:
            MissingColumnError: The batch lacks a column.
            DTypeMismatchError: A column is not of the type that the plan reads.
        """
        check_columns(self.plan, batch)
        with np.errstate(all="ignore"):
            columns, refused_by = self._compute(batch)
        rejected = np.flatnonzero(refused_by >= 0)
        if len(rejected):
            kept = np.flatnonzero(refused_by < 0)
            columns = {index: take(column, kept) for index, column in columns.items()}
        arrays = {index: to_arrow(column) for index, column in columns.items()}
        outputs = pa.record_batch(
            {name: arrays[index] for name, index in self.plan.outputs}
        )
        return Transformed(self.plan, batch, outputs, rejected, refused_by[rejected])

    def _compute(
        self, batch: pa.RecordBatch
    ) -> tuple[dict[int, Column], npt.NDArray[np.int64]]:
        """The columns of the outputs, by node, and the first refusing node, or -1."""
        refused_by = np.full(batch.num_rows, -1, np.int64)
        values: dict[int, Column] = {}
        for index, node in enumerate(self.plan.nodes):
            if isinstance(node.op, ops.ReadColumn):
                inputs: list[Any] = [batch.column(node.op.column)]
            else:
                inputs = [values[entry] for entry in node.inputs]
            values[index], refused = self._steps[index](*inputs)
            if refused is not None and refused.any():
                first: BoolArray = present(refused, refused_by < 0)
                refused_by[first] = index
            for entry in self._released[index]:
                del values[entry]
        return values, refused_by
