"""The definition of every op: one row at a time, in plain Python.

The other backends must agree with it bit for bit; it reads no vectorized library and
shares no code with them. NumPy appears only where a batch comes in and goes out. Each
op becomes a function once per plan, so that single rows are served by it as well.
"""

import itertools
import math
import operator
import struct
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import accumulate
from typing import Any, TypeAlias, assert_never

import numpy as np
import pyarrow as pa

from featurekit.backends.base import Transformed
from featurekit.backends.farmhash_reference import fingerprint64, fingerprint_cat64
from featurekit.backends.inputs import check_columns
from featurekit.backends.masking_reference import mask_ids
from featurekit.backends.sequences_reference import align, difference, roll, shift
from featurekit.backends.siphash_reference import siphash
from featurekit.backends.tensors_reference import tensor_function
from featurekit.backends.text_reference import list_maker, strip_text, text_mapper
from featurekit.plan import ops
from featurekit.plan.graph import Node, Plan
from featurekit.plan.types import ValueType
from featurekit.spec.inputs import element_dtype

Value: TypeAlias = float | int | bytes | tuple[Any, ...] | None
"""A number, an integer, text as bytes, a vector or list; None for a missing value."""

Step: TypeAlias = Callable[[Mapping[str, Value], list[Value]], Value]

SMALLEST_NORMAL = 2.0**-126
SMALLEST_NORMAL_DOUBLE = 2.0**-1022


class Reject(Exception):
    """An op refuses the row."""


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
        check_columns(self.plan, batch)
        columns = {name: batch.column(name).to_pylist() for name in self.plan.columns}
        accepted: list[list[Value]] = []
        rejected: list[tuple[int, int]] = []
        for index in range(batch.num_rows):
            row = {
                name: read_value(values[index], self.plan.columns[name].dtype)
                for name, values in columns.items()
            }
            values, rejected_by = self.compute(row)
            if rejected_by < 0:
                accepted.append([values[node] for _, node in self.plan.outputs])
            else:
                rejected.append((index, rejected_by))
        rows = np.array([row for row, _ in rejected], np.int64)
        nodes = np.array([node for _, node in rejected], np.int64)
        return Transformed(self.plan, batch, self._table(accepted), rows, nodes)

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
    if isinstance(op, ops.CrossHash):
        entries = node.inputs
        crossed = cross_lists if node.type.is_list else cross_hash
        return lambda row, values: crossed([values[at] for at in entries], op)
    if isinstance(op, ops.CombineIds):
        first, second = node.inputs
        size = op.size
        return lambda row, values: combine_ids(values[first], values[second], size)
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
        compare = _COMPARISONS[op.operator]
        combine = lambda x, y: int(compare(flush_double(x), flush_double(y)))  # noqa: E731
    left, right = op.left, op.right
    if left is not None:
        return lambda y: combine(left, y)
    if right is not None:
        return lambda x: combine(x, right)
    return combine


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
            | ops.BucketizeByKey()
            | ops.BaseTensorOp()
        ):
            raise AssertionError("these ops see missing values, or several values")
        case _:
            assert_never(op)


def read_value(value: Any, dtype: str) -> Value:
    """A source value as an op sees it: text is bytes, a number is a float32."""
    if value is None:
        return None
    element = element_dtype(dtype)
    if element is not None:
        return tuple(read_value(entry, element) for entry in value)
    if dtype == "string":
        return value.encode() if isinstance(value, str) else bytes(value)
    return round_to_float32(float(value)) if dtype == "float32" else int(value)


def to_float64(value: float, policy: str) -> float | None:
    """The float32 as a float64; subnormals are zeros, a NaN is what the policy says."""
    if math.isnan(value):
        if policy == "error":
            raise Reject
        return None if policy == "missing" else math.nan
    return flush(value)


def flush(value: float) -> float:
    """The value; a zero of its sign where float32 would hold a subnormal.

    TensorFlow's threads flush subnormals or do not, depending on the machine. Doing it
    always is the one meaning that all backends can share.
    """
    return math.copysign(0.0, value) if abs(value) < SMALLEST_NORMAL else value


def flush_double(value: float) -> float:
    """The value; a zero of its sign where float64 would hold a subnormal."""
    small = abs(value) < SMALLEST_NORMAL_DOUBLE
    return math.copysign(0.0, value) if small else value


_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "less_than": operator.lt,
    "less_equal": operator.le,
    "greater_than": operator.gt,
    "greater_equal": operator.ge,
}
_OPERATIONS: Mapping[str, Callable[[float, float], float]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    # A NaN compares with nothing, and stays; of equal numbers the first one does.
    "minimum": lambda x, y: y if y < x or math.isnan(y) else x,
    "maximum": lambda x, y: y if y > x or math.isnan(y) else x,
}


def arithmetic(name: str, x: float, y: float) -> float | None:
    """One operation; None where it has no result."""
    x, y = flush_double(x), flush_double(y)
    if name == "divide" and y == 0.0:
        return None
    found = _OPERATIONS[name](x, y)
    if math.isnan(found) and not (math.isnan(x) or math.isnan(y)):
        return None
    return flush_double(found)


def round_to_float32(value: float) -> float:
    """The nearest float32, ties to even; infinite where it exceeds the largest."""
    try:
        rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return rounded


def to_float32(value: float) -> float:
    """The float32 that is written; every NaN has the bits 7fc00000."""
    if math.isnan(value):
        return math.nan
    rounded = round_to_float32(flush(value))
    if math.isinf(rounded) and not math.isinf(value):
        raise Reject
    return rounded


