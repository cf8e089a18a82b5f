"""Steps on real numbers."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from featurekit.errors import SpecError
from featurekit.spec.steps.base import BaseStep, check_count, check_finite, make_float


@dataclass(frozen=True, slots=True)
class Clip(BaseStep):
    """Limits values to [low, high]."""

    method: ClassVar[str] = "clip"
    low: float
    high: float

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise SpecError(
                    f"{name} must be a number", code="SPEC_BAD_VALUE", got=value
                )
        if not self.low <= self.high:
            raise SpecError(
                "low must not exceed high",
                code="SPEC_BAD_SCALE",
                got=(self.low, self.high),
            )
        make_float(self, "low", "high")


@dataclass(frozen=True, slots=True)
class Log1p(BaseStep):
    """Replaces x by log(1 + x)."""

    method: ClassVar[str] = "log1p"


@dataclass(frozen=True, slots=True)
class Standardize(BaseStep):
    """Replaces x by (x - mean) / std; learned where not given."""

    method: ClassVar[str] = "standardize"
    mean: float | None = field(default=None, kw_only=True)
    std: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if (self.mean is None) != (self.std is None):
            raise SpecError(
                "mean and std are given together or not at all",
                code="SPEC_BAD_SCALE",
                got=(self.mean, self.std),
            )
        if self.mean is not None and self.std is not None:
            check_finite(self.mean, "mean")
            check_finite(self.std, "std")
            if self.std <= 0:
                raise SpecError(
                    "std must be positive", code="SPEC_BAD_SCALE", got=self.std
                )
            make_float(self, "mean", "std")


@dataclass(frozen=True, slots=True)
class MinMax(BaseStep):
    """Replaces x by (x - minimum) / (maximum - minimum); learned where not given."""

    method: ClassVar[str] = "min_max"
    minimum: float | None = field(default=None, kw_only=True)
    maximum: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if (self.minimum is None) != (self.maximum is None):
            raise SpecError(
                "minimum and maximum are given together or not at all",
                code="SPEC_BAD_SCALE",
                got=(self.minimum, self.maximum),
            )
        if self.minimum is not None and self.maximum is not None:
            check_finite(self.minimum, "minimum")
            check_finite(self.maximum, "maximum")
            if self.minimum >= self.maximum:
                raise SpecError(
                    "minimum must be below maximum",
                    code="SPEC_BAD_SCALE",
                    got=(self.minimum, self.maximum),
                )
            make_float(self, "minimum", "maximum")


@dataclass(frozen=True, slots=True)
class Buckets(BaseStep):
    """Replaces x by the number of boundaries that are <= x."""

    method: ClassVar[str] = "buckets"
    boundaries: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.boundaries:
            raise SpecError("boundaries are empty", code="SPEC_BAD_BOUNDARIES")
        for index, value in enumerate(self.boundaries):
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not math.isfinite(value):
                raise SpecError(
                    f"boundary {index} must be a finite number",
                    code="SPEC_BAD_BOUNDARIES",
                    got=value,
                )
            if index and value <= self.boundaries[index - 1]:
                raise SpecError(
                    "boundaries must be strictly increasing; "
                    f"boundary {index} is not above boundary {index - 1}",
                    code="SPEC_BAD_BOUNDARIES",
                    got=(self.boundaries[index - 1], value),
                    hint="sort the boundaries and remove duplicates",
                )


@dataclass(frozen=True, slots=True)
class QuantileBuckets(BaseStep):
    """Buckets with learned boundaries, about equally full."""

    method: ClassVar[str] = "quantile_buckets"
    num_buckets: int

    def __post_init__(self) -> None:
        check_count(self.num_buckets, "num_buckets", minimum=2)


@dataclass(frozen=True, slots=True)
class GreaterEqual(BaseStep):
    """1 where x >= threshold, else 0."""

    method: ClassVar[str] = "greater_equal"
    threshold: float

    def __post_init__(self) -> None:
        check_finite(self.threshold, "threshold")
        make_float(self, "threshold")


@dataclass(frozen=True, slots=True)
class Robust(BaseStep):
    """Replaces x by (x - median) / (third quartile - first quartile); learned."""

    method: ClassVar[str] = "robust"


@dataclass(frozen=True, slots=True)
class Winsorize(BaseStep):
    """Limits values to two learned quantiles."""

    method: ClassVar[str] = "winsorize"
    lower: float = field(default=0.01, kw_only=True)
    upper: float = field(default=0.99, kw_only=True)

    def __post_init__(self) -> None:
        check_finite(self.lower, "lower")
        check_finite(self.upper, "upper")
        if not 0 <= self.lower < self.upper <= 1:
            raise SpecError(
                "lower and upper are probabilities, lower below upper",
                code="SPEC_BAD_VALUE",
                got=(self.lower, self.upper),
                expected="0 <= lower < upper <= 1",
            )
        make_float(self, "lower", "upper")
