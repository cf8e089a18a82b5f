"""Serialized tf.Examples of raw columns, inside of a graph.

TensorFlow's parser gives an empty list for a feature that is not there, too. So whether
there is one is asked of the message itself, which `tf.io.decode_proto` takes apart.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from featurekit.backends.keras.lists import write_lists
from featurekit.backends.keras.values import DTYPES
from featurekit.backends.missing import (
    MISSING_FLOAT_BITS,
    MISSING_INTEGER,
    MISSING_TEXT,
)
from featurekit.spec.inputs import Input, element_dtype

_MARKERS: dict[tf.DType, npt.NDArray[np.generic]] = {
    tf.float32: np.array(MISSING_FLOAT_BITS, np.uint32).view(np.float32),
    tf.int64: np.array(MISSING_INTEGER, np.int64),
    tf.string: np.array(MISSING_TEXT, object),
}

_ONE_FEATURE = b"\x0a\x04\x0a\x02\x0a\x00"
"""A tf.Example with one feature, of an empty key and without a kind."""


def input_dtype(column: Input) -> tf.DType:
    """The dtype of a column's tensor."""
    dtype = element_dtype(column.dtype) or column.dtype
    return tf.string if dtype in ("key", "bytes") else DTYPES[dtype]  # type: ignore[index]


def parse_examples(
    examples: tf.Tensor, inputs: Iterable[Input]
) -> dict[str, tf.Tensor]:
    """The columns of serialized tf.Examples, with markers for missing values.

    Args:
        examples: string, shape (batch,).
        inputs: The columns to read; a time is int64 microseconds since 1970 UTC.

    Returns:
        By column a float32, int64 or string tensor, shape (batch,); of lists,
        (batch, n), with the markers of lists.

    Semantics:
        - A feature that is not there, or has no kind of list: missing, also where the
          column has lists.
        - An empty list, several values: one list where the column has lists; else
          refused by TensorFlow's parser, as by ours.
        - Another kind of list: refused.
        - Features of other names: ignored, as everywhere in TensorFlow.
    """
    parsing, lists = {}, []
    for column in inputs:
        dtype = input_dtype(column)
        if element_dtype(column.dtype) is None:
            parsing[column.name] = tf.io.FixedLenFeature([], dtype, _MARKERS[dtype])
        else:
            lists.append(column.name)
            parsing[column.name] = tf.io.RaggedFeature(dtype, row_splits_dtype=tf.int64)
    found: dict[str, Any] = tf.io.parse_example(examples, parsing)
    if lists:
        keys = _features_of_a_kind(examples)
        for name in lists:
            there = tf.reduce_any(tf.equal(keys, name), axis=1)
            found[name] = write_lists(found[name], there)
    return found


def _features_of_a_kind(examples: tf.Tensor) -> tf.Tensor:
    """string, shape (batch, n): the keys of the features that have a kind of list."""
    # tf.io.decode_proto refuses an empty tensor: one more row, with a feature.
    examples = tf.concat([examples, [_ONE_FEATURE]], axis=0)
    (features,) = _decode(examples, "Example", ["features"])
    (entries,) = _decode(_only(features), "Features", ["feature"])
    key, value = _decode(entries, "Features.FeatureEntry", ["key", "value"])
    # A feature without a kind is an empty message.
    return tf.where(tf.equal(_only(value), ""), "", _only(key))[:-1]


def _decode(message: tf.Tensor, kind: str, fields: list[str]) -> list[tf.Tensor]:
    """The fields of messages, each with one dimension more: how often it is there."""
    dtypes = [tf.string] * len(fields)
    found = tf.io.decode_proto(message, f"tensorflow.{kind}", fields, dtypes)
    return list(found.values)


def _only(values: tf.Tensor) -> tf.Tensor:
    """The one value of a field, an empty text where it is not there."""
    return tf.strings.reduce_join(values, axis=-1)
