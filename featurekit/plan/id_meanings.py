"""What ids stand for: from an id back to a value."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, TypeAlias

from featurekit.errors import SpecError
from featurekit.plan.combinations import read_combination
from featurekit.plan.requirements import shared_requests, step_request
from featurekit.plan.statistics import Quantiles, VocabularyCounts
from featurekit.plan.stats import Stats
from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn, Cross, WeightedBag
from featurekit.spec.columns.combinations import is_text
from featurekit.spec.columns.grouped import Grouped
from featurekit.spec.columns.hidden import Hidden
from featurekit.spec.columns.masking import unwrapped
from featurekit.spec.feature_spec import FeatureSpec

IdKind: TypeAlias = Literal[
    "reserved", "missing", "unknown", "token", "bucket", "part", "integer", "padding"
]
IdValue: TypeAlias = str | int | tuple[object, ...] | None
_Kinds: TypeAlias = Iterator[tuple[IdKind, IdValue]]


@dataclass(frozen=True, slots=True)
class IdMeaning:
    """What an id stands for.

    Args:
        id: The id.
        kind: "token" or "reserved" of a vocabulary, "missing" for missing values,
            "unknown" for tokens that are not in the vocabulary, "bucket" of numbers,
            "part" of a time, "integer" where the id is the value itself, or "padding"
            of a list of ids.
        value: The token: text, an integer, or a tuple for a cross; for a bucket its
            boundaries (from, and below); for a part its name and number; for one of
            several ids of unknown values which of how many; else None.
    """

    id: int
    kind: IdKind
    value: IdValue = None

    def __str__(self) -> str:
        shown = "" if self.value is None else f" {self.value!r}"
        return f"{self.id} {self.kind}{shown}"


def id_meanings(
    spec: FeatureSpec, feature: str, stats: Stats | None = None
) -> list[IdMeaning]:
    """What every id of a feature stands for, in order: decoding is indexing.

    Args:
        spec: The declaration.
        feature: A feature, or "label".
        stats: Its statistics, where the feature learns. Defaults to none.

    Raises:
        SpecError: The spec has no such feature, it has no ids, or they are hashes, from
            which no value can be told.
        StatisticsError: A statistic is missing.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec({"age": fk.numeric("age").buckets([18, 65])})
        >>> for meaning in fk.id_meanings(spec, "age"):
        ...     print(meaning)
        0 bucket (-inf, 18.0)
        1 bucket (18.0, 65.0)
        2 bucket (65.0, inf)
    """
    if feature not in spec.outputs:
        raise SpecError(
            "the spec has no such feature",
            code="SPEC_UNKNOWN_REFERENCE",
            feature=feature,
            expected=", ".join(spec.outputs),
        )
    # Other lists beside a list of ids do not change what these stand for.
    column = unwrapped(spec.outputs[feature])
    trained = (s.OneHot, s.Embedding)
    steps = tuple(step for step in column.steps if not isinstance(step, trained))
    found = BaseColumn(column.source, steps)
    kinds = _kinds(spec, feature, found, stats or Stats({}))
    return [IdMeaning(at, kind, value) for at, (kind, value) in enumerate(kinds)]


def _kinds(spec: FeatureSpec, feature: str, column: BaseColumn, stats: Stats) -> _Kinds:
    match column.steps[-1] if column.steps else None:
        case s.Vocabulary() as step:
            return _of_vocabulary(column, step, _tokens(spec, column, step, stats))
        case s.Pad(value=None):
            ids = _kinds(spec, feature, _padded(column), stats)
            return chain([("padding", None)], ids)
        case s.Buckets(boundaries=boundaries):
            return _of_buckets(boundaries)
        case s.QuantileBuckets():
            request = step_request(column.source, column.steps)
            assert request is not None
            return _of_buckets(stats.find(request, Quantiles).boundaries)
        case s.GreaterEqual(threshold=threshold):
            return _of_buckets((threshold,))
        case s.TimePart(part=part) if (size := s.PART_SIZES[part]) is not None:
            return (("part", (part, at)) for at in range(size))
        case s.Identity(num_ids=count):
            return (("integer", at) for at in range(count))
        case s.HashBuckets():
            message = "no value can be told from a hash"
        case None if isinstance(column.source, Hidden):
            return (("integer", at) for at in range(2))  # whether it is hidden
        case None if isinstance(column.source, Grouped):
            message = "what a bucket holds depends on the key"
        case _:
            message = "the feature has no ids"
    raise SpecError(message, code="SPEC_BAD_VALUE", feature=feature, got=column)


def _padded(column: BaseColumn) -> BaseColumn:
    """The column whose ids are padded."""
    if isinstance(column.source, WeightedBag):
        column = unwrapped(column.source.ids)
        steps = column.steps
    else:
        steps = column.steps[:-1]
    while isinstance(steps[-1], s.MissingAsEmpty | s.DropMissing):
        steps = steps[:-1]
    return BaseColumn(column.source, steps)


def _of_buckets(boundaries: Sequence[float]) -> _Kinds:
    ends = (-math.inf, *boundaries, math.inf)
    return (("bucket", (ends[at], ends[at + 1])) for at in range(len(ends) - 1))


def _tokens(
    spec: FeatureSpec, column: BaseColumn, step: s.Vocabulary, stats: Stats
) -> s.Tokens:
    request = step_request(column.source, column.steps)
    if request is None:
        return step.all_tokens(())
    if step.shared is not None:
        request = shared_requests(spec)[step.shared]
    return step.all_tokens(stats.find(request, VocabularyCounts).tokens)


def _of_vocabulary(column: BaseColumn, step: s.Vocabulary, tokens: s.Tokens) -> _Kinds:
    count = step.num_oov
    unknown: list[IdValue] = (
        [None] if count == 1 else [(k, count) for k in range(count)]
    )
    for token in tokens[: step.num_reserved]:
        yield "reserved", _shown(column, token)
    if step.missing_id:
        yield "missing", None
    if step.oov_first:
        yield from (("unknown", value) for value in unknown)
    for token in tokens[step.num_reserved :]:
        yield "token", _shown(column, token)
    if not step.oov_first:
        yield from (("unknown", value) for value in unknown)


def _shown(column: BaseColumn, token: bytes | int) -> IdValue:
    """A token as its source column has it."""
    if isinstance(token, int):
        return token
    if not isinstance(column.source, Cross):
        return token.decode("utf-8", "backslashreplace")
    values = read_combination(token, list(map(is_text, column.source.columns)))
    return tuple(
        value if isinstance(value, int) else value.decode("utf-8", "backslashreplace")
        for value in values
    )
