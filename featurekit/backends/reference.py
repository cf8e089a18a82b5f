"""The definition of every op: one row at a time, in plain Python.

The other backends must agree with it bit for bit; it reads no vectorized library and
shares no code with them. NumPy appears only where a batch comes in and goes out. Each
op becomes a function once per plan, so that single rows are served by it as well.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import Any, TypeAlias, assert_never

import numpy as np
import pyarrow as pa

from featurekit.backends.base import Transformed
from featurekit.backends.inputs import check_columns
from featurekit.backends.lists_reference import (
    aggregate,
    cross_lists,
    pad,
    pad_weighted,
    require_size,
    sum_weights,
    take_list,
    there,
    weigh_terms,
)
from featurekit.backends.masking_reference import hide_id, mask_ids
from featurekit.backends.sequences_reference import align, difference, roll, shift
from featurekit.backends.tensors_reference import tensor_function
from featurekit.backends.text_reference import list_maker, strip_text, text_mapper
from featurekit.backends.values_reference import (
    COMPARISONS,
    Reject,
    Value,
    arithmetic,
    bucketize,
    combine_ids,
    cross_hash,
    flush_double,
    hash_value,
    log1p,
    lookup,
    read_value,
    require_present,
    require_range,
    round_to_float32,
    time_part,
    to_float32,
    to_float64,
)
from featurekit.plan import ops
from featurekit.plan.graph import Node, Plan
from featurekit.plan.types import ValueType

Step: TypeAlias = Callable[[Mapping[str, Value], list[Value]], Value]


class ReferenceBackend:
    """Runs a plan row by row.

    Args:
        plan: The plan.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec({"a": fk.numeric("x").buckets([0.0])})
        >>> backend = ReferenceBackend(fk.compile(spec))
        >>> batch = pa.record_batch({"x": pa.array([1.0, None], pa.float32())})
        >>> done = backend.run(batch)
        >>> done.outputs.to_pylist(), done.rejected_rows.tolist()
        ([{'a': 1}], [1])
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._steps = [_step(node) for node in plan.nodes]

    def __reduce__(self) -> tuple[type["ReferenceBackend"], tuple[Plan]]:
        return ReferenceBackend, (self.plan,)

    def run(self, batch: pa.RecordBatch) -> Transformed:
        """Computes all outputs for all rows that no op refuses."""
        accepted: list[list[Value]] = []
        rejected: list[tuple[int, int]] = []
        for index, row in enumerate(self.read(batch)):
            values, rejected_by = self.compute(row)
            if rejected_by < 0:
                accepted.append([values[node] for _, node in self.plan.outputs])
            else:
                rejected.append((index, rejected_by))
        rows = np.array([row for row, _ in rejected], np.int64)
        nodes = np.array([node for _, node in rejected], np.int64)
        return Transformed(self.plan, batch, self._table(accepted), rows, nodes)

    def read(self, batch: pa.RecordBatch) -> Iterator[dict[str, Value]]:
        """The rows of a batch as the ops see them, one at a time."""
        check_columns(self.plan, batch)
        columns = {name: batch.column(name).to_pylist() for name in self.plan.columns}
        for index in range(batch.num_rows):
            yield {
                name: read_value(values[index], self.plan.columns[name].dtype)
                for name, values in columns.items()
            }

    def trace(self, row: Mapping[str, object]) -> tuple[list[tuple[int, Value]], int]:
        """Every value of one row, for explaining it.

        Args:
            row: Source values by column name: float, int (also microseconds), str,
                bytes, or None for a missing one; a column that is left out is missing.

        Returns:
            values: Node positions and values, in order, up to a refusal.
            rejected_by: The node that refused the row; -1 if none did.

        Example:
            >>> import featurekit as fk
            >>> spec = fk.FeatureSpec({"a": fk.numeric("x").buckets([0.0])})
            >>> backend = ReferenceBackend(fk.compile(spec))
            >>> backend.trace({"x": 2.5})
            ([(0, 2.5), (1, 2.5), (2, 1), (3, 1)], -1)
            >>> backend.trace({"x": None})
            ([(0, None), (1, None), (2, None)], 3)
        """
        read = {
            name: read_value(row.get(name), column.dtype)
            for name, column in self.plan.columns.items()
        }
        values, rejected_by = self.compute(read)
        return list(enumerate(values)), rejected_by

    def compute(self, row: Mapping[str, Value]) -> tuple[list[Value], int]:
        """The value of each node, up to a refusal, and the node that refused, or -1.

        Args:
            row: Every column that the plan reads, as `read_value` gives it.
        """
        values: list[Value] = []
        try:
            for step in self._steps:
                values.append(step(row, values))
        except Reject:
            return values, len(values)
        return values, -1

    def _table(self, accepted: list[list[Value]]) -> pa.RecordBatch:
        types = self.plan.output_types
        columns = {
            name: pa.array([row[at] for row in accepted], _arrow_type(kind))
            for at, (name, kind) in enumerate(types.items())
        }
        return pa.record_batch(columns)


