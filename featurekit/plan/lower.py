"""From declarations to operations: FeatureSpec and Stats become a Plan."""

from collections.abc import Iterable, Mapping
from typing import assert_never

from featurekit.errors import SpecError, StatisticsError
from featurekit.plan import ops
from featurekit.plan.circle import MAX_POINTS, circle_points
from featurekit.plan.graph import Plan, PlanBuilder
from featurekit.plan.requirements import (
    AnalysisRequest,
    learned_steps,
    shared_requests,
    step_request,
)
from featurekit.plan.statistics import (
    Moments,
    Quantiles,
    QuantileValues,
    Range,
    VocabularyCounts,
)
from featurekit.plan.stats import S, Stats
from featurekit.plan.time_zones import offset_transitions
from featurekit.plan.vocabularies import add_lookup, lower_exact_cross
from featurekit.spec import steps as s
from featurekit.spec.columns import (
    Boxes,
    Column,
    Cross,
    CrossColumn,
    Expression,
    Source,
    WeightedBag,
)
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
            value = lowering.value(column.source, column.steps, keep_nan=keep)
            outputs.append((name, value))
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


def _never_missing(step: s.Step) -> bool:
    """Whether a step has something to put in the place of a missing value."""
    if isinstance(step, s.Vocabulary):
        return step.missing_id
    return s.is_learned_fill(step)


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
        last = steps[-1] if steps else None
        if isinstance(last, s.OneHot | s.Cyclic | s.Embedding):
            steps = steps[:-1]
        if isinstance(column, CrossColumn):
            raise AssertionError("a cross without hash_buckets is no feature")
        value = self.value(column.source, steps)
        if self.builder.nodes[value].type.nullable:
            value = add(ops.RequirePresent(), value)
        found = self.builder.nodes[value].type
        if found.dtype == "float64" and found.width is not None:
            return add(ops.RoundTensor(), value)
        if isinstance(last, s.OneHot):
            return add(ops.OneHotEncode(found.num_ids or 0), value)
        if isinstance(last, s.Cyclic):
            return add(_on_circle(column, found.num_ids or 0), value)
        if found.dtype == "float64":
            return add(ops.ToFloat32(), value)
        return value

    def unlearned(self, column: Column) -> int:
        """The value before the first learned step, present."""
        if not isinstance(column.source, Input):
            inner = next(learned_steps(column.source, ()), None)
            if inner is not None:
                raise SpecError(
                    f"a column that the label is made of learns ({inner.method})",
                    code="SPEC_TWO_PASSES",
                    feature=LABEL,
                    got=column,
                    hint="learn after the columns are combined, or give the values",
                )
        steps = column.steps
        learned = [i for i, s_ in enumerate(steps) if s.needs_statistics(s_)]
        if not learned:
            return self.output(column)
        step = steps[learned[0]]
        if isinstance(column.source, Cross):
            # A combination is present where its hash is.
            value, _ = self._cross(column.source, (s.HashBuckets(1),))
        else:
            refuse = any(map(_makes_vector, steps))
            before = steps[: learned[0]]
            value = self.value(column.source, before, refuse_missing=refuse)
        if self.builder.nodes[value].type.is_list:
            return self._elements(value, steps)
        if self.builder.nodes[value].type.nullable and not _never_missing(step):
            value = self.builder.add(ops.RequirePresent(), value)
        return value

    def value(
        self,
        source: Source,
        steps: tuple[s.Step, ...],
        *,
        keep_nan: bool = False,
        refuse_missing: bool = False,
    ) -> int:
        """The value of a source after some steps.

        Args:
            source: Where it comes from.
            steps: The steps.
            keep_nan: Whether a NaN is a value, whatever the column says.
            refuse_missing: Whether a missing list is refused, whatever the steps are.
        """
        add = self.builder.add
        if isinstance(source, Input):
            refuse_missing |= any(map(_makes_vector, steps))
            value = add(_read(source, steps, refuse_missing=refuse_missing))
            if self.builder.nodes[value].type.dtype == "float32":
                value = add(ops.ToFloat64("keep" if keep_nan else source.nan), value)
        elif isinstance(source, Boxes):
            value, steps = self._boxes(source, steps)
        elif isinstance(source, Expression):
            value = self._express(source)
        elif isinstance(source, WeightedBag):
            value = self._weighted(source)
        else:
            value, steps = self._cross(source, steps)
        for end, step in enumerate(steps, start=1):
            if isinstance(step, s.MissingAsEmpty | s.DropMissing | s.MissingAsZeros):
                continue  # said by the op that reads, and by the one that ends the list
            if isinstance(step, s.Pad | s.Length | s.MultiHot | s.Counts | s.Aggregate):
                value = self._end(step, self._elements(value, steps))
                continue
            if isinstance(step, s.Tensor):
                value = self._tensor(step, value, steps)
                continue
            request = step_request(source, steps[:end])
            if isinstance(step, s.Vocabulary):
                value = self._vocabulary(step, request, value)
            else:
                value = add(self._op(source, step, request), value)
        return value

    def _tensor(self, step: s.Tensor, value: int, steps: tuple[s.Step, ...]) -> int:
        """A tensor of bytes, or of the elements of a list."""
        zeros = any(isinstance(one, s.MissingAsZeros) for one in steps)
        missing: ops.MissingTensor = "zeros" if zeros else "refuse"
        if self.builder.nodes[value].type.is_list:
            value = self._elements(value, steps)
            return self.builder.add(ops.ShapeList(step.shape, missing), value)
        if not zeros:
            value = self.builder.add(ops.RequirePresent(), value)
        dtype, nan = step.dtype or "float32", step.nan or "error"
        return self.builder.add(
            ops.DecodeTensor(step.shape, dtype, nan, missing), value
        )

    def _boxes(
        self, source: Boxes, steps: tuple[s.Step, ...]
    ) -> tuple[int, tuple[s.Step, ...]]:
        """What becomes of boxes, and the steps after it."""
        step, *rest = steps
        inputs = [self._listed(source.coordinates)]
        for one in source.size:
            found = self.value(one.source, one.steps)
            if self.builder.nodes[found].type.nullable:
                found = self.builder.add(ops.RequirePresent(), found)
            inputs.append(found)
        op: ops.Op
        if isinstance(step, s.PadBoxes):
            made = step.length, source.format, source.relative
            op = ops.PadBoxes(*made, step.format, step.relative)
        else:
            assert isinstance(step, s.PadLabels | s.BoxMask)
            op = ops.PadObjects(step.length, source.format, source.relative)
        if isinstance(step, s.PadLabels) and source.labels is not None:
            inputs.append(self._listed(source.labels))
        return self.builder.add(op, *inputs), tuple(rest)

    def _listed(self, one: Column) -> int:
        """A list that is there, and whose elements are."""
        value = self.value(one.source, one.steps, refuse_missing=True)
        return self._elements(value, one.steps)

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
                self.value(one.source, one.steps, refuse_missing=True), one.steps
            )
            for one in bag.columns
            if isinstance(one.source, Input)
        )
        num_ids = self.builder.nodes[ids].type.num_ids or 0
        return self.builder.add(ops.WeightEncode(num_ids), ids, weights)

    def _cross(
        self, source: Cross, steps: tuple[s.Step, ...]
    ) -> tuple[int, tuple[s.Step, ...]]:
        """The id of a combination, and the steps after it."""
        parts = [self.value(one.source, one.steps) for one in source.columns]
        step, *rest = steps
        if isinstance(step, s.HashBuckets):
            op = ops.CrossHash(step.num_buckets, step.hash_key)
            return self.builder.add(op, *parts), tuple(rest)
        assert isinstance(step, s.Vocabulary)
        tokens = self._find(step_request(source, (step,)), VocabularyCounts).tokens
        return lower_exact_cross(self.builder, parts, tokens, step), tuple(rest)

    def _express(self, source: Expression) -> int:
        parts = [self.value(one.source, one.steps) for one in source.columns]
        constants = [one if isinstance(one, float) else None for one in source.operands]
        return self.builder.add(_expression_op(source, constants), *parts)

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
        self, source: Source, step: s.Step, request: AnalysisRequest | None
    ) -> ops.Op:
        match step:
            case s.Fill(value=filled):
                is_flag = isinstance(filled, bool)
                return ops.FillMissing(int(filled) if is_flag else filled)
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
                assert isinstance(source, Input), "points in time are read"
                transitions, offsets = offset_transitions(source.time_zone or "UTC")
                return ops.ExtractTimePart(part, transitions, offsets)
            case s.IsMissing():
                return ops.IsMissing()
            case s.Boolean():
                return ops.CheckRange(2)
            case s.FillMean() | s.FillMedian() | s.FillMode():
                return ops.FillMissing(self._learned_value(step, request))
            case s.Robust():
                first, median, third = self._find(request, QuantileValues).values
                return ops.StandardizeValue(median, third - first)
            case s.Rescale(scale=scale, offset=offset):
                return ops.RescaleTensor(scale, offset)
            case s.Winsorize():
                return ops.ClipValue(*self._find(request, QuantileValues).values)
            case (
                s.OneHot()
                | s.Embedding()
                | s.Cyclic()
                | s.Vocabulary()
                | s.MissingAsEmpty()
                | s.DropMissing()
                | s.Pad()
                | s.Length()
                | s.MultiHot()
                | s.Counts()
                | s.Aggregate()
                | s.Tensor()
                | s.MissingAsZeros()
                | s.PadBoxes()
                | s.PadLabels()
                | s.BoxMask()
            ):
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

    def _learned_value(
        self,
        step: s.FillMean | s.FillMedian | s.FillMode,
        request: AnalysisRequest | None,
    ) -> float | int | str:
        """What a missing value becomes."""
        match step:
            case s.FillMean():
                return self._find(request, Moments).mean
            case s.FillMedian():
                return self._find(request, QuantileValues).values[1]
            case s.FillMode():
                token = self._find(request, VocabularyCounts).tokens[0]
                return token.decode() if isinstance(token, bytes) else token

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


