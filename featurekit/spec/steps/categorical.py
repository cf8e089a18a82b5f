"""Steps that make ids of tokens, and what follows ids."""

from dataclasses import dataclass
from typing import ClassVar

from featurekit.errors import SpecError
from featurekit.spec.steps.base import BaseStep, check_count, show_argument


@dataclass(frozen=True, slots=True)
class Vocabulary(BaseStep):
    """Replaces a token by its index; learned where no tokens are given."""

    method: ClassVar[str] = "vocabulary"
    tokens: tuple[bytes, ...] | tuple[int, ...] | None = None
    max_size: int | None = None
    min_count: int = 1
    num_oov: int = 1

    def __post_init__(self) -> None:
        check_count(self.num_oov, "num_oov", minimum=0)
        check_count(self.min_count, "min_count")
        if self.max_size is not None:
            check_count(self.max_size, "max_size")
        if self.tokens is not None:
            if self.max_size is not None or self.min_count != 1:
                raise SpecError(
                    "max_size and min_count belong to learned vocabularies",
                    code="SPEC_BAD_VALUE",
                    hint="remove them, or cut the list of tokens",
                )
            self._check_tokens(self.tokens)

    @staticmethod
    def _check_tokens(tokens: tuple[bytes, ...] | tuple[int, ...]) -> None:
        if not tokens:
            raise SpecError("the vocabulary is empty", code="SPEC_EMPTY_VOCAB")
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

    def __str__(self) -> str:
        arguments = []
        if self.tokens is not None:
            arguments.append(show_argument(self.tokens))
        for name, default in (("max_size", None), ("min_count", 1), ("num_oov", 1)):
            value = getattr(self, name)
            if value != default:
                arguments.append(f"{name}={value!r}")
        return f".vocabulary({', '.join(arguments)})"


@dataclass(frozen=True, slots=True)
class HashBuckets(BaseStep):
    """Replaces a value by its hash modulo num_buckets."""

    method: ClassVar[str] = "hash_buckets"
    num_buckets: int

    def __post_init__(self) -> None:
        check_count(self.num_buckets, "num_buckets")


@dataclass(frozen=True, slots=True)
class Identity(BaseStep):
    """Takes an integer in [0, num_ids) as the id."""

    method: ClassVar[str] = "identity"
    num_ids: int

    def __post_init__(self) -> None:
        check_count(self.num_ids, "num_ids")


@dataclass(frozen=True, slots=True)
class OneHot(BaseStep):
    """Replaces an id by a vector that is 1.0 at the id and 0.0 elsewhere."""

    method: ClassVar[str] = "one_hot"


@dataclass(frozen=True, slots=True)
class Embedding(BaseStep):
    """Declares a trainable vector for each id; the preprocessing keeps the id."""

    method: ClassVar[str] = "embedding"
    dim: int

    def __post_init__(self) -> None:
        check_count(self.dim, "dim")


@dataclass(frozen=True, slots=True)
class Boolean(BaseStep):
    """Takes the integer 0 as False and 1 as True."""

    method: ClassVar[str] = "boolean"


@dataclass(frozen=True, slots=True)
class Cyclic(BaseStep):
    """Replaces an id by the point of a circle on which the ids are evenly spread."""

    method: ClassVar[str] = "cyclic"
