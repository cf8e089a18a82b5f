"""Numbers in a graph: float64 throughout, rounded to float32 once at the end."""

import numpy as np
import tensorflow as tf

from featurekit.backends.keras.values import Outcome, Value, both
from featurekit.plan import ops

SMALLEST_NORMAL = 2.0**-126
_SIGN = -(2**63)


def constant(number: float) -> tf.Tensor:
    """A float64 that graph rewriting takes for a variable.

    Grappler turns a division by a constant into a multiplication by its reciprocal,
    which rounds differently. A placeholder with a default is never folded.
    """
    # An array: TensorFlow caches Python scalars, and 0.0 == -0.0.
    default = tf.constant(np.array(number, np.float64))
    return tf.raw_ops.PlaceholderWithDefault(input=default, shape=[])


def flush(x: tf.Tensor) -> tf.Tensor:
    """The values; zeros of their sign below the smallest normal float32.

    Threads of TensorFlow flush subnormals or not, as they like; here all are flushed.
    """
    sign = tf.bitwise.bitwise_and(tf.bitcast(x, tf.int64), tf.constant(_SIGN, tf.int64))
    return tf.where(tf.abs(x) < SMALLEST_NORMAL, tf.bitcast(sign, tf.float64), x)


def to_float64(op: ops.ToFloat64, x: Value) -> Outcome:
    """Widens float32; treats NaN by the op's policy."""
    wide = flush(tf.cast(x.tensor, tf.float64))
    if op.nan == "keep":
        return Outcome(Value(wide, x.valid))
    numbers = tf.logical_not(tf.math.is_nan(x.tensor))
    if op.nan == "missing":
        return Outcome(Value(wide, both(x.valid, numbers)))
    return Outcome(Value(wide, x.valid), tf.logical_not(numbers))


def clip(op: ops.ClipValue, x: Value) -> Outcome:
    """Limits by comparison, so that NaN and -0.0 stay what they are."""
    low, high = constant(op.low), constant(op.high)
    limited = tf.where(x.tensor > high, high, x.tensor)
    return Outcome(Value(tf.where(x.tensor < low, low, limited), x.valid))


def log1p(op: ops.Log1pValue, x: Value) -> Outcome:
    """The logarithm of 1 + x, rounded to float32."""
    del op
    found = flush(tf.math.log1p(x.tensor))
    rounded = tf.cast(tf.cast(found, tf.float32), tf.float64)
    return Outcome(Value(rounded, x.valid), x.tensor < -1.0)


def standardize(op: ops.StandardizeValue, x: Value) -> Outcome:
    """A difference and a quotient, each rounded to float64."""
    return Outcome(
        Value((x.tensor - constant(op.mean)) / constant(op.std or 1.0), x.valid)
    )


def min_max(op: ops.MinMaxScale, x: Value) -> Outcome:
    """A difference and a quotient, each rounded to float64."""
    width = constant((op.maximum - op.minimum) or 1.0)
    return Outcome(Value((x.tensor - constant(op.minimum)) / width, x.valid))


def bucketize(op: ops.Bucketize, x: Value) -> Outcome:
    """Binary search in float64; NaN is behind all boundaries."""
    if not op.boundaries:
        return Outcome(Value(tf.zeros_like(x.tensor, tf.int64), x.valid))
    # tf.raw_ops.Bucketize rounds its boundaries to float32.
    boundaries = tf.constant(op.boundaries, tf.float64)
    found = tf.searchsorted(boundaries, x.tensor, side="right", out_type=tf.int64)
    return Outcome(Value(found, x.valid))


def is_greater_equal(op: ops.IsGreaterEqual, x: Value) -> Outcome:
    """A comparison, which NaN fails."""
    reached = x.tensor >= tf.constant(op.threshold, tf.float64)
    return Outcome(Value(tf.cast(reached, tf.int64), x.valid))


def to_float32(op: ops.ToFloat32, x: Value) -> Outcome:
    """Rounds once; refuses finite values that become infinite."""
    del op
    rounded = tf.cast(flush(x.tensor), tf.float32)
    nan = tf.bitcast(tf.constant(0x7FC00000, tf.int32), tf.float32)
    rounded = tf.where(tf.math.is_nan(x.tensor), nan, rounded)
    grown = tf.logical_and(tf.math.is_inf(rounded), tf.math.is_finite(x.tensor))
    return Outcome(Value(rounded, x.valid), grown)
