"""Numbers in a graph: float64 throughout, rounded to float32 once at the end.

Kernels take the ops of a stage and its columns stacked, shape (columns, batch).
"""

from collections.abc import Iterable, Sequence

import numpy as np
import tensorflow as tf

from featurekit.backends.keras.values import Outcome, Value, exact
from featurekit.plan import ops

SMALLEST_NORMAL = 2.0**-126
SMALLEST_NORMAL_DOUBLE = 2.0**-1022


def constants(numbers: Iterable[float]) -> tf.Tensor:
    """One float64 per column that graph rewriting takes for a variable.

    Grappler turns a division by a constant into a multiplication by its reciprocal,
    which rounds differently. A placeholder with a default is never folded.
    """
    default = tf.constant(np.array(list(numbers), np.float64)[:, np.newaxis])
    return tf.raw_ops.PlaceholderWithDefault(input=default, shape=default.shape)


def flush(x: tf.Tensor, smallest: float = SMALLEST_NORMAL) -> tf.Tensor:
    """The float64 values; zeros of their sign below the smallest normal float32.

    What threads do with subnormal float32 and float64 values depends on the machine.
    """
    # Hidden from graph rewriting, which takes a product with 0 for 0.
    zero = tf.raw_ops.PlaceholderWithDefault(input=exact(0.0, tf.float64), shape=[])
    return tf.where(tf.abs(x) < smallest, x * zero, x)


def to_float64(chosen: Sequence[ops.ToFloat64], x: Value) -> Outcome:
    """Widens float32; treats NaN by the ops' policy."""
    wide = flush(tf.cast(x.tensor, tf.float64))
    policy = chosen[0].nan
    if policy == "keep":
        return Outcome(Value(wide, x.valid))
    if policy == "missing":
        # The marker is a NaN as well: one comparison finds both.
        return Outcome(Value(wide, tf.equal(x.tensor, x.tensor)))
    return Outcome(Value(wide, x.valid), tf.math.is_nan(x.tensor))


def clip(chosen: Sequence[ops.ClipValue], x: Value) -> Outcome:
    """Limits by comparison, so that NaN and -0.0 stay what they are."""
    low = constants(op.low for op in chosen)
    high = constants(op.high for op in chosen)
    limited = tf.where(x.tensor > high, high, x.tensor)
    return Outcome(Value(tf.where(x.tensor < low, low, limited), x.valid))


def log1p(chosen: Sequence[ops.Log1pValue], x: Value) -> Outcome:
    """The logarithm of 1 + x, rounded to float32."""
    del chosen
    found = flush(tf.math.log1p(x.tensor))
    rounded = tf.cast(tf.cast(found, tf.float32), tf.float64)
    return Outcome(Value(rounded, x.valid), x.tensor < -1.0)


def standardize(chosen: Sequence[ops.StandardizeValue], x: Value) -> Outcome:
    """A difference and a quotient, each rounded to float64."""
    mean = constants(op.mean for op in chosen)
    std = constants(op.std or 1.0 for op in chosen)
    return Outcome(Value((x.tensor - mean) / std, x.valid))


def min_max(chosen: Sequence[ops.MinMaxScale], x: Value) -> Outcome:
    """A difference and a quotient, each rounded to float64."""
    low = constants(op.minimum for op in chosen)
    width = constants((op.maximum - op.minimum) or 1.0 for op in chosen)
    return Outcome(Value((x.tensor - low) / width, x.valid))


def bucketize(chosen: Sequence[ops.Bucketize], x: Value) -> Outcome:
    """Binary search in float64; NaN is behind all boundaries."""
    sizes = [len(op.boundaries) for op in chosen]
    longest = max(sizes)
    if not longest:
        return Outcome(Value(tf.zeros_like(x.tensor, tf.int64), x.valid))
    padded = np.full((len(chosen), longest), np.inf)
    for row, op in enumerate(chosen):
        padded[row, : sizes[row]] = op.boundaries
    # tf.raw_ops.Bucketize rounds its boundaries to float32.
    found = tf.raw_ops.UpperBound(
        sorted_inputs=tf.constant(padded), values=x.tensor, out_type=tf.int64
    )
    if min(sizes) < longest:
        # Infinity and NaN pass what only pads.
        found = tf.minimum(found, tf.constant(sizes, tf.int64)[:, tf.newaxis])
    return Outcome(Value(found, x.valid))


def is_greater_equal(chosen: Sequence[ops.IsGreaterEqual], x: Value) -> Outcome:
    """A comparison, which NaN fails."""
    reached = x.tensor >= constants(op.threshold for op in chosen)
    return Outcome(Value(tf.cast(reached, tf.int64), x.valid))


def to_float32(chosen: Sequence[ops.ToFloat32], x: Value) -> Outcome:
    """Rounds once; refuses finite values that become infinite."""
    del chosen
    rounded = tf.cast(flush(x.tensor), tf.float32)
    nan = tf.bitcast(tf.constant(0x7FC00000, tf.int32), tf.float32)
    rounded = tf.where(tf.math.is_nan(x.tensor), nan, rounded)
    grown = tf.logical_and(tf.math.is_inf(rounded), tf.math.is_finite(x.tensor))
    return Outcome(Value(rounded, x.valid), grown)
