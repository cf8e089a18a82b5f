"""Values inside of a graph: a tensor, and where it holds a value.

Between layers a missing value is a marker inside of the tensor, see
`featurekit.backends.missing`; inside of a program it is a separate mask.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from featurekit.backends.missing import (
    MISSING_FLOAT_BITS,
    MISSING_INTEGER,
    MISSING_TEXT,
)
from featurekit.errors import FeatureKitError
from featurekit.plan.types import ValueDType

MISSING_DOUBLE_BITS = 0x7FF80000000007A2
"""Bits of the float64 NaN that means missing, between layers of single ops."""

DTYPES: dict[ValueDType, tf.DType] = {
    "float32": tf.float32,
    "float64": tf.float64,
    "int64": tf.int64,
    "string": tf.string,
    "timestamp": tf.int64,
}


class Value(NamedTuple):
    """A column of values.

    Args:
        tensor: Shape (batch,) or (batch, width); anything where not valid.
        valid: bool, shape (batch,); None where all are valid.
    """

    tensor: tf.Tensor
    valid: tf.Tensor | None = None


class Outcome(NamedTuple):
    """What an op gives.

    Args:
        value: The result.
        rejected: bool, shape (batch,): rows that the op refuses; None for none.
    """

    value: Value
    rejected: tf.Tensor | None = None


def exact(value: float, dtype: tf.DType) -> tf.Tensor:
    """A number with the sign of its zero.

    Of Python numbers, TensorFlow keeps tensors for later calls: after 0.0 it gives 0.0
    for -0.0 too, which is equal; and the other way around. It keeps no arrays.
    """
    return tf.constant(np.array(value, dtype.as_numpy_dtype))


def both(first: tf.Tensor | None, second: tf.Tensor | None) -> tf.Tensor | None:
    """Where both masks hold; None holds everywhere."""
    if first is None:
        return second
    return first if second is None else tf.logical_and(first, second)


def unmark(tensor: tf.Tensor) -> Value:
    """Splits markers off."""
    if tensor.dtype == tf.float32:
        bits = tf.bitcast(tensor, tf.int32)
        return Value(tensor, tf.not_equal(bits, MISSING_FLOAT_BITS))
    if tensor.dtype == tf.float64:
        bits = tf.bitcast(tensor, tf.int64)
        return Value(tensor, tf.not_equal(bits, MISSING_DOUBLE_BITS))
    if tensor.dtype == tf.int64:
        return Value(tensor, tf.not_equal(tensor, MISSING_INTEGER))
    return Value(tensor, tf.not_equal(tensor, MISSING_TEXT))


def mark(value: Value) -> tf.Tensor:
    """Puts markers where there is no value."""
    tensor, valid = value
    if valid is None:
        return tensor
    if tensor.dtype == tf.float32:
        marker = tf.bitcast(tf.constant(MISSING_FLOAT_BITS, tf.int32), tf.float32)
    elif tensor.dtype == tf.float64:
        marker = tf.bitcast(tf.constant(MISSING_DOUBLE_BITS, tf.int64), tf.float64)
    elif tensor.dtype == tf.int64:
        marker = tf.constant(MISSING_INTEGER, tf.int64)
    else:
        marker = tf.constant(MISSING_TEXT)
    if tensor.shape.rank > valid.shape.rank:
        valid = tf.expand_dims(valid, 1)
    return tf.where(valid, tensor, marker)


def as_raised(error: FeatureKitError) -> FeatureKitError:
    """The error, marked so that Keras passes it on instead of rewriting it."""
    error._keras_call_info_injected = True  # type: ignore[attr-defined]
    return error
