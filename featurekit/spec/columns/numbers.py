"""Columns of real numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn, Expression, Operator
from featurekit.spec.columns.categorical import BooleanColumn, CategoricalColumn
from featurekit.spec.columns.grouped import (
    MAX_KEYS,
    Grouped,
    KeyColumn,
    UnseenPolicy,
    check_key,
)
from featurekit.spec.columns.special_values import given_values
from featurekit.spec.inputs import Input


@dataclass(frozen=True, slots=True, repr=False)
class NumericColumn(BaseColumn):
    """A real number. Output: float32, shape (batch,).

    Values are computed in float64 and rounded once to float32, so that every executor
    gives the same bits at any batch size.

    `+`, `-`, `*` and `/` combine columns with columns and numbers. Each result is
    rounded to float64 once, so `(a + b) + c` and `a + (b + c)` may differ.

    Semantics:
        - Missing: missing where an operand is.
        - Division by 0, inf - inf, 0 * inf, inf / inf: missing.
        - NaN operand, under `nan="keep"`: NaN; divided by 0: missing.
        - Below 2**-1022 in magnitude, operand or result: a zero of its sign.
        - Beyond float64: infinite.

    Example:
        >>> import featurekit as fk
        >>> clicks, views = fk.numeric("clicks"), fk.numeric("views")
        >>> (clicks / views).fill(0.0).standardize()
        (fk.numeric('clicks') / fk.numeric('views')).fill(0.0).standardize()
    """

    def __add__(self, other: "NumericColumn | float") -> "NumericColumn":
        return _number("add", self, other)

    def __radd__(self, other: float) -> "NumericColumn":
        return _number("add", other, self)

    def __sub__(self, other: "NumericColumn | float") -> "NumericColumn":
        return _number("subtract", self, other)

    def __rsub__(self, other: float) -> "NumericColumn":
        return _number("subtract", other, self)

    def __mul__(self, other: "NumericColumn | float") -> "NumericColumn":
        return _number("multiply", self, other)

    def __rmul__(self, other: float) -> "NumericColumn":
        return _number("multiply", other, self)

    def __truediv__(self, other: "NumericColumn | float") -> "NumericColumn":
        return _number("divide", self, other)

    def __rtruediv__(self, other: float) -> "NumericColumn":
        return _number("divide", other, self)

    def __neg__(self) -> "NumericColumn":
        return self * -1.0

    def fill(self, value: float) -> "NumericColumn":
        """Replaces missing values.

        Semantics:
            - Missing: becomes `value`. A NaN is missing under `nan="missing"`.
            - NaN: kept under `nan="keep"`.
            - Output: the same type, never missing.

        Example:
            >>> import featurekit as fk
            >>> column = fk.numeric("x").fill(0.0)
            >>> fk.preview(column, {"x": [1.5, None, float("nan")]})
            [1.5, 0.0, 0.0]

        Elsewhere:
            - `default_value` of `tf.feature_column.numeric_column`; there a NaN stays.
        """
        s.check_finite(value, f"{self!r}: fill value")
        return NumericColumn(self.source, self._step(s.Fill, float(value)))

    def missing_values(self, values: Iterable[float]) -> "NumericColumn":
        """Takes some numbers for missing ones, such as -999; before any other step.

        Args:
            values: The numbers, which are rounded to float32, as the column is.

        Semantics:
            - Missing, and each of the numbers: missing. 0.0 is -0.0.
            - NaN: as `nan` of the column says.

        Example:
            >>> import featurekit as fk
            >>> column = fk.numeric("x").missing_values([-999]).fill(0.0)
            >>> fk.preview(column, {"x": [1.5, -999.0]})
            [1.5, 0.0]
        """
        read = s.MissingValues | s.MissingAsEmpty | s.DropMissing
        computed = any(not isinstance(step, read) for step in self.steps)
        if computed or not isinstance(self.source, Input):
            message = "comes before any other step, on a column that is read"
            raise self._bad("missing_values", message, self)
        found = tuple(map(float, given_values(self, values, float)))
        return NumericColumn(self.source, self._step(s.MissingValues, found))

    def fill_mean(self) -> "NumericColumn":
        """Replaces missing values by the mean of the training rows.

        Semantics:
            - Missing: becomes the mean; the statistics skip it, here and in later
              steps: a filled value is a guess, and would only narrow the spread.
            - NaN, infinite: pass through; the statistics skip them.
            - No finite training value: an error when the spec is compiled.

        Elsewhere:
            - `SimpleImputer(strategy="mean")` of scikit-learn.
        """
        return NumericColumn(self.source, self._step(s.FillMean))

    def fill_median(self) -> "NumericColumn":
        """Replaces missing values by the median of the training rows.

        Semantics:
            - Median: the mean of the two middle values where their number is even.
            - Missing, NaN, infinite, no value: as `fill_mean`.

        Elsewhere:
            - `SimpleImputer(strategy="median")` of scikit-learn.
        """
        return NumericColumn(self.source, self._step(s.FillMedian))

    def is_missing(self) -> BooleanColumn:
        """1 where there is no value, else 0; never missing itself.

        Semantics:
            - Missing: 1. A number, also infinite: 0.
            - NaN: 1 under `nan="missing"`, 0 under "keep".
            - Output: int64, 0 or 1.

        Elsewhere:
            - `MissingIndicator` of scikit-learn, a separate transformer.
        """
        return BooleanColumn(self.source, self._step(s.IsMissing))

    def clip(self, low: float, high: float) -> "NumericColumn":
        """Limits values to [low, high]; either may be infinite.

        Semantics:
            - Missing: stays missing.
            - NaN: stays NaN.
            - Infinite: becomes the bound.

        Example:
            >>> import featurekit as fk
            >>> column = fk.numeric("x").clip(-1, 1)
            >>> fk.preview(column, {"x": [-5.0, 0.5, float("inf")]})
            [-1.0, 0.5, 1.0]

        Elsewhere:
            - `tf.clip_by_value`, in float32.
        """
        return NumericColumn(self.source, self._step(s.Clip, low, high))

    def log1p(self) -> "NumericColumn":
        """Replaces x by log(1 + x), rounded to float32.

        Semantics:
            - Missing: stays missing.
            - NaN: stays NaN.
            - Below -1: the row is rejected.
            - -1 becomes -inf, +inf stays +inf.

        Example:
            >>> import featurekit as fk
            >>> fk.preview(fk.numeric("x").log1p(), {"x": [0.0, 1.0, -2.0]})
            [0.0, 0.6931471824645996, 'refused: OUT_OF_DOMAIN']

        Elsewhere:
            - `tf.math.log1p`, whose bits depend on the size of the batch.
        """
        return NumericColumn(self.source, self._step(s.Log1p))

    def standardize(
        self,
        *,
        mean: float | None = None,
        std: float | None = None,
        by: "KeyColumn | None" = None,
        unseen: UnseenPolicy = "global",
        max_keys: int = MAX_KEYS,
    ) -> "NumericColumn":
        """Replaces x by (x - mean) / std, with the population standard deviation.

        Args:
            mean: Subtracted from x. Defaults to the mean of the training rows.
            std: Divides the difference. Defaults to that of the training rows.
            by: A column of text, integers or ids: mean and deviation are those of the
                training rows that have the same value in it. Defaults to all rows.
            unseen: With `by`, what a row becomes whose key no training row had:
                "global" takes mean and deviation of all rows, "missing" makes it a
                missing value. Defaults to "global".
            max_keys: With `by`, more keys than this in the training rows are an error;
                each takes about 300 bytes while they are counted. Defaults to 100,000.

        Semantics:
            - Missing: stays missing; the statistics skip it.
            - NaN, infinite: pass through; the statistics skip them.
            - Constant column (std 0): x - mean, so 0.0 on the constant.
            - Missing key, and a key without a finite value: as an unseen one; of all
              rows, those with a missing key count too.

        Example:
            >>> import featurekit as fk
            >>> column = fk.numeric("x").standardize()
            >>> fk.preview(column, {"x": [1.0, 2.0, 3.0]})
            [-1.2247449159622192, 0.0, 1.2247449159622192]

        Elsewhere:
            - `keras.layers.Normalization`, where one NaN makes all outputs NaN and a
              constant column is divided by 1e-7; `tft.scale_to_z_score`.
            - `tft.scale_to_z_score_per_key`, which gives x itself for an unseen key.
        """
        steps = self._step(s.Standardize, mean=mean, std=std)
        if by is None:
            return NumericColumn(self.source, steps)
        return NumericColumn(_grouped(self, by, steps[-1], unseen, max_keys))

    def robust(self) -> "NumericColumn":
        """Replaces x by (x - median) / (third quartile - first quartile), all learned.

        Outliers move the result of `standardize`, but hardly this one. Quantiles are
        averaged inverted CDFs (`numpy.quantile(..., method="averaged_inverted_cdf")`);
        `sklearn.preprocessing.RobustScaler` interpolates linearly, which differs by
        less than the distance of two neighbouring values.

        Semantics:
            - Missing: stays missing; the statistics skip it.
            - NaN, infinite: pass through; the statistics skip them.
            - Equal quartiles: x - median.

        Elsewhere:
            - `RobustScaler` of scikit-learn, whose quartiles are interpolated.
        """
        return NumericColumn(self.source, self._step(s.Robust))

    def winsorize(self, *, lower: float = 0.01, upper: float = 0.99) -> "NumericColumn":
        """Limits values to two quantiles of the training rows.

        Args:
            lower: The share of values below the lower limit. Defaults to 0.01.
            upper: The share of values up to the upper limit. Defaults to 0.99.

        Semantics:
            - Quantiles: averaged inverted CDFs, as of `robust`; 0 and 1 are the
              smallest and the largest value.
            - Missing: stays missing; the statistics skip it.
            - NaN: stays NaN. Infinite: becomes the limit; the statistics skip both.

        Elsewhere:
            - `scipy.stats.mstats.winsorize`, which cuts by rank within one array.
        """
        return NumericColumn(
            self.source, self._step(s.Winsorize, lower=lower, upper=upper)
        )

    def min_max(
        self,
        *,
        minimum: float | None = None,
        maximum: float | None = None,
        by: "KeyColumn | None" = None,
        unseen: UnseenPolicy = "global",
        max_keys: int = MAX_KEYS,
    ) -> "NumericColumn":
        """Replaces x by (x - minimum) / (maximum - minimum).

        Args:
            minimum: Mapped to 0. Defaults to the smallest training value.
            maximum: Mapped to 1. Defaults to the largest training value.
            by: The range is that of the rows with the same key, as of `standardize`.
            unseen: With `by`, as of `standardize`. Defaults to "global".
            max_keys: With `by`, as of `standardize`. Defaults to 100,000.

        Semantics:
            - Missing: stays missing; the statistics skip it.
            - Out of range: extrapolates, below 0 or above 1. Clip first to avoid it.
            - Constant column: x - minimum, so 0.0 on the constant.

        Example:
            >>> import featurekit as fk
            >>> column = fk.numeric("x").min_max()
            >>> fk.preview(column, {"x": [10.0, 15.0, 20.0]})
            [0.0, 0.5, 1.0]

        Elsewhere:
            - `tft.scale_to_0_1`, where a NaN or a constant column turns all outputs
              into sigmoids; scikit-learn's `MinMaxScaler`.
        """
        steps = self._step(s.MinMax, minimum=minimum, maximum=maximum)
        if by is None:
            return NumericColumn(self.source, steps)
        return NumericColumn(_grouped(self, by, steps[-1], unseen, max_keys))

    def buckets(self, boundaries: Iterable[float]) -> CategoricalColumn:
        """The number of boundaries that are <= x: left-closed buckets.

        Args:
            boundaries: Strictly increasing finite numbers, compared in float64.

        Semantics:
            - Missing: stays missing.
            - NaN: the last bucket, as in `tf.raw_ops.Bucketize`; only under
              `nan="keep"`.
            - -inf: bucket 0. +inf: the last bucket.
            - Output: int64 in [0, len(boundaries)].

        Example:
            >>> import featurekit as fk
            >>> column = fk.numeric("x").buckets([0, 10])
            >>> fk.preview(column, {"x": [-1.0, 0.0, 9.9, 10.0]})
            [0, 1, 1, 2]

        Elsewhere:
            - `tf.feature_column.bucketized_column`, `keras.layers.Discretization`: the
              same buckets, with boundaries rounded to float32.
        """
        return CategoricalColumn(
            self.source, self._step(s.Buckets, _floats(boundaries))
        )

    def quantile_buckets(
        self,
        num_buckets: int,
        *,
        by: "KeyColumn | None" = None,
        unseen: UnseenPolicy = "global",
        max_keys: int = MAX_KEYS,
    ) -> CategoricalColumn:
        """Buckets between learned quantiles, about equally full.

        Equal boundaries are merged, so there may be fewer than `num_buckets` buckets.

        Args:
            num_buckets: Buckets, at most.
            by: Quantiles are those of the rows with the same key, as of `standardize`;
                exact for up to 1,024 distinct numbers of each key.
            unseen: With `by`, as of `standardize`. Defaults to "global".
            max_keys: With `by`, as of `standardize`; each takes up to 24 kB. Defaults
                to 100,000.

        Semantics:
            - Missing: stays missing; the statistics skip it.
            - NaN, infinite: as `buckets`; the statistics skip them.
            - Output: int64 in [0, num_buckets).

        Example:
            >>> import featurekit as fk
            >>> column = fk.numeric("x").quantile_buckets(2)
            >>> fk.preview(column, {"x": [1.0, 2.0, 3.0, 100.0]})
            [0, 0, 1, 1]

        Elsewhere:
            - `tft.bucketize`, which keeps equal boundaries and so empty buckets;
              `keras.layers.Discretization(num_bins=…)`, whose ranks are off by up to 14
              points when it adapts to small batches.
        """
        steps = self._step(s.QuantileBuckets, num_buckets)
        if by is None:
            return CategoricalColumn(self.source, steps)
        return CategoricalColumn(_grouped(self, by, steps[-1], unseen, max_keys))

    def binarize(self, threshold: float) -> "NumericColumn":
        """1.0 where x >= threshold, else 0.0: a number, not an id.

        Args:
            threshold: The smallest number that becomes 1.0.

        Semantics:
            - Missing: stays missing.
            - NaN, under `nan="keep"`: 0.0.
            - Infinite: compared like any other number.

        Example:
            >>> import featurekit as fk
            >>> fk.preview(fk.numeric("x").binarize(0.5), {"x": [0.4, 0.5, 1.0]})
            [0.0, 1.0, 1.0]

        Elsewhere:
            - `sklearn.preprocessing.Binarizer`: the threshold itself becomes 0.
        """
        return NumericColumn(self.source, self._step(s.Binarize, threshold))

    def greater_equal(self, threshold: "float | NumericColumn") -> BooleanColumn:
        """1 where x >= threshold, else 0: a binary label, or a feature.

        Args:
            threshold: A number, or another column.

        Semantics:
            - Missing: stays missing; missing where the other column is.
            - NaN: 0.
            - Output: int64, 0 or 1.
        """
        if isinstance(threshold, NumericColumn):
            return _comparison("greater_equal", self, threshold)
        return BooleanColumn(self.source, self._step(s.GreaterEqual, threshold))

    def greater_than(self, other: "float | NumericColumn") -> BooleanColumn:
        """1 where x > other, else 0; as `greater_equal`."""
        return _comparison("greater_than", self, other)

    def less_equal(self, other: "float | NumericColumn") -> BooleanColumn:
        """1 where x <= other, else 0; as `greater_equal`."""
        return _comparison("less_equal", self, other)

    def less_than(self, other: "float | NumericColumn") -> BooleanColumn:
        """1 where x < other, else 0; as `greater_equal`."""
        return _comparison("less_than", self, other)


def number_operand(operator: str, value: object) -> NumericColumn | float:
    """The operand of an expression on numbers, or an error that says what fits."""
    if isinstance(value, NumericColumn):
        return value
    if isinstance(value, BaseColumn):
        raise SpecError(
            f"{operator}: only numeric columns and numbers are computed with",
            code="SPEC_BAD_VALUE",
            column=", ".join(item.name for item in value.inputs),
            got=value,
            hint="read the column with fk.numeric",
        )
    s.check_finite(value, f"{operator}: an operand")
    return float(value)  # type: ignore[arg-type]


def _number(operator: Operator, *values: NumericColumn | float) -> NumericColumn:
    operands = tuple(number_operand(operator, value) for value in values)
    if operator == "divide" and operands[1] == 0.0:
        raise SpecError("the divisor is 0", code="SPEC_BAD_VALUE", got=values)
    return NumericColumn(Expression(operator, operands))


def _comparison(operator: Operator, *values: NumericColumn | float) -> BooleanColumn:
    operands = tuple(number_operand(operator, value) for value in values)
    return BooleanColumn(Expression(operator, operands))


def _grouped(
    value: NumericColumn, by: object, step: Any, unseen: UnseenPolicy, max_keys: int
) -> Grouped:
    key = check_key(by, f"{step.method}: by")
    return Grouped(value, key, step, unseen, max_keys)


def _floats(values: Iterable[float]) -> tuple[float, ...]:
    # A bool stays one, so that the step's own check names it.
    return tuple(float(v) if type(v) is int else v for v in values)
