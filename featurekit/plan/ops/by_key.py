"""Ops of a number and the id of its key."""

import hashlib
from dataclasses import dataclass

from featurekit.errors import SpecError
from featurekit.plan.ops.base import BaseOp
from featurekit.plan.types import ValueType


@dataclass(frozen=True, slots=True)
class BucketizeByKey(BaseOp):
    """The number of boundaries of the key that are <= x; a NaN goes to its last bucket.

    Missing where an input is, and for ids behind the last key.

    Args:
        boundaries: Those of key 0, then those of key 1, and so on.
        sizes: How many boundaries each key has.
        num_missing: How many ids follow that have none.
    """

    name = "bucketize_by_key"
    boundaries: tuple[float, ...]
    sizes: tuple[int, ...]
    num_missing: int = 0

    @property
    def num_keys(self) -> int:
        """The number of ids, with boundaries or without."""
        return len(self.sizes) + self.num_missing

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """Ids; missing where an input is, and where a key has no boundaries."""
        fits = (
            [one.dtype for one in inputs] == ["float64", "int64"]
            and inputs[1].num_ids == self.num_keys
            and not any(one.width or one.is_list for one in inputs)
        )
        if not fits or not self.sizes or sum(self.sizes) != len(self.boundaries):
            raise SpecError(
                "bucketize_by_key takes a number and the id of a key",
                code="PLAN_TYPE",
                got=", ".join(map(str, inputs)),
                expected=f"float64, int64 < {self.num_keys}",
            )
        nullable = self.num_missing > 0 or any(one.nullable for one in inputs)
        return ValueType("int64", nullable, num_ids=max(self.sizes) + 1)

    def __str__(self) -> str:
        shown = repr((self.boundaries, self.sizes))
        digest = hashlib.sha256(shown.encode()).hexdigest()[:8]
        rest = f", num_missing={self.num_missing}" if self.num_missing else ""
        return f"{self.name}(<{len(self.sizes)} keys {digest}>{rest})"
