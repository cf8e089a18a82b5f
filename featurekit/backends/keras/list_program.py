"""Plans with lists in a graph: what begins and ends lists, and the levels between."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from featurekit.backends.keras.list_crosses import as_lists, cross_lists
from featurekit.backends.keras.lists import Lists, end_list, read_lists
from featurekit.backends.keras.masking import mask_ids
from featurekit.backends.keras.sequences import run_sequence_op
from featurekit.backends.keras.tensors import run_tensor
from featurekit.backends.keras.text_lists import (
    WordpieceCutter,
    cut_text,
    join_ngrams,
)
from featurekit.backends.keras.token_tables import MakeTable
from featurekit.backends.keras.values import Value, mark
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.plan.levels import Level, output_name, split_levels

if TYPE_CHECKING:
    from featurekit.backends.keras.program import Program


@dataclass(frozen=True)
class Known:
    """What is computed of a batch so far, while a graph is made.

    Args:
        columns: The source, with markers.
        lists: By node.
        values: One per row, by node: what ends lists, and what that needs.
        refusing: int64 tensors of shape (batch,): the first node that refuses a row.
    """

    columns: Mapping[str, Any]
    lists: dict[int, Lists] = field(default_factory=dict)
    values: dict[int, Value] = field(default_factory=dict)
    refusing: list[tf.Tensor] = field(default_factory=list)


class ListProgram(tf.Module):
    """The outputs of a plan with lists; holds the programs of its levels.

    Args:
        plan: The plan.
        make_program: Makes the program of a plan of single values.
        make_table: Makes the tables of pieces of words.
    """

    def __init__(
        self,
        plan: Plan,
        make_program: Callable[[Plan], "Program"],
        make_table: MakeTable,
    ) -> None:
        super().__init__(name="list_program")
        self.plan = plan
        self._levels = levels = split_levels(plan)
        # A module finds the tables of its attributes, inside of a dict of texts too.
        self.element_programs, self.single_programs = (
            {str(node): make_program(level.plan) for node, level in each.items()}
            for each in (levels.elements, levels.singles)
        )
        self.row_program = make_program(levels.rows.plan)
        self.cutters = {
            str(index): WordpieceCutter(node.op, make_table)
            for index, node in enumerate(plan.nodes)
            if isinstance(node.op, ops.CutWordpieces)
        }

    def values(self, columns: Mapping[str, Any]) -> tuple[dict[str, Value], tf.Tensor]:
        """The outputs, and the first node that refuses each row, as `Program.values`.

        Args:
            columns: With markers, shape (batch,); lists as `read_lists` takes them.
        """
        known = Known(columns)
        for index in self._levels.order:
            if index in self._levels.singles:
                program = self.single_programs[str(index)]
                self._run_level(self._levels.singles[index], program, known)
            if index in self._levels.elements:
                self._begin(index, known)
            else:
                self._end(index, known)
        self._run_level(self._levels.rows, self.row_program, known)
        outputs = {name: known.values[node] for name, node in self.plan.outputs}
        return outputs, tf.reduce_min(tf.stack(known.refusing), axis=0)

    def _begin(self, index: int, known: Known) -> None:
        """Reads or makes lists, and runs the ops on their elements."""
        lists = self._lists(index, known)
        op, level = self.plan.nodes[index].op, self._levels.elements[index]
        missing = op.missing if isinstance(op, ops.ReadList | ops.CutText) else "keep"
        if missing == "refuse":
            known.refusing.append(self._where(~lists.valid, index))
        if missing != "keep":
            lists = lists._replace(valid=tf.ones_like(lists.valid))
        (name,) = level.plan.columns
        program = self.element_programs[str(index)]
        values, rejecting = program.values({name: mark(lists.elements)})
        whole = self._whole(level, rejecting)
        never = tf.fill([lists.batch], self._never)
        by_row = tf.math.unsorted_segment_min(whole, lists.rows, lists.batch)
        known.refusing.append(tf.minimum(by_row, never))
        for node, value in self._by_node(level, values).items():
            known.lists[node] = lists._replace(elements=value)

    def _lists(self, index: int, known: Known) -> Lists:
        """The lists that a node begins, missing ones among them."""
        op, inputs = self.plan.nodes[index].op, self.plan.nodes[index].inputs
        match op:
            case ops.ReadList():
                return read_lists(known.columns[op.column])
            case ops.CutText():
                return cut_text(op, known.values[inputs[0]])
            case ops.JoinNgrams():
                return join_ngrams(op, known.lists[inputs[0]])
            case ops.CutWordpieces():
                return self.cutters[str(index)](known.lists[inputs[0]])
            case ops.BaseSequenceOp():
                lists, refused = run_sequence_op(
                    op, *(known.lists[at] for at in inputs)
                )
                if refused is not None:
                    known.refusing.append(self._where(refused, index))
                return lists
            case ops.BaseCross():
                return cross_lists(op, [_as_lists(known, entry) for entry in inputs])
        raise AssertionError(f"{op.name} gives no lists")

    def _end(self, index: int, known: Known) -> None:
        op, inputs = self.plan.nodes[index].op, self.plan.nodes[index].inputs
        if isinstance(op, ops.BaseTensorOp):
            given = [
                known.lists[entry] if entry in known.lists else known.values[entry]
                for entry in inputs
            ]
            known.values[index], refused = run_tensor(op, given)
            if refused is not None:
                known.refusing.append(self._where(refused, index))
            return
        assert isinstance(op, ops.BaseListEnd)
        if isinstance(op, ops.MaskIds):
            ids, key = (known.values[entry] for entry in inputs)
            known.values[index] = mask_ids(op, self.plan.nodes[index].type, ids, key)
            return
        lists = [known.lists[entry] for entry in inputs]
        known.values[index], refused = end_list(op, *lists)
        if refused is not None:
            known.refusing.append(self._where(refused, index))

    def _run_level(self, level: Level, program: "Program", known: Known) -> None:
        """Adds the outputs of a level of single values."""
        if not level.nodes:
            return
        made = {output_name(node): mark(one) for node, one in known.values.items()}
        values, rejecting = program.values({**known.columns, **made})
        known.refusing.append(self._whole(level, rejecting))
        known.values.update(self._by_node(level, values))

    def _by_node(self, level: Level, values: Mapping[str, Value]) -> dict[int, Value]:
        nodes = [level.nodes[place] for _, place in level.plan.outputs]
        return {node: values[output_name(node)] for node in nodes}

    @property
    def _never(self) -> tf.Tensor:
        return tf.constant(len(self.plan.nodes), tf.int64)

    def _where(self, refused: tf.Tensor, node: int) -> tf.Tensor:
        return tf.where(refused, tf.constant(node, tf.int64), self._never)

    def _whole(self, level: Level, rejecting: tf.Tensor) -> tf.Tensor:
        """Nodes of a level as nodes of the whole plan."""
        nodes = [*level.nodes, len(self.plan.nodes)]
        return tf.gather(tf.constant(nodes, tf.int64), rejecting)


def _as_lists(known: Known, node: int) -> Lists:
    """The lists of a node; a single value is a list of one."""
    if node in known.lists:
        return known.lists[node]
    return as_lists(known.values[node])
