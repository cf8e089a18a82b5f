"""Numbers on the host: whole columns in float64 with NumPy.

The executor runs all steps with floating-point warnings off: what lies under nulls and
in refused rows is computed along and dropped.
"""

import math

import numpy as np

from featurekit.backends.host.values import (
    Column,
    FloatArray,
    Result,
    Step,
    both_valid,
    present,
)
from featurekit.kernels.arrow_buffers import read_only
from featurekit.kernels.jit import kernel
from featurekit.plan import ops

SMALLEST_NORMAL = 2.0**-126


def _flush(values: FloatArray) -> FloatArray:
    """The values; zeros of their sign below the smallest normal float32."""
    small = np.abs(values) < SMALLEST_NORMAL
    return np.where(small, np.copysign(0.0, values), values)


def to_float64(op: ops.ToFloat64) -> Step:
    """Widens float32; treats NaN by the op's policy."""

    def run(x: Column) -> Result:
        values = _flush(x.array.astype(np.float64))
        nans = np.isnan(values)
        if not nans.any():
            return Column(values, x.valid), None
        if op.nan == "error":
            return Column(values, x.valid), present(nans, x.valid)
        if op.nan == "missing":
            return Column(values, both_valid(x.valid, ~nans)), None
        values[nans] = np.nan
        return Column(values, x.valid), None

    return run


def clip(op: ops.ClipValue) -> Step:
    """Limits by comparison, so that NaN and -0.0 stay what they are."""

    def run(x: Column) -> Result:
        values = np.where(x.array > op.high, op.high, x.array)
        return Column(np.where(x.array < op.low, op.low, values), x.valid), None

    return run


@kernel
def _log1p(values: FloatArray) -> FloatArray:
    found = np.empty(len(values), np.float64)
    for i in range(len(values)):
        x = values[i]
        if x > -1.0:
            found[i] = math.log1p(x)
        elif x == -1.0:
            found[i] = -np.inf
        else:
            found[i] = np.nan
    return found


def log1p(op: ops.Log1pValue) -> Step:
    """The C library's log1p, as Python has it, rounded to float32."""

    def run(x: Column) -> Result:
        refused = present(x.array < -1.0, x.valid)
        values = _flush(_log1p(read_only(x.array)))
        rounded = values.astype(np.float32).astype(np.float64)
        return Column(rounded, x.valid), refused

    return run


def standardize(op: ops.StandardizeValue) -> Step:
    """A difference and a quotient, each rounded to float64."""
    std = op.std or 1.0

    def run(x: Column) -> Result:
        values = x.array - op.mean
        return Column(np.divide(values, std, out=values), x.valid), None

    return run


def min_max(op: ops.MinMaxScale) -> Step:
    """A difference and a quotient, each rounded to float64."""
    width = (op.maximum - op.minimum) or 1.0

    def run(x: Column) -> Result:
        values = x.array - op.minimum
        return Column(np.divide(values, width, out=values), x.valid), None

    return run


def bucketize(op: ops.Bucketize) -> Step:
    """Binary search; NumPy orders NaN behind all numbers, as the op does."""
    boundaries = np.array(op.boundaries, np.float64)

    def run(x: Column) -> Result:
        found = np.searchsorted(boundaries, x.array, side="right")
        return Column(found.astype(np.int64, copy=False), x.valid), None

    return run


def is_greater_equal(op: ops.IsGreaterEqual) -> Step:
    """A comparison, which NaN fails."""

    def run(x: Column) -> Result:
        return Column((x.array >= op.threshold).astype(np.int64), x.valid), None

    return run


def to_float32(op: ops.ToFloat32) -> Step:
    """Rounds once; refuses finite values that become infinite."""

    def run(x: Column) -> Result:
        values = _flush(x.array).astype(np.float32)
        # One NaN, so that equal values are equal bytes.
        values[np.isnan(values)] = np.nan
        grown = np.isinf(values)
        if not grown.any():
            return Column(values, x.valid), None
        return Column(values, x.valid), present(grown & np.isfinite(x.array), x.valid)

    return run
