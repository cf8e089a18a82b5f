"""Plans with lists in a graph: elements, what ends lists, and then rows."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from featurekit.backends.keras.lists import Lists, end_list, read_lists
from featurekit.backends.keras.text_lists import (
    WordpieceCutter,
    cut_text,
    join_ngrams,
)
from featurekit.backends.keras.values import Value, mark
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.plan.levels import Level, output_name, split_levels

if TYPE_CHECKING:
    from featurekit.backends.keras.program import Program


class ListProgram(tf.Module):
    """The outputs of a plan with lists; holds the programs of its levels.

    Args:
        plan: The plan.
        make_program: Makes the program of a plan of single values.
    """

    def __init__(self, plan: Plan, make_program: Callable[[Plan], "Program"]) -> None:
        super().__init__(name="list_program")
        self.plan = plan
        levels = split_levels(plan)
        self._ends = levels.ends
        self._rows = levels.rows
        self._elements = [*levels.elements.items()]
        self.element_programs = [make_program(one.plan) for _, one in self._elements]
        self.row_program = make_program(levels.rows.plan)
        self._texts = levels.texts
        self.text_program = make_program(levels.texts.plan)
        # A module finds the tables of its attributes, also inside of a dict.
        self.cutters = {
            str(index): WordpieceCutter(node.op)
            for index, node in enumerate(plan.nodes)
            if isinstance(node.op, ops.CutWordpieces)
        }

    def values(self, columns: Mapping[str, Any]) -> tuple[dict[str, Value], tf.Tensor]:
        """The outputs, and the first node that refuses each row, as `Program.values`.

        Args:
            columns: With markers, shape (batch,); lists as `read_lists` takes them.
        """
        found: dict[int, Lists] = {}
        texts: dict[str, Value] = {}
        refusing: list[tf.Tensor] = []
        if self._texts.nodes:
            texts, rejecting = self.text_program.values(columns)
            refusing.append(self._whole(self._texts, rejecting))
        for (reader, level), program in zip(
            self._elements, self.element_programs, strict=True
        ):
            lists = self._lists(reader, columns, texts, found)
            made, refusals = self._run_elements(reader, level, program, lists)
            found |= made
            refusing += refusals
        ended: dict[int, Value] = {}
        for end in self._ends:
            op, inputs = self.plan.nodes[end].op, self.plan.nodes[end].inputs
            assert isinstance(op, ops.BaseListEnd)
            ended[end], refused = end_list(op, *(found[entry] for entry in inputs))
            if refused is not None:
                refusing.append(self._where(refused, end))
        single = {output_name(end): value for end, value in ended.items()}
        if self._rows.nodes:
            made_of = {name: mark(value) for name, value in single.items()}
            values, rejecting = self.row_program.values({**columns, **made_of})
            refusing.append(self._whole(self._rows, rejecting))
            single |= values
        outputs = {name: single[output_name(node)] for name, node in self.plan.outputs}
        return outputs, tf.reduce_min(tf.stack(refusing), axis=0)

    def _lists(
        self,
        reader: int,
        columns: Mapping[str, Any],
        texts: Mapping[str, Value],
        found: Mapping[int, Lists],
    ) -> Lists:
        """The lists that a node reads or makes, missing ones among them."""
        op, inputs = self.plan.nodes[reader].op, self.plan.nodes[reader].inputs
        match op:
            case ops.ReadList():
                return read_lists(columns[op.column])
            case ops.CutText():
                return cut_text(op, texts[output_name(inputs[0])])
            case ops.JoinNgrams():
                return join_ngrams(op, found[inputs[0]])
            case ops.CutWordpieces():
                return self.cutters[str(reader)](found[inputs[0]])
        raise AssertionError(f"{op.name} gives no lists")

    def _run_elements(
        self, reader: int, level: Level, program: "Program", lists: Lists
    ) -> tuple[dict[int, Lists], list[tf.Tensor]]:
        op = self.plan.nodes[reader].op
        missing = op.missing if isinstance(op, ops.ReadList | ops.CutText) else "keep"
        (name,) = level.plan.columns
        values, rejecting = program.values({name: mark(lists.elements)})
        whole = self._whole(level, rejecting)
        never = tf.fill([lists.batch], self._never)
        by_row = tf.math.unsorted_segment_min(whole, lists.rows, lists.batch)
        refusing = [tf.minimum(by_row, never)]
        if missing == "refuse":
            refusing.append(self._where(~lists.valid, reader))
        if missing != "keep":
            lists = lists._replace(valid=tf.ones_like(lists.valid))
        nodes = [level.nodes[place] for _, place in level.plan.outputs]
        found = {
            node: lists._replace(elements=values[output_name(node)]) for node in nodes
        }
        return found, refusing

    @property
    def _never(self) -> tf.Tensor:
        return tf.constant(len(self.plan.nodes), tf.int64)

    def _where(self, refused: tf.Tensor, node: int) -> tf.Tensor:
        return tf.where(refused, tf.constant(node, tf.int64), self._never)

    def _whole(self, level: Level, rejecting: tf.Tensor) -> tf.Tensor:
        """Nodes of a level as nodes of the whole plan."""
        nodes = [*level.nodes, len(self.plan.nodes)]
        return tf.gather(tf.constant(nodes, tf.int64), rejecting)
