"""The source of what is hidden in some rows by chance."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featurekit.spec.columns import Column


@dataclass(frozen=True, slots=True)
class Hidden:
    """In which rows a feature is hidden, or ids that are hidden in these.

    Args:
        ids: The ids; None for 1 where the feature is hidden, else 0.
        token: The reserved token that stands for a hidden id; None without ids.
        name: What the choice is for: another name makes another one.
        keys: What the choice depends on in a row, and on nothing else.
        seed: Another one makes another choice.
        rate: How likely a row is chosen.
    """

    ids: "Column | None"
    token: str | int | None
    name: str
    keys: "tuple[Column, ...]"
    seed: int
    rate: float

    @property
    def columns(self) -> "tuple[Column, ...]":
        """The ids, if there are any, then the keys."""
        return self.keys if self.ids is None else (self.ids, *self.keys)

    def __str__(self) -> str:
        keys = ", ".join(map(repr, self.keys))
        drawn = f"{self.name!r}, key=[{keys}], rate={self.rate}, seed={self.seed})"
        if self.ids is None:
            return f"fk.chance({drawn}"
        return f"{self.ids!r}.hide({self.token!r}, {drawn}"
