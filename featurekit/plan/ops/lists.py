"""Ops that read lists, and that end them: what a list of values becomes in a row.

Ops in between are those of single values; on a list they are run on each element.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from featurekit.errors import SpecError
from featurekit.plan.ops.base import BaseOp
from featurekit.plan.types import ValueDType, ValueType
from featurekit.spec.inputs import ListDType, element_dtype
from featurekit.spec.steps import AggregateName, Side

MissingList: TypeAlias = Literal["keep", "empty", "refuse"]


@dataclass(frozen=True, slots=True)
class ReadList(BaseOp):
    """Takes a column of lists of the batch, already cast to the declared dtype.

    Args:
        column: The column.
        dtype: Such as "list<string>".
        missing: What a missing list is: missing, an empty list, or refused.
    """

    name = "read_list"
    column: str
    dtype: ListDType
    missing: MissingList

    @property
    def elements(self) -> ValueDType:
        """The dtype of the elements."""
        return element_dtype(self.dtype)  # type: ignore[return-value]

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """A list of nullable elements of the declared dtype."""
        if inputs or self.elements not in ("float32", "int64", "string"):
            raise SpecError("a source has no inputs", code="PLAN_TYPE", got=self)
        return ValueType(self.elements, nullable=True, is_list=True)


@dataclass(frozen=True, slots=True)
class BaseListMaker(BaseOp):
    """Base of the ops that make lists: of other lists as a whole, or of a text."""


@dataclass(frozen=True, slots=True)
class BaseListEnd(BaseOp):
    """Base of the ops that make one value per row of lists.

    Elements that are missing are left out: where that is not wanted, a RequirePresent
    came before.
    """

    num_inputs: ClassVar[int] = 1

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """The type of the result.

        Raises:
            SpecError: The inputs are not the lists that the op takes.
        """
        fits = len(inputs) == self.num_inputs and all(item.is_list for item in inputs)
        if not fits or inputs[0].dtype not in self.accepts:
            raise SpecError(
                f"{self.name} does not take these inputs",
                code="PLAN_TYPE",
                got=", ".join(map(str, inputs)),
                expected=f"lists of {', '.join(self.accepts)}",
            )
        return self._infer(inputs[0])


@dataclass(frozen=True, slots=True)
class PadIds(BaseListEnd):
    """The ids plus one, cut and padded with 0."""

    name = "pad_ids"
    accepts = ("int64",)
    length: int
    side: Side
    truncate: Side

    def _infer(self, value: ValueType) -> ValueType:
        if value.num_ids is None:
            raise SpecError("pad_ids takes ids", code="PLAN_TYPE", got=str(value))
        return ValueType("int64", width=self.length, num_ids=value.num_ids + 1)


@dataclass(frozen=True, slots=True)
class PadNumbers(BaseListEnd):
    """The numbers, cut and padded."""

    name = "pad_numbers"
    accepts = ("float32",)
    length: int
    side: Side
    truncate: Side
    value: float

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("float32", width=self.length)


@dataclass(frozen=True, slots=True)
class PackVector(BaseListEnd):
    """The numbers as a vector; the row is rejected unless there are so many."""

    name = "pack_vector"
    accepts = ("float32",)
    size: int

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("float32", width=self.size)


@dataclass(frozen=True, slots=True)
class BaseBagEncode(BaseListEnd):
    """A vector with one number for each id there is."""

    depth: int

    def _infer(self, value: ValueType) -> ValueType:
        if value.num_ids != self.depth:
            raise SpecError(
                f"{self.name} takes ids of its depth",
                code="PLAN_TYPE",
                got=str(value),
                expected=f"list<int64 < {self.depth}>",
            )
        return ValueType("float32", width=self.depth)


@dataclass(frozen=True, slots=True)
class MultiHotEncode(BaseBagEncode):
    """1.0 at each id of the list."""

    name = "multi_hot_encode"
    accepts = ("int64",)


@dataclass(frozen=True, slots=True)
class CountEncode(BaseBagEncode):
    """How often each id is in the list."""

    name = "count_encode"
    accepts = ("int64",)


@dataclass(frozen=True, slots=True)
class WeightEncode(BaseBagEncode):
    """The sum of the weights of each id: of a list of ids, and one of float64.

    The row is rejected if the lists differ in length, or a sum does not fit float32.
    """

    name = "weight_encode"
    accepts = ("int64",)
    num_inputs = 2

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """A vector; the second list holds the weights."""
        if len(inputs) == 2 and inputs[1].dtype != "float64":
            raise SpecError("weights are numbers", code="PLAN_TYPE", got=inputs[1])
        return BaseListEnd.infer(self, inputs)


@dataclass(frozen=True, slots=True)
class AggregateList(BaseListEnd):
    """The numbers of a list as one; missing where the list is, or where it is empty.

    The sum of an empty list is 0.0. Sums are taken from left to right, in float64.
    """

    name = "aggregate_list"
    accepts = ("float64",)
    kind: AggregateName

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("float64", nullable=True)


@dataclass(frozen=True, slots=True)
class CountElements(BaseListEnd):
    """How many elements there are, missing where the list is.

    Args:
        maximum: An int64 that is at most this; None for a float64.
    """

    name = "count_elements"
    accepts = ("float64", "int64", "string")
    maximum: int | None

    def _infer(self, value: ValueType) -> ValueType:
        if self.maximum is None:
            return ValueType("float64", nullable=True)
        return ValueType("int64", nullable=True, num_ids=self.maximum + 1)
