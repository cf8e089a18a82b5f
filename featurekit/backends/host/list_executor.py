"""Plans with lists on the host: elements, what ends them, and rows, one after another.

Each level is a plan of single values, which the interpreter runs. A row is refused by
the first node that refuses it or one of its elements, on whichever level that is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.base import Backend, Transformed
from featurekit.backends.host import list_ends
from featurekit.backends.host.tensors import Listed, as_vectors, run_tensor
from featurekit.kernels.arrow_buffers import (
    arrow_array,
    filled_numbers,
    nulls,
    read_only,
    validity,
)
from featurekit.kernels.arrow_lists import list_array, list_parts, rows_of
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.plan.levels import Level, output_name, split_levels, tensor_inputs

BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]

_ALL = read_only(np.empty(0, np.bool_))


@dataclass(frozen=True, slots=True)
class Elements:
    """The lists of one column after the ops on their elements.

    Args:
        offsets: Where each list begins; int64, one more than rows.
        valid: Which lists are not missing; of length 0 if all are.
        values: By output name the elements; anything in refused rows.
    """

    offsets: IntArray
    valid: BoolArray
    values: pa.RecordBatch

    def column(self, node: int) -> pa.Array:
        """The elements of a node of the whole plan."""
        return self.values.column(output_name(node))


class ListExecutor:
    """Runs a plan with lists.

    Args:
        plan: The plan.
        make_backend: Makes what runs a plan of single values.
    """

    def __init__(self, plan: Plan, make_backend: Callable[[Plan], Backend]) -> None:
        self.plan = plan
        self.levels = split_levels(plan)
        self._elements = {
            reader: make_backend(level.plan)
            for reader, level in self.levels.elements.items()
        }
        self._rows = make_backend(self.levels.rows.plan)
        self._inputs = {
            node: make_backend(level.plan)
            for node, level in tensor_inputs(plan).items()
        }

    def run(self, batch: pa.RecordBatch) -> Transformed:
        """Computes all outputs for all rows that no op refuses."""
        refused_by = np.full(batch.num_rows, len(self.plan.nodes), np.int64)
        elements = {
            reader: self._run_elements(reader, level, batch, refused_by)
            for reader, level in self.levels.elements.items()
        }
        ended = {
            end: self._run_end(end, elements, refused_by) for end in self.levels.ends
        }
        single = self._run_rows(batch, ended, refused_by)
        sources = ended | _columns_of(single)
        if self.levels.tensors and (refused_by < len(self.plan.nodes)).any():
            sources |= self._alone(batch, ended)
        tensors = self._run_tensors(elements, sources, refused_by)
        accepted = np.flatnonzero(refused_by == len(self.plan.nodes))
        rejected = np.flatnonzero(refused_by < len(self.plan.nodes))
        columns = {
            name: as_vectors(tensors[node])
            if node in tensors
            else self._output(node, elements, ended, single)
            for name, node in self.plan.outputs
        }
        outputs = pa.RecordBatch.from_arrays(list(columns.values()), list(columns))
        if len(rejected):
            outputs = outputs.take(arrow_array(accepted))
        return Transformed(self.plan, batch, outputs, rejected, refused_by[rejected])

    def _run_elements(
        self, reader: int, level: Level, batch: pa.RecordBatch, refused_by: IntArray
    ) -> Elements:
        op = self.plan.nodes[reader].op
        assert isinstance(op, ops.ReadList)
        offsets, valid, elements = list_parts(batch.column(op.column))
        if len(valid) and op.missing == "refuse":
            refused_by[~valid] = np.minimum(refused_by[~valid], reader)
        if op.missing != "keep":
            valid = _ALL
        source = pa.RecordBatch.from_arrays([elements], [op.column])
        done = self._elements[reader].run(source)
        nodes = np.array(level.nodes, np.int64)[done.rejecting_nodes]
        rows = rows_of(offsets)[done.rejected_rows]
        np.minimum.at(refused_by, rows, nodes)
        return Elements(offsets, valid, _all_rows(done))

    def _run_rows(
        self, batch: pa.RecordBatch, ended: dict[int, pa.Array], refused_by: IntArray
    ) -> pa.RecordBatch:
        level = self.levels.rows
        columns = {
            name: batch.column(name)
            for name in level.plan.columns
            if name in batch.schema.names
        }
        columns |= {output_name(end): array for end, array in ended.items()}
        arrays = list(columns.values())
        done = self._rows.run(pa.RecordBatch.from_arrays(arrays, list(columns)))
        nodes = np.array(level.nodes, np.int64)[done.rejecting_nodes]
        np.minimum.at(refused_by, done.rejected_rows, nodes)
        return _all_rows(done)

    def _alone(
        self, batch: pa.RecordBatch, ended: dict[int, pa.Array]
    ) -> dict[int, pa.Array]:
        """What tensors are made of, also in rows that something else refuses."""
        found: dict[int, pa.Array] = {}
        for node, backend in self._inputs.items():
            columns = {}
            for name in backend.plan.columns:
                if name in batch.schema.names:
                    columns[name] = batch.column(name)
                else:
                    columns[name] = ended[_node_of(name)]
                if self.plan.nodes[node].type.is_list:
                    _, _, columns[name] = list_parts(columns[name])
            source = pa.RecordBatch.from_arrays([*columns.values()], [*columns])
            found[node] = _all_rows(backend.run(source)).column(output_name(node))
        return found

    def _run_tensors(
        self,
        elements: dict[int, Elements],
        columns: dict[int, pa.Array],
        refused_by: IntArray,
    ) -> dict[int, npt.NDArray[Any]]:
        """The values that have a shape; anything in refused rows."""
        found: dict[int, npt.NDArray[Any]] = {}

        def value(node: int) -> Any:
            if node in found:
                return found[node]
            if not self.plan.nodes[node].type.is_list:
                return columns[node]
            lists = _holding(elements, node)
            values = columns.get(node)
            values = lists.column(node) if values is None else values
            return Listed(lists.offsets, lists.valid, values)

        for index in self.levels.tensors:
            node = self.plan.nodes[index]
            assert isinstance(node.op, ops.BaseTensorOp)
            found[index], refused = run_tensor(node.op, [*map(value, node.inputs)])
            if refused is not None:
                refused_by[refused] = np.minimum(refused_by[refused], index)
        return found

    def _output(
        self,
        node: int,
        elements: dict[int, Elements],
        ended: dict[int, pa.Array],
        single: pa.RecordBatch,
    ) -> pa.Array:
        name = output_name(node)
        if name in single.schema.names:
            return single.column(name)
        if node in ended:
            return ended[node]
        found = _holding(elements, node)
        return list_array(found.offsets, found.column(node), found.valid)

    def _run_end(
        self, end: int, elements: dict[int, Elements], refused_by: IntArray
    ) -> pa.Array:
        node = self.plan.nodes[end]
        lists = _holding(elements, node.inputs[0])
        array = lists.column(node.inputs[0])
        match node.op:
            case ops.WeightEncode(depth=depth):
                other = _holding(elements, node.inputs[1])
                weights = other.column(node.inputs[1])
                found, refused = _weigh(lists, array, other, weights, depth)
                refused_by[refused] = np.minimum(refused_by[refused], end)
                return found
            case ops.PadIds():
                return _pad(node.op, lists, array, filled_numbers(array) + 1, 0)
            case ops.PadNumbers(value=value):
                return _pad(node.op, lists, array, filled_numbers(array), value)
            case ops.MultiHotEncode() | ops.CountEncode():
                return _count_ids(node.op, lists, array)
            case ops.AggregateList(kind=kind):
                return _aggregate(lists, array, kind)
            case ops.CountElements(maximum=maximum):
                return _lengths(lists, array, maximum)
        raise AssertionError(node.op)


def _columns_of(single: pa.RecordBatch) -> dict[int, pa.Array]:
    """By node of the whole plan."""
    return dict(zip(map(_node_of, single.schema.names), single.columns, strict=True))


def _node_of(name: str) -> int:
    """The inverse of `output_name`."""
    return int(name.removeprefix(output_name("")))


def _holding(elements: dict[int, Elements], node: int) -> Elements:
    """The lists of the column that a node is made of."""
    name = output_name(node)
    return next(one for one in elements.values() if name in one.values.schema.names)


def _all_rows(done: Transformed) -> pa.RecordBatch:
    """The outputs of all rows, null where they were refused."""
    if not len(done.rejected_rows):
        return done.outputs
    accepted = np.zeros(done.source.num_rows, np.bool_)
    accepted[done.accepted_rows] = True
    places = np.cumsum(accepted) - 1
    return done.outputs.take(arrow_array(np.maximum(places, 0), accepted))


def _counts(lists: Elements, array: pa.Array) -> IntArray:
    found = np.empty(len(lists.offsets) - 1, np.int64)
    list_ends.count_elements(lists.offsets, validity(array), found)
    return found


def _pad(
    op: ops.PadIds | ops.PadNumbers,
    lists: Elements,
    array: pa.Array,
    values: npt.NDArray[Any],
    padding: float,
) -> pa.Array:
    counts = _counts(lists, array)
    found = np.full((len(counts), op.length), padding, values.dtype)
    ends = op.side == "left", op.truncate == "left"
    list_ends.pad(
        lists.offsets, validity(array), read_only(values), counts, *ends, found
    )
    return as_vectors(found)


def _count_ids(
    op: ops.MultiHotEncode | ops.CountEncode, lists: Elements, array: pa.Array
) -> pa.Array:
    found = np.zeros((len(lists.offsets) - 1, op.depth), np.float32)
    once = isinstance(op, ops.MultiHotEncode)
    ids = read_only(filled_numbers(array))
    list_ends.count_ids(lists.offsets, validity(array), ids, once, found)
    return as_vectors(found)


def _weigh(
    lists: Elements, ids: pa.Array, other: Elements, weights: pa.Array, depth: int
) -> tuple[pa.Array, BoolArray]:
    """Vectors of sums, and the rows whose lists differ or whose sums are too large."""
    refused = np.diff(lists.offsets) != np.diff(other.offsets)
    # Of rows of one length, the elements that are left are pairs.
    rows, kept_ids, first = _in_rows(lists, ids, ~refused)
    _, kept_weights, second = _in_rows(other, weights, ~refused)
    there = first & second
    offsets = read_only(np.searchsorted(rows[there], np.arange(len(refused) + 1)))
    pairs = read_only(kept_ids[there]), read_only(kept_weights[there])
    totals = np.zeros((len(refused), depth))
    list_ends.sum_weights(offsets, *pairs, totals)
    found = np.empty(totals.shape, np.float32)
    list_ends.round_totals(totals, found, refused)
    return as_vectors(found), refused


def _in_rows(
    lists: Elements, array: pa.Array, chosen: BoolArray
) -> tuple[IntArray, npt.NDArray[Any], BoolArray]:
    """Of the elements in some rows: the row, the value, and whether there is one."""
    rows = rows_of(lists.offsets)
    kept = chosen[rows]
    return rows[kept], filled_numbers(array)[kept], ~nulls(array)[kept]


def _aggregate(lists: Elements, array: pa.Array, kind: str) -> pa.Array:
    rows = len(lists.offsets) - 1
    found = np.empty(rows)
    present = np.ones(rows, np.bool_)
    if len(lists.valid):
        present &= lists.valid
    numbers = read_only(filled_numbers(array))
    code = list_ends.AGGREGATES[kind]
    list_ends.aggregate(lists.offsets, validity(array), numbers, code, found, present)
    return arrow_array(found, present)


def _lengths(lists: Elements, array: pa.Array, maximum: int | None) -> pa.Array:
    counts = _counts(lists, array)
    valid = lists.valid if len(lists.valid) else None
    if maximum is None:
        return arrow_array(counts.astype(np.float64), valid)
    return arrow_array(np.minimum(counts, maximum), valid)
