"""Steps on values that stand for something else, as -1 does for a missing integer."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from featurekit.errors import SpecError
from featurekit.spec.steps.base import BaseStep

DefaultId: TypeAlias = int | Literal["missing"]
"""What takes the place of a value that has no id: an id, or no value at all."""

_SMALLEST, _LARGEST = 2.0**-126, 2.0**128 - 2.0**104  # normal numbers of float32


@dataclass(frozen=True, slots=True)
class MissingValues(BaseStep):
    """Takes some values for missing ones: all text, all integers, or all numbers."""

    method: ClassVar[str] = "missing_values"
    values: tuple[float | int | str, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise SpecError("values are empty", code="SPEC_BAD_VALUE", got=self.values)
        for value in self.values:
            if isinstance(value, float) and not _is_float32(value):
                raise SpecError(
                    "a value is not in the range of float32",
                    code="SPEC_BAD_VALUE",
                    got=value,
                    hint="what a NaN means is said by nan= of the column",
                )


def _is_float32(value: float) -> bool:
    return math.isinf(value) or not value or _SMALLEST <= abs(value) <= _LARGEST


def check_default(value: object, num_ids: int | None) -> None:
    """Raises SpecError unless the value is an id, "missing", or None.

    Args:
        value: What is given.
        num_ids: How many ids there are; None where it is not known yet.
    """
    if value is None or value == "missing":
        return
    is_id = isinstance(value, int) and not isinstance(value, bool)
    if not is_id or not 0 <= value < (num_ids or math.inf):  # type: ignore[operator]
        raise SpecError(
            "default is neither an id nor 'missing'",
            code="SPEC_BAD_VALUE",
            got=value,
            expected=f"0 to {num_ids - 1}, or 'missing'" if num_ids else "an id",
        )
