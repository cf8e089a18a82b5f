"""Which statistics a spec needs before it can become a plan."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns import Column, Expression, Source
from featurekit.spec.columns.base import source_inputs
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.inputs import Input

StatisticKind: TypeAlias = Literal[
    "presence", "moments", "range", "quantiles", "quantile_values", "vocabulary"
]
OptionValue: TypeAlias = int | tuple[float, ...] | None
RequestValueType: TypeAlias = Literal["number", "integer", "string"]


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """One statistic of one value that needs no other statistic.

    Args:
        kind: Which statistic.
        source: The source column, or what is made of several.
        steps: What is done to it before it is measured.
        options: Arguments of the statistic, by name.
    """

    kind: StatisticKind
    source: Source
    steps: tuple[s.Step, ...] = ()
    options: tuple[tuple[str, OptionValue], ...] = ()

    @property
    def key(self) -> str:
        """The request as text; equal requests are measured once.

        Example: `quantiles(fk.numeric('distance').log1p(), num_buckets=16)`.
        """
        column = f"{self.source}{''.join(map(str, self.steps))}"
        options = "".join(f", {name}={value}" for name, value in self.options)
        return f"{self.kind}({column}{options})"

    @property
    def value_type(self) -> RequestValueType:
        """What the accumulator receives."""
        if isinstance(self.source, Expression):
            return "string" if self.source.operator == "join" else "number"
        assert isinstance(self.source, Input), "no step learns from a cross"
        if self.source.dtype == "float32":
            return "number"
        return "string" if self.source.dtype in ("string", "key") else "integer"

    @property
    def column(self) -> str:
        """The names of the source columns, for messages."""
        return ", ".join(item.name for item in source_inputs(self.source))


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
    learned = next(learned_steps(source, prefix), None)
    if learned is not None:
        given = _GIVEN.get(learned.method, f"those of {learned.method}")
        raise SpecError(
            f"{step.method} would be learned from the result of {learned.method}, "
            "which is learned itself; that takes a second pass over the data",
            code="SPEC_TWO_PASSES",
            column=", ".join(item.name for item in source_inputs(source)),
            got=f"{source}{''.join(map(str, steps))}",
            hint=f"swap the two, or give the values: {given}",
        )
    return _request(step, source, prefix)


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
        case s.Vocabulary(max_size=max_size, min_count=min_count):
            kept = (("max_size", max_size), ("min_count", min_count))
            return AnalysisRequest("vocabulary", source, prefix, kept)
    raise AssertionError(step)


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
    yield from filter(s.needs_statistics, steps)


def _without_learned_fills(steps: tuple[s.Step, ...]) -> tuple[s.Step, ...]:
    return tuple(step for step in steps if not s.is_learned_fill(step))


def _unfilled(source: Source) -> Source:
    """The source without the learned fills of its operands."""
    if not isinstance(source, Expression):
        return source
    return replace(source, operands=tuple(map(_unfilled_operand, source.operands)))


def _unfilled_operand(operand: Column | float) -> Column | float:
    if isinstance(operand, float):
        return operand
    steps = _without_learned_fills(operand.steps)
    return replace(operand, source=_unfilled(operand.source), steps=steps)


def presence_request(source: Input) -> AnalysisRequest:
    """How many rows, nulls, NaNs and infinities a source column has."""
    return AnalysisRequest("presence", source)


def _column_requests(column: Column) -> Iterator[AnalysisRequest]:
    if not isinstance(column.source, Input):
        for entry in column.source.columns:
            yield from _column_requests(entry)
    for end in range(1, len(column.steps) + 1):
        request = step_request(column.source, column.steps[:end])
        if request is not None:
            yield request


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
    return tuple(found.values())
