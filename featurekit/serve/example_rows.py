"""Serialized tf.Examples of raw columns, inside of a graph."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from featurekit.backends.keras.values import DTYPES
from featurekit.backends.missing import (
    MISSING_FLOAT_BITS,
    MISSING_INTEGER,
    MISSING_TEXT,
)
from featurekit.spec.inputs import Input

_MARKERS: dict[tf.DType, npt.NDArray[np.generic]] = {
    tf.float32: np.array(MISSING_FLOAT_BITS, np.uint32).view(np.float32),
    tf.int64: np.array(MISSING_INTEGER, np.int64),
    tf.string: np.array(MISSING_TEXT, object),
}


def input_dtype(column: Input) -> tf.DType:
    """The dtype of a column's tensor."""
    return tf.string if column.dtype == "key" else DTYPES[column.dtype]


def parse_examples(
    examples: tf.Tensor, inputs: Iterable[Input]
) -> dict[str, tf.Tensor]:
    """The columns of serialized tf.Examples, with markers for missing values.

    Args:
        examples: string, shape (batch,).
        inputs: The columns to read; a time is int64 microseconds since 1970 UTC.

    Returns:
        By column a float32, int64 or string tensor, shape (batch,).

    Semantics:
        - A feature that is not there, or has no kind of list: missing.
        - An empty list, several values, another kind of list: refused by TensorFlow's
          parser, as by ours.
        - Features of other names: ignored, as everywhere in TensorFlow.
    """
    parsing = {}
    for column in inputs:
        dtype = input_dtype(column)
        parsing[column.name] = tf.io.FixedLenFeature([], dtype, _MARKERS[dtype])
    found: dict[str, tf.Tensor] = tf.io.parse_example(examples, parsing)
    return found
