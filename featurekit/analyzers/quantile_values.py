"""Values at given probabilities: the median, the quartiles, the tails."""

from fractions import Fraction

import numpy as np

from featurekit.analyzers.base import Options, ValueType
from featurekit.analyzers.quantiles import DEFAULT_LIMIT, RunsAccumulator
from featurekit.errors import StatisticsError
from featurekit.kernels import quantile_runs
from featurekit.plan.statistics import QuantileValues


class QuantileValuesAccumulator(RunsAccumulator):
    """Counts values, and finds those at some probabilities.

    Semantics:
        - Definition: that of `numpy.quantile(..., method="averaged_inverted_cdf")`,
          with probabilities read as decimals: 0.01 of 100 values is exactly one.
        - Many values: each value is the smallest of its run, always one that occurred;
          `rank_error` bounds how far that moved it.
        - Integers: rounded to float64, as the plan computes with them.

    Args:
        value_type: "number" or "integer".
        probabilities: In [0, 1], at least one.
        limit: As of `RunsAccumulator`.

    Example:
        >>> import pyarrow as pa
        >>> counted = QuantileValuesAccumulator("number", probabilities=(0.25, 0.5))
        >>> counted.add(pa.array([4.0, 1.0, None, 2.0, 3.0]))
        >>> counted.extract().values
        (1.5, 2.5)
    """

    __slots__ = ("_probabilities",)

    kind = "quantile_values"

    def __init__(
        self,
        value_type: ValueType,
        *,
        probabilities: tuple[float, ...],
        limit: int = DEFAULT_LIMIT,
    ) -> None:
        super().__init__(value_type, limit=limit)
        self._probabilities = _checked(probabilities)

    @property
    def options(self) -> Options:
        """The probabilities and the limit."""
        return {"probabilities": self._probabilities, "limit": self._limit}

    def extract(self) -> QuantileValues:
        """The values of everything counted so far."""
        (lows, highs, counts), ends = self._counted()
        count = int(ends[-1]) if len(ends) else 0
        if count == 0:
            nothing = (0.0,) * len(self._probabilities)
            return QuantileValues(self._probabilities, 0, nothing, 0.0)
        values, moved = [], 0
        for probability in self._probabilities:
            ranks = np.array(_ranks(probability, count), np.int64)
            runs = np.searchsorted(ends, ranks, side="right")
            first, second = quantile_runs.to_floats(lows[runs]).tolist()
            values.append(_middle(first, second))
            # Within a run of several values, the true one may be any of them.
            several = lows[runs] != highs[runs]
            starts = ends[runs] - counts[runs]
            moved = max(moved, int(np.where(several, ranks - starts, 0).max()))
        return QuantileValues(self._probabilities, count, tuple(values), moved / count)


def _ranks(probability: float, count: int) -> tuple[int, int]:
    """The positions, from 0, of the two values whose mean is the quantile."""
    position = Fraction(str(probability)) * count
    after = min(int(position), count - 1)
    exact = position.denominator == 1
    return max(int(position) - 1, 0) if exact else after, after if position else 0


def _middle(first: float, second: float) -> float:
    """The mean, rounded once; no sum that could overflow."""
    return float((Fraction(first) + Fraction(second)) / 2)


def _checked(probabilities: object) -> tuple[float, ...]:
    found = tuple(probabilities) if isinstance(probabilities, tuple | list) else ()
    if not found or not all(isinstance(p, float | int) and 0 <= p <= 1 for p in found):
        raise StatisticsError(
            "option 'probabilities' is out of range",
            code="STATISTIC_OPTION",
            got=probabilities,
            expected="numbers in [0, 1]",
        )
    return tuple(map(float, found))
