"""Crosses of lists in a graph: ids of all combinations of the values of a row."""

from collections.abc import Sequence

import tensorflow as tf

from featurekit.backends.keras.categorical import (
    combine_ids,
    cross_hash,
    fingerprint_mark,
)
from featurekit.backends.keras.lists import Lists, without_missing
from featurekit.backends.keras.values import Value
from featurekit.plan import ops


def as_lists(value: Value) -> Lists:
    """Single values as lists of one element, or of none where it is missing."""
    rows = tf.range(tf.shape(value.tensor, tf.int64)[0])
    every = tf.ones_like(rows, tf.bool)
    lists = Lists(Value(value.tensor, value.valid), rows, tf.ones_like(rows), every)
    return without_missing(lists)


def cross_lists(op: ops.BaseCross, inputs: Sequence[Lists]) -> Lists:
    """The ids of all combinations, the last input running fastest."""
    inputs = [without_missing(lists) for lists in inputs]
    # By input, how many combinations of the later ones a row has.
    later = [tf.ones_like(inputs[0].lengths)]
    for lists in reversed(inputs):
        later.insert(0, later[0] * lists.lengths)
    rows = tf.repeat(tf.range(inputs[0].batch), later[0])
    place = tf.range(tf.reduce_sum(later[0]))
    place -= tf.gather(tf.cumsum(later[0], exclusive=True), rows)
    chosen = []
    for lists, repeats in zip(inputs, later[1:], strict=True):
        at = place // tf.gather(repeats, rows) % tf.gather(lists.lengths, rows)
        at += tf.gather(tf.cumsum(lists.lengths, exclusive=True), rows)
        marks = tf.bitcast(fingerprint_mark(lists.elements.tensor), tf.int64)
        chosen.append(Value(tf.gather(marks, at)))
    every = tf.ones_like(later[0], tf.bool)
    return Lists(_cross(op, chosen), rows, later[0], every)


def _cross(op: ops.BaseCross, values: Sequence[Value]) -> Value:
    if isinstance(op, ops.CombineIds):
        return combine_ids(op, values).value
    assert isinstance(op, ops.CrossHash)
    return cross_hash(op, values).value
