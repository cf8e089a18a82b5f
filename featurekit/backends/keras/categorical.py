"""Ids in a graph: vocabularies, hashes, crosses, ranges, vectors, missing values.

Kernels take the ops of a stage and its columns stacked, shape (columns, batch).
"""

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from featurekit.backends.keras.token_table import TokenTable
from featurekit.backends.keras.values import Outcome, Value, both
from featurekit.plan import ops

CROSS_SEED = 0xDECAFCAFFE


def per_column(numbers: Sequence[int]) -> tf.Tensor:
    """One int64 per column, shape (columns, 1); a scalar where all are equal."""
    if len(set(numbers)) == 1:
        return tf.constant(numbers[0], tf.int64)
    return tf.constant(numbers, tf.int64)[:, tf.newaxis]


def _hash_modulo(tensor: tf.Tensor, counts: Sequence[int]) -> tf.Tensor:
    """FarmHash64 of the text or decimal text, modulo one number for each column."""
    if set(counts) == {1}:
        return tf.zeros_like(tensor, tf.int64)
    text = tensor if tensor.dtype == tf.string else tf.strings.as_string(tensor)
    # A remainder by a multiple keeps the remainder: one operation hashes all columns.
    multiple = math.lcm(*counts)
    if multiple < 2**63:
        hashed = tf.strings.to_hash_bucket_fast(text, multiple)
        if len(set(counts)) == 1:
            return hashed
        return tf.math.floormod(hashed, per_column(counts))
    rows = zip(tf.unstack(text, num=len(counts)), counts, strict=True)
    return tf.stack([tf.strings.to_hash_bucket_fast(row, n) for row, n in rows])


def lookup(
    chosen: Sequence[ops.LookupVocabulary], x: Value, table: TokenTable
) -> Outcome:
    """The id of a token; unknown ones hash into the ids behind the vocabulary."""
    found = table.lookup(x.tensor)
    unknown = found < 0
    if not chosen[0].num_oov:
        return Outcome(Value(found, x.valid), unknown)
    sizes = per_column([len(op.vocabulary) for op in chosen])
    counts = [op.num_oov for op in chosen]
    behind = sizes
    if set(counts) != {1}:
        behind = sizes + _hash_modulo(x.tensor, counts)
    return Outcome(Value(tf.where(unknown, behind, found), x.valid))


def hash_bucket(chosen: Sequence[ops.HashBucket], x: Value) -> Outcome:
    """FarmHash64 of the text, or of the decimal text of the integer."""
    found = _hash_modulo(x.tensor, [op.num_buckets for op in chosen])
    return Outcome(Value(found, x.valid))


def cross_hash(op: ops.CrossHash, inputs: Sequence[Value]) -> Outcome:
    """TensorFlow's own crossing of one value per column, each of shape (batch,)."""
    crossed = tf.sparse.cross_hashed(
        [tf.expand_dims(value.tensor, 1) for value in inputs],
        num_buckets=op.num_buckets,
        hash_key=CROSS_SEED,
    )
    valid = None
    for value in inputs:
        valid = both(valid, value.valid)
    found = tf.reshape(crossed.values, tf.shape(inputs[0].tensor))
    return Outcome(Value(found, valid))


def check_range(chosen: Sequence[ops.CheckRange], x: Value) -> Outcome:
    """Refuses ids out of range."""
    limits = per_column([op.num_ids for op in chosen])
    return Outcome(x, tf.logical_or(x.tensor < 0, x.tensor >= limits))


def fill_missing(chosen: Sequence[ops.FillMissing], x: Value) -> Outcome:
    """Puts the value where there is none."""
    if x.valid is None:
        return Outcome(x)
    # An array: TensorFlow caches Python scalars, and 0.0 == -0.0.
    values = [op.value for op in chosen]
    filled = np.array(values, x.tensor.dtype.as_numpy_dtype)[:, np.newaxis]
    if len(set(map(repr, values))) == 1:
        filled = filled[0, 0:1]
    return Outcome(Value(tf.where(x.valid, x.tensor, tf.constant(filled))))


def require_present(chosen: Sequence[ops.RequirePresent], x: Value) -> Outcome:
    """Refuses rows without a value."""
    del chosen
    if x.valid is None:
        return Outcome(x)
    return Outcome(Value(x.tensor), tf.logical_not(x.valid))


def one_hot(chosen: Sequence[ops.OneHotEncode], x: Value) -> Outcome:
    """1.0 at the id; shape (columns, batch, depth)."""
    found = tf.one_hot(x.tensor, chosen[0].depth, dtype=tf.float32)
    return Outcome(Value(found, x.valid))
