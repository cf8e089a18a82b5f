"""The definition of every op: one row at a time, in plain Python.

Slow and obvious. The other backends must agree with it bit for bit; it reads no
vectorized library and shares no code with them. NumPy appears only where a batch comes
in and goes out.
"""

import math
import struct
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, TypeAlias, assert_never

import numpy as np
import pyarrow as pa

from featurekit.backends.base import Transformed
from featurekit.backends.farmhash_reference import fingerprint64, fingerprint_cat64
from featurekit.backends.inputs import check_columns
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.plan.types import ValueType

Value: TypeAlias = float | int | bytes | tuple[float, ...] | None
"""A number, an integer, text as bytes, a vector, or None for a missing value."""

SMALLEST_NORMAL = 2.0**-126
CROSS_SEED = 0xDECAFCAFFE


class Reject(Exception):
    """An op refuses the row; `node` is its position once the plan is known."""

    node = -1


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

    def run(self, batch: pa.RecordBatch) -> Transformed:
        """Computes all outputs for all rows that no op refuses."""
        check_columns(self.plan, batch)
        columns = {name: batch.column(name).to_pylist() for name in self.plan.columns}
        accepted: list[list[Value]] = []
        rejected: list[tuple[int, int]] = []
        for index in range(batch.num_rows):
            row = {name: values[index] for name, values in columns.items()}
            try:
                values = [value for _, value in self._steps(row)]
            except Reject as reject:
                rejected.append((index, reject.node))
                continue
            accepted.append([values[node] for _, node in self.plan.outputs])
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
        values: list[tuple[int, Value]] = []
        try:
            values.extend(self._steps(row))
        except Reject as reject:
            return values, reject.node
        return values, -1

    def _steps(self, row: Mapping[str, object]) -> Iterator[tuple[int, Value]]:
        values: list[Value] = []
        for index, node in enumerate(self.plan.nodes):
            inputs = tuple(values[entry] for entry in node.inputs)
            try:
                values.append(_apply(node.op, inputs, row))
            except Reject as reject:
                reject.node = index
                raise
            yield index, values[-1]

    def _table(self, accepted: list[list[Value]]) -> pa.RecordBatch:
        types = self.plan.output_types
        columns = {
            name: pa.array([row[at] for row in accepted], _arrow_type(kind))
            for at, (name, kind) in enumerate(types.items())
        }
        return pa.record_batch(columns)


def _apply(op: ops.Op, inputs: tuple[Value, ...], row: Mapping[str, object]) -> Value:
    """The result of an op; a missing input gives a missing result.

    Raises:
        Reject: The op refuses the row.
    """
    match op:
        case ops.ReadColumn(column=column, dtype=dtype):
            return read_value(row.get(column), dtype)
        case ops.FillMissing(value=filled):
            if inputs[0] is not None:
                return inputs[0]
            return filled.encode() if isinstance(filled, str) else filled
        case ops.RequirePresent():
            if inputs[0] is None:
                raise Reject
            return inputs[0]
        case _ if any(value is None for value in inputs):
            return None
        case ops.CrossHash(num_buckets=count):
            return cross_hash(inputs, count)
        case _:
            return _apply_to_present(op, inputs[0])


def _apply_to_present(op: ops.Op, value: Any) -> Value:
    match op:
        case ops.ToFloat64(nan=policy):
            return to_float64(value, policy)
        case ops.ClipValue(low=low, high=high):
            # Written as comparisons: NaN stays NaN, and -0.0 is not below 0.0.
            return float(low if value < low else high if value > high else value)
        case ops.Log1pValue():
            return log1p(value)
        case ops.StandardizeValue(mean=mean, std=std):
            return float((value - mean) / (std or 1.0))
        case ops.MinMaxScale(minimum=minimum, maximum=maximum):
            return float((value - minimum) / ((maximum - minimum) or 1.0))
        case ops.Bucketize(boundaries=boundaries):
            if math.isnan(value):
                return len(boundaries)
            return int(sum(boundary <= value for boundary in boundaries))
        case ops.IsGreaterEqual(threshold=threshold):
            return int(value >= threshold)
        case ops.LookupVocabulary(vocabulary=vocabulary, num_oov=num_oov):
            return lookup(value, vocabulary.tokens, num_oov)
        case ops.HashBucket(num_buckets=count):
            return hash_value(value) % count
        case ops.CheckRange(num_ids=count):
            if not 0 <= value < count:
                raise Reject
            return int(value)
        case ops.ExtractTimePart():
            return time_part(value, op)
        case ops.OneHotEncode(depth=depth):
            return tuple(float(index == value) for index in range(depth))
        case ops.ToFloat32():
            return to_float32(value)
        case (
            ops.ReadColumn()
            | ops.FillMissing()
            | ops.RequirePresent()
            | ops.CrossHash()
        ):
            raise AssertionError("these ops see missing values, or several values")
        case _:
            assert_never(op)


def read_value(value: Any, dtype: str) -> Value:
    """A source value as an op sees it: text is bytes, a number is a float32."""
    if value is None:
        return None
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


def hash_value(value: bytes | int) -> int:
    """FarmHash64 of the text, or of the decimal text of the integer."""
    return fingerprint64(value if isinstance(value, bytes) else b"%d" % value)


def lookup(value: bytes | int, tokens: tuple[bytes | int, ...], num_oov: int) -> int:
    """The id of a token; unknown ones hash into the ids behind the vocabulary."""
    if value in tokens:
        return tokens.index(value)
    if not num_oov:
        raise Reject
    return len(tokens) + hash_value(value) % num_oov


def cross_hash(values: tuple[Any, ...], num_buckets: int) -> int:
    """Folds the hash of each text, or each integer itself, into one bucket."""
    folded = CROSS_SEED
    for value in values:
        mark = fingerprint64(value) if isinstance(value, bytes) else value % 2**64
        folded = fingerprint_cat64(folded, mark)
    return folded % num_buckets


def time_part(microseconds: int, op: ops.ExtractTimePart) -> int:
    """A part of the local time, counted from 0."""
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
        case _:
            assert_never(op.part)


def _arrow_type(kind: ValueType) -> pa.DataType:
    if kind.width is not None:
        return pa.list_(pa.float32(), kind.width)
    return {
        "float32": pa.float32(),
        "float64": pa.float64(),
        "int64": pa.int64(),
        "timestamp": pa.int64(),
        "string": pa.large_binary(),
    }[kind.dtype]
