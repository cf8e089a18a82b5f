"""Values that are hidden by chance, in a graph."""

from collections.abc import Sequence

import tensorflow as tf

from featurekit.backends.keras.philox import first_words, random_words
from featurekit.backends.keras.values import Outcome, Value, both
from featurekit.plan import ops
from featurekit.plan.types import ValueType


def mask_ids(op: ops.MaskIds, kind: ValueType, ids: Value, key: Value) -> Value:
    """Padded ids of which some are hidden, or those that were; (batch, length)."""
    assert kind.width is not None and kind.num_ids is not None
    found = ids.tensor
    choice, action, drawn, _ = random_words(key.tensor, kind.width, op.seed)
    chosen = (found >= op.first) & (choice < _word(op.chosen_below))
    if op.targets:
        return Value(tf.where(chosen, found, tf.zeros_like(found)))
    scaled = drawn * _word(kind.num_ids - op.first)
    random = op.first + tf.cast(tf.bitwise.right_shift(scaled, _word(32)), tf.int64)
    hidden = tf.where(action < _word(op.random_below), random, found)
    mask = tf.fill(tf.shape(found), tf.constant(op.mask, tf.int64))
    hidden = tf.where(action < _word(op.masked_below), mask, hidden)
    return Value(tf.where(chosen, hidden, found))


def hide_id(chosen: Sequence[ops.HideId], key: Value, *inputs: Value) -> Outcome:
    """One id in rows that are chosen, another one elsewhere; (columns, batch)."""
    seed, places = chosen[0].seed, [op.place for op in chosen]
    words = first_words(key.tensor, places, seed)
    below = tf.constant([op.hidden_below for op in chosen], tf.uint64)[:, tf.newaxis]
    mask = tf.constant([op.mask for op in chosen], tf.int64)[:, tf.newaxis]
    valid = key.valid
    if inputs:
        shown, valid = inputs[0].tensor, both(valid, inputs[0].valid)
    else:
        given = [op.shown for op in chosen]
        shown = tf.constant(given, tf.int64)[:, tf.newaxis]
    return Outcome(Value(tf.where(words < below, mask, shown), valid))


def _word(value: int) -> tf.Tensor:
    return tf.constant(value, tf.uint64)
