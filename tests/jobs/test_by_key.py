"""Statistics of each key, and counts, beside exact fractions of Python."""

from collections import Counter, defaultdict
from datetime import datetime
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import featurekit as fk
from featurekit.cli.statistics_table import statistics_json, summary
from featurekit.errors import SpecError, StatisticsError
from featurekit.plan.statistics import MomentsByKey, RangeByKey
from featurekit.spec.columns import Column

X, CITY, ID = fk.numeric("x"), fk.string("city"), fk.integer("id")
ROWS = 10_000
OLD, NEW = datetime(1970, 1, 2), datetime(2001, 1, 1)


def table(seed: int = 0) -> pa.Table:
    """Numbers of very different sizes, with keys; some of either are missing."""
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=ROWS) * 10.0 ** rng.integers(-9, 9, ROWS)).astype(np.float32)
    x[rng.random(ROWS) < 0.02] = np.nan
    x[rng.random(ROWS) < 0.02] = np.inf
    names = np.array(["Ulm", "Bonn", "", "a\nb", "é", "e\u0301"])
    ids = np.array([2**63 - 1, 2**63 - 2, -(2**63) + 1, 0, 2**53 + 1, 2**53])
    return pa.table(
        {
            "x": pa.array(x, mask=rng.random(ROWS) < 0.05),
            "city": pa.array(rng.choice(names, ROWS), mask=rng.random(ROWS) < 0.05),
            "id": pa.array(rng.choice(ids, ROWS), mask=rng.random(ROWS) < 0.05),
        }
    )


def features(spec: fk.FeatureSpec, stats: fk.Stats, rows: Any) -> dict[str, Any]:
    """The features as a preprocessor of a service gives them."""
    table = rows if isinstance(rows, pa.Table) else pa.table(rows)
    return fk.Preprocessor(spec, stats).transform(table)


def grouped(data: pa.Table, key: str) -> tuple[dict, list[float]]:
    """The finite numbers of each key, and all of them."""
    found: dict = defaultdict(list)
    every = []
    for x, k in zip(data["x"].to_pylist(), data[key].to_pylist(), strict=True):
        if x is None or not np.isfinite(x):
            continue
        every.append(x)
        if k is not None:
            found[k.encode() if isinstance(k, str) else k].append(x)
    return found, every


def moments(values: list[float]) -> tuple[float, float]:
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    return float(mean), float(sum((x - mean) ** 2 for x in exact) / len(exact))


@pytest.mark.proves(20)
@pytest.mark.parametrize("key", ["city", "id"])
def test_statistics_of_each_key_are_exact(key: str) -> None:
    data = table()
    by = CITY if key == "city" else ID
    spec = fk.FeatureSpec({"s": X.standardize(by=by), "m": X.min_max(by=by)})
    stats = fk.analyze(spec, data, rows_per_task=999)
    assert stats.to_proto() == fk.analyze(spec, data.slice(0), workers=2).to_proto()
    groups, every = grouped(data, key)
    (found,) = [v for v in stats.values() if isinstance(v, MomentsByKey)]
    (ranges,) = [v for v in stats.values() if isinstance(v, RangeByKey)]
    keys = sorted(groups, key=lambda k: (len(groups[k]), k), reverse=True)
    assert list(found.tokens) == list(ranges.tokens) == keys
    lists = [*(groups[k] for k in keys), every]
    assert list(found.counts) == list(ranges.counts) == list(map(len, lists))
    pairs = zip(found.means, found.variances, strict=True)
    assert list(pairs) == list(map(moments, lists))
    assert list(ranges.minimums) == list(map(min, lists))
    assert list(ranges.maximums) == list(map(max, lists))


