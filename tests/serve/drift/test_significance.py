"""What the tests of significance rest on, compared with exact values."""

from itertools import product

import numpy as np
import pytest

from featurekit.serve.drift.distributions import Numbers
from featurekit.serve.drift.significance import same_shares, variance_bound

stats = pytest.importorskip("scipy.stats")


def moments(totals: list[int], size: int) -> tuple[float, float]:
    """Mean and variance of chi-square over all tables of these sums, one by one."""
    counts = [
        [*first, size - sum(first)]
        for first in product(*(range(total + 1) for total in totals[:-1]))
        if 0 <= size - sum(first) <= totals[-1]
    ]
    found = np.array(counts, np.float64)
    chances = stats.multivariate_hypergeom.pmf(found.astype(int), totals, size)
    total = sum(totals)
    expected = size * np.array(totals) / total
    others = (total - size) * np.array(totals) / total
    squares = (found - expected) ** 2
    values = (squares / expected + squares / others).sum(axis=1) * (total - 1) / total
    mean = float(chances @ values)
    return mean, float(chances @ values**2) - mean**2


@pytest.mark.parametrize(
    ("totals", "size"),
    [
        ([20, 20], 20),
        ([10, 10, 10], 15),
        ([30, 20, 6], 8),
        ([40, 12, 11], 31),
        ([200, 11, 10], 20),
        ([12, 12, 12, 12], 24),
        ([60, 10, 10, 10], 30),
    ],
)
def test_the_variance_is_never_taken_for_less_than_it_is(
    totals: list[int], size: int
) -> None:
    mean, variance = moments(totals, size)
    assert mean == pytest.approx(len(totals) - 1, rel=1e-9)
    total = sum(totals)
    rows = size * (total - size) / total
    bound = variance_bound(np.array(totals) / total, rows)
    assert variance <= bound <= 1.5 * variance


def test_large_samples_have_the_p_values_of_scipy() -> None:
    rng = np.random.default_rng(1)
    for shares in (np.full(5, 0.2), np.array([0.7, 0.2, 0.1])):
        for change in (1.0, 1.02):
            other = shares * np.array([change, *[1.0] * (len(shares) - 1)])
            now = rng.multinomial(100_000, other / other.sum())
            then = rng.multinomial(200_000, shares)
            wanted = stats.chi2_contingency([now, then], correction=False).pvalue
            found = same_shares(now.astype(float), then.astype(float))
            assert found == pytest.approx(wanted, rel=0.01)


def test_a_sketch_is_not_farther_off_than_it_says() -> None:
    rng = np.random.default_rng(2)
    beyond = 0
    for _ in range(50):
        values = rng.normal(size=50_000).astype("f4")
        whole = Numbers()
        for part in np.array_split(values, 5):
            one = Numbers()
            one.update(part)
            whole.merge(one)
        points = whole.points()
        ranks = np.searchsorted(np.sort(values), points, "right") / len(values)
        beyond += bool(np.abs(whole.below(points) - ranks).max() > whole.error)
    # At every one of 257 points at once: more than DataSketches promises.
    assert beyond <= 2
    assert 0.01 < whole.error < 0.02
