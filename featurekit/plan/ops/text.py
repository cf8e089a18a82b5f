"""Ops on text: what changes it, what cuts it into lists, and what weighs terms."""

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from featurekit.errors import SpecError
from featurekit.plan.ops.base import BaseOp
from featurekit.plan.ops.categorical import VocabularyTable
from featurekit.plan.ops.lists import BaseListEnd, BaseListMaker, MissingList
from featurekit.plan.types import ValueType
from featurekit.plan.unicode_tables import TextMapping, unicode_version


@dataclass(frozen=True, slots=True)
class MapText(BaseOp):
    """Changes text by tables of Unicode; what is not UTF-8 rejects the row.

    Args:
        change: A normal form, or another case.
        unicode: The version of the tables, so that a plan says all that decides bytes.
    """

    name = "map_text"
    accepts = ("string",)
    change: TextMapping
    unicode: str

    def _infer(self, value: ValueType) -> ValueType:
        if self.unicode != unicode_version():
            raise SpecError(
                "the plan was made with other tables of Unicode",
                code="PLAN_UNICODE",
                got=self.unicode,
                expected=unicode_version(),
                hint="use the featurekit that made it, or compile the spec again",
            )
        return value


@dataclass(frozen=True, slots=True)
class StripText(BaseOp):
    """Takes whitespace of ASCII off both ends."""

    name = "strip_text"
    accepts = ("string",)


@dataclass(frozen=True, slots=True)
class BaseTextLists(BaseListMaker):
    """Base of the ops that make lists of other lengths: of a text, or of a list."""

    takes_lists: ClassVar[bool] = True
    accepts = ("string",)

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """A list of texts, none of which is missing.

        Raises:
            SpecError: The input is not what the op takes.
        """
        fits = [kind.is_list == self.takes_lists for kind in inputs]
        if fits != [True] or inputs[0].dtype != "string":
            raise SpecError(
                f"{self.name} does not take these inputs",
                code="PLAN_TYPE",
                got=", ".join(map(str, inputs)),
                expected="list<string>" if self.takes_lists else "string",
            )
        return ValueType("string", is_list=True)


@dataclass(frozen=True, slots=True)
class CutText(BaseTextLists):
    """Cuts a text into a list of texts.

    Args:
        separator: Between them; None for runs of whitespace of ASCII.
        missing: What the list of a missing text is: missing, empty, or refused.
    """

    name = "cut_text"
    takes_lists = False
    separator: str | None
    missing: MissingList


@dataclass(frozen=True, slots=True)
class JoinNgrams(BaseTextLists):
    """Runs of tokens, joined; those of one length after those of the shorter ones.

    Args:
        least: The shortest length.
        most: The longest length.
        separator: Between tokens.
    """

    name = "join_ngrams"
    least: int
    most: int
    separator: str


@dataclass(frozen=True, slots=True)
class CutWordpieces(BaseTextLists):
    """Cuts each token into the longest pieces that a vocabulary has.

    Args:
        vocabulary: The pieces.
        unknown: What stands for a token that cannot be cut into pieces.
        prefix: What pieces begin with that do not begin a token.
        max_chars: Longer tokens, in bytes that begin a character, are unknown.
    """

    name = "cut_wordpieces"
    vocabulary: VocabularyTable
    unknown: str
    prefix: str
    max_chars: int


@dataclass(frozen=True, slots=True)
class WeighTerms(BaseListEnd):
    """A float32 vector of how often each id occurs, times the weight of the id.

    Args:
        weights: One for each id.
    """

    name = "weigh_terms"
    accepts = ("int64",)
    weights: tuple[float, ...]

    def _infer(self, value: ValueType) -> ValueType:
        if value.num_ids != len(self.weights):
            raise SpecError(
                "weigh_terms takes ids, with a weight for each",
                code="PLAN_TYPE",
                got=str(value),
                expected=f"int64 < {len(self.weights)}",
            )
        return ValueType("float32", width=len(self.weights))

    def __str__(self) -> str:
        digest = hashlib.sha256(repr(self.weights).encode()).hexdigest()[:8]
        return f"{self.name}(<{len(self.weights)} weights {digest}>)"
