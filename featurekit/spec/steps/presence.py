"""Steps on missing values."""

from dataclasses import dataclass
from typing import ClassVar

from featurekit.spec.steps.base import BaseStep


@dataclass(frozen=True, slots=True)
class Fill(BaseStep):
    """Replaces missing values by a constant."""

    method: ClassVar[str] = "fill"
    value: float | int | str
