"""What the data said: the results of analysis, as plain values.

Only Python numbers, strings and tuples: a `Stats` is the second input of
`compile(spec, stats)` and must load without numpy.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Presence:
    """How many values there were, and how many were not ordinary ones.

    Args:
        rows: Rows seen.
        nulls: Rows without a value.
        nans: Values that are NaN; always 0 for strings and integers.
        infinities: Values that are +inf or -inf.
    """

    rows: int
    nulls: int
    nans: int
    infinities: int


@dataclass(frozen=True, slots=True)
class Moments:
    """Population mean and variance of the finite values.

    Args:
        count: Finite values seen.
        mean: Correctly rounded mean; 0.0 if count is 0.
        variance: Correctly rounded population variance; 0.0 if count is 0.
    """

    count: int
    mean: float
    variance: float

    @property
    def std(self) -> float:
        """Population standard deviation."""
        return math.sqrt(self.variance)


@dataclass(frozen=True, slots=True)
class Range:
    """Smallest and largest finite value; both 0.0 if count is 0."""

    count: int
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Boundaries that cut the finite values into equally full buckets.

    Boundary i of k buckets is the smallest value v such that more than i·n/k of the
    n values are <= v. Equal boundaries are merged.

    Args:
        num_buckets: Buckets asked for.
        count: Finite values seen.
        boundaries: Strictly increasing, at most num_buckets - 1.
        rank_error: Largest distance, as a fraction of count, between a boundary's
            true rank and the rank asked for that summarizing caused; 0.0 when the
            values were kept exactly.
    """

    num_buckets: int
    count: int
    boundaries: tuple[float, ...]
    rank_error: float


@dataclass(frozen=True, slots=True)
class QuantileValues:
    """Values below which given shares of the finite values lie.

    The averaged inverted CDF, Hyndman and Fan's definition 2: of n values in order, the
    value at position p·n, rounded up; the mean of that one and the next where p·n is
    an integer. At 0.5 it is the median.

    Args:
        probabilities: The shares, in [0, 1].
        count: Finite values seen.
        values: One for each probability; 0.0 if count is 0.
        rank_error: As of `Quantiles`.
    """

    probabilities: tuple[float, ...]
    count: int
    values: tuple[float, ...]
    rank_error: float


@dataclass(frozen=True, slots=True)
class VocabularyCounts:
    """The kept tokens in id order: count descending, then token descending.

    Bytes are ordered as bytes, integers as numbers. In a vocabulary that has grown, the
    older tokens come first, in their old order; of these the count may be 0.

    Args:
        tokens: All bytes (UTF-8 text) or all integers.
        counts: Occurrences of each token.
        total: Occurrences of all values, kept or not.
        distinct: Distinct values, kept or not.
    """

    tokens: tuple[bytes, ...] | tuple[int, ...]
    counts: tuple[int, ...]
    total: int
    distinct: int


@dataclass(frozen=True, slots=True)
class DocumentFrequencies:
    """In how many lists each term is.

    Args:
        tokens: The kept terms, as a vocabulary of the same data keeps them.
        counts: Lists that hold each, once or more often.
        documents: Lists, also empty ones; a missing list is none.
    """

    tokens: tuple[bytes, ...] | tuple[int, ...]
    counts: tuple[int, ...]
    documents: int


@dataclass(frozen=True, slots=True)
class MomentsByKey:
    """Mean and variance of the finite values of each key; the last are those of all.

    Args:
        tokens: The keys, all bytes or all integers: most values first, then as in
            `VocabularyCounts`.
        counts: Finite values of each key, and of all rows, with a key or without.
        means: Likewise; correctly rounded.
        variances: Likewise; of the population, correctly rounded.
    """

    tokens: tuple[bytes, ...] | tuple[int, ...]
    counts: tuple[int, ...]
    means: tuple[float, ...]
    variances: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RangeByKey:
    """Smallest and largest finite value of each key; the last are those of all.

    Args:
        tokens: As of `MomentsByKey`.
        counts: Likewise.
        minimums: The smallest value of each key, and of all rows.
        maximums: The largest.
    """

    tokens: tuple[bytes, ...] | tuple[int, ...]
    counts: tuple[int, ...]
    minimums: tuple[float, ...]
    maximums: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TargetByKey:
    """Moments of a target for each category, without each fold and of all of them.

    Args:
        tokens: The categories, as of `MomentsByKey`.
        counts: Finite targets of the first category without the first fold, without the
            second, and so on, then of all folds; of the second category; and so on. The
            last are those of all rows, with a category or without.
        means: Likewise; correctly rounded.
        variances: Likewise; of the population, correctly rounded.
    """

    tokens: tuple[bytes, ...] | tuple[int, ...]
    counts: tuple[int, ...]
    means: tuple[float, ...]
    variances: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class QuantilesByKey:
    """Boundaries of equally full buckets for each key; the last are those of all rows.

    Args:
        tokens: As of `MomentsByKey`.
        counts: Likewise.
        boundaries: Those of the first key, then of the second, and so on; of each as of
            `Quantiles`.
        sizes: How many boundaries each key has.
        rank_error: The largest of all keys, as of `Quantiles`.
    """

    tokens: tuple[bytes, ...] | tuple[int, ...]
    counts: tuple[int, ...]
    boundaries: tuple[float, ...]
    sizes: tuple[int, ...]
    rank_error: float


ByKey: TypeAlias = MomentsByKey | RangeByKey | TargetByKey | QuantilesByKey
"""What was measured for each key; the last entry is that of all rows."""

Statistic: TypeAlias = (
    Presence
    | Moments
    | Range
    | Quantiles
    | QuantileValues
    | VocabularyCounts
    | DocumentFrequencies
    | MomentsByKey
    | RangeByKey
    | TargetByKey
    | QuantilesByKey
)
