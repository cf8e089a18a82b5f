"""Ids of texts that are known before any row is read: what fills a column."""

from featurekit.backends.farmhash_reference import fingerprint64
from featurekit.backends.siphash_reference import siphash
from featurekit.plan import ops


def id_of_token(op: ops.LookupVocabulary, token: bytes) -> int:
    """The id that a lookup gives a text; -1 where it refuses it."""
    tokens: tuple[bytes | int, ...] = op.vocabulary.tokens
    if token in tokens:
        return op.token_ids[tokens.index(token)]
    if not op.num_oov:
        return -1
    return op.first_oov + fingerprint64(token) % op.num_oov


def bucket_of_token(op: ops.HashBucket, token: bytes) -> int:
    """The id that hashing gives a text."""
    hashed = siphash(token, op.key) if op.key else fingerprint64(token)
    return hashed % op.num_buckets
