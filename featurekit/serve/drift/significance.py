"""The tests: how likely a difference as large is where nothing has changed.

Fisher's p-values are exact. Those of numbers are an upper bound: proven for large
samples of one size, computed by others for small ones, and compared with exact values.
Those of chi-square come from a chi-square distribution, scaled to the statistic's mean
and to no less than its variance. All of them are about rows that are independent.

Sources:
    - Fisher's exact test: R. A. Fisher, "The Design of Experiments", 1935.
    - Two samples of numbers: F. Wei and R. M. Dudley, "Two-sample
      Dvoretzky-Kiefer-Wolfowitz inequalities", Statistics and Probability Letters 82,
      2012; arXiv:1107.5356. One sample: P. Massart, "The Tight Constant in the
      Dvoretzky-Kiefer-Wolfowitz Inequality", Annals of Probability 18, 1990.
    - Mean and variance of chi-square in small samples: J. B. S. Haldane, "The exact
      value of the moments of the distribution of chi-square, used as a test of
      goodness of fit, when expectations are small", Biometrika 29, 1937; of two
      samples, "The mean and variance of chi-square, when used as a test of
      homogeneity, when expectations are small", Biometrika 31, 1940. P-values by such
      moments: T. Lewis, I. W. Saunders and M. Westcott, "The moments of the Pearson
      chi-squared statistic and the minimum expected value in two-way tables",
      Biometrika 71, 1984.
    - Many tests at once: S. Holm, "A Simple Sequentially Rejective Multiple Test
      Procedure", Scandinavian Journal of Statistics 6, 1979.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_TOLERANCE = 1e-7
"""Probabilities this close, relatively, are equal: as SciPy's exact test takes them."""


class Tested(NamedTuple):
    """A test's result: the p-value, and the smallest score that is significant."""

    p_value: float
    threshold: float


def two_proportions(
    hits: int, rows: int, other_hits: int, other_rows: int, alpha: float
) -> Tested:
    """Fisher's exact test, two-sided: whether two samples share one rate.

    Args:
        hits: Of the first sample.
        rows: Its size.
        other_hits: Of the second sample.
        other_rows: Its size.
        alpha: The level that the threshold is for.

    Returns:
        The p-value, and the largest difference of the rates that is not significant.

    >>> two_proportions(0, 10, 10, 10, 0.01).p_value < 1e-4
    True
    """
    total = hits + other_hits
    if not rows or not other_rows:
        return Tested(1.0, math.inf)
    low, high = max(0, total - other_rows), min(rows, total)
    at = np.arange(low, high, dtype=np.float64)
    # The ratio of each probability to the one before it, from the binomials.
    ratios = ((total - at) * (rows - at)) / ((at + 1) * (other_rows - total + at + 1))
    logs = np.concatenate([[0.0], np.cumsum(np.log(ratios))])
    chances = np.exp(logs - logs.max())
    chances /= chances.sum()
    order = np.argsort(chances)
    ordered = np.cumsum(chances[order])
    ends = np.searchsorted(chances[order], chances * (1 + _TOLERANCE), "right")
    p_values = np.minimum(1.0, ordered[ends - 1])
    counts = np.arange(low, high + 1)
    differences = np.abs(counts / rows - (total - counts) / other_rows)
    kept = differences[p_values > alpha]
    return Tested(float(p_values[hits - low]), float(kept.max(initial=0.0)))


def two_distributions(
    distance: float, rows: int, other_rows: int, error: float, alpha: float
) -> Tested:
    """Whether two samples of numbers have one distribution.

    Args:
        distance: The largest difference of their cumulative distributions.
        rows: The size of the first sample.
        other_rows: Of the second.
        error: By how much the distance may be too large, as it is of sketches.
        alpha: The level that the threshold is for.

    Returns:
        An upper bound of the p-value, for discrete distributions too; and the distance
        from which on it is significant.

    >>> round(two_distributions(0.5, 20, 20, 0.0, 0.01).p_value, 4)
    0.0183
    """
    if not rows or not other_rows:
        return Tested(1.0, math.inf)
    size = rows * other_rows / (rows + other_rows)
    beyond = max(0.0, distance - error)
    # Wei and Dudley: for two samples of one size, 2 for e holds from 458 rows on, and
    # for fewer a larger constant. For two sizes they found 2 to hold, by computer, up
    # to 200 rows, but for samples of up to 3. We take e for all, which costs little.
    p_value = min(1.0, math.e * math.exp(-2 * size * beyond**2))
    return Tested(p_value, error + math.sqrt(math.log(math.e / alpha) / (2 * size)))


