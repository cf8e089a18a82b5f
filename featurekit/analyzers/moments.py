"""Mean and variance without rounding error: sums are kept as exact integers."""

import math
from typing import Self

import numpy as np
import pyarrow as pa

from featurekit.analyzers import columns
from featurekit.analyzers.base import Accumulator, ValueType
from featurekit.analyzers.encoding import Reader, pack_count, pack_integer
from featurekit.kernels import exact_sum
from featurekit.plan.statistics import Moments

# The exponent of the unit in which the sum is counted; squares count in its square.
UNIT_EXPONENT = {"number": 1074, "integer": 0}


class MomentsAccumulator(Accumulator):
    """Sums finite values and their squares exactly; rounds once, in `extract`.

    Semantics:
        - Empty: mean and variance are 0.0.
        - Overflow: a variance beyond the largest float64 rounds to inf, as IEEE 754
          has it; the mean cannot overflow.
        - Underflow: rounds to a subnormal or to 0.0.

    Example:
        >>> import pyarrow as pa
        >>> summed = MomentsAccumulator("number")
        >>> summed.add(pa.array([1e8 + digit for digit in range(10)]))
        >>> summed.extract()
        Moments(count=10, mean=100000004.5, variance=8.25)
    """

    __slots__ = ("_count", "_square", "_sum")

    kind = "moments"
    value_types = ("number", "integer")

    def __init__(self, value_type: ValueType) -> None:
        super().__init__(value_type)
        self._count = self._sum = self._square = 0

    def _add(self, column: pa.Array) -> None:
        is_number = self.value_type == "number"
        values = columns.floats(column) if is_number else columns.integers(column)
        for start in range(0, len(values), exact_sum.MAX_VALUES):
            self._add_part(values[start : start + exact_sum.MAX_VALUES])

    def _add_part(self, values: columns.Floats | columns.Integers) -> None:
        """Adds at most as many values as the limbs have room for."""
        sums = np.zeros(exact_sum.SUM_LIMBS, np.int64)
        squares = np.zeros(exact_sum.SQUARE_LIMBS, np.int64)
        if self.value_type == "number":
            bits = values.view(np.uint64)
            self._count += int(exact_sum.add_floats(bits, sums, squares))
        else:
            exact_sum.add_integers(values.view(np.int64), sums, squares)
            self._count += len(values)
        self.add_sums(0, exact_sum.to_int(sums), exact_sum.to_int(squares))

    def add_sums(self, count: int, total: int, square: int) -> None:
        """Counts values of which the sums are known, in units."""
        self._count += count
        self._sum += total
        self._square += square

    def _merge(self, other: Self) -> None:
        self.add_sums(other._count, other._sum, other._square)

    def without(self, part: Self | None) -> "MomentsAccumulator":
        """What is left without some of the values that were counted."""
        found = MomentsAccumulator(self.value_type)
        found._merge(self)
        if part is not None:
            found.add_sums(-part._count, -part._sum, -part._square)
        return found

    def extract(self) -> Moments:
        """The moments so far, each rounded once, from their exact value."""
        if self._count == 0:
            return Moments(count=0, mean=0.0, variance=0.0)
        exponent = UNIT_EXPONENT[self.value_type]
        spread = self._count * self._square - self._sum**2
        return Moments(
            count=self._count,
            mean=_divide(self._sum, self._count << exponent),
            variance=_divide(spread, self._count**2 << 2 * exponent),
        )

    def _payload(self) -> bytes:
        return (
            pack_count(self._count)
            + pack_integer(self._sum)
            + pack_integer(self._square)
        )

    def _restore(self, reader: Reader) -> None:
        self._count = reader.count()
        self._sum = reader.integer()
        self._square = reader.integer()


def _divide(numerator: int, denominator: int) -> float:
    """The correctly rounded quotient; inf where it is too large."""
    try:
        return numerator / denominator  # Python rounds a quotient of integers once
    except OverflowError:
        return math.inf
