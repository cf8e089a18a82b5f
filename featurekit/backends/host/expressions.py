"""Ops of several inputs on the host: a block of each column in float64.

What lies under nulls and in refused rows is computed along and dropped.
"""

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.backends.host import instructions as at
from featurekit.backends.host.by_key import bucketize_by_key
from featurekit.backends.host.hiding import hide_ids
from featurekit.backends.host.instructions import has_value, word
from featurekit.kernels.array_views import bools_at, doubles_at, integers_at
from featurekit.kernels.jit import inlined, kernel

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

SMALLEST_NORMAL_DOUBLE = 2.0**-1022

OPERATION_CODES = {
    "add": 0,
    "subtract": 1,
    "multiply": 2,
    "divide": 3,
    "minimum": 4,
    "maximum": 5,
}
COMPARISON_CODES = {
    "less_than": 0,
    "less_equal": 1,
    "greater_than": 2,
    "greater_equal": 3,
}


@inlined
def _flush(value: float) -> float:
    """The value; a zero of its sign where float64 would hold a subnormal."""
    small = abs(value) < SMALLEST_NORMAL_DOUBLE
    return math.copysign(0.0, value) if small else value


@inlined
def _operate(operation: int, x: float, y: float) -> float:
    """One operation; NaN where the divisor is 0."""
    if operation == 0:
        return x + y
    if operation == 1:
        return x - y
    if operation == 2:
        return x * y
    if operation == 3:
        return x / y if y != 0.0 else np.nan
    if operation == 4:
        return y if y < x or math.isnan(y) else x
    return y if y > x or math.isnan(y) else x


@kernel
def _combine(
    operation: int, x: FloatArray, y: FloatArray, z: FloatArray, valid: BoolArray
) -> None:
    """Computes, and marks as missing what has no result."""
    for i in range(len(z)):
        left, right = _flush(x[i]), _flush(y[i])
        z[i] = found = _flush(_operate(operation, left, right))
        if math.isnan(found) and len(valid):
            kept = math.isnan(left) or math.isnan(right)
            by_zero = operation == 3 and right == 0.0
            if by_zero or not kept:
                valid[i] = False


@kernel
def _compare(comparison: int, x: FloatArray, y: FloatArray, z: IntArray) -> None:
    """Comparisons, which NaN fails."""
    for i in range(len(z)):
        left, right = _flush(x[i]), _flush(y[i])
        if comparison == 0:
            z[i] = left < right
        elif comparison == 1:
            z[i] = left <= right
        elif comparison == 2:
            z[i] = left > right
        else:
            z[i] = left >= right


@kernel
def _choose(condition: IntArray, x: IntArray, y: IntArray, z: IntArray) -> None:
    """Chooses bits, so that every number stays what it is."""
    for i in range(len(z)):
        z[i] = x[i] if condition[i] == 1 else y[i]


@kernel
def _choose_validity(
    condition: IntArray, x: BoolArray, y: BoolArray, valid: BoolArray
) -> None:
    """Where the chosen one is missing; `valid` holds that of the condition."""
    for i in range(len(valid)):
        valid[i] &= has_value(x, i) if condition[i] == 1 else has_value(y, i)


@inlined
def _validity(address: int, count: int) -> BoolArray:
    return bools_at(address, count if address else 0)  # type: ignore[no-any-return]


@kernel
def run_expression(
    code: int, addresses: IntArray, valid: BoolArray, count: int
) -> None:
    """Runs an op of two or three inputs.

    Args:
        code: Address of the instruction.
        addresses: Those of all places for the block.
        valid: Which rows have the first input, and after the call which have a result;
            of length 0 if all have.
        count: Rows of the block.
    """
    op, which = word(code, at.OP), word(code, at.FIRST)
    first, second = addresses[word(code, at.IN)], addresses[word(code, at.IN_2)]
    target = addresses[word(code, at.OUT)]
    second_valid = _validity(addresses[word(code, at.IN_2_VALID)], count)
    if op == at.CHOOSE:
        third_valid = _validity(addresses[word(code, at.IN_3_VALID)], count)
        condition = integers_at(first, count)
        _choose_validity(condition, second_valid, third_valid, valid)
        third = integers_at(addresses[word(code, at.IN_3)], count)
        second_bits = integers_at(second, count)
        _choose(condition, second_bits, third, integers_at(target, count))
        return
    for i in range(len(second_valid)):
        valid[i] &= second_valid[i]
    if op == at.BUCKETIZE_BY_KEY:
        ids = integers_at(second, count)
        bucketize_by_key(
            code, doubles_at(first, count), ids, integers_at(target, count), valid
        )
        return
    if op == at.HIDE_ID:
        ids = integers_at(second, count)
        hide_ids(code, integers_at(first, count), ids, integers_at(target, count))
        return
    left, right = doubles_at(first, count), doubles_at(second, count)
    if op == at.COMBINE:
        _combine(which, left, right, doubles_at(target, count), valid)
    else:
        _compare(which, left, right, integers_at(target, count))


@kernel
def is_missing(valid: BoolArray, y: IntArray) -> None:
    """1 where a number is missing.

    Args:
        valid: Which rows have a number; of length 0 if all have.
        y: Receives 0 or 1.
    """
    for i in range(len(y)):
        y[i] = not has_value(valid, i)
