"""Numbers in ONNX: float64 throughout, rounded to float32 once at the end."""

import numpy as np
from onnx import TensorProto

from featurekit.plan import ops
from featurekit.serve.onnx.graph_builder import GraphBuilder, Outcome, Value

SMALLEST_NORMAL = 2.0**-126
SMALLEST_NORMAL_DOUBLE = 2.0**-1022

LOG1P_EXCEPTION = (8.472636222839355, 2.2484073638916016)
"""The one float32 whose log1p, all but halfway between two float32, ONNX Runtime
rounds to the other one: found by comparing every float32 that is not below -1."""


def flush(g: GraphBuilder, x: str, smallest: float = SMALLEST_NORMAL) -> str:
    """The float64 values; zeros of their sign below the smallest normal number."""
    normal = g.op("GreaterOrEqual", g.op("Abs", x), g.double(smallest))
    return g.op("Mul", x, g.cast(normal, TensorProto.DOUBLE))


def add_zero(g: GraphBuilder, x: str) -> str:
    """X + 0.0, which is 0.0 for -0.0.

    ONNX Runtime takes out an addition of a constant zero, and so keeps -0.0.
    """
    return g.replace(g.op("Equal", x, g.double(0.0)), 0.0, x)


def subtract(g: GraphBuilder, x: str, number: float) -> str:
    """The values less a number."""
    if number == 0.0:
        return add_zero(g, x) if np.signbit(number) else x
    return g.op("Sub", x, g.double(number))


def to_float64(g: GraphBuilder, op: ops.ToFloat64, x: Value) -> Outcome:
    """Widens float32; treats NaN by the op's policy."""
    wide = flush(g, g.cast(x.tensor, TensorProto.DOUBLE))
    if op.nan == "keep":
        return Outcome(Value(wide, x.valid))
    nan = g.op("IsNaN", x.tensor)
    if op.nan == "missing":
        return Outcome(Value(wide, g.both(x.valid, g.op("Not", nan))))
    return Outcome(Value(wide, x.valid), nan)


def clip(g: GraphBuilder, op: ops.ClipValue, x: Value) -> Outcome:
    """Limits by comparison, so that NaN and -0.0 stay what they are."""
    low, high = g.double(op.low), g.double(op.high)
    found = g.replace(g.op("Greater", x.tensor, high), op.high, x.tensor)
    found = g.replace(g.op("Less", x.tensor, low), op.low, found)
    return Outcome(Value(found, x.valid))


def log1p(g: GraphBuilder, op: ops.Log1pValue, x: Value) -> Outcome:
    """The logarithm of 1 + x, rounded to float32.

    ONNX has no log1p. With u = 1 + x rounded, log(u) * x / (u - 1) makes up for what
    was rounded away, up to the last bits of a float64 (W. Kahan; Goldberg, "What every
    computer scientist should know about floating-point arithmetic", theorem 4).
    """
    del op
    one = g.double(1.0)
    u = g.op("Add", x.tensor, one)
    ratio = g.op("Div", x.tensor, g.op("Sub", u, one))
    found = g.op("Mul", g.op("Log", u), ratio)
    as_is = g.op("Or", g.op("Equal", u, one), g.op("IsInf", x.tensor))
    # In this order -0.0 stays: see GraphBuilder.select.
    found = flush(g, g.op("Where", g.negate(as_is), found, x.tensor))
    rounded = g.cast(g.cast(found, TensorProto.FLOAT), TensorProto.DOUBLE)
    number, result = LOG1P_EXCEPTION
    exception = g.op("Equal", x.tensor, g.double(number))
    # In this order -0.0 stays: see GraphBuilder.select.
    rounded = g.replace(exception, result, rounded)
    return Outcome(Value(rounded, x.valid), g.op("Less", x.tensor, g.double(-1.0)))


def standardize(g: GraphBuilder, op: ops.StandardizeValue, x: Value) -> Outcome:
    """A difference and a quotient, each rounded to float64."""
    apart = subtract(g, x.tensor, op.mean)
    return Outcome(Value(g.op("Div", apart, g.double(op.std or 1.0)), x.valid))


def min_max(g: GraphBuilder, op: ops.MinMaxScale, x: Value) -> Outcome:
    """A difference and a quotient, each rounded to float64."""
    width = (op.maximum - op.minimum) or 1.0
    apart = subtract(g, x.tensor, op.minimum)
    return Outcome(Value(g.op("Div", apart, g.double(width)), x.valid))


def bucketize(g: GraphBuilder, op: ops.Bucketize, x: Value) -> Outcome:
    """Counts the boundaries that are not above; NaN is behind all."""
    if not op.boundaries:
        return Outcome(Value(g.filled(x.tensor, 0, np.int64), x.valid))
    passed = g.count_reached(x.tensor, g.double([op.boundaries]))
    most = g.integer(len(op.boundaries))
    found = g.op("Where", g.op("IsNaN", x.tensor), most, passed)
    return Outcome(Value(found, x.valid))


def is_greater_equal(g: GraphBuilder, op: ops.IsGreaterEqual, x: Value) -> Outcome:
    """A comparison, which NaN fails."""
    reached = g.op("GreaterOrEqual", x.tensor, g.double(op.threshold))
    return Outcome(Value(g.cast(reached, TensorProto.INT64), x.valid))


def to_float32(g: GraphBuilder, op: ops.ToFloat32, x: Value) -> Outcome:
    """Rounds once; refuses finite values that become infinite."""
    del op
    rounded = g.cast(flush(g, x.tensor), TensorProto.FLOAT)
    nan = g.constant(np.array(0x7FC00000, np.uint32).view(np.float32), np.float32)
    rounded = g.op("Where", g.op("IsNaN", x.tensor), nan, rounded)
    finite = g.op("Not", g.op("IsInf", x.tensor))
    return Outcome(Value(rounded, x.valid), g.op("And", g.op("IsInf", rounded), finite))
