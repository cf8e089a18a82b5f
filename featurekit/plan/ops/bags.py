"""The op that ends two lists together: ids, and a weight for each."""

from dataclasses import dataclass
from typing import Literal

from featurekit.errors import SpecError
from featurekit.plan.ops.lists import BaseListEnd
from featurekit.plan.types import ValueType
from featurekit.spec.steps import Side


@dataclass(frozen=True, slots=True)
class PadWeighted(BaseListEnd):
    """One of two lists, the pairs of which are cut and padded together.

    Of a list of ids, and one of float32 weights. A pair that lacks either is left out;
    the row is rejected if the lists differ in length.

    Args:
        part: "ids", the ids plus one and padded with 0, or "weights", padded with 0.0.
        length: Pairs per row.
        side: Where the padding goes.
        truncate: Which end of a longer list is cut off.
    """

    name = "pad_weighted"
    accepts = ("int64",)
    num_inputs = 2
    part: Literal["ids", "weights"]
    length: int
    side: Side
    truncate: Side

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """Ids or weights of one length; the second list holds the weights."""
        if len(inputs) == 2 and inputs[1].dtype != "float32":
            raise SpecError("weights are float32", code="PLAN_TYPE", got=inputs[1])
        return BaseListEnd.infer(self, inputs)

    def _infer(self, value: ValueType) -> ValueType:
        if value.num_ids is None:
            raise SpecError("pad_weighted takes ids", code="PLAN_TYPE", got=str(value))
        if self.part == "weights":
            return ValueType("float32", width=self.length)
        return ValueType("int64", width=self.length, num_ids=value.num_ids + 1)
