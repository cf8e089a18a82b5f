"""Ops that hide some values of a row, for a model that learns to tell them."""

from dataclasses import dataclass
from typing import ClassVar

from featurekit.errors import SpecError
from featurekit.plan.ops.lists import BaseListEnd
from featurekit.plan.types import ValueType

WORD = 2**32
"""Shares are counted in words of 32 bits: a share p is the words below p * WORD."""


@dataclass(frozen=True, slots=True)
class MaskIds(BaseListEnd):
    """Padded ids of which some are hidden, or those that were hidden; of a row's key.

    For each place Philox4x32-10 gives four words, of the place, the key and the seed.
    The first one decides whether the id there is chosen, the second one what becomes of
    it, the third one which random id it becomes.

    Args:
        seed: The key of the generator.
        first: The first id that may be chosen, and that a random id may be; the
            smaller ones are padding and reserved tokens.
        mask: What chosen ids become.
        chosen_below: First words of chosen ids.
        masked_below: Second words of ids that become `mask`.
        random_below: Second words, from there, of ids that become random ones.
        targets: The ids that were chosen, and 0 for the others.
    """

    name = "mask_ids"
    accepts = ("int64",)
    num_inputs: ClassVar[int] = 2
    seed: int
    first: int
    mask: int
    chosen_below: int
    masked_below: int
    random_below: int
    targets: bool

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """Padded ids, of as many kinds as those that come in."""
        kinds = [item.dtype == "int64" and not item.nullable for item in inputs]
        shapes = [item.width is not None and not item.is_list for item in inputs]
        if kinds != [True, True] or shapes != [True, False]:
            raise SpecError(
                f"{self.name} does not take these inputs",
                code="PLAN_TYPE",
                got=", ".join(map(str, inputs)),
                expected="padded ids and an integer",
            )
        (ids, _) = inputs
        if not 0 < self.mask < self.first < (ids.num_ids or 0):
            raise SpecError(
                f"{self.name} has no id to choose", code="PLAN_TYPE", got=str(ids)
            )
        return ids