@pytest.mark.proves(20)
@pytest.mark.parametrize("unseen", ["global", "missing"])
def test_each_key_has_buckets_of_its_own(unseen: Any) -> None:
    data = table(3).drop_columns(["id"]).slice(0, 4000)
    column = X.fill(0.5).quantile_buckets(7, by=CITY, unseen=unseen)
    spec = fk.FeatureSpec({"x": column})
    together = fk.analyze(spec, data, rows_per_task=800)
    assert together == fk.analyze(spec, data.take(np.arange(4000)[::-1].copy()))
    alone = fk.FeatureSpec({"x": X.fill(0.5).quantile_buckets(7)})
    for city in ("Ulm", "", "a\nb"):
        rows = data.filter(pc.equal(data["city"], city))
        found = features(spec, together, rows)["x"]
        wanted = features(alone, fk.analyze(alone, rows), rows)["x"]
        assert found.tolist() == wanted.tolist()
    if unseen == "global":
        new = {"x": [0.0, 1e9], "city": ["never", None]}
        wanted = features(alone, fk.analyze(alone, data), new)["x"]
        assert features(spec, together, new)["x"].tolist() == wanted.tolist()
    with pytest.raises(SpecError, match="depends on the key"):
        fk.id_meanings(spec, "x", together)


def test_each_key_is_standardized_as_if_alone() -> None:
    data = table(1).drop_columns(["id"])
    spec = fk.FeatureSpec({"x": X.standardize(by=CITY).fill(9.0)})
    together = fk.analyze(spec, data)
    alone = fk.FeatureSpec({"x": X.standardize().fill(9.0)})
    for city in ("Ulm", "", "a\nb"):
        rows = data.filter(pc.equal(data["city"], city))
        found = features(spec, together, rows)["x"]
        wanted = features(alone, fk.analyze(alone, rows), rows)["x"]
        assert found.tobytes() == wanted.tobytes()


@pytest.mark.proves(20)
def test_keys_that_were_not_seen() -> None:
    rows = {"x": [1.0, 3.0, 10.0, 20.0], "city": ["Ulm", "Ulm", None, "Bonn"]}
    both = {
        p: X.standardize(by=CITY, unseen=p).fill(-9.0) for p in ("global", "missing")
    }
    spec = fk.FeatureSpec(both)
    new = features(
        spec,
        fk.analyze(spec, rows),
        {"x": [8.5, 8.5, 3.0], "city": ["Köln", None, "Ulm"]},
    )
    assert new["global"].tolist() == [0.0, 0.0, 1.0]  # 8.5 is the mean of all rows
    assert new["missing"].tolist() == [-9.0, -9.0, 1.0]


def test_training_rows_alone_are_counted() -> None:
    rows = {"x": [1.0, 3.0, 500.0], "city": ["a", "a", "b"], "t": [OLD, OLD, NEW]}
    spec = fk.FeatureSpec(
        {"x": X.standardize(by=CITY), "n": CITY.count_encoding()},
        split=fk.time_split("t", test="1980-01-01"),
    )
    stats = fk.analyze(spec, rows)
    (found,) = [v for v in stats.values() if isinstance(v, MomentsByKey)]
    assert (found.tokens, found.counts) == ((b"a",), (2, 2))
    new = features(spec, stats, {"x": [3.0, 3.0], "city": ["a", "b"]})
    assert new["x"].tolist() == [1.0, 1.0] and new["n"].tolist() == [2.0, 0.0]


@pytest.mark.proves(40)
@pytest.mark.parametrize("column", [CITY, ID], ids=str)
def test_counts_are_those_of_the_rows(column: Column) -> None:
    data, name = table(2), column.inputs[0].name
    spec = fk.FeatureSpec(
        {
            "count": column.count_encoding().fill(-1.0),  # type: ignore[union-attr]
            "share": column.count_encoding(frequency=True).fill(-1.0),  # type: ignore[union-attr]
            "top": column.count_encoding(max_size=2).fill(-1.0),  # type: ignore[union-attr]
        }
    )
    stats = fk.analyze(spec, data, rows_per_task=1234)
    found = features(spec, stats, data.select([name]))
    values = data[name].to_pylist()
    counts = Counter(v for v in values if v is not None)
    top = sorted((n for n in counts.values()), reverse=True)[:2]
    total = counts.total()
    wanted = [-1.0 if v is None else float(counts[v]) for v in values]
    assert found["count"].tolist() == wanted
    shares = [n if n < 0 else float(np.float32(n / total)) for n in wanted]
    assert found["share"].tolist() == shares
    assert found["top"].tolist() == [n if n < 0 or n in top else 0.0 for n in wanted]


