"""What is learned to fill, scale and limit, from data to records; oracles beside it."""

import numpy as np
import pyarrow as pa
import pytest

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.errors import StatisticsError
from featurekit.spec.columns import Column

ROWS = 4 * 50 + 1


def computed(feature: Column, **columns: pa.Array) -> np.ndarray:
    """Learned and computed on the same rows."""
    spec = fk.FeatureSpec({"f": feature})
    batch = pa.record_batch(columns)
    found = HostBackend(fk.compile(spec, fk.analyze(spec, batch))).run(batch)
    assert len(found.rejected_rows) == 0
    return found.outputs.column("f").to_numpy()


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    drawn = np.random.default_rng(3).lognormal(size=ROWS).astype(np.float32)
    drawn[::7] = np.nan
    return drawn


@pytest.fixture(scope="module")
def whole() -> np.ndarray:
    return np.random.default_rng(4).lognormal(size=ROWS).astype(np.float32)


@pytest.mark.proves(68)
@pytest.mark.parametrize("strategy", ["mean", "median"])
def test_fills_are_those_of_scikit_learn(strategy: str, values: np.ndarray) -> None:
    impute = pytest.importorskip("sklearn.impute")
    column = getattr(fk.numeric("x"), f"fill_{strategy}")()
    imputer = impute.SimpleImputer(strategy=strategy)
    wanted = imputer.fit_transform(values.astype(np.float64)[:, np.newaxis])
    found = computed(column, x=pa.array(values))
    np.testing.assert_allclose(found, wanted[:, 0].astype(np.float32), rtol=1e-7)


def test_fill_mode_is_the_most_frequent_and_of_equals_the_last() -> None:
    texts = pa.array(["a", "b", None, "a", "b", "", None])
    column = fk.string("s").fill_mode()
    assert computed(column.vocabulary(["a", "b", ""]), s=texts).tolist() == [
        *[0, 1, 1, 0, 1, 2, 1]
    ]
    numbers = pa.array([5, None, -7, 5, -7, 2])
    filled = fk.integer("i").fill_mode().vocabulary([5, -7, 2])
    assert computed(filled, i=numbers).tolist() == [0, 0, 1, 0, 1, 2]


@pytest.mark.proves(21)
def test_robust_is_that_of_scikit_learn_where_quartiles_are_values(
    whole: np.ndarray,
) -> None:
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    # Of 4k + 1 values the quartiles are values, by any definition.
    wide = whole.astype(np.float64)[:, np.newaxis]
    wanted = preprocessing.RobustScaler().fit_transform(wide)[:, 0]
    found = computed(fk.numeric("x").robust(), x=pa.array(whole))
    np.testing.assert_array_equal(found, wanted.astype(np.float32))


def test_robust_of_other_numbers_of_values_differs_by_less_than_a_neighbour(
    whole: np.ndarray,
) -> None:
    part = whole[:-3]
    ordered = np.sort(part.astype(np.float64))
    ours = np.quantile(ordered, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
    theirs = np.quantile(ordered, [0.25, 0.5, 0.75])
    places = np.searchsorted(ordered, theirs)
    gaps = ordered[places + 1] - ordered[places - 2]
    assert (np.abs(ours - theirs) <= gaps).all() and (ours != theirs).any()
    found = computed(fk.numeric("x").robust(), x=pa.array(part))
    wanted = (part.astype(np.float64) - ours[1]) / (ours[2] - ours[0])
    np.testing.assert_array_equal(found, wanted.astype(np.float32))


def test_robust_of_a_constant_divides_by_1() -> None:
    found = computed(
        fk.numeric("x").robust(), x=pa.array([3.0] * 9 + [4.0], pa.float32())
    )
    assert found.tolist() == [0.0] * 9 + [1.0]


@pytest.mark.proves(22)
def test_winsorize_is_clip_at_numpys_quantiles(whole: np.ndarray) -> None:
    wide = whole.astype(np.float64)
    column = fk.numeric("x").winsorize(lower=0.05, upper=0.95)
    low, high = np.quantile(wide, [0.05, 0.95], method="averaged_inverted_cdf")
    wanted = np.clip(wide, low, high).astype(np.float32)
    np.testing.assert_array_equal(computed(column, x=pa.array(whole)), wanted)
    all_of_it = fk.numeric("x").winsorize(lower=0, upper=1)
    np.testing.assert_array_equal(computed(all_of_it, x=pa.array(whole)), whole)


def test_learned_fills_do_not_change_what_is_learned_after(values: np.ndarray) -> None:
    present = values[~np.isnan(values)].astype(np.float64)
    found = computed(fk.numeric("x").fill_median().standardize(), x=pa.array(values))
    filled = np.where(np.isnan(values), np.median(present), values.astype(np.float64))
    wanted = (filled - present.mean()) / present.std()
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7)