def _step(node: Node) -> Step:
    """A function of the row and the values of earlier nodes that may raise Reject.

    A missing input gives a missing result, but where the op is about missing values.
    """
    op = node.op
    if isinstance(op, ops.ReadColumn):
        column = op.column
        return lambda row, values: row[column]
    if isinstance(op, ops.ReadList):
        name, missing = op.column, op.missing
        return lambda row, values: take_list(row[name], missing)
    if isinstance(op, ops.BaseCross):
        return _cross(op, node)
    if isinstance(op, ops.Arithmetic | ops.CompareNumbers | ops.JoinText):
        return _of_all_present(_of_several(op), node.inputs)
    if isinstance(op, ops.ChooseNumber) and not node.type.is_list:
        return _choose(op, node.inputs)
    if isinstance(op, ops.BucketizeByKey):
        return _of_all_present(_bucketize_by_key(op), node.inputs)
    if isinstance(op, ops.WeightEncode):
        (ids, weights), depth = node.inputs, op.depth
        return lambda row, values: sum_weights(values[ids], values[weights], depth)
    if isinstance(op, ops.PadWeighted):
        (first, second), shape = node.inputs, op
        return lambda row, values: pad_weighted(values[first], values[second], shape)
    if isinstance(op, ops.AlignLists):
        return _align(op, node.inputs)
    if isinstance(op, ops.MaskIds):
        masking, num_ids = op, node.type.num_ids or 0
        return _of_all_present(
            lambda ids, key: mask_ids(masking, ids, key, num_ids), node.inputs
        )
    if isinstance(op, ops.HideId):
        return _of_all_present(partial(hide_id, op), node.inputs)
    if isinstance(op, ops.BaseTensorOp):
        return _of_tensor(tensor_function(op), node.inputs)
    (entry,) = node.inputs
    if isinstance(op, ops.BaseTextLists):
        make = list_maker(op)
        kept = op.missing if isinstance(op, ops.CutText) else "keep"
        return lambda row, values: take_list(make(values[entry]), kept)
    function = _of_value(op)
    if isinstance(op, ops.BaseSequenceOp):
        return lambda row, values: function(values[entry])
    if not node.type.is_list:
        return lambda row, values: function(values[entry])

    def run_each(row: Mapping[str, Value], values: list[Value]) -> Value:
        found: Any = values[entry]
        return None if found is None else tuple(map(function, found))

    return run_each


def _of_value(op: ops.Op) -> Callable[[Any], Value]:
    """What an op of one input makes of a value, which may be missing."""
    if isinstance(op, ops.IsMissing):
        return lambda value: int(value is None)
    if isinstance(op, ops.FillMissing):
        filled = op.value.encode() if isinstance(op.value, str) else op.value
        return lambda value: filled if value is None else value
    if isinstance(op, ops.RequirePresent):
        return require_present
    function = _of_present(op)
    return lambda value: None if value is None else function(value)


def _of_all_present(function: Callable[..., Value], entries: tuple[int, ...]) -> Step:
    """A step that is missing where any of its inputs is."""

    def run(row: Mapping[str, Value], values: list[Value]) -> Value:
        found = [values[at] for at in entries]
        return None if None in found else function(*found)

    return run


