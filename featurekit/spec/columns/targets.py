"""Categories that become the mean of a target."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns.grouped import MAX_KEYS

if TYPE_CHECKING:
    from featurekit.spec.columns import Column

FOLDS = 5


@dataclass(frozen=True, slots=True)
class TargetEncoding:
    """A category as the smoothed mean of a target; in training, of other folds.

    Args:
        category: What is encoded.
        target: What is averaged; no part of serving.
        smoothing: How many rows the mean of all rows counts for; None is what the
            variances ask for.
        folds: In how many parts the training rows are divided.
        max_keys: More categories than this in the training rows are an error.
    """

    method: ClassVar[str] = "target_encoding"
    category: "Column"
    target: "Column"
    smoothing: float | None = None
    folds: int = FOLDS
    max_keys: int = MAX_KEYS

    def __post_init__(self) -> None:
        s.check_count(self.folds, "folds", minimum=2)
        s.check_count(self.max_keys, "max_keys")
        if self.smoothing is None:
            return
        s.check_finite(self.smoothing, "smoothing")
        if self.smoothing < 0:
            raise SpecError(
                "smoothing must not be negative",
                code="SPEC_BAD_VALUE",
                got=self.smoothing,
            )
        object.__setattr__(self, "smoothing", float(self.smoothing))

    @property
    def columns(self) -> "tuple[Column, ...]":
        """What is read to compute a value, the target not among it."""
        return (self.category,)

    def __str__(self) -> str:
        arguments = [f"target={self.target!r}"]
        if self.smoothing is not None:
            arguments.append(f"smoothing={self.smoothing!r}")
        if self.folds != FOLDS:
            arguments.append(f"folds={self.folds}")
        if self.max_keys != MAX_KEYS:
            arguments.append(f"max_keys={self.max_keys}")
        return f"{self.category!r}.target_encoding({', '.join(arguments)})"


def encode_target(
    category: "Column",
    target: object,
    smoothing: float | str,
    folds: int,
    max_keys: int,
) -> TargetEncoding:
    """The source that a column declares, or SpecError."""
    # Imported here: these columns have methods that make what this module declares.
    from featurekit.spec.columns.categorical import BooleanColumn
    from featurekit.spec.columns.numbers import NumericColumn

    if not isinstance(target, NumericColumn | BooleanColumn):
        raise SpecError(
            "target_encoding: the target is a numeric column or a flag",
            code="SPEC_BAD_VALUE",
            column=", ".join(item.name for item in category.inputs),
            got=target,
        )
    if smoothing != "auto" and isinstance(smoothing, str):
        raise SpecError(
            "target_encoding: smoothing is a number, or 'auto'",
            code="SPEC_BAD_VALUE",
            got=smoothing,
        )
    number = None if isinstance(smoothing, str) else smoothing
    return TargetEncoding(category, target, number, folds, max_keys)
