"""From declarations to operations: FeatureSpec and Stats become a Plan."""

from collections.abc import Iterable, Mapping
from typing import assert_never

from featurekit.errors import StatisticsError
from featurekit.plan import ops
from featurekit.plan.graph import Plan, PlanBuilder
from featurekit.plan.requirements import (
    AnalysisRequest,
    shared_requests,
    step_request,
)
from featurekit.plan.statistics import Moments, Quantiles, Range, VocabularyCounts
from featurekit.plan.stats import S, Stats
from featurekit.plan.time_zones import offset_transitions
from featurekit.plan.types import ValueDType
from featurekit.plan.vocabularies import add_lookup, lower_exact_cross
from featurekit.spec import steps as s
from featurekit.spec.columns import Column, Cross, EmbeddingColumn
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.feature_spec import LABEL, FeatureSpec
from featurekit.spec.inputs import Input


def compile_spec(
    spec: FeatureSpec, stats: Stats | None = None, *, serving: bool = False
) -> Plan:
    """The plan that computes the outputs of a spec.

    Args:
        spec: The declaration.
        stats: What `analyze` measured for it. Defaults to none, which suffices for a
            spec that learns nothing.
        serving: Leave out label and weight, and with them their source columns.
            Defaults to False.

    Raises:
        StatisticsError: A statistic is missing, or was measured on no values.
        SpecError: A step would need a second pass over the data.
    """
    lowering = _Lowering(stats or Stats({}), shared_requests(spec))
    columns = spec.features if serving else spec.outputs
    if LABEL in columns:
        # First in the plan: a row without label is known as such, whatever else it
        # lacks, because the first op that refuses a row names the reason.
        lowering.output(columns[LABEL])
    outputs = [(name, lowering.output(column)) for name, column in columns.items()]
    return lowering.builder.build(outputs)


def compile_requests(spec: FeatureSpec, requests: Iterable[AnalysisRequest]) -> Plan:
    """The plan that computes what the accumulators receive; outputs by request key.

    It refuses rows without label as the plan of the records does.
    """
    lowering = _Lowering(Stats({}), {})
    outputs = []
    if spec.label is not None:
        outputs.append((LABEL, lowering.unlearned(spec.label)))
    for request in requests:
        # Presence counts a column as it is: NaNs apart from nulls.
        keep = request.kind == "presence"
        for name, column in request.columns.items():
            value = lowering.value(column, column.steps, keep_nan=keep)
            outputs.append((name, value))
    return lowering.builder.build(outputs)


def label_check(plan: Plan) -> int | None:
    """The node that refuses rows without label; None if no row can lack one."""
    label = dict(plan.outputs).get(LABEL)
    for index, node in enumerate(plan.nodes):
        is_check = isinstance(node.op, ops.RequirePresent)
        if label is not None and is_check and LABEL in plan.features_of[index]:
            return index
    return None