def same_shares(counts: FloatArray, other: FloatArray) -> float:
    """The chi-square test of homogeneity: whether two samples share their rates.

    Args:
        counts: By category; at least one of `counts` and `other` is positive.
        other: Of the second sample.

    Returns:
        The p-value.
    """
    size, other_size = counts.sum(), other.sum()
    degrees = len(counts) - 1
    if degrees < 1 or not size or not other_size:
        return 1.0
    total = size + other_size
    shares = (counts + other) / total
    expected = size * shares
    distances = (counts - expected) ** 2 / expected
    distances += (other - (other_size * shares)) ** 2 / (other_size * shares)
    # With (N - 1) / N the mean is the number of degrees of freedom, exactly.
    found = float(distances.sum() * (total - 1) / total)
    variance = variance_bound(shares, float(size * other_size / total))
    scale = variance / (2 * degrees)
    return chi_square_above(found / scale, degrees / scale)


def variance_bound(shares: FloatArray, rows: float) -> float:
    """At least the variance of the chi-square statistic of two samples.

    Args:
        shares: Of the categories, in both samples together.
        rows: The product of the sizes of the samples, divided by their sum.

    Returns:
        Haldane's variance of one sample of so many rows; never less than in large ones.

    >>> variance_bound(np.array([0.5, 0.5]), 100.0)
    2.0
    """
    num = len(shares)
    extra = float((1 / shares).sum()) - num**2 - 2 * num + 2
    return 2.0 * (num - 1) + max(0.0, extra / rows)


def chi_square_above(value: float, degrees: float) -> float:
    """The chance that a chi-square variable exceeds a value.

    >>> round(chi_square_above(3.841459, 1), 5)
    0.05
    """
    return _gamma_above(degrees / 2, value / 2)


def chi_square_critical(alpha: float, degrees: float) -> float:
    """The value that a chi-square variable exceeds with a chance of alpha."""
    low, high = 0.0, degrees + 10.0
    while chi_square_above(high, degrees) > alpha:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        if chi_square_above(middle, degrees) > alpha:
            low = middle
        else:
            high = middle
    return high


def _gamma_above(a: float, x: float) -> float:
    """The regularized upper incomplete gamma function Q(a, x)."""
    if x <= 0:
        return 1.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        # The power series of the lower function.
        term = total = 1 / a
        step = a
        while term > total * 1e-16:
            step += 1
            term *= x / step
            total += term
        return max(0.0, 1.0 - front * total)
    return min(1.0, front * _continued_fraction(a, x))


def _continued_fraction(a: float, x: float) -> float:
    """What Q(a, x) is beside its leading factor, by Lentz's method."""
    tiny = 1e-300
    b = x + 1 - a
    c, d = 1 / tiny, 1 / b
    found = d
    for i in range(1, 10_000):
        factor = -i * (i - a)
        b += 2
        d = 1 / (factor * d + b or tiny)
        c = b + factor / c or tiny
        found *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return found


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for their number, in their order.

    Holm's procedure: the chance of any false alarm among all tests is at most alpha,
    however the columns depend on each other, and columns do. Benjamini and Hochberg's
    would bound the share of false alarms only, and only for some dependences.

    >>> holm([0.01, 0.04, 0.5])
    [0.03, 0.08, 0.5]
    """
    found: list[Any] = [0.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(np.argsort(p_values, kind="stable").tolist()):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        found[index] = largest
    return found
