"""Features without TensorFlow: few rows and many give the same."""

import json
import pickle
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from jobs.trips import SPEC as TRIPS
from jobs.trips import trips

import featurekit as fk
from featurekit.errors import ArtifactError, FeatureKitError, RowError, SourceError
from featurekit.serve.preprocessor import FEW_ROWS, Preprocessor

SPEC = fk.FeatureSpec(
    {
        "log": fk.numeric("x").fill(0.0).log1p(),
        "bucket": fk.numeric("x").buckets([0.0, 1.0, 2.5]),
        "id": fk.integer("n").fill(3).identity(10),
        "hash": fk.integer("n").fill(0).hash_buckets(7),
        "word": fk.string("s").fill("a").vocabulary(["a", "é"], num_oov=3),
        "cross": fk.cross(
            fk.string("s").fill(""), fk.integer("n").fill(1)
        ).hash_buckets(99),
        "hour": fk.timestamp("t", tz="America/New_York").hour().one_hot(),
    }
)
PREPROCESSOR = Preprocessor(SPEC)
GOOD: dict[str, Any] = {
    "x": 1.5,
    "n": 4,
    "s": "é",
    "t": datetime(2024, 3, 10, 7, 30, tzinfo=UTC),
}

FLOATS = (
    st.floats()
    | st.floats(width=32)
    | st.integers(-10, 10)
    | st.integers(2**24 - 2, 2**24 + 2)
    | st.sampled_from([1e39, 3.4028235677973366e38, -1e-46, 2**60, True, "1", 1j])
    | st.sampled_from([Decimal("1.5"), np.float32(0.1), np.float64(0.1), np.int8(3)])
)
INTEGERS = (
    st.integers(-2, 12)
    | st.integers(-(2**63) - 1, 2**63)
    | st.sampled_from([True, 1.0, 1.5, "1", np.int64(3), date(2024, 1, 1)])
)
TEXTS = st.text(max_size=4) | st.sampled_from(["a", b"a", b"\xff", 3, "\ud800", "é"])
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-5, minutes=-30)), None])
TIMES = (
    st.datetimes(timezones=ZONES)
    | st.datetimes(timezones=ZONES).map(datetime.isoformat)
    | st.datetimes().map(lambda t: f"{t:%Y-%m-%d %H:%M:%S}Z")
    | st.sampled_from(
        [
            "2024-01-01T00:00:60Z",
            "2024-01-01T24:00:00Z",
            "2024-02-30T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "2024-01-01T00:00:00.123Z",
            "2024-01-01T00:00:00.1234567Z",
            "2024-01-01T00:00:00+23:59",
            "2024-01-01T00:00:00+24:00",
            "٢٠٢٤-01-01T00:00:00Z",
            "2024-W01-1",
            "",
            0,
            date(2024, 1, 1),
            np.datetime64("2024-01-01"),
        ]
    )
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "x": st.none() | FLOATS,
            "n": st.none() | INTEGERS,
            "s": st.none() | TEXTS,
            "t": st.none() | TIMES,
        }
    ),
    min_size=1,
    max_size=3,
)
USUAL = st.fixed_dictionaries(
    {
        "x": st.floats(0, 1e30),
        "n": st.integers(0, 9),
        "s": st.text(max_size=3),
        "t": st.datetimes(timezones=st.just(UTC)),
    }
)


def outcome(run: Any, rows: Any) -> Any:
    """The bits of all features, or what was refused and where."""
    try:
        found = run(rows)
    except FeatureKitError as error:
        return error.code, error.column, getattr(error, "row", None)
    return {name: (a.dtype, a.shape, a.tobytes()) for name, a in found.items()}


@settings(max_examples=500, deadline=None)
@given(ROWS | st.lists(USUAL, min_size=1, max_size=5))
@example([GOOD])
@example([{**GOOD, "x": -2.0}, {**GOOD, "n": 2**70}])
@example([{**GOOD, "x": float("nan")}])
def test_few_rows_are_treated_like_many(rows: list[dict[str, Any]]) -> None:
    assert outcome(PREPROCESSOR.transform, rows) == outcome(PREPROCESSOR._many, rows)


def test_usual_rows_take_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Preprocessor, "_many", None)
    for changes in (
        {},
        {"n": None, "s": None},
        {"x": 3, "t": "2024-07-01T12:00:00.500+02:00"},
    ):
        found = PREPROCESSOR.transform([{**GOOD, **changes}])
        assert [array.shape for array in found.values()] == [(1,)] * 6 + [(1, 24)]


