"""Plans with lists in a graph: elements, what ends lists, and then rows."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from featurekit.backends.keras.lists import Lists, end_list, read_lists
from featurekit.backends.keras.masking import mask_ids
from featurekit.backends.keras.sequences import run_sequence_op
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
        self._keys = levels.keys
        self.key_program = make_program(levels.keys.plan)
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
            op, inputs = self.plan.nodes[reader].op, self.plan.nodes[reader].inputs
            if isinstance(op, ops.ReadList):
                lists, refused = self._read(op, columns)
            else:
                assert isinstance(op, ops.BaseSequenceOp)
                lists, refused = run_sequence_op(op, *(found[at] for at in inputs))
            if refused is not None:
                refusing.append(self._where(refused, reader))
            made, rejecting = self._run_elements(level, program, lists)
            found |= made
            refusing.append(rejecting)
        ended: dict[int, Value] = {}
        if self._keys.nodes:
            keys, rejecting = self.key_program.values(columns)
            refusing.append(self._whole(self._keys, rejecting))
        for end in self._ends:
            op, inputs = self.plan.nodes[end].op, self.plan.nodes[end].inputs
            assert isinstance(op, ops.BaseListEnd)
            if isinstance(op, ops.MaskIds):
                ids, key = ended[inputs[0]], keys[output_name(inputs[1])]
                ended[end] = mask_ids(op, self.plan.nodes[end].type, ids, key)
                continue
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

    def _read(
        self, op: ops.ReadList, columns: Mapping[str, Any]
    ) -> tuple[Lists, tf.Tensor | None]:
        lists = read_lists(columns[op.column])
        refused = ~lists.valid if op.missing == "refuse" else None
        if op.missing != "keep":
            lists = lists._replace(valid=tf.ones_like(lists.valid))
        return lists, refused

    def _run_elements(
        self, level: Level, program: "Program", lists: Lists
    ) -> tuple[dict[int, Lists], tf.Tensor]:
        (name,) = level.plan.columns
        values, rejecting = program.values({name: mark(lists.elements)})
        whole = self._whole(level, rejecting)
        never = tf.fill([lists.batch], self._never)
        by_row = tf.math.unsorted_segment_min(whole, lists.rows, lists.batch)
        nodes = [level.nodes[place] for _, place in level.plan.outputs]
        found = {
            node: lists._replace(elements=values[output_name(node)]) for node in nodes
        }
        return found, tf.minimum(by_row, never)

    @property
    def _never(self) -> tf.Tensor:
        return tf.constant(len(self.plan.nodes), tf.int64)

    def _where(self, refused: tf.Tensor, node: int) -> tf.Tensor:
        return tf.where(refused, tf.constant(node, tf.int64), self._never)

    def _whole(self, level: Level, rejecting: tf.Tensor) -> tf.Tensor:
        """Nodes of a level as nodes of the whole plan."""
        nodes = [*level.nodes, len(self.plan.nodes)]
        return tf.gather(tf.constant(nodes, tf.int64), rejecting)