def _of_tensor(
    function: Callable[..., tuple[Any, ...] | None], entries: tuple[int, ...]
) -> Step:
    """A step whose value has a shape."""

    def run(row: Mapping[str, Value], values: list[Value]) -> Value:
        found = function(*(values[at] for at in entries))
        if found is None:
            raise Reject
        return found

    return run


def _of_several(
    op: ops.Arithmetic | ops.CompareNumbers | ops.JoinText,
) -> Callable[..., Value]:
    """What an op makes of several values that are all there."""
    if isinstance(op, ops.JoinText):
        separator = op.separator.encode()
        return lambda *texts: separator.join(texts)
    combine: Callable[[float, float], Value]
    if isinstance(op, ops.Arithmetic):
        name = op.operator
        combine = lambda x, y: arithmetic(name, x, y)  # noqa: E731
    else:
        compare = COMPARISONS[op.operator]
        combine = lambda x, y: int(compare(flush_double(x), flush_double(y)))  # noqa: E731
    left, right = op.left, op.right
    if left is not None:
        return lambda y: combine(left, y)
    if right is not None:
        return lambda x: combine(x, right)
    return combine


def _cross(op: ops.BaseCross, node: Node) -> Step:
    entries = node.inputs
    cross: Callable[[Sequence[Any]], int | None]
    if isinstance(op, ops.CombineIds):
        cross = partial(combine_ids, size=op.size)
    else:
        assert isinstance(op, ops.CrossHash)
        cross = partial(cross_hash, op=op)
    if node.type.is_list:
        return lambda row, values: cross_lists([values[at] for at in entries], cross)
    return lambda row, values: cross([values[at] for at in entries])


def _align(op: ops.AlignLists, entries: tuple[int, ...]) -> Step:
    def run(row: Mapping[str, Value], values: list[Value]) -> Value:
        lists: list[Any] = [values[at] for at in entries]
        lengths = {-1 if one is None else len(one) for one in lists}
        if len(lengths) > 1:
            raise Reject
        return None if lists[0] is None else align(lists, op.drop)

    return run


def _bucketize_by_key(op: ops.BucketizeByKey) -> Callable[[float, int], Value]:
    ends = list(accumulate(op.sizes))
    rows = [op.boundaries[end - n : end] for end, n in zip(ends, op.sizes, strict=True)]
    return lambda x, key: bucketize(x, rows[key]) if key < len(rows) else None


def _choose(op: ops.ChooseNumber, entries: tuple[int, ...]) -> Step:
    condition, *others = entries
    then = others.pop(0) if op.then is None else None
    otherwise = others.pop(0) if op.otherwise is None else None

    def run(row: Mapping[str, Value], values: list[Value]) -> Value:
        if values[condition] is None:
            return None
        if values[condition] == 1:
            return op.then if then is None else values[then]
        return op.otherwise if otherwise is None else values[otherwise]

    return run


