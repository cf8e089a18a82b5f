"""Ops on points in time."""

from dataclasses import dataclass

from featurekit.errors import SpecError
from featurekit.plan.ops.base import BaseOp
from featurekit.plan.types import ValueType
from featurekit.spec.steps import PART_SIZES, TimePartName


@dataclass(frozen=True, slots=True)
class ExtractTimePart(BaseOp):
    """A part of the local time: the year, or a part that is counted from 0.

    Args:
        part: Which one.
        transitions: Instants in seconds at which the offset changes, increasing.
        offsets: Seconds east of UTC before the first transition and after each.
    """

    name = "extract_time_part"
    accepts = ("timestamp",)
    part: TimePartName
    transitions: tuple[int, ...]
    offsets: tuple[int, ...]

    def _infer(self, value: ValueType) -> ValueType:
        if len(self.offsets) != len(self.transitions) + 1:
            raise SpecError("a zone lacks offsets", code="PLAN_TYPE", got=self.part)
        return ValueType("int64", value.nullable, num_ids=PART_SIZES[self.part])

    def __str__(self) -> str:
        return f"{self.name}(part={self.part!r}, {len(self.offsets)} offsets)"
