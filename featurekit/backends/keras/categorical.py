"""Ids in a graph: vocabularies, hashes, crosses, ranges, vectors, missing values.

Kernels take the ops of a stage and its columns stacked, shape (columns, batch); that of
crosses takes one op.
"""

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from featurekit.backends.farmhash_reference import CAT_MULTIPLIER
from featurekit.backends.keras.filled_lookup import token_ids
from featurekit.backends.keras.merged_vocabularies import MergedVocabularies
from featurekit.backends.keras.values import Outcome, Value, both
from featurekit.plan import ops


def per_column(numbers: Sequence[int]) -> tf.Tensor:
    """One int64 per column, shape (columns, 1); a scalar where all are equal."""
    if len(set(numbers)) == 1:
        return tf.constant(numbers[0], tf.int64)
    return tf.constant(numbers, tf.int64)[:, tf.newaxis]


def _hash_modulo(
    tensor: tf.Tensor, counts: Sequence[int], key: Sequence[int] = ()
) -> tf.Tensor:
    """The hash of the text or decimal text, modulo one number for each column."""
    if set(counts) == {1}:
        return tf.zeros_like(tensor, tf.int64)
    text = tensor if tensor.dtype == tf.string else tf.strings.as_string(tensor)

    def hashed_to(text: tf.Tensor, count: int) -> tf.Tensor:
        if key:
            return tf.strings.to_hash_bucket_strong(text, count, list(key))
        return tf.strings.to_hash_bucket_fast(text, count)

    # A remainder by a multiple keeps the remainder: one operation hashes all columns.
    multiple = math.lcm(*counts)
    if multiple < 2**63:
        hashed = hashed_to(text, multiple)
        if len(set(counts)) == 1:
            return hashed
        return tf.math.floormod(hashed, per_column(counts))
    rows = zip(tf.unstack(text, num=len(counts)), counts, strict=True)
    return tf.stack([hashed_to(row, n) for row, n in rows])


def make_table(op: ops.LookupVocabulary) -> tf.lookup.StaticHashTable:
    """The ids of the tokens, and that of unknown ones; -1 where it is not one alone.

    Built from memory: a vocabulary file cannot hold tokens with line breaks.
    """
    ids = token_ids(op)
    dtype = tf.string if op.vocabulary.is_text else tf.int64
    return tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            tf.constant(list(ids), dtype, shape=[len(ids)]),
            tf.constant(list(ids.values()), tf.int64, shape=[len(ids)]),
        ),
        default_value=op.first_oov if op.num_oov == 1 else -1,
    )


def lookup(
    chosen: Sequence[ops.LookupVocabulary],
    x: Value,
    table: tf.lookup.StaticHashTable | MergedVocabularies,
) -> Outcome:
    """The id of a token; unknown ones hash into ids of their own.

    Args:
        chosen: The ops of a stage, or one.
        x: Their columns stacked, shape (columns, batch); of one op, shape (batch,).
        table: Of all their tokens; of one op, from `make_table`.
    """
    found = table.lookup(x.tensor)
    counts = [op.num_oov for op in chosen]
    if counts == [1] and isinstance(table, tf.lookup.StaticHashTable):
        return Outcome(Value(found, x.valid))  # the table knows what is unknown
    unknown = found < 0
    if not counts[0]:
        return Outcome(Value(found, x.valid), unknown)
    hashed = per_column([op.first_oov for op in chosen])
    if set(counts) != {1}:
        hashed = hashed + _hash_modulo(x.tensor, counts)
    return Outcome(Value(tf.where(unknown, hashed, found), x.valid))


def hash_bucket(chosen: Sequence[ops.HashBucket], x: Value) -> Outcome:
    """The hash of the text, or of the decimal text of the integer."""
    found = _hash_modulo(x.tensor, [op.num_buckets for op in chosen], chosen[0].key)
    return Outcome(Value(found, x.valid))


def cross_hash(op: ops.CrossHash, inputs: Sequence[Value]) -> Outcome:
    """Folds the inputs, each of shape (batch,), from left to right.

    As tf.sparse.cross_hashed, which makes sparse tensors of dense ones first.
    """
    folded = tf.constant(op.start, tf.uint64)
    valid = None
    for value in inputs:
        folded = _fingerprint_cat64(folded, fingerprint_mark(value.tensor))
        valid = both(valid, value.valid)
    bucket = tf.math.floormod(folded, tf.constant(op.num_buckets, tf.uint64))
    return Outcome(Value(tf.bitcast(bucket, tf.int64), valid))


def combine_ids(op: ops.CombineIds, inputs: Sequence[Value]) -> Outcome:
    """The place of a pair of ids among all pairs; inputs of shape (batch,)."""
    first, second = inputs
    size = tf.constant(op.size, tf.int64)
    found = first.tensor * size + second.tensor
    return Outcome(Value(found, both(first.valid, second.valid)))


def fingerprint_mark(tensor: tf.Tensor) -> tf.Tensor:
    """FarmHash64 of texts; integers themselves; uint64."""
    return tf.bitcast(
        tf.fingerprint(tensor) if tensor.dtype == tf.string else tensor, tf.uint64
    )


def _fingerprint_cat64(h: tf.Tensor, v: tf.Tensor) -> tf.Tensor:
    """Combines two fingerprints.

    Source: TensorFlow's ``FingerprintCat64``, in core/platform/fingerprint.h.
    """
    multiplier = tf.constant(CAT_MULTIPLIER, tf.uint64)
    mixed = tf.bitwise.bitwise_xor(h, multiplier)
    mixed = tf.bitwise.bitwise_xor(mixed, _fold(v * multiplier) * multiplier)
    return _fold(_fold(mixed * multiplier) * multiplier)


def _fold(x: tf.Tensor) -> tf.Tensor:
    shifted = tf.bitwise.right_shift(x, tf.constant(47, tf.uint64))
    return tf.bitwise.bitwise_xor(x, shifted)


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


def is_missing(chosen: Sequence[ops.IsMissing], x: Value) -> Outcome:
    """1 where there is no value."""
    del chosen
    if x.valid is None:
        return Outcome(Value(tf.zeros_like(x.tensor, tf.int64)))
    return Outcome(Value(tf.cast(tf.logical_not(x.valid), tf.int64)))


def lookup_vector(chosen: Sequence[ops.LookupVector], x: Value) -> Outcome:
    """The vector of each id; all ops are equal. Shape (columns, batch, width)."""
    op = chosen[0]
    count = len(op.values) // op.width
    table = tf.constant(op.values, tf.float32, shape=[count, op.width])
    # What stands in refused rows is no id.
    ids = tf.clip_by_value(x.tensor, 0, count - 1)
    return Outcome(Value(tf.gather(table, ids), x.valid))
