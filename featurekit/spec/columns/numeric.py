"""Columns of real numbers."""

from collections.abc import Iterable
from dataclasses import dataclass

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.columns.categorical import CategoricalColumn


@dataclass(frozen=True, slots=True, repr=False)
class NumericColumn(BaseColumn):
    """A real number. Output: float32, shape (batch,).

    Values are computed in float64 and rounded once to float32, so that every executor
    gives the same bits at any batch size.
    """

    def fill(self, value: float) -> "NumericColumn":
        """Replaces missing values.

        Semantics:
            - Missing: becomes `value`. A NaN is missing under `nan="missing"`.
            - NaN: kept under `nan="keep"`.
            - Output: the same type, never missing.
        """
        s.check_finite(value, f"{self!r}: fill value")
        return NumericColumn(self.source, self._step(s.Fill, float(value)))

    def clip(self, low: float, high: float) -> "NumericColumn":
        """Limits values to [low, high]; either may be infinite.

        Semantics:
            - Missing: stays missing.
            - NaN: stays NaN.
            - Infinite: becomes the bound.
        """
        return NumericColumn(self.source, self._step(s.Clip, low, high))

    def log1p(self) -> "NumericColumn":
        """Replaces x by log(1 + x), rounded to float32.

        Semantics:
            - Missing: stays missing.
            - NaN: stays NaN.
            - Below -1: the row is rejected.
            - -1 becomes -inf, +inf stays +inf.
        """
        return NumericColumn(self.source, self._step(s.Log1p))

    def standardize(
        self, *, mean: float | None = None, std: float | None = None
    ) -> "NumericColumn":
        """Replaces x by (x - mean) / std, with the population standard deviation.

        Args:
            mean: Subtracted from x. Defaults to the mean of the training rows.
            std: Divides the difference. Defaults to that of the training rows.

        Semantics:
            - Missing: stays missing; the statistics skip it.
            - NaN, infinite: pass through; the statistics skip them.
            - Constant column (std 0): x - mean, so 0.0 on the constant.
        """
        return NumericColumn(self.source, self._step(s.Standardize, mean=mean, std=std))

    def min_max(
        self, *, minimum: float | None = None, maximum: float | None = None
    ) -> "NumericColumn":
        """Replaces x by (x - minimum) / (maximum - minimum).

        Args:
            minimum: Mapped to 0. Defaults to the smallest training value.
            maximum: Mapped to 1. Defaults to the largest training value.

        Semantics:
            - Missing: stays missing; the statistics skip it.
            - Out of range: extrapolates, below 0 or above 1. Clip first to avoid it.
            - Constant column: x - minimum, so 0.0 on the constant.
        """
        return NumericColumn(
            self.source, self._step(s.MinMax, minimum=minimum, maximum=maximum)
        )

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
        """
        return CategoricalColumn(
            self.source, self._step(s.Buckets, _floats(boundaries))
        )

    def quantile_buckets(self, num_buckets: int) -> CategoricalColumn:
        """Buckets between learned quantiles, about equally full.

        Equal boundaries are merged, so there may be fewer than `num_buckets` buckets.

        Semantics:
            - Missing: stays missing; the statistics skip it.
            - NaN, infinite: as `buckets`; the statistics skip them.
            - Output: int64 in [0, num_buckets).
        """
        return CategoricalColumn(
            self.source, self._step(s.QuantileBuckets, num_buckets)
        )

    def greater_equal(self, threshold: float) -> CategoricalColumn:
        """1 where x >= threshold, else 0: a binary label, or a feature.

        Semantics:
            - Missing: stays missing.
            - NaN: 0.
            - Output: int64, 0 or 1.
        """
        return CategoricalColumn(self.source, self._step(s.GreaterEqual, threshold))


def _floats(values: Iterable[float]) -> tuple[float, ...]:
    # A bool stays one, so that the step's own check names it.
    return tuple(float(v) if type(v) is int else v for v in values)
