"""Ids of texts that are known before any row is read: what fills a column."""

from featurekit.backends.farmhash_reference import fingerprint64
from featurekit.plan import ops


def id_of_token(op: ops.LookupVocabulary, token: bytes) -> int:
    """The id that a lookup gives a text; -1 where it refuses it."""
    tokens: tuple[bytes | int, ...] = op.vocabulary.tokens
    if token in tokens:
        return tokens.index(token)
    if not op.num_oov:
        return -1
    return len(tokens) + fingerprint64(token) % op.num_oov
