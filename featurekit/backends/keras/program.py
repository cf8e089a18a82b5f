"""A plan as a TensorFlow program: one operation for all numbers of a kind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import tensorflow as tf

from featurekit.backends.keras import (
    categorical,
    expressions,
    lookups,
    masking,
    numeric,
    special_values,
    text,
    time_parts,
)
from featurekit.backends.keras.blocks import Blocks
from featurekit.backends.keras.filled_lookup import (
    FilledLookup,
    token_ids,
    with_filled_lookups,
)
from featurekit.backends.keras.list_program import ListProgram
from featurekit.backends.keras.merged_vocabularies import MergedVocabularies
from featurekit.backends.keras.token_tables import MakeTable, table_in_graph
from featurekit.backends.keras.values import Outcome, Value, both, unmark
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.plan.levels import has_levels
from featurekit.plan.rejects import can_refuse, row_error
from featurekit.plan.stages import plan_stages
from featurekit.plan.types import ValueType

_ROW = 10**15 + 1  # stands for the row in a message that the graph completes

KERNELS: dict[type[ops.Op], Callable[..., Outcome]] = {
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
    ops.IsMissing: categorical.is_missing,
    ops.Arithmetic: expressions.arithmetic,
    ops.CompareNumbers: expressions.compare_numbers,
    ops.ChooseNumber: expressions.choose_number,
    ops.JoinText: expressions.join_text,
    ops.LookupVector: categorical.lookup_vector,
    ops.MarkMissing: special_values.mark_missing,
    ops.DefaultId: special_values.default_id,
    ops.MapText: text.map_text,
    ops.StripText: text.strip_text,
    ops.LookupNumber: lookups.lookup_number,
    ops.BucketizeByKey: lookups.bucketize_by_key,
    ops.HideId: masking.hide_id,
}
"""Of the ops of a stage and their inputs; reading, lookup, crossing are apart."""


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
        inputs: Its inputs, shape (batch,).
        table: The table of its vocabulary, for LookupVocabulary.
    """
    if isinstance(op, ops.CrossHash):
        return categorical.cross_hash(op, inputs)
    if isinstance(op, ops.CombineIds):
        return categorical.combine_ids(op, inputs)
    if isinstance(op, ops.LookupVocabulary):
        (x,) = inputs
        value, rejected = categorical.lookup([op], x, table)
        return Outcome(value, None if rejected is None else both(rejected, x.valid))
    stacked = [_map(tf.expand_dims, x, 0) for x in inputs]
    (tensor, valid), rejected = apply_stage([op], stacked)
    value = _map(tf.squeeze, Value(tensor, valid), [0])
    return Outcome(value, None if rejected is None else rejected[0])


def _map(function: Callable[..., tf.Tensor], x: Value, axis: Any) -> Value:
    valid = None if x.valid is None else function(x.valid, axis)
    return Value(function(x.tensor, axis), valid)


def apply_stage(
    chosen: Sequence[ops.Op],
    inputs: Sequence[Value],
    table: MergedVocabularies | None = None,
) -> Outcome:
    """Runs ops of one kind on stacked columns, shape (columns, batch).

    Args:
        chosen: Ops of one stage, of those in KERNELS, or LookupVocabulary.
        inputs: Their first inputs, their second ones, and so on.
        table: The tokens of all their vocabularies, for LookupVocabulary.
    """
    first = chosen[0]
    if isinstance(first, ops.LookupVocabulary):
        value, rejected = categorical.lookup(chosen, inputs[0], table)  # type: ignore[arg-type]
    else:
        value, rejected = KERNELS[type(first)](chosen, *inputs)
    if rejected is not None and not isinstance(first, ops.RequirePresent):
        rejected = both(rejected, inputs[0].valid)
    return Outcome(value, rejected)


def _reshape(x: tf.Tensor, kind: ValueType) -> tf.Tensor:
    return tf.reshape(x, [tf.shape(x)[0], *kind.row_shape])


