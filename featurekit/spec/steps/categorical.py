"""Steps that make ids of tokens, and what follows ids."""

from dataclasses import dataclass, field, fields
from typing import ClassVar, TypeAlias

from featurekit.errors import SpecError
from featurekit.spec.inputs import check_name
from featurekit.spec.steps.base import BaseStep, check_count, check_word, show_argument
from featurekit.spec.steps.special_values import DefaultId, check_default

Tokens: TypeAlias = tuple[bytes, ...] | tuple[int, ...]
"""Tokens in the order of their ids, all text or all integers."""


@dataclass(frozen=True, slots=True)
class Vocabulary(BaseStep):
    """Replaces a token by its id; learned where no tokens are given.

    Ids come in this order: those of `reserved`, that of missing values if they have
    one, those of unknown tokens if `oov_first`, the tokens, else those of unknown ones.
    """

    method: ClassVar[str] = "vocabulary"
    tokens: Tokens | None = None
    max_size: int | None = None
    min_count: int = 1
    num_oov: int = 1
    reserved: Tokens | None = None
    oov_first: bool = False
    missing_id: bool = False
    shared: str | None = None
    default: DefaultId | None = None

    def __post_init__(self) -> None:
        check_count(self.num_oov, "num_oov", minimum=0)
        check_count(self.min_count, "min_count")
        if self.max_size is not None:
            check_count(self.max_size, "max_size")
        if self.shared is not None:
            check_name(self.shared, "the name of a shared vocabulary")
        if not self.reserved:
            object.__setattr__(self, "reserved", None)
        if self.tokens is not None:
            if self.max_size is not None or self.min_count != 1:
                raise SpecError(
                    "max_size and min_count belong to learned vocabularies",
                    code="SPEC_BAD_VALUE",
                    hint="remove them, or cut the list of tokens",
                )
            if not self.tokens:
                raise SpecError("the vocabulary is empty", code="SPEC_EMPTY_VOCAB")
        check_distinct((*(self.reserved or ()), *(self.tokens or ())))
        if self.default is not None and self.num_oov:
            raise SpecError(
                "unknown tokens have ids of their own, so default has no use",
                code="SPEC_BAD_VALUE",
                got=self.default,
                hint="set num_oov to 0, or remove default",
            )
        num_tokens = len(self.all_tokens(())) + self.missing_id
        check_default(self.default, None if self.tokens is None else num_tokens)

    @property
    def num_reserved(self) -> int:
        """How many ids the reserved tokens have."""
        return len(self.reserved or ())

    def all_tokens(self, learned: Tokens) -> Tokens:
        """Reserved and other tokens in the order of their ids; each once.

        Args:
            learned: The tokens that follow the reserved ones, where none are given.
        """
        following = learned if self.tokens is None else self.tokens
        found = dict.fromkeys((*(self.reserved or ()), *following))
        return tuple(found)

    def __str__(self) -> str:
        arguments = []
        if self.tokens is not None:
            arguments.append(show_argument(self.tokens))
        for entry in fields(self)[1:]:
            value = getattr(self, entry.name)
            if value == entry.default:
                continue
            if entry.name == "oov_first":
                arguments.append("oov='before'")
            else:
                arguments.append(f"{entry.name}={show_argument(value)}")
        return f".vocabulary({', '.join(arguments)})"


def check_distinct(tokens: Tokens) -> None:
    seen: dict[bytes | int, int] = {}
    for index in range(len(tokens)):
        token = tokens[index]
        if token in seen:
            raise SpecError(
                f"token {index} repeats token {seen[token]}",
                code="SPEC_DUPLICATE_TOKEN",
                got=token,
            )
        seen[token] = index


@dataclass(frozen=True, slots=True)
class HashBuckets(BaseStep):
    """Replaces a value by its hash modulo num_buckets.

    `key` chooses the keyed hash of a value; `hash_key` where the fold of a cross
    starts.
    """

    method: ClassVar[str] = "hash_buckets"
    num_buckets: int
    key: tuple[int, ...] = field(default=(), kw_only=True)
    hash_key: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        check_count(self.num_buckets, "num_buckets")
        if len(self.key) not in (0, 2):
            raise SpecError(
                "key must be two integers", code="SPEC_BAD_VALUE", got=self.key
            )
        for part in self.key:
            check_word(part, "key", minimum=0)
        if self.hash_key is not None:
            # TensorFlow takes 0 for no key.
            check_word(self.hash_key, "hash_key", minimum=1)


@dataclass(frozen=True, slots=True)
class Identity(BaseStep):
    """Takes an integer in [0, num_ids) as the id."""

    method: ClassVar[str] = "identity"
    num_ids: int
    default: DefaultId | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        check_count(self.num_ids, "num_ids")
        check_default(self.default, self.num_ids)


@dataclass(frozen=True, slots=True)
class OneHot(BaseStep):
    """Replaces an id by a vector that is 1.0 at the id and 0.0 elsewhere."""

    method: ClassVar[str] = "one_hot"


@dataclass(frozen=True, slots=True)
class Boolean(BaseStep):
    """Takes the integer 0 as False and 1 as True."""

    method: ClassVar[str] = "boolean"


@dataclass(frozen=True, slots=True)
class Cyclic(BaseStep):
    """Replaces an id by the point of a circle on which the ids are evenly spread."""

    method: ClassVar[str] = "cyclic"
