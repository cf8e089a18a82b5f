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
from featurekit.backends.host.joined_text import plain_text
from featurekit.backends.host.text import list_maker
from featurekit.kernels.arrow_buffers import (
    arrow_array,
    filled_numbers,
    nulls,
    read_only,
    validity,
)
from featurekit.kernels.arrow_lists import Lists, list_array, list_parts, rows_of
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.plan.levels import Level, output_name, split_levels

BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]

_ALL = read_only(np.empty(0, np.bool_))
_NO_LISTS = read_only(np.empty(0, np.int64))


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
        self._texts = make_backend(self.levels.texts.plan)
        self._makers = {
            reader: list_maker(op)
            for reader in self.levels.elements
            if isinstance(op := plan.nodes[reader].op, ops.BaseListMaker)
        }

    def run(self, batch: pa.RecordBatch) -> Transformed:
        """Computes all outputs for all rows that no op refuses."""
        refused_by = np.full(batch.num_rows, len(self.plan.nodes), np.int64)
        texts = self._run_level(self._texts, self.levels.texts, batch, refused_by)
        elements: dict[int, Elements] = {}
        for reader in self.levels.elements:
            lists = self._lists(reader, batch, texts, elements)
            elements[reader] = self._run_elements(reader, lists, refused_by)
        ended = {
            end: self._run_end(end, elements, refused_by) for end in self.levels.ends
        }
        single = self._run_rows(batch, ended, refused_by)
        accepted = np.flatnonzero(refused_by == len(self.plan.nodes))
        rejected = np.flatnonzero(refused_by < len(self.plan.nodes))
        columns = {
            name: self._output(node, elements, ended, single)
            for name, node in self.plan.outputs
        }
        outputs = pa.RecordBatch.from_arrays(list(columns.values()), list(columns))
        if len(rejected):
            outputs = outputs.take(arrow_array(accepted))
        return Transformed(self.plan, batch, outputs, rejected, refused_by[rejected])

    def _lists(
        self,
        reader: int,
        batch: pa.RecordBatch,
        texts: pa.RecordBatch,
        elements: dict[int, Elements],
    ) -> Lists:
        """The lists that a node reads or makes, missing ones among them."""
        node = self.plan.nodes[reader]
        if isinstance(node.op, ops.ReadList):
            return list_parts(batch.column(node.op.column))
        (entry,) = node.inputs
        if isinstance(node.op, ops.CutText):
            given = _NO_LISTS
            array = plain_text(texts.column(output_name(entry)))
            valid = validity(array)
        else:
            before = _holding(elements, entry)
            given, valid = before.offsets, before.valid
            array = plain_text(before.column(entry))
        offsets, made = self._makers[reader](array, given)
        return Lists(read_only(offsets), valid, made)

    def _run_elements(
        self, reader: int, lists: Lists, refused_by: IntArray
    ) -> Elements:
        op, level = self.plan.nodes[reader].op, self.levels.elements[reader]
        offsets, valid, elements = lists
        missing = op.missing if isinstance(op, ops.ReadList | ops.CutText) else "keep"
        if len(valid) and missing == "refuse":
            refused_by[~valid] = np.minimum(refused_by[~valid], reader)
        if missing != "keep":
            valid = _ALL
        (name,) = level.plan.columns
        source = pa.RecordBatch.from_arrays([elements], [name])
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
        source = pa.RecordBatch.from_arrays(list(columns.values()), list(columns))
        return self._run_level(self._rows, level, source, refused_by)

    def _run_level(
        self,
        backend: Backend,
        level: Level,
        batch: pa.RecordBatch,
        refused_by: IntArray,
    ) -> pa.RecordBatch:
        if not level.nodes:
            return batch.select([])
        done = backend.run(batch)
        nodes = np.array(level.nodes, np.int64)[done.rejecting_nodes]
        np.minimum.at(refused_by, done.rejected_rows, nodes)
        return _all_rows(done)

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
            case ops.WeighTerms(weights=weights):
                return _weigh_terms(lists, array, weights)
            case ops.AggregateList(kind=kind):
                return _aggregate(lists, array, kind)
            case ops.CountElements(maximum=maximum):
                return _lengths(lists, array, maximum)
        raise AssertionError(node.op)


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


def _vectors(values: npt.NDArray[Any]) -> pa.Array:
    flat = arrow_array(values.reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


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
    return _vectors(found)


def _count_ids(
    op: ops.MultiHotEncode | ops.CountEncode, lists: Elements, array: pa.Array
) -> pa.Array:
    found = np.zeros((len(lists.offsets) - 1, op.depth), np.float32)
    once = isinstance(op, ops.MultiHotEncode)
    ids = read_only(filled_numbers(array))
    list_ends.count_ids(lists.offsets, validity(array), ids, once, found)
    return _vectors(found)


def _weigh_terms(
    lists: Elements, array: pa.Array, weights: tuple[float, ...]
) -> pa.Array:
    counted = np.zeros((len(lists.offsets) - 1, len(weights)), np.int64)
    ids = read_only(filled_numbers(array))
    list_ends.count_terms(lists.offsets, validity(array), ids, counted)
    return _vectors((counted * np.array(weights)).astype(np.float32))


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
    return _vectors(found), refused


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
