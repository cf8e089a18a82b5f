"""Laws of the drift sensor: false alarms, power, merging, and SciPy as oracle."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from serve.drift.artifacts import examples, write_model

import featurekit as fk
from featurekit.serve.drift import Monitor, Sketches, compare, sketch
from featurekit.serve.drift.distributions import Categories
from featurekit.serve.drift.significance import (
    chi_square_above,
    two_distributions,
    two_proportions,
)
from featurekit.serve.drift.sketches import ColumnSketch

stats = pytest.importorskip("scipy.stats")
ALPHA = 0.01
SHARES = {
    "even": np.full(8, 1 / 8),
    "skewed": np.array([0.9, 0.05, 0.03, 0.01, 0.01]),
    "long tail": 1 / np.arange(1, 61) / (1 / np.arange(1, 61)).sum(),
}
SPEC = fk.FeatureSpec(
    {
        "x": fk.numeric("x").fill(0.0).standardize(),
        "c": fk.string("c").fill("").vocabulary(["a", "b", "c", "d"]),
    }
)


def draw(rng: np.random.Generator, n: int, shift: float = 0.0) -> dict[str, Any]:
    x = rng.normal(shift, 1, n).astype("f4")
    return {
        "x": pa.array(x, mask=rng.random(n) < 0.05),
        "c": pa.array(rng.choice(list("abcd"), n).tolist(), pa.large_string()),
    }


def categories(counts: np.ndarray[Any, Any]) -> Sketches:
    n = int(counts.sum())
    found = {b"%d" % at: int(seen) for at, seen in enumerate(counts) if seen}
    column = ColumnSketch(n, 0, {"value": Categories(n, 0, found)})
    return Sketches(n, 0, {"c": column})


def most_alarms(seeds: int) -> float:
    """What alpha gives at most, but in one of 10,000 runs of the test."""
    return float(stats.binom.ppf(0.9999, seeds, ALPHA))


@pytest.mark.parametrize("n", [20, 100, 1000, 10_000])
@pytest.mark.parametrize("shares", SHARES.values(), ids=SHARES)
@pytest.mark.parametrize("training", [20, 300, 100_000])
def test_equal_categories_raise_no_alarm(
    n: int, shares: np.ndarray[Any, Any], training: int
) -> None:
    rng = np.random.default_rng(n + training)
    alarms = 0
    for _ in range(400):
        then, now = rng.multinomial(training, shares), rng.multinomial(n, shares)
        alarms += bool(compare(categories(then), categories(now)).drifted)
    assert alarms <= most_alarms(400)


@pytest.mark.parametrize("n", [20, 100, 1000, 10_000])
def test_equal_rows_raise_no_alarm(n: int) -> None:
    rng = np.random.default_rng(n)
    training = sketch(SPEC, fk.analyze(SPEC, draw(rng, 5000)), draw(rng, 50_000))
    learned = fk.analyze(SPEC, draw(rng, 5000))
    alarms = sum(
        bool(compare(training, sketch(SPEC, learned, draw(rng, n))).drifted)
        for _ in range(100)
    )
    assert alarms <= most_alarms(100)


def test_shifts_are_found() -> None:
    rng = np.random.default_rng(5)
    learned = fk.analyze(SPEC, draw(rng, 5000))
    training = sketch(SPEC, learned, draw(rng, 50_000))
    for n, shift in ((20, 2.0), (100, 1.0), (1000, 0.4), (10_000, 0.2)):
        live = sketch(SPEC, learned, draw(rng, n, shift))
        assert compare(training, live).drifted == ["x"], n
    # Twenty rows of one category that the training rows never had.
    new = sketch(SPEC, learned, {**draw(rng, 20), "c": ["z"] * 20})
    [*found] = [one for one in compare(training, new).tests if one.drifted]
    assert {(one.name, one.what) for one in found} == {("c", "value"), ("c", "unknown")}
    report = compare(training, new)
    assert json.loads(json.dumps(report.as_dict()))["drifted"] == ["c"]


def test_merging_is_associative_and_a_round_trip_keeps_all() -> None:
    rng = np.random.default_rng(6)
    learned = fk.analyze(SPEC, draw(rng, 500))
    parts = [sketch(SPEC, learned, draw(rng, n)) for n in (1, 400, 3000)]
    again = [Sketches.from_proto(one.to_proto()) for one in parts]
    left, right = Sketches(), Sketches()
    for one in parts:
        left.merge(one)
    again[1].merge(again[2])
    right.merge(again[0])
    right.merge(again[1])
    assert (left.rows, left.features) == (right.rows, right.features)
    assert left.columns["c"].missing == right.columns["c"].missing
    values = [one.columns["c"].parts["value"] for one in (left, right)]
    assert values[0].counts == values[1].counts  # type: ignore[union-attr]
    assert len(left.to_proto()) < 2 * 2500


def test_p_values_are_those_of_scipy() -> None:
    rng = np.random.default_rng(7)
    for _ in range(200):
        rows, other = rng.integers(1, 200, 2).tolist()
        hits, more = int(rng.integers(0, rows + 1)), int(rng.integers(0, other + 1))
        table = [[hits, rows - hits], [more, other - more]]
        wanted = stats.fisher_exact(table).pvalue
        found = two_proportions(hits, rows, more, other, ALPHA).p_value
        assert found == pytest.approx(wanted, rel=1e-6, abs=1e-12)
        x, k = rng.uniform(0, 80), rng.uniform(0.3, 60)
        assert chi_square_above(x, k) == pytest.approx(stats.chi2.sf(x, k), rel=1e-9)


def test_the_bound_for_numbers_is_never_below_the_exact_p_value() -> None:
    rng = np.random.default_rng(8)
    for _ in range(1000):
        n, m = rng.integers(1, 60, 2).tolist()
        exact = stats.ks_2samp(rng.normal(size=n), rng.normal(1, 1, m), method="exact")
        bound = two_distributions(exact.statistic, n, m, 0.0, ALPHA).p_value
        assert bound >= exact.pvalue * (1 - 1e-9)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    rng = np.random.default_rng(9)
    learned = fk.analyze(SPEC, draw(rng, 5000))
    return write_model(tmp_path / "1", SPEC, learned, draw(rng, 20_000))


def test_the_monitor_counts_bad_rows_and_sees_what_a_file_shows(model: Path) -> None:
    rows = draw(np.random.default_rng(10), 2000, 1.0)
    bad = [b"\xff", b"not an example"]
    monitor = Monitor(model)
    monitor.observe_examples([bad[0], *examples(rows)[:700], *bad])
    monitor.observe_examples(examples(rows)[700:])
    assert (monitor.undecodable, monitor.window().rows) == (3, 2000)
    assert monitor.rates()["x"].missing == rows["x"].null_count
    assert monitor.report().drifted == fk.drift(model, rows).drifted == ["x"]


def test_the_window_forgets(model: Path) -> None:
    rng = np.random.default_rng(11)
    monitor = Monitor(model, window=1024)
    monitor.observe_examples(examples(draw(rng, 2048, 3.0)))
    assert monitor.report().drifted == ["x"]
    monitor.observe_examples(examples(draw(rng, 4096)))
    assert monitor.window().rows <= 2 * 1024
    assert monitor.report().drifted == []
