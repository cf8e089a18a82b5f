"""The op that hides a whole feature of a row, for a model that learns to tell it."""

from dataclasses import dataclass

from featurekit.errors import SpecError
from featurekit.plan.ops.base import BaseOp
from featurekit.plan.types import ValueType


@dataclass(frozen=True, slots=True)
class HideId(BaseOp):
    """One id in rows that are chosen by chance, of their key; else another one.

    The first of the four words that Philox4x32-10 gives for the place, the key of the
    row and the seed decides whether it is chosen.

    Args:
        seed: The key of the generator.
        place: A word of the counter: another one makes another choice.
        hidden_below: First words of chosen rows.
        mask: The id in rows that are chosen.
        shown: The id in the others, if that is not an input.
    """

    name = "hide_id"
    seed: int
    place: int
    hidden_below: int
    mask: int
    shown: int | None = None

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """Ids of as many kinds as those that come in; missing where these are."""
        plain = [one.dtype == "int64" and not one.row_shape for one in inputs]
        count = 1 if self.shown is not None else 2
        if plain != [True] * count or any(one.is_list for one in inputs):
            raise SpecError(
                f"{self.name} does not take these inputs",
                code="PLAN_TYPE",
                got=", ".join(map(str, inputs)),
                expected="an integer for the row, and an id",
            )
        nullable = any(one.nullable for one in inputs)
        if self.shown is not None:
            return ValueType("int64", nullable, num_ids=max(self.mask, self.shown) + 1)
        if not 0 <= self.mask < (inputs[1].num_ids or 0):
            raise SpecError(
                f"{self.name} has no such id", code="PLAN_TYPE", got=str(inputs[1])
            )
        return ValueType("int64", nullable, num_ids=inputs[1].num_ids)
