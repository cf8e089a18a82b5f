"""Values at probabilities: NumPy's definition, and the error of many values."""

import math
import statistics

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurekit.analyzers.accumulator import create
from featurekit.errors import StatisticsError

# As decimals and as floats they are the same share of every number of values below.
EXACT = (0.0, 0.125, 0.25, 0.5, 0.75, 1.0)


def values_at(rows, probabilities, value_type="number", **options):
    counted = create(
        "quantile_values", value_type, probabilities=probabilities, **options
    )
    kind = pa.int64() if value_type == "integer" else pa.float64()
    counted.add(pa.array(rows, kind, from_pandas=False))
    return counted.extract()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_equals_numpy(rows: list[float]) -> None:
    found = values_at(rows, EXACT)
    wanted = np.quantile(rows, EXACT, method="averaged_inverted_cdf")
    # NumPy rounds more than once.
    np.testing.assert_allclose(found.values, wanted, rtol=1e-14)
    assert found.values[3] == pytest.approx(statistics.median(rows), rel=1e-14)
    assert found.count == len(rows) and found.rank_error == 0.0


def test_probabilities_are_decimals() -> None:
    rows = [float(value) for value in range(1, 101)]
    assert values_at(rows, (0.01, 0.07, 0.99)).values == (1.5, 7.5, 99.5)


def test_the_tails_are_symmetric() -> None:
    rows = [0.5, 1.0, 4.0, 9.0, 11.0, 30.0, 31.0]
    low, high = values_at(rows, (0.1, 0.9)).values
    mirrored = values_at([-value for value in rows], (0.1, 0.9)).values
    assert mirrored == (-high, -low)


def test_skips_what_is_not_finite() -> None:
    rows = [None, math.nan, math.inf, -math.inf, 3.0]
    assert values_at(rows, (0.5,)).values == (3.0,)
    empty = values_at([None, math.nan], (0.5, 0.75))
    assert (empty.count, empty.values) == (0, (0.0, 0.0))


def test_extremes_do_not_overflow() -> None:
    assert values_at([1.7e308, 1.7e308], (0.5,)).values == (1.7e308,)


def test_integers_beyond_float64_are_rounded() -> None:
    rows = [2**53 + 1, 2**53 + 1, 2**53 + 1]
    assert values_at(rows, (0.5,), "integer").values == (float(2**53),)


def test_the_error_of_many_values_is_bounded() -> None:
    rows = np.random.default_rng(0).normal(size=20_000)
    found = values_at(rows, (0.1, 0.5, 0.9), limit=300)
    assert 0 < found.rank_error < 0.02
    ordered = np.sort(rows)
    for probability, value in zip(found.probabilities, found.values, strict=True):
        rank = np.searchsorted(ordered, value) / len(rows)
        assert abs(rank - probability) <= found.rank_error + 1 / len(rows)


@pytest.mark.parametrize("bad", [(), (1.5,), (-0.1,), ("a",), 0.5, (math.nan,)])
def test_bad_probabilities(bad) -> None:
    with pytest.raises(StatisticsError):
        values_at([1.0], bad)
