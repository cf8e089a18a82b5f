"""Rows per second that the drift sensor takes, and the bytes of its file.

    python -m benchmarks.drift_monitor --rows 65536

The columns are those of the flights demo. The monitor reads serialized tf.Examples in
calls of several sizes; beside it, in the same rounds, the host backend computes the
features of the same rows in batches of that size, decoded before the clock starts.
Prints one line of JSON for each size, and one for each file of sketches.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import featurekit as fk
from benchmarks.machine import load, summary
from examples.flights.data import write_flights
from featurekit.backends.host.executor import HostBackend
from featurekit.io.adapter import read_columns
from featurekit.io.example import encode_payloads
from featurekit.plan.lower import compile_spec
from featurekit.serve.artifact import EXTRA, Description, digests
from featurekit.serve.drift import Monitor, sketch
from featurekit.spec.load import load_spec
from featurekit.spec.serialize import spec_to_proto

SPEC = Path(__file__).parents[1] / "examples" / "flights" / "spec.py"
CALLS = (1, 64, 1024)
COLUMNS = 50
ROUNDS = 5


def write_model(root: Path, spec: fk.FeatureSpec, stats: fk.Stats, file: bytes) -> Path:
    """The files of an exported model that the monitor reads."""
    extra = root / EXTRA
    extra.mkdir(parents=True)
    (extra / "spec.pb").write_bytes(spec_to_proto(spec))
    (extra / "stats.pb").write_bytes(stats.to_proto())
    (extra / "drift.pb").write_bytes(file)
    Description("", "", "", "", "", 0, digests(root)).save(root)
    return root


def observing(monitor: Monitor, calls: list[list[bytes]]) -> Callable[[], object]:
    """Gives the monitor all calls, and waits until it has counted them."""

    def run() -> object:
        for call in calls:
            monitor.observe_examples(call)
        return monitor.refused

    return run


def computing(backend: HostBackend, calls: list[pa.RecordBatch]) -> Callable[[], None]:
    """Computes the features of all calls."""

    def run() -> None:
        for call in calls:
            backend.run(call)

    return run


def seconds(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median time of each; they take turns, and the first round only warms up."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for round_ in range(ROUNDS + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            if round_:
                found[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in found.items()}


def speed(
    model: Path, spec: fk.FeatureSpec, stats: fk.Stats, rows: pa.RecordBatch, size: int
) -> dict[str, float]:
    """Rows per second, in calls of a size."""
    buffer, offsets = encode_payloads(rows)
    data = buffer.tobytes()
    examples = [data[start:end] for start, end in pairwise(offsets.tolist())]
    firsts = range(0, rows.num_rows, size)
    monitor = Monitor(model)
    backend = HostBackend(compile_spec(spec, stats, serving=True))
    times = seconds(
        {
            "monitor": observing(monitor, [examples[at : at + size] for at in firsts]),
            "host": computing(backend, [rows.slice(at, size) for at in firsts]),
        }
    )
    wanted = rows.num_rows * (ROUNDS + 1)
    if monitor.undecodable or monitor.refused > wanted:
        raise SystemExit("the monitor could not read its rows")
    return {
        "rows_per_call": size,
        "monitor_rows_per_s": round(rows.num_rows / times["monitor"]),
        "host_backend_rows_per_s": round(rows.num_rows / times["host"]),
        "monitor_us_per_call": round(1e6 * times["monitor"] / len(firsts), 2),
    }


def widened(
    spec: fk.FeatureSpec, table: pa.Table, num_columns: int
) -> tuple[fk.FeatureSpec, pa.Table]:
    """Spec and rows with copies of their columns of numbers, to have so many."""
    inputs = spec.serving_inputs
    numbers = [one.name for one in inputs if one.dtype == "float32"]
    features = dict(spec.features)
    for at in range(num_columns - len(inputs)):
        original = numbers[at % len(numbers)]
        name = f"{original}_{at}"
        table = table.append_column(name, table[original])
        features[name] = fk.numeric(name).fill(0.0).standardize()
    return fk.FeatureSpec(features), table


def main() -> None:
    """Reads the command line and measures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drift_monitor")
    parser.add_argument("--rows", type=int, default=65_536)
    num_rows = parser.parse_args().rows
    print(f"{summary()}; load {load():.1f}")
    with tempfile.TemporaryDirectory() as folder:
        write_flights(Path(folder) / "flights.parquet")
        flights = pq.read_table(Path(folder) / "flights.parquet")
        spec = load_spec(SPEC)
        stats = fk.analyze(spec, flights)
        file = sketch(spec, stats, flights).to_proto()
        model = write_model(Path(folder) / "1", spec, stats, file)
        names = [one.name for one in spec.serving_inputs]
        batches = read_columns(spec, flights.slice(0, num_rows), names)
        [rows] = pa.Table.from_batches(batches).combine_chunks().to_batches()
        for size in CALLS:
            print(json.dumps(speed(model, spec, stats, rows, size)), flush=True)
    print(json.dumps({"columns": len(names), "drift_pb_bytes": len(file)}))
    wide, table = widened(spec, flights, COLUMNS)
    wide_file = sketch(wide, fk.analyze(wide, table), table).to_proto()
    print(json.dumps({"columns": COLUMNS, "drift_pb_bytes": len(wide_file)}))


if __name__ == "__main__":
    main()
