"""Steps of single values as ops, with what they have learned."""

from typing import assert_never

from featurekit.errors import SpecError, StatisticsError
from featurekit.plan import ops
from featurekit.plan.circle import MAX_POINTS, circle_points
from featurekit.plan.float32 import to_float32
from featurekit.plan.lower_text import text_op
from featurekit.plan.requirements import (
    AnalysisRequest,
)
from featurekit.plan.statistics import (
    ByKey,
    DocumentFrequencies,
    Moments,
    Quantiles,
    QuantileValues,
    Range,
    VocabularyCounts,
)
from featurekit.plan.stats import S, Stats
from featurekit.plan.time_zones import offset_transitions
from featurekit.plan.vocabularies import default_id
from featurekit.spec import steps as s
from featurekit.spec.columns import (
    Column,
    Expression,
    Source,
)
from featurekit.spec.inputs import Input


class LearnedSteps:
    """Gives the op of a step, which may need a statistic.

    Args:
        stats: The statistics.
    """

    def __init__(self, stats: Stats) -> None:
        self.stats = stats

    def op(
        self, source: Source, step: s.Step, request: AnalysisRequest | None
    ) -> ops.Op:
        """The op of a step.

        Args:
            source: What the step is applied to.
            step: One that is a single op.
            request: The statistic that it needs; None for none.
        """
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
                return ops.Bucketize(self.find(request, Quantiles).boundaries)
            case s.GreaterEqual(threshold=threshold):
                return ops.IsGreaterEqual(float(threshold))
            case s.HashBuckets(num_buckets=count, key=key):
                return ops.HashBucket(count, key)
            case s.Identity(num_ids=count, default=None):
                return ops.CheckRange(count)
            case s.Identity(num_ids=count, default=default):
                return default_id(count, default)
            case s.MissingValues(values=values):
                rounded = (to_float32(v) if isinstance(v, float) else v for v in values)
                return ops.MarkMissing(tuple(rounded))
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
                first, median, third = self.find(request, QuantileValues).values
                return ops.StandardizeValue(median, third - first)
            case s.Rescale(scale=scale, offset=offset):
                return ops.RescaleTensor(scale, offset)
            case s.Winsorize():
                return ops.ClipValue(*self.find(request, QuantileValues).values)
            case s.Normalize() | s.Casefold() | s.Lower() | s.Strip():
                return text_op(step)
            case (
                s.Split()
                | s.Ngrams()
                | s.Wordpiece()
                | s.TfIdf()
                | s.OneHot()
                | s.Embedding()
                | s.Cyclic()
                | s.Vocabulary()
                | s.CountEncoding()
                | s.MissingAsEmpty()
                | s.DropMissing()
                | s.Pad()
                | s.Length()
                | s.MultiHot()
                | s.Counts()
                | s.Aggregate()
                | s.Mask()
                | s.Binarize()
                | s.Shift()
                | s.Difference()
                | s.Rolling()
                | s.Tensor()
                | s.MissingAsZeros()
                | s.PadBoxes()
                | s.PadLabels()
                | s.BoxMask()
                | s.Image()
                | s.Resize()
            ):
                raise AssertionError("lowered elsewhere")
            case _:
                assert_never(step)

    def _standardize(
        self, mean: float | None, std: float | None, request: AnalysisRequest | None
    ) -> ops.Op:
        if mean is None or std is None:
            found = self.find(request, Moments)
            mean, std = found.mean, found.std
        return ops.StandardizeValue(float(mean), float(std))

    def _min_max(
        self, low: float | None, high: float | None, request: AnalysisRequest | None
    ) -> ops.Op:
        if low is None or high is None:
            found = self.find(request, Range)
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
                return self.find(request, Moments).mean
            case s.FillMedian():
                return self.find(request, QuantileValues).values[1]
            case s.FillMode():
                token = self.find(request, VocabularyCounts).tokens[0]
                return token.decode() if isinstance(token, bytes) else token

    def find(self, request: AnalysisRequest | None, kind: type[S]) -> S:
        """A statistic.

        Raises:
            StatisticsError: It is not there, or was measured on no value.
        """
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
    if isinstance(statistic, VocabularyCounts | ByKey):
        return not statistic.tokens
    if isinstance(statistic, DocumentFrequencies):
        return not statistic.documents
    counted = Moments | Range | Quantiles | QuantileValues
    return isinstance(statistic, counted) and not statistic.count


def expression_op(source: Expression, constants: list[float | None]) -> ops.Op:
    """The op that makes one value of several."""
    match source.operator:
        case "where":
            return ops.ChooseNumber(constants[1], constants[2])
        case "join":
            return ops.JoinText(source.separator or "")
        case "less_than" | "less_equal" | "greater_than" | "greater_equal" as name:
            return ops.CompareNumbers(name, *constants)
        case name:
            return ops.Arithmetic(name, *constants)


def circle_op(column: Column, num_ids: int) -> ops.Op:
    """The op that puts ids on a circle.

    Raises:
        SpecError: There are too many.
    """
    if num_ids > MAX_POINTS:
        raise SpecError(
            "cyclic has too many ids",
            code="SPEC_LIMIT",
            column=", ".join(item.name for item in column.inputs),
            got=num_ids,
            expected=f"at most {MAX_POINTS}",
        )
    return ops.LookupVector(2, circle_points(num_ids))
