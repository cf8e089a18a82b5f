"""Which statistics a spec needs before it can become a plan."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, TypeVar

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns import (
    Aligned,
    Column,
    Cross,
    Expression,
    Grouped,
    Source,
    StringColumn,
    TargetEncoding,
)
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.inputs import Input, element_dtype
from featurekit.spec.shared import shared_vocabularies

StatisticKind: TypeAlias = Literal[
    "presence",
    "moments",
    "range",
    "quantiles",
    "quantile_values",
    "vocabulary",
    "document_frequencies",
    "moments_by_key",
    "range_by_key",
    "target_by_key",
    "quantiles_by_key",
]
OptionValue: TypeAlias = int | tuple[float, ...] | None
Options: TypeAlias = tuple[tuple[str, OptionValue], ...]
RequestValueType: TypeAlias = Literal["number", "integer", "string"]
C = TypeVar("C", bound=BaseColumn)
_MAKING_IDS = s.Vocabulary | s.HashBuckets | s.Identity | s.Buckets


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """One statistic of values that need no other statistic.

    Args:
        kind: Which statistic.
        source: The source column, or what is made of several; a cross, of which the
            combinations are counted.
        steps: What is done to it before it is measured.
        options: Arguments of the statistic, by name.
        others: More columns that are counted with it, as one.
        by: A key: the statistic is that of each of its values.
    """

    kind: StatisticKind
    source: Source
    steps: tuple[s.Step, ...] = ()
    options: tuple[tuple[str, OptionValue], ...] = ()
    others: tuple[BaseColumn, ...] = ()
    by: Column | None = None

    @property
    def key(self) -> str:
        """The request as text; equal requests are measured once.

        Example: `quantiles(fk.numeric('distance').log1p(), num_buckets=16)`.
        """
        measured = (BaseColumn(self.source, self.steps), *self.others)
        columns = ", ".join(sorted(map(repr, measured)))
        options = "".join(f", {name}={value}" for name, value in self.options)
        key = "" if self.by is None else f", by={self.by!r}"
        return f"{self.kind}({columns}{key}{options})"

    @property
    def value_type(self) -> RequestValueType:
        """What the accumulator receives: the elements of lists, the keys of groups."""
        if self.by is not None:
            return "string" if isinstance(self.by, StringColumn) else "integer"
        if self.is_joined:
            return "string"
        if any(isinstance(step, s.Length) for step in self.steps):
            return "number"
        if any(isinstance(step, _MAKING_IDS) for step in self.steps):
            return "integer"
        if isinstance(self.source, Aligned):
            return "number"  # lists of ids learn nothing once they are aligned
        if isinstance(self.source, Expression):
            return "string" if self.source.operator == "join" else "number"
        assert isinstance(self.source, Input), "no step learns from weights"
        dtype = element_dtype(self.source.dtype) or self.source.dtype
        if dtype == "float32":
            return "number"
        return "string" if dtype in ("string", "key", "bytes") else "integer"

    @property
    def is_joined(self) -> bool:
        """Whether the values of a row are counted together, not each by itself."""
        return isinstance(self.source, Cross) and not self.steps

    @property
    def columns(self) -> dict[str, BaseColumn]:
        """The columns that are measured, by the name of their values in the plan."""
        if isinstance(self.source, Cross) and self.is_joined:
            columns: tuple[BaseColumn, ...] = self.source.columns
        else:
            columns = (BaseColumn(self.source, self.steps), *self.others)
        first, *rest = columns
        more = {f"{self.key} {at}": column for at, column in enumerate(rest, start=2)}
        if self.by is not None:
            more[f"{self.key} by"] = self.by
        return {self.key: first, **more}

    @property
    def fold_name(self) -> str:
        """The name of the fold of each row in the plan, where it is asked for."""
        return f"{self.key} fold"

    @property
    def column_names(self) -> str:
        """The source columns, for messages."""
        names = (
            item.name for column in self.columns.values() for item in column.inputs
        )
        return ", ".join(dict.fromkeys(names))


_GIVEN = {
    "standardize": "standardize(mean=…, std=…)",
    "min_max": "min_max(minimum=…, maximum=…)",
    "robust": "standardize(mean=…, std=…)",
    "winsorize": "clip(low, high)",
}
"""What does the same without learning, for steps after which another may learn."""


def step_request(source: Source, steps: tuple[s.Step, ...]) -> AnalysisRequest | None:
    """The statistic that the last step needs of the steps before it; None if none.

    Learned fills among them are left out: a statistic counts the values that were
    there, so it takes no second pass to learn what fills the others.

    Raises:
        SpecError: It would have to be measured on values that need statistics
            themselves, and so a second pass over the data.
    """
    step = steps[-1]
    if not s.needs_statistics(step):
        return None
    source, prefix = _unfilled(source), _without_learned_fills(steps[:-1])
    options: Options = ()
    if isinstance(step, s.TfIdf):
        prefix, options = _terms(prefix)
    _refuse_second_pass(source, prefix, steps)
    if isinstance(step, s.TfIdf):
        # A missing list that is taken as an empty one is a document.
        return AnalysisRequest("document_frequencies", source, prefix, options)
    return _request(step, source, _measured(prefix))


def grouped_request(source: Grouped) -> AnalysisRequest:
    """The statistic of each key.

    Raises:
        SpecError: As `step_request`; also where the key is learned.
    """
    step, key = source.step, _unfilled_column(source.key)
    _refuse_second_pass(key.source, key.steps, (*key.steps, step))
    found = step_request(source.value.source, (*source.value.steps, step))
    assert found is not None, "what is grouped is learned"
    kind: Any = f"{found.kind}_by_key"
    options = (*found.options, ("max_keys", source.max_keys))
    return replace(found, kind=kind, by=key, options=options)


def target_request(source: TargetEncoding) -> AnalysisRequest:
    """The moments of a target, by category and without each fold.

    Raises:
        SpecError: As `step_request`.
    """
    target, key = _unfilled_column(source.target), _unfilled_column(source.category)
    for column in (target, key):
        made: Any = source  # it prints as the step that it is declared by
        _refuse_second_pass(column.source, column.steps, (made,))
    options = (("folds", source.folds), ("max_keys", source.max_keys))
    return AnalysisRequest(
        "target_by_key", target.source, _measured(target.steps), options, by=key
    )


def _refuse_second_pass(
    source: Source, prefix: tuple[s.Step, ...], steps: tuple[s.Step, ...]
) -> None:
    """Refuses to learn the last step where what it is learned from is learned."""
    step = steps[-1]
    learned = next(learned_steps(source, prefix), None)
    if learned is not None:
        given = _GIVEN.get(learned.method, f"those of {learned.method}")
        raise SpecError(
            f"{step.method} would be learned from the result of {learned.method}, "
            "which is learned itself; that takes a second pass over the data",
            code="SPEC_TWO_PASSES",
            column=", ".join(item.name for item in BaseColumn(source).inputs),
            got=f"{source}{''.join(map(str, steps))}",
            hint=f"swap the two, or give the values: {given}",
        )


def _terms(steps: tuple[s.Step, ...]) -> tuple[tuple[s.Step, ...], Options]:
    """What stands for terms where their lists are counted: ids, but not learned ones.

    Instead of ids of a learned vocabulary its tokens are counted, in the same pass, and
    the same ones are kept. They are put together when the spec is compiled.
    """
    for at, step in enumerate(steps):
        if isinstance(step, s.Vocabulary) and step.tokens is None:
            kept = (("max_size", step.max_size), ("min_count", step.min_count))
            return steps[:at] + steps[at + 1 :], kept
    return steps, (("max_size", None), ("min_count", 1))


def _request(
    step: s.Step, source: Source, prefix: tuple[s.Step, ...]
) -> AnalysisRequest:
    match step:
        case s.Standardize() | s.FillMean():
            return AnalysisRequest("moments", source, prefix)
        case s.MinMax():
            return AnalysisRequest("range", source, prefix)
        case s.QuantileBuckets(num_buckets=count):
            options = (("num_buckets", count),)
            return AnalysisRequest("quantiles", source, prefix, options)
        case s.Robust() | s.FillMedian():
            return _quantile_values(source, prefix, QUARTILES)
        case s.Winsorize(lower=lower, upper=upper):
            return _quantile_values(source, prefix, (lower, upper))
        case s.FillMode():
            one = (("max_size", 1), ("min_count", 1))
            return AnalysisRequest("vocabulary", source, prefix, one)
        case s.CountEncoding(max_size=max_size):
            most = (("max_size", max_size), ("min_count", 1))
            return AnalysisRequest("vocabulary", source, prefix, most)
        case s.Vocabulary(max_size=max_size, min_count=min_count):
            kept = (("max_size", max_size), ("min_count", min_count))
            return AnalysisRequest("vocabulary", source, prefix, kept)
    raise AssertionError(step)


def _measured(steps: tuple[s.Step, ...]) -> tuple[s.Step, ...]:
    """The steps without those that change nothing that is measured.

    What is missing in lists counts for no statistic, dropped or not; so columns that
    differ in this share their statistics, but where they decide what is a neighbour.
    """
    ordered = s.Length | s.Aggregate | s.Ngrams | s.BaseSequenceStep
    if any(isinstance(step, ordered) for step in steps):
        return steps
    policies = s.MissingAsEmpty | s.DropMissing
    return tuple(step for step in steps if not isinstance(step, policies))


QUARTILES = (0.25, 0.5, 0.75)
"""What `robust` and `fill_median` ask for, so that one statistic answers both."""


def _quantile_values(
    source: Source, prefix: tuple[s.Step, ...], probabilities: tuple[float, ...]
) -> AnalysisRequest:
    options = (("probabilities", probabilities),)
    return AnalysisRequest("quantile_values", source, prefix, options)


def learned_steps(source: Source, steps: tuple[s.Step, ...]) -> Iterator[s.Step]:
    """The steps that need statistics, those of operands first."""
    if not isinstance(source, Input):
        for column in source.columns:
            yield from learned_steps(column.source, column.steps)
    if isinstance(source, Grouped):
        yield source.step
    if isinstance(source, TargetEncoding):
        learned: Any = source  # what is asked of it is its name
        yield learned
    yield from filter(s.needs_statistics, steps)


def _without_learned_fills(steps: tuple[s.Step, ...]) -> tuple[s.Step, ...]:
    return tuple(step for step in steps if not s.is_learned_fill(step))


def _unfilled(source: Source) -> Source:
    """The source without the learned fills of its operands."""
    if not isinstance(source, Expression):
        return source
    return replace(source, operands=tuple(map(_unfilled_operand, source.operands)))


def _unfilled_operand(operand: Column | float) -> Column | float:
    return operand if isinstance(operand, float) else _unfilled_column(operand)


def _unfilled_column(column: C) -> C:
    steps = _without_learned_fills(column.steps)
    return replace(column, source=_unfilled(column.source), steps=steps)


def shared_requests(spec: FeatureSpec) -> dict[str, AnalysisRequest]:
    """By name of a shared vocabulary that is learned, its request."""
    found = {}
    for name, shared in shared_vocabularies(spec.outputs.values()).items():
        requests = [
            step_request(column.source, (*column.steps, shared.step))
            for column in shared.columns
        ]
        if requests[0] is not None:
            found[name] = replace(
                requests[0], others=tuple(map(_unfilled_column, shared.columns[1:]))
            )
    return found


def presence_request(source: Input) -> AnalysisRequest:
    """How many rows, nulls, NaNs and infinities a source column has."""
    return AnalysisRequest("presence", source)


def _column_requests(column: Column) -> Iterator[AnalysisRequest]:
    if not isinstance(column.source, Input):
        for entry in column.source.columns:
            yield from _column_requests(entry)
    if isinstance(column.source, Grouped):
        yield grouped_request(column.source)
    if isinstance(column.source, TargetEncoding):
        yield target_request(column.source)
    for end, step in enumerate(column.steps, start=1):
        request = step_request(column.source, column.steps[:end])
        if request is not None and not is_shared(step):
            yield request


def is_shared(step: s.Step) -> bool:
    """Whether the step is learned together with those of other columns."""
    return isinstance(step, s.Vocabulary) and step.shared is not None


def requirements(spec: FeatureSpec) -> tuple[AnalysisRequest, ...]:
    """Everything that one pass over the data has to measure, each once.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec({"d": fk.numeric("delay").fill(0.0).standardize()})
        >>> [request.key for request in requirements(spec)]
        ["presence(fk.numeric('delay'))", "moments(fk.numeric('delay').fill(0.0))"]
    """
    found: dict[str, AnalysisRequest] = {}
    for source in spec.inputs:
        request = presence_request(source)
        found.setdefault(request.key, request)
    for column in spec.outputs.values():
        for request in _column_requests(column):
            found.setdefault(request.key, request)
    for request in shared_requests(spec).values():
        found.setdefault(request.key, request)
    return tuple(found.values())
