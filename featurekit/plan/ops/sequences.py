"""Ops that make a list of lists: an element depends on others of its row.

Their kernels stand between two levels of a plan, as those of what ends a list do.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from featurekit.errors import SpecError
from featurekit.plan.ops.lists import BaseListEnd, BaseListMaker
from featurekit.plan.types import ValueDType, ValueType
from featurekit.spec.steps import AggregateName, Side

_ANY: tuple[ValueDType, ...] = ("float64", "int64", "string")


@dataclass(frozen=True, slots=True)
class BaseSequenceOp(BaseListMaker):
    """Base of the ops that make a list of lists."""

    most_inputs: ClassVar[int] = 1

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """The type of the result.

        Raises:
            SpecError: The inputs are not the lists that the op takes.
        """
        fits = all(item.is_list and item.dtype in self.accepts for item in inputs)
        if not fits or not 1 <= len(inputs) <= self.most_inputs:
            raise SpecError(
                f"{self.name} does not take these inputs",
                code="PLAN_TYPE",
                got=", ".join(map(str, inputs)),
                expected=f"lists of {', '.join(self.accepts)}",
            )
        return self._infer(inputs[0])

    def _infer(self, value: ValueType) -> ValueType:
        return replace(value, nullable=True)


@dataclass(frozen=True, slots=True)
class AlignLists(BaseSequenceOp):
    """The first of several lists of one length; a row of other lists is rejected.

    Args:
        drop: Whether to leave out the elements at which any of the lists has none.
    """

    name = "align_lists"
    accepts = _ANY
    most_inputs = 2**31
    drop: bool

    def _infer(self, value: ValueType) -> ValueType:
        return replace(value, nullable=value.nullable and not self.drop)


@dataclass(frozen=True, slots=True)
class ShiftList(BaseSequenceOp):
    """The element `offset` places before each; missing where there is no such place."""

    name = "shift_list"
    accepts = _ANY
    offset: int


@dataclass(frozen=True, slots=True)
class DifferenceList(BaseSequenceOp):
    """Each number less the one `lag` places before it, as `Arithmetic` subtracts."""

    name = "difference_list"
    accepts = ("float64",)
    lag: int


@dataclass(frozen=True, slots=True)
class RollList(BaseSequenceOp):
    """The aggregate of each number and the `size` - 1 before it, as `AggregateList`.

    Missing where there are fewer numbers, or one of them is missing.
    """

    name = "roll_list"
    accepts = ("float64",)
    size: int
    kind: AggregateName


@dataclass(frozen=True, slots=True)
class MaskElements(BaseListEnd):
    """1.0 where a list, cut and padded to one length, has an element; else 0.0."""

    name = "mask_elements"
    accepts = _ANY
    length: int
    side: Side

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("float32", width=self.length)
