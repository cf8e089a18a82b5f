"""Which statistics a spec needs before it can become a plan."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns import Column
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.inputs import Input, element_dtype

StatisticKind: TypeAlias = Literal[
    "presence", "moments", "range", "quantiles", "vocabulary"
]
RequestValueType: TypeAlias = Literal["number", "integer", "string"]


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """One statistic of one value that needs no other statistic.

    Args:
        kind: Which statistic.
        source: The source column.
        steps: What is done to it before it is measured.
        options: Arguments of the statistic, by name.
    """

    kind: StatisticKind
    source: Input
    steps: tuple[s.Step, ...] = ()
    options: tuple[tuple[str, int | None], ...] = ()

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
        """What the accumulator receives; of lists, what their elements are."""
        if any(isinstance(step, s.Length) for step in self.steps):
            return "number"
        dtype = element_dtype(self.source.dtype) or self.source.dtype
        if dtype == "float32":
            return "number"
        return "string" if dtype in ("string", "key") else "integer"


def step_request(source: Input, steps: tuple[s.Step, ...]) -> AnalysisRequest | None:
    """The statistic that the last step needs of the steps before it; None if none.

    Raises:
        SpecError: It would have to be measured on values that need statistics
            themselves, and so a second pass over the data.
    """
    prefix, step = steps[:-1], steps[-1]
    if not s.needs_statistics(step):
        return None
    learned = next((entry for entry in prefix if s.needs_statistics(entry)), None)
    if learned is not None:
        raise SpecError(
            f"{step.method} would be learned from the result of {learned.method}, "
            "which is learned itself; that takes a second pass over the data",
            code="SPEC_TWO_PASSES",
            column=source.name,
            got=f"{source}{''.join(map(str, steps))}",
            hint=f"give {learned.method} its values, or swap the two",
        )
    prefix = _measured(prefix)
    match step:
        case s.Standardize():
            return AnalysisRequest("moments", source, prefix)
        case s.MinMax():
            return AnalysisRequest("range", source, prefix)
        case s.QuantileBuckets(num_buckets=count):
            options = (("num_buckets", count),)
            return AnalysisRequest("quantiles", source, prefix, options)
        case s.Vocabulary(max_size=max_size, min_count=min_count):
            kept = (("max_size", max_size), ("min_count", min_count))
            return AnalysisRequest("vocabulary", source, prefix, kept)
    raise AssertionError(step)


def _measured(steps: tuple[s.Step, ...]) -> tuple[s.Step, ...]:
    """The steps without those that change nothing that is measured.

    What is missing in lists counts for no statistic, dropped or not; so columns that
    differ in this share their statistics.
    """
    if any(isinstance(step, s.Length | s.Aggregate) for step in steps):
        return steps
    policies = s.MissingAsEmpty | s.DropMissing
    return tuple(step for step in steps if not isinstance(step, policies))


def presence_request(source: Input) -> AnalysisRequest:
    """How many rows, nulls, NaNs and infinities a source column has."""
    return AnalysisRequest("presence", source)


def _column_requests(column: Column) -> Iterator[AnalysisRequest]:
    if not isinstance(column.source, Input):
        for entry in column.source.columns:
            yield from _column_requests(entry)
        return
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