def test_expressions_are_learned_in_one_pass(whole: np.ndarray) -> None:
    other = np.where(np.arange(ROWS) % 5 == 0, 0.0, whole[::-1]).astype(np.float32)
    ratio = fk.numeric("x") / fk.numeric("y")
    found = computed(ratio.fill(0.0).standardize(), x=whole, y=other)
    x, y = whole.astype(np.float64), other.astype(np.float64)
    quotient = np.divide(x, y, out=np.zeros(ROWS), where=y != 0.0)
    wanted = (quotient - quotient.mean()) / quotient.std()
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7)


def test_division_into_tasks_does_not_matter(values: np.ndarray) -> None:
    texts = [None if index % 9 == 0 else f"t{index % 4}" for index in range(ROWS)]
    x, y, s = fk.numeric("x"), fk.numeric("y"), fk.string("s")
    spec = fk.FeatureSpec(
        {
            "a": (x / y).fill_median().robust(),
            "b": fk.where(x.less_than(y), x, -y).fill(0.0).winsorize().log1p(),
            "c": fk.join(s, s.fill("?")).fill_mode().vocabulary(max_size=3),
            "d": fk.maximum(x, y).fill_mean().quantile_buckets(4),
        }
    )
    table = pa.table({"x": values, "y": values[::-1], "s": texts})
    whole = fk.analyze(spec, table)
    assert "moments(fk.maximum(fk.numeric('x'), fk.numeric('y')))" in whole
    for rows_per_task in (1, 13, 64):
        again = fk.analyze(spec, table, rows_per_task=rows_per_task)
        assert again.to_proto() == whole.to_proto()
    assert fk.Stats.from_json(whole.to_json()) == whole


def test_nothing_to_learn_from_is_an_error() -> None:
    columns = {"x": pa.nulls(3, pa.float32()), "s": pa.nulls(3, pa.string())}
    for feature in (
        fk.numeric("x").fill_mean(),
        fk.numeric("x").fill_median(),
        fk.numeric("x").winsorize(),
        fk.string("s").fill_mode().hash_buckets(3),
    ):
        with pytest.raises(StatisticsError, match="measured on no value"):
            computed(feature, **columns)


def test_booleans_come_from_booleans_and_integers(tmp_path) -> None:
    spec = fk.FeatureSpec(
        {"f": fk.boolean("b").fill(True), "m": fk.boolean("b").is_missing()}
    )
    for column in (
        pa.array([True, None, False]),
        pa.array([1, None, 0], pa.uint8()),
        pa.array([1, None, 0], pa.int64()),
    ):
        rows = fk.Preprocessor(spec).transform(pa.table({"b": column}))
        assert rows["f"].tolist() == [1, 1, 0] and rows["m"].tolist() == [0, 1, 0]
    few = fk.Preprocessor(spec).transform([{"b": True}, {"b": None}, {"b": False}])
    assert few["f"].tolist() == [1, 1, 0]
    path = tmp_path / "b.csv"
    path.write_text("a,b\n7,1\n8,\n9,0\n")
    assert fk.Preprocessor(spec).transform(str(path))["f"].tolist() == [1, 1, 0]
