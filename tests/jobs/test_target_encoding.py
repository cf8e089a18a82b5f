"""Target encoding: the numbers, the folds, and that no record knows its own target."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import featurekit as fk
from featurekit.errors import SpecError, StatisticsError
from featurekit.plan.statistics import TargetByKey

CITY, Y = fk.string("city"), fk.numeric("y")
ROWS, FOLDS = 5000, 5


def rows(seed: int = 0, cities: int = 40, count: int = ROWS) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "city": [f"c{n}" for n in rng.integers(0, cities, count)],
        "y": rng.normal(size=count).astype(np.float32),
        "id": np.arange(count),
    }


def spec_of(smoothing: Any = "auto", **options: Any) -> fk.FeatureSpec:
    column = CITY.target_encoding(target=Y, smoothing=smoothing, folds=FOLDS)
    return fk.FeatureSpec({"t": column}, label=Y, key=["id"], **options)


def folds_of(data: dict[str, Any], folder: Path) -> np.ndarray:
    """The fold of each row, seen from outside: categories of one row each tell it.

    Without smoothing, the mean of the other folds is all that such a row can have.
    """
    alone = {**data, "city": [f"only {n}" for n in data["id"]]}
    spec = spec_of(0.0)
    fk.convert(spec, fk.analyze(spec, alone), alone, folder)
    return np.unique(fk.load(folder).to_numpy()["t"], return_inverse=True)[1]


def encoded(
    x: np.ndarray, y: np.ndarray, new: np.ndarray, smoothing: Any
) -> np.ndarray:
    """The encoding of `new` learned from x and y, by the definitions."""
    prior, variance = y.mean(), y.var()
    table = {}
    for value in np.unique(x):
        found = y[x == value]
        n, mean = len(found), found.mean()
        if smoothing == "auto":
            weight = variance * n / (variance * n + found.var())
        else:
            weight = n / (n + smoothing)
        table[value] = weight * mean + (1 - weight) * prior
    return np.array([table.get(value, prior) for value in new])


@pytest.mark.proves(39)
@pytest.mark.parametrize("smoothing", ["auto", 0.0, 7.5])
def test_records_have_what_the_other_folds_say(smoothing: Any, tmp_path: Path) -> None:
    data = rows()
    fold = folds_of(data, tmp_path / "folds")
    assert len(set(fold)) == FOLDS and np.bincount(fold).min() > ROWS / FOLDS * 0.8
    spec = spec_of(smoothing)
    stats = fk.analyze(spec, data, rows_per_task=777, workers=2)
    fk.convert(spec, stats, data, tmp_path / "data", rows_per_task=999, workers=2)
    found = fk.load(tmp_path / "data").to_numpy()["t"]
    city, y = np.array(data["city"]), data["y"].astype(np.float64)
    for one in range(FOLDS):
        here = fold == one
        wanted = encoded(city[~here], y[~here], city[here], smoothing)
        np.testing.assert_allclose(found[here], wanted, rtol=0, atol=1e-7)
    served = fk.Preprocessor(spec, stats).transform({"city": [*data["city"], "new"]})
    wanted = encoded(city, y, np.array([*data["city"], "new"]), smoothing)
    np.testing.assert_allclose(served["t"], wanted, rtol=0, atol=1e-7)
    assert "y" not in {item.name for item in spec.serving_inputs}


@pytest.mark.proves(39)
@pytest.mark.parametrize("smoothing", ["auto", 3.0])
def test_the_whole_encoding_is_that_of_scikit_learn(smoothing: Any) -> None:
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    data = rows(1)
    theirs = preprocessing.TargetEncoder(smooth=smoothing, target_type="continuous")
    column = np.array(data["city"], object)[:, np.newaxis]
    theirs.fit(column, data["y"].astype(np.float64))
    spec = spec_of(smoothing)
    process = fk.Preprocessor(spec, fk.analyze(spec, data))
    new = ["c1", "c2", "c39", "never"]
    wanted = theirs.transform(np.array(new, object)[:, np.newaxis])[:, 0]
    found = process.transform({"city": new})["t"]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-7)


@pytest.mark.proves(39)
def test_a_model_learns_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    """Random categories of few rows each, and a random target.

    A straight line through encodings that contain the row's own target explains much
    of it; through those of the other folds, nothing.
    """
    data = rows(2, cities=ROWS // 3)
    spec = spec_of(0.0)
    stats = fk.analyze(spec, data)
    fk.convert(spec, stats, data, tmp_path)
    records = fk.load(tmp_path).to_numpy()
    inside = fk.Preprocessor(spec, stats).transform({"city": data["city"]})["t"]
    assert explained(inside, data["y"]) > 0.2
    assert explained(records["t"], data["y"]) < 0.005
    assert records["label"].tolist() == data["y"].tolist()


def explained(x: np.ndarray, y: np.ndarray) -> float:
    """The share of the variance that grows with x; a fall is what folds always show."""
    r = float(np.corrcoef(x, y)[0, 1])
    return r * r if r > 0 else 0.0


def test_rows_of_other_parts_have_the_encoding_of_all(tmp_path: Path) -> None:
    data = rows(3)
    spec = spec_of(2.0, split=fk.key_split(train=0.6, test=0.4))
    stats = fk.analyze(spec, data)
    fk.convert(spec, stats, data, tmp_path)
    process = fk.Preprocessor(spec, stats)
    test = fk.load(tmp_path, "test").to_numpy()
    label = {float(y): city for y, city in zip(data["y"], data["city"], strict=True)}
    cities = [label[float(y)] for y in test["label"]]
    served = process.transform({"city": cities})["t"]
    assert served.tobytes() == test["t"].tobytes()
    train = fk.load(tmp_path, "train").to_numpy()
    cities = [label[float(y)] for y in train["label"]]
    assert (process.transform({"city": cities})["t"] != train["t"]).mean() > 0.99
    (found,) = [v for v in stats.values() if isinstance(v, TargetByKey)]
    assert found.counts[-1] == len(train["t"])  # rows of the test part do not count


def test_neither_order_nor_division_of_rows_matters(tmp_path: Path) -> None:
    data = pa.table(rows(4))
    spec = spec_of()
    order = np.random.default_rng(0).permutation(ROWS)
    shuffled = data.take(order)
    stats = fk.analyze(spec, data)
    again = fk.analyze(spec, shuffled, rows_per_task=321, workers=2)
    assert stats.to_proto() == again.to_proto()
    fk.convert(spec, stats, data, tmp_path / "a")
    fk.convert(spec, stats, shuffled, tmp_path / "b", rows_per_task=333, workers=2)
    first, second = (fk.load(tmp_path / n).to_numpy()["t"] for n in "ab")
    assert first[order].tobytes() == second.tobytes()


def test_missing_values(tmp_path: Path) -> None:
    data = {
        "city": ["a", "a", "a", None, "b", "a"],
        "y": [1.0, 2.0, 3.0, 6.0, None, float("nan")],
        "id": [1, 2, 3, 4, 5, None],
    }
    column = CITY.target_encoding(target=Y, smoothing=0, folds=2)
    spec = fk.FeatureSpec({"t": column}, key=["id"])
    stats = fk.analyze(spec, data)
    served = fk.Preprocessor(spec, stats).transform({"city": ["a", None, "b", "z"]})
    assert served["t"].tolist() == [2.0, 3.0, 3.0, 3.0]
    fk.convert(spec, stats, data, tmp_path)
    assert len(fk.load(tmp_path).to_numpy()["t"]) == 6


def test_a_flag_and_a_computed_target() -> None:
    data = rows(5, count=300)
    late = Y.greater_equal(0.5)
    spec = fk.FeatureSpec(
        {
            "late": CITY.target_encoding(target=late, smoothing=0),
            "sum": (CITY.target_encoding(target=Y + 1, smoothing=0) * 2).clip(-9, 9),
            "id": fk.integer("id").target_encoding(target=Y, smoothing=0),
        },
        key=["id"],
    )
    served = fk.Preprocessor(spec, fk.analyze(spec, data)).transform(
        {"city": data["city"], "id": data["id"]}
    )
    city = np.array(data["city"])
    for at in range(10):
        own = data["y"].astype(np.float64)[city == city[at]]
        assert served["late"][at] == np.float32((own >= 0.5).mean())
        assert served["sum"][at] == pytest.approx(2 * (own + 1).mean(), abs=1e-6)
        assert served["id"][at] == data["y"][at]


def test_folds_need_a_key_that_differs() -> None:
    data = rows(6, count=50)
    column = CITY.target_encoding(target=Y)
    with pytest.raises(SpecError, match=r"SPEC_UNKNOWN_REFERENCE.*key"):
        fk.analyze(fk.FeatureSpec({"t": column}), data)
    same = {**data, "id": [1] * 50}
    spec = fk.FeatureSpec({"t": column}, key=["id"])
    with pytest.raises(StatisticsError, match=r"STATS_EMPTY.*fold"):
        fk.compile(spec, fk.analyze(spec, same), training=True)


@pytest.mark.parametrize(
    "arguments",
    [
        {"target": CITY},
        {"target": Y, "smoothing": -1},
        {"target": Y, "smoothing": "some"},
        {"target": Y, "smoothing": float("nan")},
        {"target": Y, "folds": 1},
        {"target": Y, "max_keys": 0},
    ],
    ids=str,
)
def test_bad_declarations(arguments: Any) -> None:
    with pytest.raises(SpecError, match="SPEC_BAD_VALUE"):
        CITY.target_encoding(**arguments)


def test_what_needs_a_second_pass_is_refused() -> None:
    encoding = CITY.target_encoding(target=Y)
    for column in (
        encoding.standardize(),
        CITY.target_encoding(target=Y.standardize()),
        fk.numeric("x").standardize(by=fk.string("s")) + encoding.standardize(),
    ):
        with pytest.raises(SpecError, match="SPEC_TWO_PASSES"):
            fk.analyze(fk.FeatureSpec({"t": column}, key=["id"]), rows())
