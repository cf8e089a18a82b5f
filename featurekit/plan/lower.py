"""From declarations to operations: FeatureSpec and Stats become a Plan."""

from collections.abc import Iterable
from typing import assert_never

from featurekit.errors import StatisticsError
from featurekit.plan import ops
from featurekit.plan.graph import Plan, PlanBuilder
from featurekit.plan.requirements import AnalysisRequest, step_request
from featurekit.plan.statistics import Moments, Quantiles, Range, VocabularyCounts
from featurekit.plan.stats import S, Stats
from featurekit.plan.time_zones import offset_transitions
from featurekit.spec import steps as s
from featurekit.spec.columns import Column, CrossColumn, EmbeddingColumn, WeightedBag
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
    lowering = _Lowering(stats or Stats({}))
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
    lowering = _Lowering(Stats({}))
    outputs = []
    if spec.label is not None:
        outputs.append((LABEL, lowering.unlearned(spec.label)))
    for request in requests:
        # Presence counts a column as it is: NaNs apart from nulls.
        keep = request.kind == "presence"
        value = lowering.steps(request.source, request.steps, keep_nan=keep)
        outputs.append((request.key, value))
    return lowering.builder.build(outputs)


def label_check(plan: Plan) -> int | None:
    """The node that refuses rows without label; None if no row can lack one."""
    label = dict(plan.outputs).get(LABEL)
    for index, node in enumerate(plan.nodes):
        is_check = (
            node.op.missing == "refuse"
            if isinstance(node.op, ops.ReadList)
            else isinstance(node.op, ops.RequirePresent) and not node.type.is_list
        )
        if label is not None and is_check and LABEL in plan.features_of[index]:
            return index
    return None


