"""Ops that read columns, and that are about missing values."""

from dataclasses import dataclass, replace

from featurekit.errors import SpecError
from featurekit.plan.ops.base import BaseOp
from featurekit.plan.types import ValueDType, ValueType


@dataclass(frozen=True, slots=True)
class ReadColumn(BaseOp):
    """Takes a column of the batch, already cast to the declared dtype."""

    name = "read_column"
    column: str
    dtype: ValueDType

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """A nullable value of the declared dtype."""
        if inputs or self.dtype not in ("float32", "int64", "string", "timestamp"):
            raise SpecError("a source has no inputs", code="PLAN_TYPE", got=self)
        return ValueType(self.dtype, nullable=True)


@dataclass(frozen=True, slots=True)
class FillMissing(BaseOp):
    """Replaces missing values; the value has the type of the input."""

    name = "fill_missing"
    accepts = ("float64", "int64", "string")
    value: float | int | str

    def _infer(self, value: ValueType) -> ValueType:
        expected = {"float64": float, "int64": int, "string": str}[value.dtype]
        if type(self.value) is not expected:
            raise SpecError(
                f"{value.dtype} cannot be filled with this",
                code="PLAN_TYPE",
                got=self.value,
                expected=expected.__name__,
            )
        return replace(value, nullable=False)


@dataclass(frozen=True, slots=True)
class RequirePresent(BaseOp):
    """Rejects rows without a value."""

    name = "require_present"
    accepts = ("float64", "int64", "string")

    def _infer(self, value: ValueType) -> ValueType:
        return replace(value, nullable=False)


@dataclass(frozen=True, slots=True)
class IsMissing(BaseOp):
    """1 where there is no value, else 0."""

    name = "is_missing"
    accepts = ("float64", "int64", "string", "timestamp")

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("int64", num_ids=2)