def _of_present(op: ops.Op) -> Callable[[Any], Value]:
    """What an op of one input makes of a value that is there."""
    match op:
        case ops.ToFloat64(nan=policy):
            return lambda value: to_float64(value, policy)
        case ops.ClipValue(low=low, high=high):
            # Written as comparisons: NaN stays NaN, and -0.0 is not below 0.0.
            return lambda value: low if value < low else high if value > high else value
        case ops.Log1pValue():
            return log1p
        case ops.StandardizeValue(mean=mean, std=std):
            return lambda value: (value - mean) / (std or 1.0)
        case ops.MinMaxScale(minimum=minimum, maximum=maximum):
            return lambda value: (value - minimum) / ((maximum - minimum) or 1.0)
        case ops.Bucketize(boundaries=boundaries):
            return lambda value: bucketize(value, boundaries)
        case ops.IsGreaterEqual(threshold=threshold):
            return lambda value: int(value >= threshold)
        case ops.LookupVocabulary(vocabulary=vocabulary):
            tokens: Sequence[bytes | int] = vocabulary.tokens
            ids = dict(zip(tokens, op.token_ids, strict=True))
            return lambda value: lookup(value, ids, op)
        case ops.ChooseNumber(then=float() as then, otherwise=float() as otherwise):
            return lambda value: then if value == 1 else otherwise
        case ops.HashBucket(num_buckets=count, key=key):
            return lambda value: hash_value(value, key) % count
        case ops.CheckRange(num_ids=count):
            return lambda value: require_range(value, count)
        case ops.DefaultId(num_ids=count, default=default):
            return lambda value: value if 0 <= value < count else default
        case ops.MarkMissing(values=given):
            marked = [v.encode() if isinstance(v, str) else v for v in given]
            return lambda value: None if value in marked else value
        case ops.ExtractTimePart():
            return lambda value: time_part(value, op)
        case ops.OneHotEncode(depth=depth):
            return lambda value: tuple(float(at == value) for at in range(depth))
        case ops.ToFloat32():
            return to_float32
        case ops.PadIds(length=length, side=side, truncate=cut):
            return lambda ids: pad([i + 1 for i in there(ids)], length, side, cut, 0)
        case ops.PadNumbers(length=length, side=side, truncate=cut, value=value):
            padding = round_to_float32(value)
            return lambda found: pad(there(found), length, side, cut, padding)
        case ops.PackVector(size=size):
            return lambda found: require_size(there(found), size)
        case ops.MultiHotEncode(depth=depth):
            return lambda ids: tuple(float(at in ids) for at in range(depth))
        case ops.CountEncode(depth=depth):
            return lambda ids: tuple(float(ids.count(at)) for at in range(depth))
        case ops.AggregateList(kind=kind):
            return lambda found: aggregate(there(found), kind)
        case ops.CountElements(maximum=None):
            return lambda found: float(len(there(found)))
        case ops.CountElements(maximum=int() as most):
            return lambda found: min(len(there(found)), most)
        case ops.MapText(change=change):
            mapped = text_mapper(change)
            return lambda text: require_present(mapped(text))
        case ops.StripText():
            return strip_text
        case ops.WeighTerms(weights=weights):
            return lambda ids: weigh_terms(ids, weights)
        case ops.MaskElements(length=length, side=side):
            return lambda found: pad(
                [1.0] * len(there(found)), length, side, "left", 0.0
            )
        case ops.ShiftList(offset=offset):
            return lambda found: shift(found, offset)
        case ops.DifferenceList(lag=lag):
            subtract = partial(arithmetic, "subtract")
            return lambda found: difference(found, lag, subtract)
        case ops.RollList(size=size, kind=kind):
            return lambda found: roll(found, size, lambda one: aggregate(one, kind))
        case ops.LookupVector(width=width, values=values):
            return lambda value: values[value * width : (value + 1) * width]
        case ops.LookupNumber(values=numbers):
            return lambda value: numbers[value] if value < len(numbers) else None
        case (
            ops.ReadColumn()
            | ops.FillMissing()
            | ops.RequirePresent()
            | ops.IsMissing()
            | ops.CrossHash()
            | ops.ReadList()
            | ops.WeightEncode()
            | ops.PadWeighted()
            | ops.CountElements()
            | ops.Arithmetic()
            | ops.CompareNumbers()
            | ops.ChooseNumber()
            | ops.JoinText()
            | ops.CombineIds()
            | ops.CutText()
            | ops.JoinNgrams()
            | ops.CutWordpieces()
            | ops.AlignLists()
            | ops.MaskIds()
            | ops.HideId()
            | ops.BucketizeByKey()
            | ops.BaseTensorOp()
        ):
            raise AssertionError("these ops see missing values, or several values")
        case _:
            assert_never(op)


def _arrow_type(kind: ValueType) -> pa.DataType:
    if kind.is_list:
        return pa.large_list(_arrow_type(replace(kind, is_list=False)))
    if kind.width is not None:
        return pa.list_(_arrow_type(replace(kind, width=None)), kind.width)
    return {
        "float32": pa.float32(),
        "float64": pa.float64(),
        "int64": pa.int64(),
        "timestamp": pa.int64(),
        "string": pa.large_binary(),
    }[kind.dtype]
