"""Columns of vectors: lists of numbers that all have one length."""

from collections.abc import Iterable
from dataclasses import dataclass

from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.columns.numbers import NumericColumn
from featurekit.spec.inputs import Input, NanPolicy


@dataclass(frozen=True, slots=True, repr=False)
class VectorColumn(BaseColumn):
    """A vector of numbers; what is done to it is done to each of its numbers.

    Semantics:
        - Missing vector: the row is rejected.
        - Fewer or more numbers than `size`: the row is rejected.
        - Missing number: the row is rejected, unless `fill` replaced it. What a NaN
          means is said by `nan`.
        - Output: float32, shape (batch, size).
    """

    @property
    def _each(self) -> NumericColumn:
        return NumericColumn(self.source, self.steps)

    def _with(self, found: NumericColumn) -> "VectorColumn":
        return VectorColumn(self.source, found.steps)

    def fill(self, value: float) -> "VectorColumn":
        """Replaces missing numbers; a missing vector stays missing.

        Example:
            >>> import featurekit as fk
            >>> column = fk.vector("v", 2).fill(0.0)
            >>> fk.preview(column, {"v": [[1.0, None], None]})
            [[1.0, 0.0], 'refused: NULL_NOT_ALLOWED']
        """
        return self._with(self._each.fill(value))

    def missing_values(self, values: Iterable[float]) -> "VectorColumn":
        """`NumericColumn.missing_values` of each number."""
        return self._with(self._each.missing_values(values))

    def clip(self, low: float, high: float) -> "VectorColumn":
        """`NumericColumn.clip` of each number."""
        return self._with(self._each.clip(low, high))

    def log1p(self) -> "VectorColumn":
        """`NumericColumn.log1p` of each number."""
        return self._with(self._each.log1p())

    def standardize(
        self, *, mean: float | None = None, std: float | None = None
    ) -> "VectorColumn":
        """`NumericColumn.standardize` of each number.

        Mean and deviation are those of all numbers of all vectors, so that directions
        and ratios within a vector stay.
        """
        return self._with(self._each.standardize(mean=mean, std=std))

    def min_max(
        self, *, minimum: float | None = None, maximum: float | None = None
    ) -> "VectorColumn":
        """`NumericColumn.min_max` of each number; the extremes are those of all."""
        return self._with(self._each.min_max(minimum=minimum, maximum=maximum))


def vector(name: str, size: int, *, nan: NanPolicy = "missing") -> VectorColumn:
    """Exactly `size` real numbers in each row, read as float32.

    Args:
        name: Column name in the source: lists of numbers.
        size: How many numbers a row has; a row with another number is rejected.
        nan: What a NaN means, as of `numeric`. Defaults to "missing".

    Example:
        >>> import featurekit as fk
        >>> column = fk.vector("v", 2).clip(0.0, 1.0)
        >>> fk.preview(column, {"v": [[0.5, 7.0], [0.5]]})
        [[0.5, 1.0], 'refused: LENGTH_MISMATCH']
    """
    return VectorColumn(Input(name, "list<float32>", nan, size=size))
