"""Steps on text, and on the tokens that it is cut into."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias, get_args

from featurekit.errors import SpecError
from featurekit.spec.steps.base import BaseStep, check_count
from featurekit.spec.steps.categorical import Tokens, check_distinct

Normalization: TypeAlias = Literal["NFC", "NFD", "NFKC", "NFKD"]
MOST_NGRAMS = 64


def check_text(value: object, name: str, *, may_be_empty: bool = False) -> None:
    """Raises SpecError unless the value is text that can be UTF-8."""
    if not isinstance(value, str) or not (value or may_be_empty):
        raise SpecError(f"{name} must be a text", code="SPEC_BAD_VALUE", got=value)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise SpecError(
            f"{name} is not UTF-8", code="SPEC_BAD_VALUE", got=value
        ) from None


@dataclass(frozen=True, slots=True)
class Normalize(BaseStep):
    """Brings text into a normal form of Unicode."""

    method: ClassVar[str] = "normalize"
    form: Normalization

    def __post_init__(self) -> None:
        if self.form not in get_args(Normalization):
            raise SpecError(
                "unknown normal form",
                code="SPEC_BAD_VALUE",
                got=self.form,
                expected=", ".join(get_args(Normalization)),
            )


@dataclass(frozen=True, slots=True)
class Casefold(BaseStep):
    """Makes texts equal that differ in case alone."""

    method: ClassVar[str] = "casefold"


@dataclass(frozen=True, slots=True)
class Lower(BaseStep):
    """Puts each character into lower case."""

    method: ClassVar[str] = "lower"


@dataclass(frozen=True, slots=True)
class Strip(BaseStep):
    """Takes whitespace off both ends."""

    method: ClassVar[str] = "strip"


@dataclass(frozen=True, slots=True)
class Split(BaseStep):
    """Cuts a text into a list of texts."""

    method: ClassVar[str] = "split"
    separator: str | None = None

    def __post_init__(self) -> None:
        if self.separator is not None:
            check_text(self.separator, "separator")


@dataclass(frozen=True, slots=True)
class Ngrams(BaseStep):
    """Replaces tokens by the runs of tokens of some lengths."""

    method: ClassVar[str] = "ngrams"
    least: int
    most: int
    separator: str = field(default=" ", kw_only=True)

    def __post_init__(self) -> None:
        check_count(self.least, "least")
        check_count(self.most, "most")
        if not self.least <= self.most <= MOST_NGRAMS:
            raise SpecError(
                "the lengths are out of range",
                code="SPEC_BAD_VALUE",
                got=f"{self.least} to {self.most}",
                expected=f"1 <= least <= most <= {MOST_NGRAMS}",
            )
        check_text(self.separator, "separator", may_be_empty=True)


@dataclass(frozen=True, slots=True)
class TfIdf(BaseStep):
    """Replaces ids by a vector of how often each occurs, rare ones weighing more."""

    method: ClassVar[str] = "tf_idf"
    smooth: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.smooth, bool):
            raise SpecError(
                "smooth must be True or False", code="SPEC_BAD_VALUE", got=self.smooth
            )


@dataclass(frozen=True, slots=True)
class Wordpiece(BaseStep):
    """Cuts each token into the longest pieces that a vocabulary has."""

    method: ClassVar[str] = "wordpiece"
    tokens: Tokens
    unknown: str = field(default="[UNK]", kw_only=True)
    prefix: str = field(default="##", kw_only=True)
    max_chars: int = field(default=100, kw_only=True)

    def __post_init__(self) -> None:
        if not self.tokens:
            raise SpecError("the vocabulary is empty", code="SPEC_EMPTY_VOCAB")
        for token in self.tokens:
            if not isinstance(token, bytes) or not token:
                raise SpecError(
                    "a token must be text", code="SPEC_BAD_VALUE", got=token
                )
        check_distinct(self.tokens)
        check_text(self.unknown, "unknown")
        check_text(self.prefix, "prefix", may_be_empty=True)
        check_count(self.max_chars, "max_chars")