def _makes_vector(step: s.Step) -> bool:
    """Whether a list becomes a vector, which has no place for a missing one."""
    return isinstance(step, s.Pad | s.MultiHot | s.Counts | s.Tensor)


def _read(
    source: Input, steps: tuple[s.Step, ...], *, refuse_missing: bool
) -> ops.ReadColumn | ops.ReadList:
    """The op that reads a column; of lists, it knows what a missing one becomes."""
    match source.dtype:
        case "list<float32>" | "list<int64>" | "list<string>":
            missing: ops.MissingList = "refuse" if refuse_missing else "keep"
            if any(isinstance(step, s.MissingAsEmpty) for step in steps):
                missing = "empty"
            if any(isinstance(step, s.MissingAsZeros) for step in steps):
                missing = "keep"
            return ops.ReadList(source.name, source.dtype, missing)
        case "key" | "bytes":
            return ops.ReadColumn(source.name, "string")
        case _:
            return ops.ReadColumn(source.name, source.dtype)


def _is_empty(statistic: object) -> bool:
    if isinstance(statistic, VocabularyCounts):
        return not statistic.tokens
    counted = Moments | Range | Quantiles | QuantileValues
    return isinstance(statistic, counted) and not statistic.count


def _expression_op(source: Expression, constants: list[float | None]) -> ops.Op:
    match source.operator:
        case "where":
            return ops.ChooseNumber(constants[1], constants[2])
        case "join":
            return ops.JoinText(source.separator or "")
        case "less_than" | "less_equal" | "greater_than" | "greater_equal" as name:
            return ops.CompareNumbers(name, *constants)
        case name:
            return ops.Arithmetic(name, *constants)


def _on_circle(column: Column, num_ids: int) -> ops.Op:
    if num_ids > MAX_POINTS:
        raise SpecError(
            "cyclic has too many ids",
            code="SPEC_LIMIT",
            column=", ".join(item.name for item in column.inputs),
            got=num_ids,
            expected=f"at most {MAX_POINTS}",
        )
    return ops.LookupVector(2, circle_points(num_ids))
