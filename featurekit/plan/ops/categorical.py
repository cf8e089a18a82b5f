"""Ops that make ids, and vectors of ids."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

from featurekit.errors import SpecError
from featurekit.plan.ops.base import BaseOp
from featurekit.plan.types import ValueType


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
    """The id of a token; unknown ones hash into num_oov ids behind the vocabulary.

    With num_oov = 0 an unknown token rejects the row.
    """

    name = "lookup_vocabulary"
    accepts = ("string", "int64")
    vocabulary: VocabularyTable
    num_oov: int

    def _infer(self, value: ValueType) -> ValueType:
        if self.vocabulary.is_text != (value.dtype == "string"):
            raise SpecError(
                "the tokens of the vocabulary are not of the column's type",
                code="PLAN_TYPE",
                got=value.dtype,
            )
        size = len(self.vocabulary) + self.num_oov
        return ValueType("int64", value.nullable, num_ids=size)


@dataclass(frozen=True, slots=True)
class HashBucket(BaseOp):
    """FarmHash64 of the text, or of the decimal text of an integer, mod num_buckets."""

    name = "hash_bucket"
    accepts = ("string", "int64")
    num_buckets: int

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("int64", value.nullable, num_ids=self.num_buckets)


@dataclass(frozen=True, slots=True)
class CrossHash(BaseOp):
    """Folds the hashes of text and the integers of all inputs, mod num_buckets."""

    name = "cross_hash"
    accepts = ("string", "int64")
    num_buckets: int

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """Ids; missing where any input is."""
        fits = (item.dtype in self.accepts and not item.is_list for item in inputs)
        if len(inputs) < 2 or not all(fits):
            raise SpecError(
                "a cross takes two or more texts or integers",
                code="PLAN_TYPE",
                got=", ".join(map(str, inputs)),
            )
        nullable = any(item.nullable for item in inputs)
        return ValueType("int64", nullable, num_ids=self.num_buckets)


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
