"""Plans with lists in a graph: elements, what ends lists, and then rows."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from featurekit.backends.keras.list_crosses import as_lists, cross_lists
from featurekit.backends.keras.lists import Lists, end_list, read_lists
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
        self._crossed = levels.crossed
        self.crossed_programs = {
            str(cross): make_program(level.plan)
            for cross, level in levels.crossed.items()
        }

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
            lists, rejecting = self._run_elements(reader, level, program, columns)
            found |= lists
            refusing += rejecting
        ended: dict[int, Value] = {}
        for end in self._ends:
            op, inputs = self.plan.nodes[end].op, self.plan.nodes[end].inputs
            if isinstance(op, ops.CrossHash):
                single, rejecting = self._run_crossed(end, columns, ended)
                refusing += rejecting
                known = {**single, **found}
                found[end] = cross_lists(op, [known[entry] for entry in inputs])
                continue
            assert isinstance(op, ops.BaseListEnd)
            ended[end], refused = end_list(op, *(found[entry] for entry in inputs))
            if refused is not None:
                refusing.append(self._where(refused, end))
        made = {output_name(end): value for end, value in ended.items()}
        if self._rows.nodes:
            made_of = {name: mark(value) for name, value in made.items()}
            values, refused_rows = self.row_program.values({**columns, **made_of})
            refusing.append(self._whole(self._rows, refused_rows))
            made |= values
        outputs = {name: made[output_name(node)] for name, node in self.plan.outputs}
        return outputs, tf.reduce_min(tf.stack(refusing), axis=0)

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

    def _run_crossed(
        self, cross: int, columns: Mapping[str, Any], ended: Mapping[int, Value]
    ) -> tuple[dict[int, Lists], list[tf.Tensor]]:
        """The single values that a cross of lists takes, as lists."""
        level = self._crossed[cross]
        if not level.nodes:
            return {}, []
        made_of = {output_name(end): mark(value) for end, value in ended.items()}
        program = self.crossed_programs[str(cross)]
        values, rejecting = program.values({**columns, **made_of})
        nodes = [level.nodes[place] for _, place in level.plan.outputs]
        found = {node: as_lists(values[output_name(node)]) for node in nodes}
        return found, [self._whole(level, rejecting)]

    @property
    def _never(self) -> tf.Tensor:
        return tf.constant(len(self.plan.nodes), tf.int64)

    def _where(self, refused: tf.Tensor, node: int) -> tf.Tensor:
        return tf.where(refused, tf.constant(node, tf.int64), self._never)

    def _whole(self, level: Level, rejecting: tf.Tensor) -> tf.Tensor:
        """Nodes of a level as nodes of the whole plan."""
        nodes = [*level.nodes, len(self.plan.nodes)]
        return tf.gather(tf.constant(nodes, tf.int64), rejecting)
