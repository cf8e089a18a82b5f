"""A plan as a TensorFlow program."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from featurekit.backends.keras import categorical, numeric, time_parts
from featurekit.backends.keras.values import Outcome, Value, both, unmark
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.plan.rejects import row_error

_ROW = 10**15 + 1  # stands for the row in a message that the graph completes

KERNELS: dict[type[ops.Op], Callable[[Any, Value], Outcome]] = {
    ops.ToFloat64: numeric.to_float64,
    ops.ClipValue: numeric.clip,
    ops.Log1pValue: numeric.log1p,
    ops.StandardizeValue: numeric.standardize,
    ops.MinMaxScale: numeric.min_max,
    ops.Bucketize: numeric.bucketize,
    ops.IsGreaterEqual: numeric.is_greater_equal,
    ops.ToFloat32: numeric.to_float32,
    ops.HashBucket: categorical.hash_bucket,
    ops.CheckRange: categorical.check_range,
    ops.FillMissing: categorical.fill_missing,
    ops.RequirePresent: categorical.require_present,
    ops.OneHotEncode: categorical.one_hot,
    ops.ExtractTimePart: time_parts.extract_time_part,
}
"""Ops of one input; reading, lookup and crossing are handled by `apply_op`."""


class Computed(NamedTuple):
    """What a program gives.

    Args:
        outputs: By name, shape (batch,) or (batch, width); anything in refused rows.
        rejecting: int64, shape (batch,): the first node that refuses the row, or the
            number of nodes.
    """

    outputs: dict[str, tf.Tensor]
    rejecting: tf.Tensor


def apply_op(op: ops.Op, inputs: list[Value], table: Any = None) -> Outcome:
    """Runs one op; only rows that hold a value can be refused, save for RequirePresent.

    Args:
        op: Any op but ReadColumn.
        inputs: Its inputs.
        table: The table of its vocabulary, for LookupVocabulary.
    """
    if isinstance(op, ops.CrossHash):
        return categorical.cross_hash(op, inputs)
    (x,) = inputs
    if isinstance(op, ops.LookupVocabulary):
        value, rejected = categorical.lookup(op, x, table)
    else:
        value, rejected = KERNELS[type(op)](op, x)
    if rejected is not None and not isinstance(op, ops.RequirePresent):
        rejected = both(rejected, x.valid)
    return Outcome(value, rejected)


class Program(tf.Module):
    """The tensors of a plan's outputs; holds its lookup tables, each once.

    Args:
        plan: The plan.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(name="program")
        self.plan = plan
        vocabularies = {
            node.op.vocabulary.digest: node.op.vocabulary
            for node in plan.nodes
            if isinstance(node.op, ops.LookupVocabulary)
        }
        with tf.init_scope():
            self.tables = {
                digest: categorical.make_table(vocabulary)
                for digest, vocabulary in vocabularies.items()
            }

    def compute(self, columns: Mapping[str, tf.Tensor]) -> Computed:
        """Runs the plan on columns with markers, each of shape (batch,)."""
        values: list[Value] = []
        size = tf.shape(columns[next(iter(self.plan.columns))])[0]
        never = tf.constant(len(self.plan.nodes), tf.int64)
        rejecting = tf.fill([size], never)
        for index, node in enumerate(self.plan.nodes):
            op = node.op
            if isinstance(op, ops.ReadColumn):
                values.append(unmark(columns[op.column]))
                continue
            table = None
            if isinstance(op, ops.LookupVocabulary):
                table = self.tables[op.vocabulary.digest]
            value, rejected = apply_op(
                op, [values[entry] for entry in node.inputs], table
            )
            values.append(value)
            if rejected is not None:
                here = tf.where(rejected, tf.constant(index, tf.int64), never)
                rejecting = tf.minimum(rejecting, here)
        outputs = {name: values[index].tensor for name, index in self.plan.outputs}
        return Computed(outputs, rejecting)

    def require_accepted(self, computed: Computed) -> dict[str, tf.Tensor]:
        """The outputs, once it is certain that no row is refused.

        The message of a refusal is the one that all backends share.
        """
        never = len(self.plan.nodes)
        refused = computed.rejecting < never
        before, after = self._messages()

        def message() -> tf.Tensor:
            # Inside of the branch: a batch of no rows has no largest element.
            row = tf.argmax(tf.cast(refused, tf.int32), output_type=tf.int64)
            node = computed.rejecting[row]
            return tf.strings.join(
                [
                    tf.gather(before, node),
                    tf.strings.as_string(row),
                    tf.gather(after, node),
                ]
            )

        failed = tf.reduce_any(refused)
        text = tf.cond(failed, message, lambda: tf.constant(""))
        check = tf.debugging.Assert(tf.logical_not(failed), [text], summarize=1)
        with tf.control_dependencies([check]):
            return {name: tf.identity(x) for name, x in computed.outputs.items()}

    def _messages(self) -> tuple[list[str], list[str]]:
        texts = []
        for index, node in enumerate(self.plan.nodes):
            try:
                texts.append(str(row_error(self.plan, index, row=_ROW, got=None)))
            except AssertionError:  # an op that accepts every value
                texts.append(f"{node.op.name}{_ROW}")
        parts = [text.partition(str(_ROW)) for text in texts]
        return [part[0] for part in parts], [part[2] for part in parts]
