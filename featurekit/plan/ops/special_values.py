"""Ops on values that stand for something else."""

from dataclasses import dataclass, replace

from featurekit.errors import SpecError
from featurekit.plan.ops.base import BaseOp
from featurekit.plan.types import ValueType


@dataclass(frozen=True, slots=True)
class MarkMissing(BaseOp):
    """Takes some values for missing ones.

    Args:
        values: Of the type of the input; numbers are equal as numbers, so 0.0 is -0.0.
    """

    name = "mark_missing"
    accepts = ("float64", "int64", "string")
    values: tuple[float | int | str, ...]

    def _infer(self, value: ValueType) -> ValueType:
        expected = {"float64": float, "int64": int, "string": str}[value.dtype]
        if not self.values or any(type(one) is not expected for one in self.values):
            raise SpecError(
                f"{value.dtype} is never one of these values",
                code="PLAN_TYPE",
                got=self.values,
                expected=expected.__name__,
            )
        return replace(value, nullable=True)


@dataclass(frozen=True, slots=True)
class DefaultId(BaseOp):
    """The integer itself where it is in [0, num_ids), else a default.

    Args:
        num_ids: How many ids there are.
        default: The id of all other integers; None: they are missing.
    """

    name = "default_id"
    accepts = ("int64",)
    num_ids: int
    default: int | None

    def _infer(self, value: ValueType) -> ValueType:
        if self.default is not None and not 0 <= self.default < self.num_ids:
            raise SpecError(
                "the default is no id",
                code="SPEC_BAD_VALUE",
                got=self.default,
                expected=f"0 to {self.num_ids - 1}",
            )
        nullable = value.nullable or self.default is None
        return replace(value, nullable=nullable, num_ids=self.num_ids)