def log1p(value: float) -> float:
    """log(1 + x), rounded to float32; the float64 differs between machines."""
    if value < -1.0:
        raise Reject
    if value == -1.0:
        return -math.inf
    return round_to_float32(flush(math.log1p(value)))


def hash_value(value: bytes | int, key: tuple[int, ...] = ()) -> int:
    """The hash of the text, or of the decimal text of the integer."""
    text = value if isinstance(value, bytes) else b"%d" % value
    return siphash(text, key) if key else fingerprint64(text)


def lookup(
    value: bytes | int, ids: Mapping[bytes | int, int], op: ops.LookupVocabulary
) -> int:
    """The id of a token; unknown ones hash into ids of their own."""
    found = ids.get(value)
    if found is not None:
        return found
    if not op.num_oov:
        raise Reject
    return op.first_oov + (hash_value(value) % op.num_oov if op.num_oov > 1 else 0)


def bucketize(value: float, boundaries: tuple[float, ...]) -> int:
    """How many boundaries the value reaches; all of them for NaN."""
    return len(boundaries) if math.isnan(value) else bisect_right(boundaries, value)


def require_present(value: Value) -> Value:
    """The value."""
    if value is None:
        raise Reject
    return value


def require_range(value: int, count: int) -> int:
    """The value, within [0, count)."""
    if not 0 <= value < count:
        raise Reject
    return value


def cross_hash(values: Sequence[Any], op: ops.CrossHash) -> int | None:
    """Folds the hash of each text, or each integer itself, into one bucket."""
    folded = op.start
    for value in values:
        if value is None:
            return None
        mark = fingerprint64(value) if isinstance(value, bytes) else value % 2**64
        folded = fingerprint_cat64(folded, mark)
    return folded % op.num_buckets


def cross_lists(values: Sequence[Any], op: ops.CrossHash) -> Value:
    """The bucket of each combination, the last input running fastest."""
    if None in values:
        return ()
    chosen = (there(one) if isinstance(one, tuple) else (one,) for one in values)
    return tuple(cross_hash(one, op) for one in itertools.product(*chosen))


def combine_ids(first: Any, second: Any, size: int) -> int | None:
    """The place of a pair of ids among all pairs, the second id running faster."""
    return None if first is None or second is None else first * size + second


def time_part(microseconds: int, op: ops.ExtractTimePart) -> int:
    """A part of the local time: the year, or a part that is counted from 0."""
    seconds = microseconds // 1_000_000
    passed = sum(moment <= seconds for moment in op.transitions)
    days, second = divmod(seconds + op.offsets[passed], 86_400)
    # The calendar repeats every 400 years, which are 146,097 days and whole weeks.
    day = date.fromordinal(date(1970, 1, 1).toordinal() + days % 146_097)
    match op.part:
        case "minute":
            return second // 60 % 60
        case "hour":
            return second // 3600
        case "day_of_week":
            return day.weekday()
        case "day_of_month":
            return day.day - 1
        case "day_of_year":
            return day.timetuple().tm_yday - 1
        case "month":
            return day.month - 1
        case "year":
            return day.year + 400 * (days // 146_097)
        case _:
            assert_never(op.part)


def take_list(found: Any, missing: ops.MissingList) -> Value:
    """The list; a missing one is what the op says."""
    if found is not None or missing == "keep":
        return found  # type: ignore[no-any-return]
    if missing == "refuse":
        raise Reject
    return ()


def there(found: Sequence[Any]) -> list[Any]:
    """The elements that are not missing."""
    return [entry for entry in found if entry is not None]


def require_size(found: list[float], size: int) -> tuple[float, ...]:
    """The numbers, of which there are so many."""
    if len(found) != size:
        raise Reject
    return tuple(found)


def pad(
    found: list[Any], length: int, side: str, truncate: str, value: float
) -> tuple[Any, ...]:
    """The list in one length."""
    kept = found[:length] if truncate == "right" else found[-length:]
    padding = [value] * (length - len(kept))
    return tuple(kept + padding if side == "right" else padding + kept)


def aggregate(found: list[float], kind: str) -> float | None:
    """One number for all; the extremes have no negative zero."""
    total = 0.0
    for number in found:
        total += number
    if kind == "sum":
        return total
    if not found:
        return None
    if kind == "mean":
        return total / len(found)
    if any(map(math.isnan, found)):
        return math.nan
    return (min(found) if kind == "min" else max(found)) or 0.0


def weigh_terms(ids: Sequence[int | None], weights: Sequence[float]) -> Value:
    """How often each id occurs, times its weight."""
    counted = (ids.count(at) * weight for at, weight in enumerate(weights))
    return tuple(map(round_to_float32, counted))


def sum_weights(ids: Any, weights: Any, depth: int) -> Value:
    """The weights of each id, summed in order; a pair needs both to count."""
    if len(ids) != len(weights):
        raise Reject
    totals = [0.0] * depth
    for at, weight in zip(ids, weights, strict=True):
        if at is not None and weight is not None:
            totals[at] += weight
    return tuple(map(to_float32, totals))


def pad_weighted(ids: Any, weights: Any, op: ops.PadWeighted) -> Value:
    """The ids or the weights of the pairs of which both are there, in one length."""
    if len(ids) != len(weights):
        raise Reject
    pairs = [
        (at + 1, weight)
        for at, weight in zip(ids, weights, strict=True)
        if at is not None and weight is not None
    ]
    shape = op.length, op.side, op.truncate
    if op.part == "ids":
        return pad([at for at, _ in pairs], *shape, 0)
    return pad([weight for _, weight in pairs], *shape, 0.0)


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
