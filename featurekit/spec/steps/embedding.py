"""The step that declares trainable vectors."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias, get_args

from featurekit.errors import SpecError
from featurekit.spec.inputs import check_name
from featurekit.spec.steps.base import BaseStep, check_count, check_finite, make_float

Combiner: TypeAlias = Literal["sum", "mean", "sqrtn"]


@dataclass(frozen=True, slots=True)
class Embedding(BaseStep):
    """Declares a trainable vector for each id; the preprocessing keeps the id.

    Args:
        dim: Width of a vector; None is the width that `suggest_dim` gives.
        combiner: What the vectors of a list become; None is "mean".
        max_norm: Longest vector; longer ones are scaled down when they are read.
        table: Features of one table have the same vectors.
    """

    method: ClassVar[str] = "embedding"
    dim: int | None = None
    combiner: Combiner | None = field(default=None, kw_only=True)
    max_norm: float | None = field(default=None, kw_only=True)
    table: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.dim is not None:
            check_count(self.dim, "dim")
        if self.combiner not in (None, *get_args(Combiner)):
            raise SpecError(
                "unknown combiner",
                code="SPEC_BAD_VALUE",
                got=self.combiner,
                expected=f"one of {', '.join(get_args(Combiner))}",
            )
        if self.max_norm is not None:
            check_finite(self.max_norm, "max_norm")
            if self.max_norm <= 0.0:
                raise SpecError(
                    "max_norm must be positive",
                    code="SPEC_BAD_VALUE",
                    got=self.max_norm,
                )
            make_float(self, "max_norm")
        if self.table is not None:
            check_name(self.table, "the name of a table")