class _Lowering:
    """One builder and the statistics that its steps ask for."""

    def __init__(self, stats: Stats) -> None:
        self.builder = PlanBuilder()
        self.stats = stats

    def output(self, column: Column) -> int:
        """The value that a record holds: present, and float32 where it is a number."""
        add = self.builder.add
        steps = column.steps
        one_hot = bool(steps) and isinstance(steps[-1], s.OneHot)
        if one_hot or isinstance(column, EmbeddingColumn):
            steps = steps[:-1]
        value = self._source(column, steps)
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
        if learned and isinstance(column.source, Input):
            refuse = any(map(_makes_vector, steps))
            value = self.steps(
                column.source, steps[: learned[0]], refuse_missing=refuse
            )
        else:
            return self.output(column)
        if self.builder.nodes[value].type.is_list:
            return self._elements(value, steps)
        if self.builder.nodes[value].type.nullable:
            value = self.builder.add(ops.RequirePresent(), value)
        return value

    def _source(self, column: Column, steps: tuple[s.Step, ...]) -> int:
        if isinstance(column.source, Input):
            return self.steps(column.source, steps)
        if isinstance(column.source, WeightedBag):
            return self._weighted(column.source)
        parts = [self._source(entry, entry.steps) for entry in column.source.columns]
        if isinstance(column, CrossColumn):
            raise AssertionError("a cross without hash_buckets is no feature")
        (hashing,) = steps
        assert isinstance(hashing, s.HashBuckets)
        return self.builder.add(ops.CrossHash(hashing.num_buckets), *parts)

    def steps(
        self,
        source: Input,
        steps: tuple[s.Step, ...],
        *,
        keep_nan: bool = False,
        refuse_missing: bool = False,
    ) -> int:
        """The value of a source column after some steps.

        Args:
            source: The column.
            steps: The steps.
            keep_nan: Whether a NaN is a value, whatever the column says.
            refuse_missing: Whether a missing list is refused, whatever the steps are.
        """
        add = self.builder.add
        refuse_missing |= any(map(_makes_vector, steps))
        value = add(_read(source, steps, refuse_missing=refuse_missing))
        if self.builder.nodes[value].type.dtype == "float32":
            value = add(ops.ToFloat64("keep" if keep_nan else source.nan), value)
        for end, step in enumerate(steps, start=1):
            if isinstance(step, s.MissingAsEmpty | s.DropMissing):
                continue  # said by the op that reads, and by the one that ends the list
            if isinstance(step, s.Pad | s.Length | s.MultiHot | s.Counts | s.Aggregate):
                value = self._end(step, self._elements(value, steps))
                continue
            request = step_request(source, steps[:end])
            value = add(self._op(source, step, request), value)
        return value

    def _elements(self, value: int, steps: tuple[s.Step, ...]) -> int:
        """A list whose elements are there, or may be left out."""
        dropped = any(isinstance(step, s.DropMissing) for step in steps)
        if dropped or not self.builder.nodes[value].type.nullable:
            return value
        return self.builder.add(ops.RequirePresent(), value)

    def _end(
        self,
        step: s.Pad | s.Length | s.MultiHot | s.Counts | s.Aggregate,
        value: int,
    ) -> int:
        add = self.builder.add
        num_ids = self.builder.nodes[value].type.num_ids or 0
        match step:
            case s.Pad(value=padding):
                shape = step.length, step.side, step.truncate
                if padding is None:
                    return add(ops.PadIds(*shape), value)
                return add(ops.PadNumbers(*shape, padding), add(ops.ToFloat32(), value))
            case s.Length(maximum=maximum):
                return add(ops.CountElements(maximum), value)
            case s.MultiHot():
                return add(ops.MultiHotEncode(num_ids), value)
            case s.Counts():
                return add(ops.CountEncode(num_ids), value)
            case s.Aggregate(kind=kind):
                return add(ops.AggregateList(kind), value)
            case _:
                assert_never(step)

    def _weighted(self, bag: WeightedBag) -> int:
        ids, weights = (
            self._elements(
                self.steps(one.source, one.steps, refuse_missing=True), one.steps
            )
            for one in bag.columns
            if isinstance(one.source, Input)
        )
        num_ids = self.builder.nodes[ids].type.num_ids or 0
        return self.builder.add(ops.WeightEncode(num_ids), ids, weights)

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
            case s.Vocabulary(tokens=tokens, num_oov=num_oov):
                if tokens is None:
                    tokens = self._find(request, VocabularyCounts).tokens
                return ops.LookupVocabulary(ops.VocabularyTable(tokens), num_oov)
            case s.HashBuckets(num_buckets=count):
                return ops.HashBucket(count)
            case s.Identity(num_ids=count):
                return ops.CheckRange(count)
            case s.TimePart(part=part):
                transitions, offsets = offset_transitions(source.time_zone or "UTC")
                return ops.ExtractTimePart(part, transitions, offsets)
            case s.OneHot() | s.Embedding():
                raise AssertionError("the last step of a feature, lowered by output()")
            case s.MissingAsEmpty() | s.DropMissing() | s.Pad() | s.Length():
                raise AssertionError("a step of lists, lowered by steps()")
            case s.MultiHot() | s.Counts() | s.Aggregate():
                raise AssertionError("a step of lists, lowered by steps()")
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
                column=request.source.name,
                hint="check the training rows of this column, or give the values",
            )
        return found


def _makes_vector(step: s.Step) -> bool:
    """Whether a list becomes a vector, which has no place for a missing one."""
    return isinstance(step, s.Pad | s.MultiHot | s.Counts)


def _read(
    source: Input, steps: tuple[s.Step, ...], *, refuse_missing: bool
) -> ops.ReadColumn | ops.ReadList:
    """The op that reads a column; of lists, it knows what a missing one becomes."""
    match source.dtype:
        case "list<float32>" | "list<int64>" | "list<string>":
            missing: ops.MissingList = "refuse" if refuse_missing else "keep"
            if any(isinstance(step, s.MissingAsEmpty) for step in steps):
                missing = "empty"
            return ops.ReadList(source.name, source.dtype, missing)
        case "key":
            return ops.ReadColumn(source.name, "string")
        case _:
            return ops.ReadColumn(source.name, source.dtype)


def _is_empty(statistic: object) -> bool:
    if isinstance(statistic, VocabularyCounts):
        return not statistic.tokens
    return isinstance(statistic, Moments | Range | Quantiles) and not statistic.count
