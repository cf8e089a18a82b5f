"""What a model costs: its trained values and its floating-point operations."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import keras

Part: TypeAlias = tuple[keras.layers.Layer, int]
"""A layer, and the floating-point operations of its forward pass."""


class Countable(Protocol):
    """A model that knows what its parts do."""

    def parts(self, batch: int) -> dict[str, Part]:
        """By name, the parts that have a cost, for a batch of so many rows."""

    def count_params(self) -> int:
        """Values of all weights."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one part of a model.

    Args:
        name: The part.
        params: Values of its weights.
        flops: Floating-point operations of its forward pass.
    """

    name: str
    params: int
    flops: int


@dataclass(frozen=True, slots=True)
class Costs:
    """Of a model and of its parts; printed, a table.

    Args:
        batch: Rows that are computed together.
        parts: What each part costs; "rest" are weights between them, such as norms.
    """

    batch: int
    parts: tuple[Cost, ...]

    @property
    def params(self) -> int:
        """Values of all weights."""
        return sum(part.params for part in self.parts)

    @property
    def flops(self) -> int:
        """Floating-point operations of the forward pass of the batch."""
        return sum(part.flops for part in self.parts)

    def __str__(self) -> str:
        rows = [*self.parts, Cost("all", self.params, self.flops)]
        lines = [("part", "params", f"flops ({self.batch} rows)")]
        lines += [(row.name, f"{row.params:,}", f"{row.flops:,}") for row in rows]
        first, *others = (max(map(len, column)) for column in zip(*lines, strict=True))
        return "\n".join(
            "  ".join([name.ljust(first), *map(str.rjust, numbers, others)])
            for name, *numbers in lines
        )


def count_flops(model: Countable, batch: int = 1) -> Costs:
    """Counts weights, and operations of the forward pass outside of training.

    Counted are products of matrices and attention, a multiply-add as two operations;
    see `featurekit.layers.flops`. A step of training takes about three times as many.
    Layers count theirs with a method `flops(shape)`, for models of other kinds.

    Args:
        model: A model of `featurekit.models`.
        batch: Rows that are computed together; queues of experts are rounded up to
            whole rows. Defaults to 1.

    Raises:
        TypeError: The model has no `parts`.
        ValueError: The batch is empty.

    Example:
        >>> import featurekit as fk
        >>> model = fk.models.TabularTransformer(
        ...     [{"name": "carrier", "num_ids": 5}, {"name": "seats", "width": 1}],
        ...     dim=8, depth=1, num_heads=2,
        ... )
        >>> print(fk.models.count_flops(model, batch=2))
        part       params  flops (2 rows)
        tokenizer      64              32
        encoder       592           6,720
        head            9              32
        all           665           6,784
    """
    if not hasattr(model, "parts"):
        raise TypeError(
            "Expected a model of featurekit.models; layers of other models count with "
            f"their method `flops(shape)`. Received: {type(model).__name__}"
        )
    if batch < 1:
        raise ValueError(f"Expected at least one row. Received: batch={batch}")
    found = [
        Cost(name, layer.count_params(), flops)
        for name, (layer, flops) in model.parts(batch).items()
    ]
    rest = model.count_params() - sum(part.params for part in found)
    if rest:
        found.append(Cost("rest", rest, 0))
    return Costs(batch, tuple(found))
