"""From declarations to operations: FeatureSpec and Stats become a Plan."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Literal, assert_never

from featurekit.errors import SpecError
from featurekit.plan import ops
from featurekit.plan.by_key import add_counts, add_grouped
from featurekit.plan.graph import Plan, PlanBuilder
from featurekit.plan.learned_steps import LearnedSteps, circle_op, expression_op
from featurekit.plan.lower_images import add_image
from featurekit.plan.lower_text import list_op
from featurekit.plan.requirements import (
    AnalysisRequest,
    grouped_request,
    learned_steps,
    shared_requests,
    step_request,
    target_request,
)
from featurekit.plan.statistics import (
    DocumentFrequencies,
    MomentsByKey,
    QuantilesByKey,
    RangeByKey,
    TargetByKey,
    VocabularyCounts,
)
from featurekit.plan.stats import Stats
from featurekit.plan.targets import add_fold, add_target
from featurekit.plan.term_weights import term_weights
from featurekit.plan.vocabularies import add_lookup, lower_exact_cross
from featurekit.spec import steps as s
from featurekit.spec.columns import (
    Aligned,
    Boxes,
    Column,
    Cross,
    CrossColumn,
    Expression,
    Grouped,
    Hidden,
    Masked,
    Source,
    TargetEncoding,
    VectorColumn,
    WeightedBag,
)
from featurekit.spec.columns.bags import weights_key
from featurekit.spec.columns.masking import unwrapped, vocabulary_of
from featurekit.spec.feature_spec import LABEL, FeatureSpec
from featurekit.spec.inputs import Input


def compile_spec(
    spec: FeatureSpec,
    stats: Stats | None = None,
    *,
    serving: bool = False,
    training: bool = False,
) -> Plan:
    """The plan that computes the outputs of a spec.

    Args:
        spec: The declaration.
        stats: What `analyze` measured for it. Defaults to none, which suffices for a
            spec that learns nothing.
        serving: Leave out label and weight, and with them their source columns.
            Defaults to False.
        training: Whether what is learned of a target leaves out the row's own fold:
            for the records of a job, which knows the folds. Defaults to False.

    Raises:
        StatisticsError: A statistic is missing, or was measured on no values.
        SpecError: A step would need a second pass over the data.
    """
    lowering = _Lowering(stats or Stats({}), shared_requests(spec), training)
    columns = spec.features if serving else spec.outputs
    if LABEL in columns:
        # First in the plan: a row without label is known as such, whatever else it
        # lacks, because the first op that refuses a row names the reason.
        lowering.output(columns[LABEL])
    outputs = []
    for name, column in columns.items():
        outputs.append((name, lowering.output(column)))
        weights = weights_key(name, column)
        if weights is not None:
            outputs.append((weights, lowering.bag(column, "weights")))
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
        folds = dict(request.options).get("folds")
        if isinstance(folds, int):
            outputs.append((request.fold_name, add_fold(lowering.builder, folds)))
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


_KEYS = 2**62  # what keys of rows hash into


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
        training: Whether rows have folds.
    """

    def __init__(
        self,
        stats: Stats,
        shared: Mapping[str, AnalysisRequest],
        training: bool = False,
    ) -> None:
        self.builder = PlanBuilder()
        self.learned = LearnedSteps(stats)
        self.shared = shared
        self.training = training

    def output(self, column: Column) -> int:
        """The value that a record holds: present, and float32 where it is a number."""
        add = self.builder.add
        steps = column.steps
        last = steps[-1] if steps else None
        if isinstance(last, s.OneHot | s.Cyclic | s.Embedding):
            steps = steps[:-1]
        if isinstance(column, CrossColumn):
            raise AssertionError("a cross without hash_buckets is no feature")
        if weights_key("", column) is not None:
            return self.bag(column, "ids")
        is_vector = isinstance(column, VectorColumn)
        value = self.value(column.source, steps, refuse_missing=is_vector)
        if self.builder.nodes[value].type.nullable:
            value = add(ops.RequirePresent(), value)
        found = self.builder.nodes[value].type
        if isinstance(column, VectorColumn):
            op = ops.PackVector(column.inputs[0].size or 0)
            return add(op, add(ops.ToFloat32(), value))
        if found.dtype == "float64" and found.width is not None:
            return add(ops.RoundTensor(), value)
        if isinstance(last, s.OneHot):
            return add(ops.OneHotEncode(found.num_ids or 0), value)
        if isinstance(last, s.Cyclic):
            return add(circle_op(column, found.num_ids or 0), value)
        if found.dtype == "float64":
            return add(ops.ToFloat32(), value)
        return value

    def unlearned(self, column: Column) -> int:
        """The value before the first learned step, present."""
        if not isinstance(column.source, Input):
            inner = next(learned_steps(column.source, ()), None)
            if inner is not None and isinstance(column.source, Aligned | Masked):
                return self.unlearned(unwrapped(column))  # type: ignore[arg-type]
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
            value = self._cross(column.source, s.HashBuckets(1))
        else:
            refuse = any(map(_makes_vector, steps)) or isinstance(column, VectorColumn)
            before = steps[: learned[0]]
            value = self.value(column.source, before, refuse_missing=refuse)
        if self.builder.nodes[value].type.is_list:
            rest = steps[learned[0] :]
            if any(isinstance(one, s.BaseSequenceStep) for one in rest):
                return value  # later steps decide what is missing
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
        refuse_missing |= any(map(_makes_vector, steps))
        value = self._source(
            source, steps, keep_nan=keep_nan, refuse_missing=refuse_missing
        )
        done = 1 if isinstance(source, Boxes | Cross) else 0
        for end in range(done + 1, len(steps) + 1):
            value = self._step(source, steps, end, value, refuse_missing=refuse_missing)
        return value

    def _source(
        self,
        source: Source,
        steps: tuple[s.Step, ...],
        *,
        keep_nan: bool,
        refuse_missing: bool,
    ) -> int:
        """The value of a source; of boxes and crosses, after the first step."""
        match source:
            case Input():
                read = _read(source, steps, refuse_missing=refuse_missing)
                value = self.builder.add(read)
                if self.builder.nodes[value].type.dtype != "float32":
                    return value
                policy = "keep" if keep_nan else source.nan
                return self.builder.add(ops.ToFloat64(policy), value)
            case Boxes():
                return self._boxes(source, steps[0])
            case Cross():
                return self._cross(source, steps[0])
            case Expression():
                return self._express(source)
            case WeightedBag():
                return self._weighted(source)
            case Masked():
                return self._mask(source)
            case Hidden():
                return self._hide(source)
            case Aligned():
                return self._align(source, refuse_missing=refuse_missing)
            case Grouped():
                return self._grouped(source)
            case TargetEncoding():
                return self._encode_target(source)
            case _:
                assert_never(source)

    def _step(
        self,
        source: Source,
        steps: tuple[s.Step, ...],
        end: int,
        value: int,
        *,
        refuse_missing: bool,
    ) -> int:
        """The value after the step that ends `steps[:end]`."""
        add = self.builder.add
        step = steps[end - 1]
        match step:
            case s.MissingAsEmpty() | s.DropMissing() | s.MissingAsZeros():
                return value  # said by the op that reads, and by the one that ends
            case s.Pad() | s.Length() | s.MultiHot() | s.Counts():
                return self._end(step, self._elements(value, steps))
            case s.Aggregate() | s.Mask():
                return self._end(step, self._elements(value, steps))
            case s.Split() | s.Ngrams() | s.Wordpiece():
                missing = _missing_list(steps, refuse_missing=refuse_missing)
                return add(list_op(step, missing), self._elements(value, steps))
            case s.Binarize(threshold=threshold):
                value = add(ops.IsGreaterEqual(threshold), value)
                return add(ops.ChooseNumber(1.0, 0.0), value)
            case s.Shift() | s.Difference() | s.Rolling():
                if s.pending_drop(steps[: end - 1]):
                    value = add(ops.AlignLists(True), value)
                return add(_sequence_op(step), value)
            case s.Tensor():
                return self._tensor(step, value, steps)
            case s.Image():
                return add_image(self.builder, steps, value)
            case s.Resize():
                return value  # one op with the image
            case s.TfIdf():
                return self._weigh_terms(source, steps[:end], value)
        request = step_request(source, steps[:end])
        if isinstance(step, s.Vocabulary):
            return self._vocabulary(step, request, value)
        if isinstance(step, s.CountEncoding):
            counts = self.learned.find(request, VocabularyCounts)
            return add_counts(self.builder, step, counts, value)
        return add(self.learned.op(source, step, request), value)

    def _weigh_terms(
        self, source: Source, steps: tuple[s.Step, ...], value: int
    ) -> int:
        step = steps[-1]
        assert isinstance(step, s.TfIdf)
        found = self.learned.find(step_request(source, steps), DocumentFrequencies)
        value = self._elements(value, steps)
        num_ids = self.builder.nodes[value].type.num_ids or 0
        ids = self._token_ids(source, steps, value)
        weights = term_weights(found, num_ids, ids, smooth=step.smooth)
        return self.builder.add(ops.WeighTerms(weights), value)

    def _token_ids(
        self, source: Source, steps: tuple[s.Step, ...], value: int
    ) -> dict[bytes | int, int] | None:
        """The id of each token that a vocabulary has learned; None if none has."""
        for end, step in enumerate(steps, start=1):
            if isinstance(step, s.Vocabulary) and s.needs_statistics(step):
                tokens = self._tokens(step, step_request(source, steps[:end]))
                return dict(zip(tokens, self._lookup(value).token_ids, strict=True))
        return None

    def _lookup(self, value: int) -> ops.LookupVocabulary:
        """The lookup that gave the ids of a value."""
        node = self.builder.nodes[value]
        while not isinstance(node.op, ops.LookupVocabulary):
            node = self.builder.nodes[node.inputs[0]]
        return node.op

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

    def _boxes(self, source: Boxes, step: s.Step) -> int:
        """What a step makes of boxes."""
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
        return self.builder.add(op, *inputs)

    def _listed(self, one: Column) -> int:
        """A list that is there, and whose elements are."""
        value = self.value(one.source, one.steps, refuse_missing=True)
        return self._elements(value, one.steps)

    def _elements(self, value: int, steps: tuple[s.Step, ...]) -> int:
        """A list whose elements are there, or may be left out."""
        found = self.builder.nodes[value].type
        if s.pending_drop(steps) or not (found.nullable and found.is_list):
            return value
        return self.builder.add(ops.RequirePresent(), value)

    def _end(
        self,
        step: s.Pad | s.Length | s.MultiHot | s.Counts | s.Aggregate | s.Mask,
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
            case s.Mask(length=length, side=side):
                return add(ops.MaskElements(length, side), value)
            case _:
                assert_never(step)

    def _weighted(self, bag: WeightedBag) -> int:
        ids, weights = self._lists_of(bag)
        num_ids = self.builder.nodes[ids].type.num_ids or 0
        return self.builder.add(ops.WeightEncode(num_ids), ids, weights)

    def _lists_of(self, bag: WeightedBag) -> tuple[int, int]:
        ids, weights = (
            self._elements(
                self.value(one.source, one.steps, refuse_missing=True), one.steps
            )
            for one in bag.columns
        )
        return ids, weights

    def bag(self, column: Column, part: Literal["ids", "weights"]) -> int:
        """The padded ids of a column of weighted ids, or their weights."""
        assert isinstance(column.source, WeightedBag)
        step = column.steps[0]
        assert isinstance(step, s.Pad)
        ids, weights = self._lists_of(column.source)
        weights = self.builder.add(ops.ToFloat32(), weights)
        op = ops.PadWeighted(part, step.length, step.side, step.truncate)
        return self.builder.add(op, ids, weights)

    def _mask(self, source: Masked) -> int:
        add = self.builder.add
        ids = self.value(source.ids.source, source.ids.steps)
        key = self._row_key(source.keys)
        step = vocabulary_of(source.ids)
        assert step is not None and step.reserved is not None
        token = source.token
        place = step.reserved.index(token.encode() if isinstance(token, str) else token)
        masked = round(source.masked * ops.WORD)
        hidden = ops.MaskIds(
            seed=source.seed,
            first=len(step.reserved) + 1,
            mask=place + 1,
            chosen_below=round(source.rate * ops.WORD),
            masked_below=masked,
            random_below=masked + round(source.randomized * ops.WORD),
            targets=source.targets,
        )
        return add(hidden, ids, key)

    def _row_key(self, keys: tuple[Column, ...]) -> int:
        """A number for the row, of which chance is a function."""
        parts = [self.value(one.source, one.steps) for one in keys]
        op = ops.HashBucket(_KEYS) if len(parts) == 1 else ops.CrossHash(_KEYS)
        key = self.builder.add(op, *parts)
        if self.builder.nodes[key].type.nullable:
            key = self.builder.add(ops.RequirePresent(), key)
        return key

    def _hide(self, source: Hidden) -> int:
        key = self._row_key(source.keys)
        name = hashlib.sha256(source.name.encode()).digest()
        place = int.from_bytes(name[:4], "little")
        below = round(source.rate * ops.WORD)
        if source.ids is None:
            return self.builder.add(ops.HideId(source.seed, place, below, 1, 0), key)
        ids = self.value(source.ids.source, source.ids.steps)
        step = vocabulary_of(source.ids)
        assert step is not None and step.reserved is not None
        token: Any = source.token
        mask = step.reserved.index(token.encode() if isinstance(token, str) else token)
        return self.builder.add(ops.HideId(source.seed, place, below, mask), key, ids)

    def _align(self, source: Aligned, *, refuse_missing: bool) -> int:
        first = source.chosen
        others = [one for one in source.columns if one is not first]
        parts = [
            self.value(one.source, one.steps, refuse_missing=refuse_missing)
            for one in (first, *others)
        ]
        return self.builder.add(ops.AlignLists(source.dropped), *parts)

    def _cross(self, source: Cross, step: s.Step) -> int:
        """The id of a combination; with lists among the columns, of all."""
        parts = [self._part(one) for one in source.columns]
        if isinstance(step, s.HashBuckets):
            op = ops.CrossHash(step.num_buckets, step.hash_key)
            return self.builder.add(op, *parts)
        assert isinstance(step, s.Vocabulary)
        tokens = self._tokens(step, step_request(source, (step,)))
        return lower_exact_cross(self.builder, parts, tokens, step)

    def _part(self, column: Column) -> int:
        """What a column gives to a cross: of a list, elements that are there."""
        value = self.value(column.source, column.steps)
        if self.builder.nodes[value].type.is_list:
            return self._elements(value, column.steps)
        return value

    def _express(self, source: Expression) -> int:
        parts = [self.value(one.source, one.steps) for one in source.columns]
        constants = [one if isinstance(one, float) else None for one in source.operands]
        return self.builder.add(expression_op(source, constants), *parts)

    def _grouped(self, source: Grouped) -> int:
        request = grouped_request(source)
        found: MomentsByKey | RangeByKey | QuantilesByKey
        if isinstance(source.step, s.Standardize):
            found = self.learned.find(request, MomentsByKey)
        elif isinstance(source.step, s.QuantileBuckets):
            found = self.learned.find(request, QuantilesByKey)
        else:
            found = self.learned.find(request, RangeByKey)
        value, key = (self.value(one.source, one.steps) for one in source.columns)
        return add_grouped(self.builder, source, found, value, key)

    def _encode_target(self, source: TargetEncoding) -> int:
        found = self.learned.find(target_request(source), TargetByKey)
        key = self.value(source.category.source, source.category.steps)
        return add_target(self.builder, source, found, key, training=self.training)

    def _vocabulary(
        self, step: s.Vocabulary, request: AnalysisRequest | None, value: int
    ) -> int:
        table = ops.VocabularyTable(self._tokens(step, request))
        return add_lookup(self.builder, step, table, value)

    def _tokens(self, step: s.Vocabulary, request: AnalysisRequest | None) -> s.Tokens:
        """The tokens of a vocabulary, given or learned."""
        if request is None:
            return step.all_tokens(())
        request = self.shared.get(step.shared or "", request)
        return step.all_tokens(self.learned.find(request, VocabularyCounts).tokens)


def _makes_vector(step: s.Step) -> bool:
    """Whether a list becomes a vector, which has no place for a missing one."""
    vectors = s.Pad | s.MultiHot | s.Counts | s.TfIdf | s.Mask | s.Tensor
    return isinstance(step, vectors)


def _sequence_op(step: s.BaseSequenceStep) -> ops.Op:
    match step:
        case s.Shift(offset=offset):
            return ops.ShiftList(offset)
        case s.Difference(lag=lag):
            return ops.DifferenceList(lag)
        case s.Rolling(size=size, kind=kind):
            return ops.RollList(size, kind)
    raise AssertionError(step)


def _read(
    source: Input, steps: tuple[s.Step, ...], *, refuse_missing: bool
) -> ops.ReadColumn | ops.ReadList:
    """The op that reads a column; of lists, it knows what a missing one becomes."""
    match source.dtype:
        case "list<float32>" | "list<int64>" | "list<string>":
            missing = _missing_list(steps, refuse_missing=refuse_missing)
            return ops.ReadList(source.name, source.dtype, missing)
        case "key" | "bytes":
            return ops.ReadColumn(source.name, "string")
        case _:
            return ops.ReadColumn(source.name, source.dtype)


def _missing_list(
    steps: tuple[s.Step, ...], *, refuse_missing: bool
) -> ops.MissingList:
    """What a missing list is where it is made."""
    if any(isinstance(step, s.MissingAsEmpty) for step in steps):
        return "empty"
    if any(isinstance(step, s.MissingAsZeros) for step in steps):
        return "keep"
    return "refuse" if refuse_missing else "keep"
