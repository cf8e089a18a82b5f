"""Quantiles: the definition, sorted lists as oracle, and the measured error."""

import math
from bisect import bisect_left

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurekit.analyzers.accumulator import create
from featurekit.kernels import quantile_runs
from featurekit.plan.statistics import Quantiles

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def quantiles(
    values: object, num_buckets: int, value_type: str = "number", **options: int
) -> Quantiles:
    found = create("quantiles", value_type, num_buckets=num_buckets, **options)
    found.add(values if isinstance(values, pa.Array) else pa.array(values))
    return found.extract()


def boundaries_of_sorted(values: list[float], num_buckets: int) -> tuple[float, ...]:
    """The definition, word for word; 0-based element r is the smallest value that
    more than r values do not exceed."""
    ordered = sorted(value + 0.0 for value in values)
    ranks = [i * len(ordered) // num_buckets for i in range(1, num_buckets)]
    return tuple(sorted({ordered[rank] for rank in ranks})) if ordered else ()


def test_one_to_hundred() -> None:
    assert quantiles(list(range(1, 101)), 4).boundaries == (26.0, 51.0, 76.0)
    assert quantiles(list(range(1, 101)), 2).boundaries == (51.0,)
    assert quantiles(list(range(1, 101)), 1).boundaries == ()


def test_nan_null_and_infinity_do_not_count() -> None:
    values = pa.array([1, 2, 3, 4, 5, 6, math.nan, None, math.inf, -math.inf])
    assert quantiles(values, 4) == Quantiles(4, 6, (2.0, 4.0, 5.0), 0.0)


def test_equal_boundaries_are_merged() -> None:
    assert quantiles([1.0] * 7 + [2.0], 4).boundaries == (1.0,)


def test_zeros_are_one_value() -> None:
    found = quantiles([-0.0, 0.0, -0.0], 2)
    assert found == Quantiles(2, 3, (0.0,), 0.0)
    assert math.copysign(1, found.boundaries[0]) == 1


def test_empty() -> None:
    assert quantiles(pa.array([], pa.float64()), 4) == Quantiles(4, 0, (), 0.0)


@given(st.lists(FINITE | st.integers(-3, 3).map(float)), st.integers(1, 12))
def test_exact_equals_sorted(values: list[float], num_buckets: int) -> None:
    found = quantiles(pa.array(values, pa.float64()), num_buckets)
    assert found.boundaries == boundaries_of_sorted(values, num_buckets)
    assert found.count == len(values)
    assert found.rank_error == 0.0


@given(st.lists(st.integers(-(2**63), 2**63 - 1)), st.integers(1, 5))
def test_integers_are_counted_as_floats(values: list[int], num_buckets: int) -> None:
    found = quantiles(pa.array(values, pa.int64()), num_buckets, "integer")
    assert found.boundaries == boundaries_of_sorted(
        [float(value) for value in values], num_buckets
    )


@pytest.mark.proves(73)
@given(
    st.lists(FINITE | st.integers(-9, 9).map(float), min_size=1),
    st.integers(2, 6),
    st.integers(2, 9),
)
def test_error_bounds_the_true_displacement(
    values: list[float], num_buckets: int, limit: int
) -> None:
    """In every bucket, the distance to the rank asked for is at most what is said,
    or that of the exact boundary."""
    found = quantiles(pa.array(values, pa.float64()), num_buckets, limit=limit)
    ordered = sorted(value + 0.0 for value in values)
    n = len(values)
    assert set(found.boundaries) <= set(ordered)
    for i in range(1, num_buckets):
        asked = i * n / num_buckets
        exact = ordered[i * n // num_buckets]
        nearest = max(b for b in found.boundaries if b <= exact)
        moved = asked - bisect_left(ordered, nearest)
        tied = asked - bisect_left(ordered, exact)
        assert moved <= max(tied, found.rank_error * n) + 1e-9


def test_repeated_values_stay_exact_beside_many_others() -> None:
    noise = np.random.default_rng(0).uniform(1, 2, 4000)
    values = pa.array(np.concatenate([np.zeros(6000), noise]))
    found = quantiles(values, 2, limit=64)
    assert found == Quantiles(2, 10000, (0.0,), 0.0)


@pytest.mark.parametrize("name", ["normal", "uniform", "lognormal", "seconds"])
def test_error_is_small_beyond_the_limit(name: str) -> None:
    random = np.random.default_rng(2)
    values = {
        "normal": random.normal(size=50_000),
        "uniform": random.uniform(size=50_000),
        "lognormal": random.lognormal(0, 2, 50_000),
        "seconds": 1.7e9 + random.uniform(0, 1e5, 50_000),
    }[name]
    found = quantiles(pa.array(values), 10, limit=1 << 12)
    ranks = np.searchsorted(np.sort(values), found.boundaries) / len(values)
    measured = np.abs(ranks - np.arange(1, 10) / 10).max()
    assert 0 < measured <= found.rank_error + 1e-12
    assert found.rank_error < 0.004


def test_state_is_bounded_by_the_limit() -> None:
    found = create("quantiles", "number", num_buckets=2, limit=100)
    for seed in range(5):
        found.add(pa.array(np.random.default_rng(seed).normal(size=1000)))
        found.encode()
    assert len(found.encode()) < 100 * 24 + 200


@pytest.mark.proves(24)
def test_agrees_with_numpy() -> None:
    values = np.random.default_rng(3).normal(size=999)
    # With n a multiple of neither, numpy's inverted CDF picks the same element.
    expected = np.quantile(values, np.arange(1, 8) / 8, method="inverted_cdf")
    assert quantiles(pa.array(values), 8).boundaries == tuple(expected)


@given(st.lists(FINITE))
def test_keys_order_as_floats_and_come_back(values: list[float]) -> None:
    array = np.array(values, np.float64) + 0.0
    keys = quantile_runs.to_keys(array.view(np.uint64))
    assert np.array_equal(array[np.argsort(keys, stable=True)], np.sort(array))
    assert np.array_equal(quantile_runs.to_floats(keys), array)


@given(st.lists(st.integers(0, 2**64 - 1), unique=True), st.integers(2, 20))
def test_finest_resolution_equals_trying_all(keys: list[int], limit: int) -> None:
    array = np.array(sorted(keys), np.uint64)
    tried = [b for b in range(65) if len({key >> (64 - b) for key in keys}) <= limit]
    assert quantile_runs.finest_resolution(array, limit) == max(tried)
