"""Moments are exact: compared with rational arithmetic, and with known failures."""

import math
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from featurekit.analyzers.accumulator import create
from featurekit.kernels import exact_sum
from featurekit.plan.statistics import Moments


def moments(values: object, value_type: str = "number") -> Moments:
    found = create("moments", value_type)
    found.add(values if isinstance(values, pa.Array) else pa.array(values))
    return found.extract()


def rounded(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def exactly(values: list) -> Moments:
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    variance = sum((value - mean) ** 2 for value in exact) / len(exact)
    return Moments(len(exact), rounded(mean), rounded(variance))


@pytest.mark.proves(72)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_floats_equal_rational_arithmetic(values: list[float]) -> None:
    assert moments(pa.array(values, pa.float64())) == exactly(values)


@pytest.mark.proves(72)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers_equal_rational_arithmetic(values: list[int]) -> None:
    assert moments(pa.array(values, pa.int64()), "integer") == exactly(values)


@pytest.mark.parametrize("value_type", ["number", "integer"])
def test_large_offset(value_type: str) -> None:
    found = moments([10**8 + digit for digit in range(10)], value_type)
    assert found == Moments(10, 100000004.5, 8.25)


@pytest.mark.parametrize("value_type", ["number", "integer"])
@pytest.mark.parametrize("repeat", [1, 7])
def test_unix_seconds(value_type: str, repeat: int) -> None:
    seconds = np.tile(np.arange(1_700_000_000, 1_700_001_000), repeat)
    found = moments(pa.array(seconds), value_type)
    assert found.variance == 83333.25
    assert found.mean == 1_700_000_499.5


def test_neighbours_of_2_53_as_integers() -> None:
    assert moments([2**53, 2**53 + 1], "integer").variance == 0.25


def test_int64_extremes() -> None:
    assert moments([-(2**63), -(2**63)], "integer") == Moments(2, -(2.0**63), 0.0)


@pytest.mark.proves(27)
def test_nan_infinity_and_null_do_not_count() -> None:
    values = pa.array([1.0, None, float("nan"), float("inf"), -math.inf, 3.0])
    assert moments(values) == Moments(2, 2.0, 1.0)


def test_empty() -> None:
    for values in ([], [None, math.nan]):
        assert moments(pa.array(values, pa.float64())) == Moments(0, 0.0, 0.0)


def test_overflowing_variance_is_inf() -> None:
    assert moments([1e308, -1e308, 1e308]) == Moments(3, 1e308 / 3, math.inf)


def test_smallest_subnormal() -> None:
    assert moments([5e-324, 5e-324]) == Moments(2, 5e-324, 0.0)


def test_constant_column_has_zero_variance() -> None:
    assert moments([0.1] * 1001) == Moments(1001, 0.1, 0.0)


def test_float32_is_widened() -> None:
    values = np.array([0.1, 0.2], np.float32)
    assert moments(pa.array(values)) == exactly(values.astype(float).tolist())


def test_more_values_than_the_limbs_have_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = pa.array(np.random.default_rng(0).normal(size=1000))
    whole = moments(values)
    monkeypatch.setattr(exact_sum, "MAX_VALUES", 7)
    assert moments(values) == whole


@pytest.mark.parametrize("value", [1.7976931348623157e308, -(2.0 - 2.0**-52), 5e-324])
def test_limbs_have_the_room_that_is_claimed(value: float) -> None:
    # Adding one value MAX_VALUES times must not overflow: bound it from one addition.
    sums = np.zeros(exact_sum.SUM_LIMBS, np.int64)
    squares = np.zeros(exact_sum.SQUARE_LIMBS, np.int64)
    exact_sum.add_floats(np.array([value]).view(np.uint64), sums, squares)
    largest = max(abs(sums).max(), abs(squares).max())
    assert int(largest) * exact_sum.MAX_VALUES < 2**63
    assert Fraction(exact_sum.to_int(sums), 2**1074) == Fraction(value)
    assert Fraction(exact_sum.to_int(squares), 2**2148) == Fraction(value) ** 2


def test_agrees_with_scikit_learn() -> None:
    values = np.random.default_rng(1).lognormal(3, 2, 5000)
    scaler = StandardScaler().fit(values[:, None])
    found = moments(pa.array(values))
    assert found.mean == pytest.approx(scaler.mean_[0], rel=1e-12)
    assert found.variance == pytest.approx(scaler.var_[0], rel=1e-12)


@pytest.mark.parametrize("most", [5, 1 << 24])
def test_groups_are_summed_as_each_by_itself(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many groups are summed together, and where the values are too many."""
    monkeypatch.setattr(exact_sum, "MAX_VALUES", most)
    monkeypatch.setattr(exact_sum, "_GROUPS", 3)
    rng = np.random.default_rng(4)
    values = rng.normal(size=200) * 10.0 ** rng.integers(-300, 150, 200)
    keys = rng.integers(0, 17, 200)
    found = create("moments_by_key", "integer", max_keys=17)
    for part in np.split(np.arange(200), [3, 90]):
        columns = [pa.array(values[part]), pa.array(keys[part])]
        found.add(pa.StructArray.from_arrays(columns, ["value", "key"]))
        found.encode()  # counts what waits
    extracted = found.extract()
    groups = [values[keys == key].tolist() for key in extracted.tokens]
    for at, group in enumerate([*groups, values.tolist()]):
        wanted = exactly(group)
        measured = extracted.counts[at], extracted.means[at], extracted.variances[at]
        assert measured == (wanted.count, wanted.mean, wanted.variance)