class _Lowering:
    """One builder and the statistics that its steps ask for.

    Args:
        stats: The statistics.
        shared: By name, the requests of shared vocabularies.
    """

    def __init__(self, stats: Stats, shared: Mapping[str, AnalysisRequest]) -> None:
        self.builder = PlanBuilder()
        self.stats = stats
        self.shared = shared

    def output(self, column: Column) -> int:
        """The value that a record holds: present, and float32 where it is a number."""
        add = self.builder.add
        steps = column.steps
        one_hot = bool(steps) and isinstance(steps[-1], s.OneHot)
        if one_hot or isinstance(column, EmbeddingColumn):
            steps = steps[:-1]
        value = self.value(column, steps)
        if self.builder.nodes[value].type.nullable:
            value = add(ops.RequirePresent(), value)
        found = self.builder.nodes[value].type
        if one_hot:
            return add(ops.OneHotEncode(found.num_ids or 0), value)
        if found.dtype == "float64":
            return add(ops.ToFloat32(), value)
        return value

    def unlearned(self, column: Column) -> int:
        """The value before the first learned step, present."""
        steps = column.steps
        learned = [index for index, s_ in enumerate(steps) if s.needs_statistics(s_)]
        if not learned:
            return self.output(column)
        if isinstance(column.source, Cross):
            # A combination is present where its hash is.
            value = self._cross(column.source, s.HashBuckets(1))
        else:
            value = self.steps(column.source, steps[: learned[0]])
        step = steps[learned[0]]
        never_missing = isinstance(step, s.Vocabulary) and step.missing_id
        if self.builder.nodes[value].type.nullable and not never_missing:
            value = self.builder.add(ops.RequirePresent(), value)
        return value

    def value(
        self, column: BaseColumn, steps: tuple[s.Step, ...], *, keep_nan: bool = False
    ) -> int:
        """The value of a column's source after some steps."""
        if isinstance(column.source, Input):
            return self.steps(column.source, steps, keep_nan=keep_nan)
        if not steps:
            raise AssertionError("a cross without an id for each combination")
        (step,) = steps
        return self._cross(column.source, step)

    def _cross(self, source: Cross, step: s.Step) -> int:
        parts = [self.value(entry, entry.steps) for entry in source.columns]
        if isinstance(step, s.HashBuckets):
            return self.builder.add(
                ops.CrossHash(step.num_buckets, step.hash_key), *parts
            )
        assert isinstance(step, s.Vocabulary)
        request = step_request(source, (step,))
        tokens = self._find(request, VocabularyCounts).tokens
        return lower_exact_cross(self.builder, parts, tokens, step)

    def steps(
        self, source: Input, steps: tuple[s.Step, ...], *, keep_nan: bool = False
    ) -> int:
        """The value of a source column after some steps."""
        dtype: ValueDType = "string" if source.dtype == "key" else source.dtype
        value = self.builder.add(ops.ReadColumn(source.name, dtype))
        if dtype == "float32":
            nan = "keep" if keep_nan else source.nan
            value = self.builder.add(ops.ToFloat64(nan), value)
        for end, step in enumerate(steps, start=1):
            request = step_request(source, steps[:end])
            if isinstance(step, s.Vocabulary):
                value = self._vocabulary(step, request, value)
            else:
                value = self.builder.add(self._op(source, step, request), value)
        return value

    def _vocabulary(
        self, step: s.Vocabulary, request: AnalysisRequest | None, value: int
    ) -> int:
        learned: s.Tokens = ()
        if request is not None:
            request = self.shared.get(step.shared or "", request)
            learned = self._find(request, VocabularyCounts).tokens
        table = ops.VocabularyTable(step.all_tokens(learned))
        return add_lookup(self.builder, step, table, value)

    def _op(
        self, source: Input, step: s.Step, request: AnalysisRequest | None
    ) -> ops.Op:
        match step:
            case s.Fill(value=filled):
                return ops.FillMissing(filled)
            case s.Clip(low=low, high=high):
                return ops.ClipValue(float(low), float(high))
            case s.Log1p():
                return ops.Log1pValue()
            case s.Standardize(mean=mean, std=std):
                return self._standardize(mean, std, request)
            case s.MinMax(minimum=minimum, maximum=maximum):
                return self._min_max(minimum, maximum, request)
            case s.Buckets(boundaries=boundaries):
                return ops.Bucketize(boundaries)
            case s.QuantileBuckets():
                return ops.Bucketize(self._find(request, Quantiles).boundaries)
            case s.GreaterEqual(threshold=threshold):
                return ops.IsGreaterEqual(float(threshold))
            case s.HashBuckets(num_buckets=count, key=key):
                return ops.HashBucket(count, key)
            case s.Identity(num_ids=count):
                return ops.CheckRange(count)
            case s.TimePart(part=part):
                transitions, offsets = offset_transitions(source.time_zone or "UTC")
                return ops.ExtractTimePart(part, transitions, offsets)
            case s.OneHot() | s.Embedding() | s.Vocabulary():
                raise AssertionError("lowered elsewhere")
            case _:
                assert_never(step)

    def _standardize(
        self, mean: float | None, std: float | None, request: AnalysisRequest | None
    ) -> ops.Op:
        if mean is None or std is None:
            found = self._find(request, Moments)
            mean, std = found.mean, found.std
        return ops.StandardizeValue(float(mean), float(std))

    def _min_max(
        self, low: float | None, high: float | None, request: AnalysisRequest | None
    ) -> ops.Op:
        if low is None or high is None:
            found = self._find(request, Range)
            low, high = found.minimum, found.maximum
        return ops.MinMaxScale(float(low), float(high))

    def _find(self, request: AnalysisRequest | None, kind: type[S]) -> S:
        assert request is not None
        found = self.stats.find(request, kind)
        if _is_empty(found):
            raise StatisticsError(
                f"{request.key} was measured on no value",
                code="STATS_EMPTY",
                column=request.column_names,
                hint="check the training rows of this column, or give the values",
            )
        return found


def _is_empty(statistic: object) -> bool:
    if isinstance(statistic, VocabularyCounts):
        return not statistic.tokens
    return isinstance(statistic, Moments | Range | Quantiles) and not statistic.count
