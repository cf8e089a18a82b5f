"""Ids in a graph: vocabularies, hashes, crosses, ranges, vectors, missing values."""

import numpy as np
import tensorflow as tf

from featurekit.backends.keras.values import Outcome, Value, both
from featurekit.plan import ops

CROSS_SEED = 0xDECAFCAFFE


def make_table(vocabulary: ops.VocabularyTable) -> tf.lookup.StaticHashTable:
    """The ids of the tokens; -1 for unknown ones.

    Built from memory: a vocabulary file cannot hold tokens with line breaks.
    """
    dtype = tf.string if vocabulary.is_text else tf.int64
    return tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            tf.constant(vocabulary.tokens, dtype, shape=[len(vocabulary)]),
            tf.range(len(vocabulary), dtype=tf.int64),
        ),
        default_value=-1,
    )


def _as_text(tensor: tf.Tensor) -> tf.Tensor:
    return tensor if tensor.dtype == tf.string else tf.strings.as_string(tensor)


def lookup(
    op: ops.LookupVocabulary, x: Value, table: tf.lookup.StaticHashTable
) -> Outcome:
    """The id of a token; unknown ones hash into the ids behind the vocabulary."""
    found = table.lookup(x.tensor)
    unknown = found < 0
    if not op.num_oov:
        return Outcome(Value(found, x.valid), unknown)
    hashed = tf.strings.to_hash_bucket_fast(_as_text(x.tensor), op.num_oov)
    return Outcome(
        Value(tf.where(unknown, len(op.vocabulary) + hashed, found), x.valid)
    )


def hash_bucket(op: ops.HashBucket, x: Value) -> Outcome:
    """FarmHash64 of the text, or of the decimal text of the integer."""
    found = tf.strings.to_hash_bucket_fast(_as_text(x.tensor), op.num_buckets)
    return Outcome(Value(found, x.valid))


def cross_hash(op: ops.CrossHash, inputs: list[Value]) -> Outcome:
    """TensorFlow's own crossing of one value per column."""
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


def check_range(op: ops.CheckRange, x: Value) -> Outcome:
    """Refuses ids out of range."""
    outside = tf.logical_or(x.tensor < 0, x.tensor >= op.num_ids)
    return Outcome(x, outside)


def fill_missing(op: ops.FillMissing, x: Value) -> Outcome:
    """Puts the value where there is none."""
    if x.valid is None:
        return Outcome(x)
    # An array: TensorFlow caches Python scalars, and 0.0 == -0.0.
    filled = tf.constant(np.array(op.value, x.tensor.dtype.as_numpy_dtype))
    return Outcome(Value(tf.where(x.valid, x.tensor, filled)))


def require_present(op: ops.RequirePresent, x: Value) -> Outcome:
    """Refuses rows without a value."""
    del op
    if x.valid is None:
        return Outcome(x)
    return Outcome(Value(x.tensor), tf.logical_not(x.valid))


def one_hot(op: ops.OneHotEncode, x: Value) -> Outcome:
    """1.0 at the id."""
    return Outcome(Value(tf.one_hot(x.tensor, op.depth, dtype=tf.float32), x.valid))
