"""Ops that look up what is known about an id."""

import hashlib
from dataclasses import dataclass

from featurekit.errors import SpecError
from featurekit.plan.ops.base import BaseOp
from featurekit.plan.types import ValueType


@dataclass(frozen=True, slots=True)
class LookupNumber(BaseOp):
    """The float64 number of an id; missing for the ids behind the last number.

    Args:
        values: The number of id 0, then that of id 1, and so on.
        num_missing: How many ids follow that have no number.
    """

    name = "lookup_number"
    accepts = ("int64",)
    values: tuple[float, ...]
    num_missing: int = 0

    @property
    def num_ids(self) -> int:
        """The number of ids, with a number or without."""
        return len(self.values) + self.num_missing

    def _infer(self, value: ValueType) -> ValueType:
        if value.num_ids != self.num_ids or not self.values or self.num_missing < 0:
            raise SpecError(
                "lookup_number takes ids, with a number for each that has one",
                code="PLAN_TYPE",
                got=str(value),
                expected=f"int64 < {self.num_ids}",
            )
        return ValueType("float64", value.nullable or self.num_missing > 0)

    def __str__(self) -> str:
        digest = hashlib.sha256(repr(self.values).encode()).hexdigest()[:8]
        rest = f", num_missing={self.num_missing}" if self.num_missing else ""
        return f"{self.name}(<{len(self.values)} numbers {digest}>{rest})"
