"""Ops of several numbers in ONNX."""

from collections.abc import Iterator

import numpy as np
from onnx import TensorProto

from featurekit.plan import ops
from featurekit.serve.onnx.graph_builder import GraphBuilder, Outcome, Value
from featurekit.serve.onnx.numbers import (
    SMALLEST_NORMAL_DOUBLE,
    add_zero,
    flush,
)

_COMPARISONS = {
    "less_than": "Less",
    "less_equal": "LessOrEqual",
    "greater_than": "Greater",
    "greater_equal": "GreaterOrEqual",
}
_OPERATIONS = {"add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div"}


def arithmetic(g: GraphBuilder, op: ops.Arithmetic, *inputs: Value) -> Outcome:
    """One operation, rounded once; missing where it has no result."""
    x, y = _pair(g, op, inputs)
    left, right = _flushed(g, x.tensor), _flushed(g, y.tensor)
    valid = g.both(x.valid, y.valid)
    if op.operator in ("minimum", "maximum"):
        closer = "Less" if op.operator == "minimum" else "Greater"
        second = g.op("Or", g.op(closer, right, left), g.op("IsNaN", right))
        return Outcome(Value(g.select(second, right, left), valid))
    found = g.op(_OPERATIONS[op.operator], left, right)
    nan = g.op("Or", g.op("IsNaN", left), g.op("IsNaN", right))
    known = g.op("Or", nan, g.op("Not", g.op("IsNaN", found)))
    if op.operator == "divide":
        zero = g.op("Equal", right, g.double(0.0))
        known = g.op("And", known, g.op("Not", zero))
    if _adds_zero(op):
        found = add_zero(g, found)
    return Outcome(Value(_flushed(g, found), g.both(valid, known)))


def compare_numbers(g: GraphBuilder, op: ops.CompareNumbers, *inputs: Value) -> Outcome:
    """A comparison, which NaN fails."""
    x, y = _pair(g, op, inputs)
    left, right = _flushed(g, x.tensor), _flushed(g, y.tensor)
    found = g.cast(g.op(_COMPARISONS[op.operator], left, right), TensorProto.INT64)
    return Outcome(Value(found, g.both(x.valid, y.valid)))


def choose_number(
    g: GraphBuilder, op: ops.ChooseNumber, condition: Value, *inputs: Value
) -> Outcome:
    """One number or another; missing where the condition or the chosen one is."""
    rest = iter(inputs)
    then, otherwise = _operand(g, op.then, rest), _operand(g, op.otherwise, rest)
    first = g.op("Equal", condition.tensor, g.integer(1))
    valid = condition.valid
    if then.valid is not None:
        valid = g.both(valid, g.op("Or", g.op("Not", first), then.valid))
    if otherwise.valid is not None:
        valid = g.both(valid, g.op("Or", first, otherwise.valid))
    return Outcome(Value(g.select(first, then.tensor, otherwise.tensor), valid))


def _pair(
    g: GraphBuilder, op: ops.Arithmetic | ops.CompareNumbers, inputs: tuple[Value, ...]
) -> tuple[Value, Value]:
    rest = iter(inputs)
    return _operand(g, op.left, rest), _operand(g, op.right, rest)


def _operand(g: GraphBuilder, number: float | None, inputs: Iterator[Value]) -> Value:
    return next(inputs) if number is None else Value(g.double(number))


def _adds_zero(op: ops.Arithmetic) -> bool:
    """Whether the op adds a constant 0.0, which ONNX Runtime would leave out."""
    if op.operator == "subtract":
        return op.right == 0.0 and bool(np.signbit(op.right))
    number = op.right if op.left is None else op.left
    return op.operator == "add" and number == 0.0 and not np.signbit(number)


def _flushed(g: GraphBuilder, x: str) -> str:
    return flush(g, x, SMALLEST_NORMAL_DOUBLE)
