"""Ids on the host: vocabularies, hashes, crosses, ranges, one-hot vectors.

What depends on a text alone is computed once per dictionary entry.
"""

from typing import cast

import numpy as np

from featurekit.backends.host.values import (
    BoolArray,
    Column,
    HashArray,
    IntArray,
    Result,
    Step,
    Text,
    both_valid,
    present,
)
from featurekit.backends.host.vocabulary_table import IntegerTable, TextTable
from featurekit.kernels.arrow_buffers import read_only
from featurekit.kernels.farmhash import fingerprint_cat64_arrays, fingerprint_integers
from featurekit.plan import ops

CROSS_SEED = 0xDECAFCAFFE


def _modulo(hashes: HashArray, count: int) -> IntArray:
    """The unsigned remainder."""
    return (hashes % np.uint64(count)).astype(np.int64)


def lookup_vocabulary(op: ops.LookupVocabulary) -> Step:
    """Finds tokens in a hash table that is built here, once."""
    return _lookup_text(op) if op.vocabulary.is_text else _lookup_integers(op)


def _lookup_text(op: ops.LookupVocabulary) -> Step:
    tokens = cast(tuple[bytes, ...], op.vocabulary.tokens)
    table = TextTable.build(tokens)

    def run(x: Column) -> Result:
        text = x.text
        ids = table.find(text.entries, text.fingerprints)
        unknown = np.flatnonzero(ids < 0)
        if op.num_oov and len(unknown):
            ids[unknown] = len(tokens) + _modulo(text.fingerprints[unknown], op.num_oov)
        return _refuse_unknown(text.spread(ids), x.valid)

    return run


def _lookup_integers(op: ops.LookupVocabulary) -> Step:
    tokens = cast(tuple[int, ...], op.vocabulary.tokens)
    table = IntegerTable.build(tokens)

    def run(x: Column) -> Result:
        ids = table.find(x.array)
        unknown = np.flatnonzero(ids < 0)
        if op.num_oov and len(unknown):
            hashes = fingerprint_integers(x.array[unknown])
            ids[unknown] = len(tokens) + _modulo(hashes, op.num_oov)
        return _refuse_unknown(ids, x.valid)

    return run


def _refuse_unknown(ids: IntArray, valid: BoolArray | None) -> Result:
    return Column(ids, valid), present(ids < 0, valid)


def hash_bucket(op: ops.HashBucket) -> Step:
    """FarmHash64 of the text, or of the decimal text, mod num_buckets."""

    def run(x: Column) -> Result:
        if isinstance(x.values, Text):
            ids = _modulo(x.values.fingerprints, op.num_buckets)
            return Column(x.values.spread(ids), x.valid), None
        hashes = fingerprint_integers(x.values)
        return Column(_modulo(hashes, op.num_buckets), x.valid), None

    return run


def cross_hash(op: ops.CrossHash) -> Step:
    """Folds the inputs from left to right."""

    def run(*inputs: Column) -> Result:
        folded: HashArray | None = None
        valid: BoolArray | None = None
        for column in inputs:
            if isinstance(column.values, Text):
                marks = column.values.spread(column.values.fingerprints)
            else:
                marks = column.values.view(np.uint64)
            if folded is None:
                folded = np.full(len(marks), CROSS_SEED, np.uint64)
            folded = fingerprint_cat64_arrays(read_only(folded), read_only(marks))
            valid = both_valid(valid, column.valid)
        assert folded is not None
        return Column(_modulo(folded, op.num_buckets), valid), None

    return run


def check_range(op: ops.CheckRange) -> Step:
    """Refuses integers outside of [0, num_ids)."""

    def run(x: Column) -> Result:
        outside = (x.array < 0) | (x.array >= op.num_ids)
        return x, present(outside, x.valid)

    return run


def one_hot(op: ops.OneHotEncode) -> Step:
    """A vector of zeros with one 1.0; zeros alone in rows that were refused before."""

    def run(x: Column) -> Result:
        ids = x.array
        known = np.flatnonzero((ids >= 0) & (ids < op.depth))
        vectors = np.zeros((len(ids), op.depth), np.float32)
        vectors[known, ids[known]] = 1.0
        return Column(vectors), None

    return run
