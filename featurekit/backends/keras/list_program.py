"""Plans with lists in a graph: elements, what ends lists, and then rows."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from featurekit.backends.keras.lists import Lists, end_list, read_lists
from featurekit.backends.keras.tensors import run_tensor
from featurekit.backends.keras.values import Value, mark
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.plan.levels import Level, output_name, split_levels

if TYPE_CHECKING:
    from featurekit.backends.keras.program import Program


def _by_node(values: Mapping[str, Value]) -> dict[int, Value]:
    prefix = output_name("")
    return {int(name.removeprefix(prefix)): one for name, one in values.items()}


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
        self._tensors = levels.tensors
        self._elements = [*levels.elements.items()]
        self.element_programs = [make_program(one.plan) for _, one in self._elements]
        self.row_program = make_program(levels.rows.plan)

    def values(self, columns: Mapping[str, Any]) -> tuple[dict[str, Value], tf.Tensor]:
        """The outputs, and the first node that refuses each row, as `Program.values`.

        Args:
            columns: With markers, shape (batch,); lists as `read_lists` takes them.
        """
        found: dict[int, Lists] = {}
        refusing: list[tf.Tensor] = []
        for (reader, level), program in zip(
            self._elements, self.element_programs, strict=True
        ):
            made, rejecting = self._run_elements(reader, level, program, columns)
            found |= made
            refusing += rejecting
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
        ended |= _by_node(single)
        refusing += self._run_tensors(found, ended)
        single |= {output_name(node): value for node, value in ended.items()}
        outputs = {name: single[output_name(node)] for name, node in self.plan.outputs}
        return outputs, tf.reduce_min(tf.stack(refusing), axis=0)

    def _run_tensors(
        self, lists: dict[int, Lists], values: dict[int, Value]
    ) -> list[tf.Tensor]:
        """Adds the values that have a shape; returns where they refuse."""
        refusing = []
        for index in self._tensors:
            node = self.plan.nodes[index]
            assert isinstance(node.op, ops.BaseTensorOp)
            inputs = [
                values[entry] if entry in values else lists[entry]
                for entry in node.inputs
            ]
            values[index], refused = run_tensor(node.op, inputs)
            if refused is not None:
                refusing.append(self._where(refused, index))
        return refusing

    def _run_elements(
        self, reader: int, level: Level, program: "Program", columns: Mapping[str, Any]
    ) -> tuple[dict[int, Lists], list[tf.Tensor]]:
        op = self.plan.nodes[reader].op
        assert isinstance(op, ops.ReadList)
        lists = read_lists(columns[op.column])
        values, rejecting = program.values({op.column: mark(lists.elements)})
        whole = self._whole(level, rejecting)
        never = tf.fill([lists.batch], self._never)
        by_row = tf.math.unsorted_segment_min(whole, lists.rows, lists.batch)
        refusing = [tf.minimum(by_row, never)]
        if op.missing == "refuse":
            refusing.append(self._where(~lists.valid, reader))
        if op.missing != "keep":
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
