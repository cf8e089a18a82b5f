"""Ids in ONNX: vocabularies, ranges, crosses of ids, vectors, special values."""

from functools import reduce
from itertools import accumulate

import numpy as np
from onnx import TensorProto

from featurekit.plan import ops
from featurekit.serve.onnx.graph_builder import ML, GraphBuilder, Outcome, Value


def lookup_vocabulary(g: GraphBuilder, op: ops.LookupVocabulary, x: Value) -> Outcome:
    """The id of a token; the one id of unknown ones, or a refusal."""
    default = op.first_oov if op.num_oov else -1
    tokens, kind = list(op.vocabulary.tokens), "strings"
    if not tokens:
        found = g.filled(x.tensor, default, np.int64)
    else:
        if not op.vocabulary.is_text:
            kind = "int64s"
        table = {
            f"keys_{kind}": tokens,
            "values_int64s": list(op.token_ids),
            "default_int64": default,
        }
        found = g.op("LabelEncoder", x.tensor, domain=ML, **table)
    unknown = None if op.num_oov else g.op("Less", found, g.integer(0))
    return Outcome(Value(found, x.valid), unknown)


def combine_ids(
    g: GraphBuilder, op: ops.CombineIds, first: Value, second: Value
) -> Outcome:
    """The place of a pair of ids among all pairs."""
    row = g.op("Mul", first.tensor, g.integer(op.size))
    found = g.op("Add", row, second.tensor)
    return Outcome(Value(found, g.both(first.valid, second.valid)))


def check_range(g: GraphBuilder, op: ops.CheckRange, x: Value) -> Outcome:
    """The integer itself; refused outside of the range."""
    return Outcome(x, g.op("Not", _within(g, x.tensor, op.num_ids)))


def default_id(g: GraphBuilder, op: ops.DefaultId, x: Value) -> Outcome:
    """The integer itself in the range; else the default, or missing."""
    known = _within(g, x.tensor, op.num_ids)
    if op.default is None:
        return Outcome(Value(x.tensor, g.both(x.valid, known)))
    found = g.op("Where", known, x.tensor, g.integer(op.default))
    return Outcome(Value(found, x.valid))


def one_hot(g: GraphBuilder, op: ops.OneHotEncode, x: Value) -> Outcome:
    """A float32 vector, 1.0 at the id."""
    same = g.op("Equal", g.column(x.tensor), g.integer([range(op.depth)]))
    return Outcome(Value(g.cast(same, TensorProto.FLOAT)))


def lookup_vector(g: GraphBuilder, op: ops.LookupVector, x: Value) -> Outcome:
    """The float32 vector of an id."""
    table = np.array(op.values, np.float32).reshape(-1, op.width)
    ids = _limited(g, x.tensor, len(table))
    return Outcome(Value(g.op("Gather", g.constant(table, np.float32), ids)))


def lookup_number(g: GraphBuilder, op: ops.LookupNumber, x: Value) -> Outcome:
    """The float64 number of an id; missing behind the last number."""
    count = len(op.values)
    found = g.op("Gather", g.double(op.values), _limited(g, x.tensor, count))
    known = g.op("Less", x.tensor, g.integer(count)) if op.num_missing else None
    return Outcome(Value(found, g.both(x.valid, known)))


def bucketize_by_key(
    g: GraphBuilder, op: ops.BucketizeByKey, x: Value, key: Value
) -> Outcome:
    """Counts the boundaries of the key that are not above; NaN is behind all."""
    table = np.full((len(op.sizes), max(1, *op.sizes)), np.inf)
    for row, (end, size) in enumerate(zip(accumulate(op.sizes), op.sizes, strict=True)):
        table[row, :size] = op.boundaries[end - size : end]
    ids = _limited(g, key.tensor, len(op.sizes))
    passed = g.count_reached(x.tensor, g.op("Gather", g.double(table), ids))
    most = g.op("Gather", g.integer(op.sizes), ids)
    # Infinity reaches what only pads the table.
    beyond = g.op("Or", g.op("IsNaN", x.tensor), g.op("Greater", passed, most))
    found = g.op("Where", beyond, most, passed)
    valid = g.both(x.valid, key.valid)
    known = g.op("Less", key.tensor, g.integer(len(op.sizes)))
    return Outcome(Value(found, g.both(valid, known if op.num_missing else None)))


def fill_missing(g: GraphBuilder, op: ops.FillMissing, x: Value) -> Outcome:
    """Replaces missing values."""
    if x.valid is None:
        return Outcome(x)
    if isinstance(op.value, float):
        return Outcome(Value(g.replace(g.negate(x.valid), op.value, x.tensor)))
    filled = g.constant(op.value, object if isinstance(op.value, str) else np.int64)
    return Outcome(Value(g.op("Where", x.valid, x.tensor, filled)))


def require_present(g: GraphBuilder, op: ops.RequirePresent, x: Value) -> Outcome:
    """Refuses rows without a value."""
    del op
    return Outcome(Value(x.tensor), x.valid and g.op("Not", x.valid))


def is_missing(g: GraphBuilder, op: ops.IsMissing, x: Value) -> Outcome:
    """1 where there is no value, else 0."""
    del op
    if x.valid is None:
        return Outcome(Value(g.filled(x.tensor, 0, np.int64)))
    return Outcome(Value(g.cast(g.op("Not", x.valid), TensorProto.INT64)))


def mark_missing(g: GraphBuilder, op: ops.MarkMissing, x: Value) -> Outcome:
    """Takes some values for missing ones."""
    if isinstance(op.values[0], str):
        # Text is compared by a table: Equal takes no text before opset 19.
        found = g.op(
            "LabelEncoder", x.tensor, domain=ML, keys_strings=list(op.values),
            values_int64s=[1] * len(op.values), default_int64=0,
        )  # fmt: skip
        marked = g.op("Equal", found, g.integer(1))
    else:
        dtype = np.float64 if isinstance(op.values[0], float) else np.int64
        each = [g.op("Equal", x.tensor, g.constant(v, dtype)) for v in op.values]
        marked = reduce(lambda one, other: g.op("Or", one, other), each)
    return Outcome(Value(x.tensor, g.both(x.valid, g.op("Not", marked))))


def _within(g: GraphBuilder, x: str, count: int) -> str:
    reached = g.op("GreaterOrEqual", x, g.integer(0))
    return g.op("And", reached, g.op("Less", x, g.integer(count)))


def _limited(g: GraphBuilder, ids: str, count: int) -> str:
    """The ids; what stands under missing values and in refused rows may be none."""
    return g.op("Min", g.op("Max", ids, g.integer(0)), g.integer(count - 1))
