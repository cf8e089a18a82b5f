"""Ops that make ids, and vectors of ids."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

from featurekit.errors import SpecError
from featurekit.plan.ops.base import BaseOp
from featurekit.plan.types import ValueType

CROSS_START = 0xDECAFCAFFE
"""Where TensorFlow starts to fold a cross, unless it is told otherwise."""


@dataclass(frozen=True, eq=False)
class VocabularyTable:
    """Tokens in id order; compared by their digest, so that plans stay cheap to hash.

    Args:
        tokens: All bytes, or all integers; without repetition.
    """

    tokens: tuple[bytes, ...] | tuple[int, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the kind and the tokens, each with its length."""
        sha = hashlib.sha256(b"bytes" if self.is_text else b"integers")
        for token in self.tokens:
            raw = token if isinstance(token, bytes) else b"%d" % token
            sha.update(len(raw).to_bytes(8, "little"))
            sha.update(raw)
        return sha.hexdigest()

    @property
    def is_text(self) -> bool:
        """Whether the tokens are bytes."""
        return not self.tokens or isinstance(self.tokens[0], bytes)

    def __len__(self) -> int:
        return len(self.tokens)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VocabularyTable):
            return NotImplemented
        return self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"<{len(self)} tokens {self.digest[:8]}>"


@dataclass(frozen=True, slots=True)
class LookupVocabulary(BaseOp):
    """The id of a token; unknown ones hash into num_oov ids.

    With num_oov = 0 an unknown token rejects the row.

    Args:
        vocabulary: The tokens in the order of their ids.
        num_oov: How many ids unknown tokens have.
        num_reserved: How many of the tokens have the first ids, whatever follows.
        num_skipped: How many ids after these no token has: they are those of missing
            values, which another op puts in.
        oov_first: Whether the ids of unknown tokens are the next, before those of the
            other tokens; else they are the last.
    """

    name = "lookup_vocabulary"
    accepts = ("string", "int64")
    vocabulary: VocabularyTable
    num_oov: int
    num_reserved: int = 0
    num_skipped: int = 0
    oov_first: bool = False

    def _infer(self, value: ValueType) -> ValueType:
        if self.vocabulary.is_text != (value.dtype == "string"):
            raise SpecError(
                "the tokens of the vocabulary are not of the column's type",
                code="PLAN_TYPE",
                got=value.dtype,
            )
        return ValueType("int64", value.nullable, num_ids=self.num_ids)

    @property
    def num_ids(self) -> int:
        """The number of ids of all kinds."""
        return len(self.vocabulary) + self.num_skipped + self.num_oov

    @property
    def first_oov(self) -> int:
        """The first id of unknown tokens."""
        before = self.num_reserved if self.oov_first else len(self.vocabulary)
        return before + self.num_skipped

    @property
    def token_ids(self) -> range | list[int]:
        """The ids of the tokens, in order."""
        shift = self.num_skipped + (self.num_oov if self.oov_first else 0)
        if not shift:
            return range(len(self.vocabulary))
        start = self.num_reserved
        return [*range(start), *range(start + shift, len(self.vocabulary) + shift)]


@dataclass(frozen=True, slots=True)
class HashBucket(BaseOp):
    """The hash of the text, or of the decimal text of an integer, mod num_buckets.

    Args:
        num_buckets: Divides the hash.
        key: Two integers: SipHash-2-4 under this key; none: FarmHash64.
    """

    name = "hash_bucket"
    accepts = ("string", "int64")
    num_buckets: int
    key: tuple[int, ...] = ()

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("int64", value.nullable, num_ids=self.num_buckets)


@dataclass(frozen=True, slots=True)
class BaseCross(BaseOp):
    """Base of the ops that give the values of several inputs one id.

    With a list among the inputs they give a list: the ids of all combinations, the last
    input running fastest.
    """

    def _crossed(self, inputs: tuple[ValueType, ...], num_ids: int) -> ValueType:
        """Ids; missing where any input is, but no list of them is missing."""
        is_list = any(item.is_list for item in inputs)
        nullable = not is_list and any(item.nullable for item in inputs)
        return ValueType("int64", nullable, num_ids=num_ids, is_list=is_list)


@dataclass(frozen=True, slots=True)
class CrossHash(BaseCross):
    """Folds the hashes of text and the integers of all inputs, mod num_buckets.

    Args:
        num_buckets: Divides the result.
        hash_key: Where the fold starts; None for TensorFlow's start.
    """

    name = "cross_hash"
    accepts = ("string", "int64")
    num_buckets: int
    hash_key: int | None = None

    @property
    def start(self) -> int:
        """Where the fold starts."""
        return CROSS_START if self.hash_key is None else self.hash_key

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """Ids of two or more texts or integers."""
        fits = (item.dtype in self.accepts and not item.width for item in inputs)
        if len(inputs) < 2 or not all(fits):
            raise SpecError(
                "a cross takes two or more texts or integers",
                code="PLAN_TYPE",
                got=", ".join(map(str, inputs)),
            )
        return self._crossed(inputs, self.num_buckets)


@dataclass(frozen=True, slots=True)
class CombineIds(BaseCross):
    """One id for each pair of ids: first * size + second.

    Args:
        size: The number of ids that the second input may be.
    """

    name = "combine_ids"
    accepts = ("int64",)
    size: int

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """Ids of two ids."""
        sizes = [item.num_ids or 0 for item in inputs]
        fits = len(sizes) == 2 and sizes[1] == self.size
        if not fits or not 0 < sizes[0] * sizes[1] < 2**63:
            raise SpecError(
                "only two ids can be combined, the second of this size",
                code="PLAN_TYPE",
                got=", ".join(map(str, inputs)),
                expected=f"two int64, the second < {self.size}",
            )
        return self._crossed(inputs, sizes[0] * sizes[1])


@dataclass(frozen=True, slots=True)
class CheckRange(BaseOp):
    """The integer itself; the row is rejected unless it is in [0, num_ids)."""

    name = "check_range"
    accepts = ("int64",)
    num_ids: int

    def _infer(self, value: ValueType) -> ValueType:
        return replace(value, num_ids=self.num_ids)


@dataclass(frozen=True, slots=True)
class OneHotEncode(BaseOp):
    """A float32 vector, 1.0 at the id."""

    name = "one_hot_encode"
    accepts = ("int64",)
    depth: int

    def _infer(self, value: ValueType) -> ValueType:
        if value.nullable or value.num_ids != self.depth:
            raise SpecError(
                "one_hot takes present ids of its depth",
                code="PLAN_TYPE",
                got=str(value),
                expected=f"int64 < {self.depth}",
            )
        return ValueType("float32", width=self.depth)


@dataclass(frozen=True, slots=True)
class LookupVector(BaseOp):
    """The float32 vector of an id.

    Args:
        width: Numbers per vector.
        values: The vector of id 0, then that of id 1, and so on; all float32.
    """

    name = "lookup_vector"
    accepts = ("int64",)
    width: int
    values: tuple[float, ...]

    def _infer(self, value: ValueType) -> ValueType:
        if value.nullable or (value.num_ids or 0) * self.width != len(self.values):
            raise SpecError(
                "lookup_vector takes present ids, with a vector for each",
                code="PLAN_TYPE",
                got=str(value),
                expected=f"int64 < {len(self.values) // max(1, self.width)}",
            )
        return ValueType("float32", width=self.width)

    def __str__(self) -> str:
        count = len(self.values) // max(1, self.width)
        digest = hashlib.sha256(repr(self.values).encode()).hexdigest()[:8]
        return f"{self.name}(<{count} vectors of {self.width} {digest}>)"