def test_all_sizes_of_requests_agree() -> None:
    table = trips(4 * FEW_ROWS)
    preprocessor = Preprocessor(TRIPS, fk.analyze(TRIPS, table))
    zoned = table.set_column(4, "time", table["time"].cast(pa.timestamp("us", "UTC")))
    whole = preprocessor.transform(zoned)
    rows = zoned.to_pylist()
    for size in (1, 2, 7, FEW_ROWS, FEW_ROWS + 1):
        parts = [
            preprocessor.transform(rows[at : at + size])
            for at in range(0, len(rows), size)
        ]
        for name, array in whole.items():
            assert np.concatenate([p[name] for p in parts]).tobytes() == array.tobytes()


def test_they_are_the_features_of_the_records(tmp_path: Path) -> None:
    table = trips(100)
    stats = fk.analyze(TRIPS, table)
    fk.convert(TRIPS, stats, table, tmp_path)
    rows = [row for row in table.to_pylist() if row["late"] is not None]
    records = fk.load(tmp_path).to_numpy()
    found = Preprocessor(TRIPS, stats).transform(rows[:50])
    # Rows come in the order of the source within each split; features tell them apart.
    key = list(
        zip(*(records[n].ravel().tolist() for n in ("delay", "range")), strict=True)
    )
    for index in range(50):
        at = key.index((found["delay"][index], found["range"][index]))
        for name, array in found.items():
            assert array[index].tobytes() == records[name][at].tobytes()


def test_a_refused_row_is_located() -> None:
    with pytest.raises(RowError, match="OUT_OF_RANGE") as raised:
        PREPROCESSOR.transform([GOOD, {**GOOD, "n": 10}])
    error = raised.value
    assert (error.row, error.column, error.feature) == (1, "n", "id")
    assert "got 10" in str(error)


def test_a_column_must_be_in_some_row() -> None:
    short = {name: value for name, value in GOOD.items() if name != "n"}
    with pytest.raises(SourceError, match="column=n"):
        PREPROCESSOR.transform([short])
    filled = PREPROCESSOR.transform([short, GOOD])
    assert filled["id"].tolist() == [3, 4]
    assert PREPROCESSOR.transform([{**GOOD, "other": 1}])["id"].tolist() == [4]


@pytest.mark.parametrize("rows", [[], [1], ["a"], 5, [GOOD, 3]])
def test_what_is_no_rows_is_refused(rows: Any) -> None:
    with pytest.raises(FeatureKitError):
        PREPROCESSOR.transform(rows)


def test_it_can_be_sent_to_other_processes() -> None:
    other = pickle.loads(pickle.dumps(PREPROCESSOR))
    assert outcome(other.transform, [GOOD]) == outcome(PREPROCESSOR.transform, [GOOD])


_LOAD = """
import sys, json
import featurekit as fk
found = fk.Preprocessor.load(sys.argv[1]).transform(json.loads(sys.argv[2]))
assert not sys.modules.keys() & {"tensorflow", "keras", "numba", "pandas"}
print(json.dumps({name: array.tolist() for name, array in found.items()}))
"""


@pytest.mark.proves(109)
@pytest.mark.tensorflow
def test_it_loads_from_an_export_without_tensorflow(tmp_path: Path) -> None:
    fk.export(None, SPEC, fk.Stats({}), tmp_path / "1")
    rows = '[{"x": 1.5, "n": 4, "s": "\\u00e9", "t": "2024-03-10T07:30:00Z"}]'
    done = subprocess.run(
        [sys.executable, "-c", _LOAD, str(tmp_path / "1"), rows],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    expected = {n: a.tolist() for n, a in PREPROCESSOR.transform([GOOD]).items()}
    assert done.stdout.strip() == json.dumps(expected)
    served = fk.serve.load_model(tmp_path / "1").transform([GOOD])
    assert outcome(lambda _: served, 0) == outcome(PREPROCESSOR.transform, [GOOD])
    spec = tmp_path / "1" / "assets.extra" / "featurekit" / "spec.pb"
    spec.write_bytes(spec.read_bytes() + b"\0")
    with pytest.raises(ArtifactError):
        Preprocessor.load(tmp_path / "1")