def test_too_many_keys_are_refused_however_the_rows_are_divided() -> None:
    rows = {"x": [1.0] * 40, "id": list(range(40))}
    spec = fk.FeatureSpec({"x": X.standardize(by=ID, max_keys=39)})
    for size in (3, 1000):
        with pytest.raises(StatisticsError, match="STATISTIC_TOO_MANY_KEYS") as found:
            fk.analyze(spec, rows, rows_per_task=size)
        assert "max_keys" in str(found.value)
    fk.analyze(fk.FeatureSpec({"x": X.standardize(by=ID, max_keys=40)}), rows)


def test_no_value_to_learn_from() -> None:
    spec = fk.FeatureSpec({"x": X.standardize(by=CITY)})
    for rows in ({"x": [1.0], "city": [None]}, {"x": [None], "city": ["a"]}):
        with pytest.raises(StatisticsError, match="STATS_EMPTY"):
            fk.compile(spec, fk.analyze(spec, rows))


@pytest.mark.parametrize(
    "column",
    [
        X.standardize(by=CITY).standardize(),
        X.standardize().standardize(by=CITY),
        X.standardize(by=CITY.vocabulary()),
        (X.min_max(by=CITY) + 1).quantile_buckets(4),
        CITY.count_encoding().standardize(),
        X.standardize(by=CITY).min_max(by=ID),
    ],
    ids=str,
)
def test_what_needs_a_second_pass_is_refused(column: Column) -> None:
    with pytest.raises(SpecError, match="SPEC_TWO_PASSES"):
        fk.analyze(fk.FeatureSpec({"x": column}), table())


def test_keys_that_are_made() -> None:
    """A key may be filled, joined, or an id; what fills it does not count."""
    rows = {"x": [1.0, 3.0, 9.0], "city": ["a", "a", None], "id": [5, 5, 6]}
    keys = {
        "filled": CITY.fill("b"),
        "mode": CITY.fill_mode(),
        "joined": fk.join(CITY.fill("b"), fk.string("city").fill("c")),
        "bucket": X.buckets([5.0]),
        "hashed": ID.hash_buckets(2**31 - 1),
    }
    spec = fk.FeatureSpec({name: X.standardize(by=key) for name, key in keys.items()})
    found = features(spec, fk.analyze(spec, rows), rows)
    for name in keys:
        last = 7.0 if name == "mode" else 0.0
        assert found[name].tolist() == [-1.0, 1.0, last]


def test_tables_of_statistics_show_a_few_keys() -> None:
    spec = fk.FeatureSpec(
        {
            "m": X.min_max(by=ID),
            "q": X.quantile_buckets(2, by=ID),
            "t": CITY.target_encoding(target=X),
        },
        key=["id"],
    )
    rows = {"x": [1.0] * 40, "id": list(range(40)), "city": ["a"] * 40}
    stats = fk.analyze(spec, rows)
    found = statistics_json(stats)
    (ranges,) = [v for k, v in found.items() if k.startswith("range")]
    assert (ranges["keys"], len(ranges["tokens"]), len(ranges["minimums"])) == (
        40,
        10,
        10,
    )
    assert ranges["all"] == {"counts": 40, "minimums": 1.0, "maximums": 1.0}
    assert "40 keys, 40 values" in str(stats)
    lines = [summary(value) for value in stats.values()]
    assert lines.count("40 keys, 40 values") == 2
    assert lines.count("1 keys, 40 values") == 1
