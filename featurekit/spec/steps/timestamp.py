"""Steps on points in time."""

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from featurekit.errors import SpecError
from featurekit.spec.steps.base import BaseStep

PART_SIZES: dict[str, int | None] = {
    "minute": 60,
    "hour": 24,
    "day_of_week": 7,
    "day_of_month": 31,
    "day_of_year": 366,
    "month": 12,
    "year": None,  # not counted from 0
}
TimePartName: TypeAlias = Literal[
    "minute", "hour", "day_of_week", "day_of_month", "day_of_year", "month", "year"
]


@dataclass(frozen=True, slots=True)
class TimePart(BaseStep):
    """A part of the local time: the year, or a part that is counted from 0."""

    method: ClassVar[str] = "time_part"
    part: TimePartName

    def __post_init__(self) -> None:
        if self.part not in PART_SIZES:
            raise SpecError(
                "unknown part of a timestamp",
                code="SPEC_UNKNOWN_OP",
                got=self.part,
                expected=f"one of {', '.join(PART_SIZES)}",
            )

    def __str__(self) -> str:
        return f".{self.part}()"
