"""Numbers on the host: a block of a column in float64.

What lies under nulls and in refused rows is computed along and dropped.
"""

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.backends.host import instructions as at
from featurekit.backends.host.instructions import has_value, real, refuse, word
from featurekit.kernels.array_views import doubles_at, floats_at, integers_at
from featurekit.kernels.arrow_columns import START, VALUES
from featurekit.kernels.jit import inlined, kernel
from featurekit.kernels.memory import load_int64

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

SMALLEST_NORMAL = 2.0**-126


@inlined
def _flush(value: float) -> float:
    """The value; a zero of its sign below the smallest normal float32."""
    return math.copysign(0.0, value) if abs(value) < SMALLEST_NORMAL else value


@kernel
def read_float32(line: int, start: int, y: FloatArray) -> None:
    """Widens the numbers of a column from some row on."""
    values = load_int64(line + VALUES)
    x = floats_at(values + 4 * (load_int64(line + START) + start), len(y))
    for i in range(len(y)):
        y[i] = x[i]


@kernel
def read_int64(line: int, start: int, y: IntArray) -> None:
    """Copies the integers of a column from some row on."""
    values = load_int64(line + VALUES)
    x = integers_at(values + 8 * (load_int64(line + START) + start), len(y))
    for i in range(len(y)):
        y[i] = x[i]


@kernel
def _to_float64(
    code: int, x: FloatArray, y: FloatArray, valid: BoolArray, refused_by: IntArray
) -> None:
    """Flushes; treats NaN by the op's policy. `valid` is that of the result."""
    nans = 0
    for i in range(len(x)):
        y[i] = _flush(x[i])
        nans += x[i] != x[i]
    if nans == 0:
        return
    policy, node = word(code, at.FIRST), word(code, at.NODE)
    for i in range(len(x)):
        if not math.isnan(x[i]):
            continue
        if policy == at.NAN_IS_MISSING:
            valid[i] = False
        elif policy == at.NAN_IS_KEPT:
            y[i] = np.nan
        elif has_value(valid, i):
            refuse(refused_by, i, node)


@kernel
def _clip(x: FloatArray, y: FloatArray, low: float, high: float) -> None:
    """Limits by comparison, so that NaN and -0.0 stay what they are."""
    for i in range(len(x)):
        value = high if x[i] > high else x[i]
        y[i] = low if value < low else value


@kernel
def _log1p(
    x: FloatArray, y: FloatArray, valid: BoolArray, refused_by: IntArray, node: int
) -> None:
    """The C library's log1p, as Python has it, rounded to float32."""
    for i in range(len(x)):
        found = np.nan
        if x[i] > -1.0:
            found = _flush(math.log1p(x[i]))
        elif x[i] == -1.0:
            found = -np.inf
        elif x[i] < -1.0 and has_value(valid, i):
            refuse(refused_by, i, node)
        y[i] = np.float32(found)


@kernel
def _scale(x: FloatArray, y: FloatArray, minus: float, divisor: float) -> None:
    """A difference and a quotient, each rounded to float64."""
    if divisor == 0.0:  # never: without it, every division is checked
        return
    for i in range(len(x)):
        y[i] = (x[i] - minus) / divisor


@kernel
def _bucketize(x: FloatArray, y: IntArray, boundaries: FloatArray) -> None:
    """Binary search without branches: what is next cannot be guessed from data.

    Written so that NaN passes all boundaries.
    """
    for i in range(len(x)):
        found, left = 0, len(boundaries)
        while left > 1:
            half = left >> 1
            found += 0 if x[i] < boundaries[found + half - 1] else half
            left -= half
        if left == 1:
            found += 0 if x[i] < boundaries[found] else 1
        y[i] = found


@kernel
def _is_greater_equal(x: FloatArray, y: IntArray, threshold: float) -> None:
    """A comparison, which NaN fails."""
    for i in range(len(x)):
        y[i] = x[i] >= threshold


@kernel
def _to_float32(
    x: FloatArray,
    y: npt.NDArray[np.float32],
    valid: BoolArray,
    refused_by: IntArray,
    node: int,
) -> None:
    """Rounds once; refuses finite values that become infinite."""
    unusual = 0
    for i in range(len(x)):
        y[i] = np.float32(_flush(x[i]))
        unusual += not abs(y[i]) < np.inf
    if unusual == 0:
        return
    for i in range(len(x)):
        if math.isnan(x[i]):
            y[i] = np.nan  # one NaN, so that equal values are equal bytes
        elif math.isinf(y[i]) and not math.isinf(x[i]) and has_value(valid, i):
            refuse(refused_by, i, node)


@kernel
def run_number_op(
    code: int, source: int, target: int, valid: BoolArray, refused_by: IntArray
) -> None:
    """Runs an op that takes float64.

    Args:
        code: Address of the instruction.
        source: Address of the input.
        target: Address of the result.
        valid: Which rows have a result; of length 0 if all have.
        refused_by: int64, one per row of the block.
    """
    op, node, count = word(code, at.OP), word(code, at.NODE), len(refused_by)
    x, y = doubles_at(source, count), doubles_at(target, count)
    if op == at.TO_FLOAT64:
        _to_float64(code, x, y, valid, refused_by)
    elif op == at.CLIP:
        _clip(x, y, real(code, at.FIRST), real(code, at.SECOND))
    elif op == at.LOG1P:
        _log1p(x, y, valid, refused_by, node)
    elif op == at.SCALE:
        _scale(x, y, real(code, at.FIRST), real(code, at.SECOND))
    elif op == at.BUCKETIZE:
        boundaries = doubles_at(word(code, at.FIRST), word(code, at.SECOND))
        _bucketize(x, integers_at(target, count), boundaries)
    elif op == at.IS_GREATER_EQUAL:
        _is_greater_equal(x, integers_at(target, count), real(code, at.FIRST))
    else:
        _to_float32(x, floats_at(target, count), valid, refused_by, node)
