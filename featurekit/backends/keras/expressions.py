"""Ops of several inputs in a graph.

Kernels take the ops of a stage and its inputs, each stacked, shape (columns, batch).
What lies under a missing value is computed along.
"""

from collections.abc import Callable, Iterator, Sequence

import tensorflow as tf

from featurekit.backends.keras.numeric import (
    SMALLEST_NORMAL_DOUBLE,
    constants,
    flush,
)
from featurekit.backends.keras.values import Outcome, Value, both
from featurekit.plan import ops

_COMPARISONS: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "less_than": tf.less,
    "less_equal": tf.less_equal,
    "greater_than": tf.greater,
    "greater_equal": tf.greater_equal,
}


def arithmetic(chosen: Sequence[ops.Arithmetic], *inputs: Value) -> Outcome:
    """One operation, rounded once; missing where it has no result.

    Between two operations there is always a choice, so that graph rewriting finds no
    sums of sums to put into another order.
    """
    x, y = _pair(chosen, inputs)
    left, right = _flushed(x.tensor), _flushed(y.tensor)
    valid = both(x.valid, y.valid)
    name = chosen[0].operator
    if name in ("minimum", "maximum"):
        beyond = right < left if name == "minimum" else right > left
        second = tf.logical_or(beyond, tf.math.is_nan(right))
        return Outcome(Value(tf.where(second, right, left), valid))
    found = _OPERATIONS[name](left, right)
    known = tf.math.is_nan(left) | tf.math.is_nan(right) | ~tf.math.is_nan(found)
    if name == "divide":
        known = known & tf.not_equal(right, 0.0)
    return Outcome(Value(_flushed(found), both(valid, known)))


_OPERATIONS: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "add": tf.add,
    "subtract": tf.subtract,
    "multiply": tf.multiply,
    "divide": tf.realdiv,
}


def compare_numbers(chosen: Sequence[ops.CompareNumbers], *inputs: Value) -> Outcome:
    """A comparison, which NaN fails."""
    x, y = _pair(chosen, inputs)
    found = _COMPARISONS[chosen[0].operator](_flushed(x.tensor), _flushed(y.tensor))
    return Outcome(Value(tf.cast(found, tf.int64), both(x.valid, y.valid)))


def choose_number(
    chosen: Sequence[ops.ChooseNumber], condition: Value, *inputs: Value
) -> Outcome:
    """One number or another; missing where the condition or the chosen one is."""
    rest = iter(inputs)
    then = _operand([op.then for op in chosen], rest)
    otherwise = _operand([op.otherwise for op in chosen], rest)
    first = tf.equal(condition.tensor, 1)
    valid = condition.valid
    if then.valid is not None:
        valid = both(valid, tf.logical_or(~first, then.valid))
    if otherwise.valid is not None:
        valid = both(valid, tf.logical_or(first, otherwise.valid))
    return Outcome(Value(tf.where(first, then.tensor, otherwise.tensor), valid))


def join_text(chosen: Sequence[ops.JoinText], *inputs: Value) -> Outcome:
    """The texts of a row, with the separator in between; the ops are equal."""
    valid = None
    for value in inputs:
        valid = both(valid, value.valid)
    joined = tf.strings.join([one.tensor for one in inputs], chosen[0].separator)
    return Outcome(Value(joined, valid))


def _pair(
    chosen: Sequence[ops.Arithmetic | ops.CompareNumbers], inputs: tuple[Value, ...]
) -> tuple[Value, Value]:
    rest = iter(inputs)
    left = _operand([op.left for op in chosen], rest)
    return left, _operand([op.right for op in chosen], rest)


def _operand(numbers: list[float | None], inputs: Iterator[Value]) -> Value:
    """The numbers of the ops, shape (columns, 1), or the next input."""
    given = [number for number in numbers if number is not None]
    return Value(constants(given)) if given else next(inputs)


def _flushed(x: tf.Tensor) -> tf.Tensor:
    return flush(x, SMALLEST_NORMAL_DOUBLE)
