"""Steps on missing values."""

from dataclasses import dataclass
from typing import ClassVar

from featurekit.spec.steps.base import BaseStep


@dataclass(frozen=True, slots=True)
class Fill(BaseStep):
    """Replaces missing values by a constant."""

    method: ClassVar[str] = "fill"
    value: float | int | str


@dataclass(frozen=True, slots=True)
class FillMean(BaseStep):
    """Replaces missing values by the mean of the training values."""

    method: ClassVar[str] = "fill_mean"


@dataclass(frozen=True, slots=True)
class FillMedian(BaseStep):
    """Replaces missing values by the median of the training values."""

    method: ClassVar[str] = "fill_median"


@dataclass(frozen=True, slots=True)
class FillMode(BaseStep):
    """Replaces missing values by the most frequent training value."""

    method: ClassVar[str] = "fill_mode"


@dataclass(frozen=True, slots=True)
class IsMissing(BaseStep):
    """1 where there is no value, else 0."""

    method: ClassVar[str] = "is_missing"
