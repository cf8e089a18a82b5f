"""Serialized tf.Examples of raw columns, inside of a graph."""

from collections.abc import Iterable

import tensorflow as tf

from featurekit.backends.keras.values import DTYPES, Value, mark
from featurekit.serve.refusals import Refusal, require_none
from featurekit.spec.inputs import Input


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
        - A feature that is not there, or has no value: missing.
        - More than one value, or another kind of list: refused.
        - Features of other names: ignored, as everywhere in TensorFlow.
    """
    columns = list(inputs)
    parsed = tf.io.parse_example(
        examples,
        {
            column.name: tf.io.RaggedFeature(
                input_dtype(column), row_splits_dtype=tf.int64
            )
            for column in columns
        },
    )
    found: dict[str, Value] = {}
    refusals = []
    for column in columns:
        lengths = parsed[column.name].row_lengths()
        refusals.append(
            Refusal(
                lengths > 1,
                tf.strings.as_string(lengths),
                code="TOO_MANY_VALUES",
                message="a feature has more than one value",
                column=column.name,
                expected="at most one value",
            )
        )
        found[column.name] = _first(parsed[column.name], lengths > 0)
    with tf.control_dependencies([require_none(refusals)]):
        return {name: tf.identity(mark(value)) for name, value in found.items()}


def _first(ragged: tf.RaggedTensor, there: tf.Tensor) -> Value:
    """The first value of each row that has one."""
    filler = tf.zeros([1], ragged.dtype)
    if ragged.dtype == tf.string:
        filler = tf.constant([""])
    values = tf.concat([ragged.flat_values, filler], axis=0)
    return Value(tf.gather(values, ragged.row_starts()), there)
