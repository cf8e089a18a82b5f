"""The boxes of the objects of a row, as a source of several features."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from featurekit.spec.steps.tensors import BoxFormat

if TYPE_CHECKING:
    from featurekit.spec.columns import Column


@dataclass(frozen=True, slots=True)
class Boxes:
    """Lists of boxes, and what belongs to them.

    Args:
        coordinates: Lists of numbers, four for each box.
        format: What the four numbers are.
        size: Height and width of the image, where boxes are in pixels; else nothing.
        labels: Lists of ids, one for each box.
    """

    coordinates: "Column"
    format: BoxFormat
    size: "tuple[Column, ...]" = ()
    labels: "Column | None" = None

    @property
    def relative(self) -> bool:
        """Whether the numbers are parts of height and width."""
        return not self.size

    @property
    def columns(self) -> "tuple[Column, ...]":
        """All columns that are read, in order."""
        labels = () if self.labels is None else (self.labels,)
        return self.coordinates, *self.size, *labels

    def __str__(self) -> str:
        given = [repr(self.coordinates), f"format={self.format!r}"]
        given += (
            f"{name}={one!r}"
            for name, one in zip(("height", "width"), self.size, strict=False)
        )
        if self.labels is not None:
            given.append(f"labels={self.labels!r}")
        return f"fk.boxes({', '.join(given)})"
