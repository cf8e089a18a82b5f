"""Plans with lists on the host: what begins and ends lists, and the levels between.

Each level is a plan of single values, which the interpreter runs. A row is refused by
the first node that refuses it or one of its elements, on whichever level that is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.base import Transformed
from featurekit.backends.host.joined_text import plain_text
from featurekit.backends.host.list_crosses import cross_lists
from featurekit.backends.host.list_results import as_vectors, end_lists
from featurekit.backends.host.masking import mask_ids
from featurekit.backends.host.sequences import run_sequence_op
from featurekit.backends.host.tensors import run_tensor
from featurekit.backends.host.text import list_maker
from featurekit.kernels.arrow_buffers import (
    arrow_array,
    filled_numbers,
    read_only,
    validity,
)
from featurekit.kernels.arrow_lists import (
    NO_LISTS_MISSING,
    Lists,
    as_lists,
    list_array,
    list_parts,
    rows_of,
)
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.plan.levels import Level, output_name, split_levels
from featurekit.plan.ops.lists import MissingList

if TYPE_CHECKING:
    from featurekit.backends.host.executor import HostBackend

BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]

_NO_OFFSETS = read_only(np.empty(0, np.int64))


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


@dataclass(frozen=True, slots=True)
class Known:
    """What is computed of a batch so far.

    Args:
        batch: The source.
        refused_by: For each row the first node that refuses it.
        elements: By node that begins lists.
        columns: One value per row, by node: what ends lists, and what that needs.
    """

    batch: pa.RecordBatch
    refused_by: IntArray
    elements: dict[int, Elements]
    columns: dict[int, pa.Array]

    def refuse(self, rows: BoolArray, node: int) -> None:
        """Marks rows as refused by a node."""
        self.refused_by[rows] = np.minimum(self.refused_by[rows], node)

    def lists(self, node: int) -> Lists:
        """The lists of a node; a single value is a list of one."""
        if node in self.columns:
            return as_lists(self.columns[node])
        name = output_name(node)
        for one in self.elements.values():
            if name in one.values.schema.names:
                return Lists(one.offsets, one.valid, one.values.column(name))
        raise KeyError(name)


class ListExecutor:
    """Runs a plan with lists.

    Args:
        plan: The plan.
        make_backend: Makes what runs a plan of single values.
    """

    def __init__(
        self, plan: Plan, make_backend: Callable[[Plan], "HostBackend"]
    ) -> None:
        self.plan = plan
        self.levels = split_levels(plan)
        self._elements, self._singles = (
            {node: make_backend(level.plan) for node, level in levels.items()}
            for levels in (self.levels.elements, self.levels.singles)
        )
        self._rows = make_backend(self.levels.rows.plan)
        self._makers = {
            index: list_maker(node.op)
            for index, node in enumerate(plan.nodes)
            if isinstance(node.op, ops.BaseTextLists)
        }

    def run(self, batch: pa.RecordBatch) -> Transformed:
        """Computes all outputs for all rows that no op refuses."""
        never = len(self.plan.nodes)
        known = Known(batch, np.full(batch.num_rows, never, np.int64), {}, {})
        for index in self.levels.order:
            self._add_singles(index, known)
            if index in self._elements:
                self._begin(index, known)
            else:
                self._end(index, known)
        rows = self.levels.rows
        known.columns.update(self._run_level(self._rows, rows, known))
        refused_by = known.refused_by
        accepted = np.flatnonzero(refused_by == never)
        rejected = np.flatnonzero(refused_by < never)
        columns = {name: _output(known, node) for name, node in self.plan.outputs}
        outputs = pa.RecordBatch.from_arrays(list(columns.values()), list(columns))
        if len(rejected):
            outputs = outputs.take(arrow_array(accepted))
        return Transformed(self.plan, batch, outputs, rejected, refused_by[rejected])

    def _add_singles(self, index: int, known: Known) -> None:
        """Computes the single values among the inputs of a node."""
        level = self.levels.singles.get(index)
        if level is not None:
            found = self._run_level(self._singles[index], level, known)
            known.columns.update(found)

    def _begin(self, index: int, known: Known) -> None:
        """Reads or makes lists, and runs the ops on their elements."""
        lists, refused = self._lists(index, known)
        if refused is not None:
            known.refuse(refused, index)
        level = self.levels.elements[index]
        (name,) = level.plan.columns
        source = pa.RecordBatch.from_arrays([lists.elements], [name])
        found = run_all(self._elements[index], level, source)
        refused_rows = rows_of(lists.offsets)[found.rows]
        np.minimum.at(known.refused_by, refused_rows, found.nodes)
        known.elements[index] = Elements(lists.offsets, lists.valid, found.values)

    def _lists(self, index: int, known: Known) -> tuple[Lists, BoolArray | None]:
        """The lists that a node begins, and the rows that it refuses."""
        node = self.plan.nodes[index]
        match node.op:
            case ops.ReadList(column=column, missing=missing):
                return _unless_missing(list_parts(known.batch.column(column)), missing)
            case ops.CutText(missing=missing):
                array = plain_text(known.columns[node.inputs[0]])
                offsets, made = self._makers[index](array, _NO_OFFSETS)
                lists = Lists(read_only(offsets), validity(array), made)
                return _unless_missing(lists, missing)
        inputs = [known.lists(entry) for entry in node.inputs]
        match node.op:
            case ops.BaseCross():
                offsets, ids = cross_lists(node.op, inputs)
                return Lists(offsets, NO_LISTS_MISSING, arrow_array(ids)), None
            case ops.BaseSequenceOp():
                return run_sequence_op(node.op, inputs)
            case ops.BaseTextLists():
                (given,) = inputs
                array = plain_text(given.elements)
                offsets, made = self._makers[index](array, given.offsets)
                return Lists(read_only(offsets), given.valid, made), None
        raise AssertionError(node.op)

    def _end(self, index: int, known: Known) -> None:
        node = self.plan.nodes[index]
        if isinstance(node.op, ops.BaseTensorOp):
            given = [self._given(entry, known) for entry in node.inputs]
            values, refused = run_tensor(node.op, given)
            known.columns[index] = as_vectors(values)
            if refused is not None:
                known.refuse(refused, index)
            return
        assert isinstance(node.op, ops.BaseListEnd)
        if isinstance(node.op, ops.MaskIds):
            ids, key = (known.columns[entry] for entry in node.inputs)
            found = mask_ids(node.op, node.type.num_ids or 0, ids, filled_numbers(key))
            known.columns[index] = as_vectors(found)
            return
        inputs = [known.lists(entry) for entry in node.inputs]
        known.columns[index], refused = end_lists(node.op, inputs)
        if refused is not None:
            known.refuse(refused, index)

    def _given(self, node: int, known: Known) -> Any:
        """An input of an op on tensors: lists, a column, or the rows of a matrix."""
        if self.plan.nodes[node].type.is_list:
            return known.lists(node)
        column = known.columns[node]
        if isinstance(self.plan.nodes[node].op, ops.BaseTensorOp):
            width = column.type.list_size
            return filled_numbers(column.flatten()).reshape(len(column), width)
        return column

    def _run_level(
        self, backend: "HostBackend", level: Level, known: Known
    ) -> dict[int, pa.Array]:
        """The outputs of a level of single values, by node of the whole plan."""
        if not level.nodes:
            return {}
        made = {output_name(node): array for node, array in known.columns.items()}
        columns = {
            name: made[name] if name in made else known.batch.column(name)
            for name in level.plan.columns
        }
        arrays = list(columns.values())
        source = pa.RecordBatch.from_arrays(arrays, list(columns))
        found = run_all(backend, level, source)
        np.minimum.at(known.refused_by, found.rows, found.nodes)
        nodes = [level.nodes[place] for _, place in level.plan.outputs]
        return {node: found.values.column(output_name(node)) for node in nodes}


def _unless_missing(
    lists: Lists, missing: MissingList
) -> tuple[Lists, BoolArray | None]:
    """The lists under a policy for missing ones, and the rows that it refuses."""
    if missing == "keep":
        return lists, None
    refused = ~lists.valid if missing == "refuse" and len(lists.valid) else None
    return lists._replace(valid=NO_LISTS_MISSING), refused


def _output(known: Known, node: int) -> pa.Array:
    if node in known.columns:
        return known.columns[node]
    found = known.lists(node)
    return list_array(found.offsets, found.elements, found.valid)


class AllRows(NamedTuple):
    """What a level makes of all rows.

    Args:
        values: The outputs; null where the row was refused up to there, so that no
            later op meets a value that there should not be.
        rows: The refused rows.
        nodes: For each of them the first node of the whole plan that refuses it.
    """

    values: pa.RecordBatch
    rows: IntArray
    nodes: IntArray


def run_all(backend: "HostBackend", level: Level, batch: pa.RecordBatch) -> AllRows:
    """Runs a level. What one node refuses is still there for the nodes before it."""
    values, refused_by = backend.run_all(batch)
    rows = np.flatnonzero(refused_by >= 0)
    nodes = np.array(level.nodes, np.int64)[refused_by[rows]]
    if len(rows):
        every = np.arange(len(refused_by))
        columns = {
            name: values.column(name).take(
                arrow_array(every, (refused_by < 0) | (refused_by > place))
            )
            for name, place in level.plan.outputs
        }
        values = pa.RecordBatch.from_arrays(list(columns.values()), list(columns))
    return AllRows(values, rows, nodes)