class Program(tf.Module):
    """The tensors of a plan's outputs; holds its lookup tables.

    Args:
        plan: The plan.
        few_rows: Whether batches are small, as requests are. Then one table finds the
            tokens of all columns, which is one operation, and loads fast; else each
            column has a table that stays in the processor's cache, and no text is
            copied.
        make_table: Makes the tables where batches are small. Defaults to such that are
            part of the graph.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        few_rows: bool = False,
        make_table: MakeTable = table_in_graph,
    ) -> None:
        super().__init__(name="program")
        self.plan = plan
        self.few_rows = few_rows
        self._make_table = make_table
        self.tables: dict[str, Any] = {}
        self.lists: ListProgram | None = None
        if has_levels(plan):
            make = partial(Program, few_rows=few_rows, make_table=make_table)
            self.lists = ListProgram(plan, make, make_table)
            return
        self._nodes = with_filled_lookups(plan).nodes
        self._stages = [
            (stage.nodes, [self._nodes[node].op for node in stage.nodes])
            for stage in plan_stages(Plan(self._nodes, plan.outputs))
        ]
        self.tables = dict(self._make_tables())

    def _make_tables(self) -> Iterator[tuple[str, Any]]:
        for nodes, chosen in self._stages:
            if not isinstance(chosen[0], ops.LookupVocabulary):
                continue
            if self.few_rows:
                ids = [token_ids(op) for op in chosen]  # type: ignore[arg-type]
                yield str(nodes[0]), MergedVocabularies(ids, self._make_table)
                continue
            for node, op in zip(nodes, chosen, strict=True):
                assert isinstance(op, ops.LookupVocabulary)
                yield str(node), categorical.make_table(op)

    def _is_apart(self, op: ops.Op) -> bool:
        """Whether the columns of a kind are not stacked."""
        if isinstance(op, ops.ReadColumn) and op.dtype == "string":
            return not self.few_rows
        if isinstance(op, ops.LookupVocabulary):
            return not self.few_rows
        return isinstance(op, ops.CrossHash | ops.CombineIds | ops.JoinText)

    def compute(self, columns: Mapping[str, Any]) -> Computed:
        """Runs the plan on columns with markers.

        Args:
            columns: Each of shape (batch,); lists as `lists.read_lists` takes them.
        """
        compute = self.values if self.lists is None else self.lists.values
        values, rejecting = compute(columns)
        return Computed({name: x.tensor for name, x in values.items()}, rejecting)

    def values(
        self, columns: Mapping[str, tf.Tensor]
    ) -> tuple[dict[str, Value], tf.Tensor]:
        """The outputs, where there are any; and what `Computed` calls rejecting."""
        blocks = Blocks(len(self.plan.nodes))
        refusing: list[int] = []
        refused: list[tf.Tensor] = []
        for nodes, chosen in self._stages:
            if self._is_apart(chosen[0]):
                for node in nodes:
                    value, rejected = self._run_one(node, blocks, columns)
                    blocks.put_one(node, value)
                    if rejected is not None:
                        refusing.append(node)
                        refused.append(rejected[tf.newaxis])
                continue
            value, rejected = self._run(nodes, chosen, blocks, columns)
            blocks.put(nodes, value)
            if rejected is not None:
                refusing += nodes
                refused.append(rejected)
        outputs = {name: blocks.one(index) for name, index in self.plan.outputs}
        size = tf.shape(columns[next(iter(self.plan.columns))])[0]
        return outputs, self._first(refusing, refused, size)

    def _run(
        self,
        nodes: tuple[int, ...],
        chosen: Sequence[Any],
        blocks: Blocks,
        columns: Mapping[str, tf.Tensor],
    ) -> Outcome:
        first = chosen[0]
        if isinstance(first, ops.ReadColumn):
            return Outcome(unmark(tf.stack([columns[op.column] for op in chosen])))
        entries = [self._nodes[node].inputs for node in nodes]
        inputs = [blocks.stacked(same) for same in zip(*entries, strict=True)]
        if isinstance(first, FilledLookup):
            inputs = [Value(inputs[0].tensor)]
        return apply_stage(chosen, inputs, self.tables.get(str(nodes[0])))

    def _run_one(
        self, index: int, blocks: Blocks, columns: Mapping[str, tf.Tensor]
    ) -> Outcome:
        node = self._nodes[index]
        if isinstance(node.op, ops.ReadColumn):
            return Outcome(unmark(columns[node.op.column]))
        inputs = [blocks.one(entry) for entry in node.inputs]
        if isinstance(node.op, FilledLookup):
            inputs = [Value(inputs[0].tensor)]
        return apply_op(node.op, inputs, self.tables.get(str(index)))

    def _first(
        self, nodes: list[int], refused: list[tf.Tensor], size: tf.Tensor
    ) -> tf.Tensor:
        """The first node that refuses each row, or the number of nodes."""
        never = tf.constant(len(self.plan.nodes), tf.int64)
        if not refused:
            return tf.fill([size], never)
        here = tf.constant(nodes, tf.int64)[:, tf.newaxis]
        together = refused[0] if len(refused) == 1 else tf.concat(refused, axis=0)
        return tf.reduce_min(tf.where(together, here, never), axis=0)

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
            return {name: tf.identity(x) for name, x in self.shaped(computed).items()}

    def shaped(self, computed: Computed) -> dict[str, tf.Tensor]:
        """The outputs in the shapes that their types say."""
        types = self.plan.output_types
        return {
            name: x if types[name].shape is None else _reshape(x, types[name])
            for name, x in computed.outputs.items()
        }

    def _messages(self) -> tuple[list[str], list[str]]:
        texts = []
        for index, node in enumerate(self.plan.nodes):
            if can_refuse(node.op):
                texts.append(str(row_error(self.plan, index, row=_ROW, got=None)))
            else:
                texts.append(f"{node.op.name}{_ROW}")
        parts = [text.partition(str(_ROW)) for text in texts]
        return [part[0] for part in parts], [part[2] for part in parts]
