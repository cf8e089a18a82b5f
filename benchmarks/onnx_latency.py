"""Latency of an ONNX file and of a SavedModel of the same model, side by side.

    python -m benchmarks.onnx_latency

The flights spec, drawn rows and an untrained TabularTransformer: times do not depend on
the weights. Ways take turns, so that a machine that is busy for a while is so for all.
Prints lines of JSON: median milliseconds, and what a process takes to load the model.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import featurekit as fk
from benchmarks import machine
from featurekit.serve.onnx import OnnxScorer
from featurekit.serve.onnx.feeds import Inputs
from featurekit.serve.tensor_names import tensor_names
from featurekit.spec.load import load_spec

SPEC = Path(__file__).parents[1] / "examples" / "flights" / "spec.py"
ROUNDS = 300
DRAWN = 3000
STARTS = 3
_LOADING = """
import time
start = time.perf_counter()
{code}
seconds = time.perf_counter() - start
# Of this program alone: getrusage counts the process that started it, too.
with open("/proc/self/status") as status:
    (peak,) = [line.split()[1] for line in status if line.startswith("VmHWM")]
print(seconds, peak)
"""


def drawn_rows(spec: fk.FeatureSpec) -> pa.Table:
    """Rows of the columns that the spec reads."""
    rng, columns = np.random.default_rng(3), {}
    for one in spec.inputs:
        numbers = rng.integers(0, 1000, DRAWN)
        if one.dtype in ("string", "key"):
            columns[one.name] = pa.array([f"t{n % 3}" for n in numbers])
        elif one.dtype == "timestamp":
            hours = 1_356_998_400 + 3600 * 8 * numbers
            columns[one.name] = pa.array(hours * 10**6).cast(pa.timestamp("us", "UTC"))
        else:
            dtype = np.int64 if one.dtype == "int64" else np.float32
            columns[one.name] = pa.array(numbers.astype(dtype))
    return pa.table(columns)


def median_ms(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median milliseconds of each; the first rounds do not count."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for round_ in range(ROUNDS + 20):
        for name, once in runs.items():
            start = time.perf_counter()
            once()
            if round_ >= 20:
                found[name].append(1e3 * (time.perf_counter() - start))
    return {name: round(statistics.median(one), 3) for name, one in found.items()}


def ways(
    folder: Path, spec: fk.FeatureSpec, stats: fk.Stats, rows: list[Any]
) -> dict[str, Callable[[], object]]:
    """Every way to answer the rows."""
    onnx, saved = OnnxScorer(folder / "a.onnx"), fk.Scorer(folder / "1")
    preprocessor = fk.Preprocessor(spec, stats)
    used = [one for one in spec.serving_inputs if one.name in onnx.plan.columns]
    batch = pa.Table.from_pylist(rows).select([one.name for one in used])
    batch = batch.combine_chunks().to_batches()[0]
    for at, one in enumerate(used):
        if one.dtype == "timestamp":
            batch = batch.set_column(at, one.name, batch.column(at).cast(pa.int64()))
        elif one.dtype == "float32":
            batch = batch.set_column(at, one.name, batch.column(at).cast(pa.float32()))
    feeds = Inputs.of(onnx.plan, tensor_names(used)).from_batch(batch)
    single = len(rows) == 1
    return {
        "ONNX Runtime, raw": lambda: onnx.session.run(None, feeds),
        "OnnxScorer": lambda: onnx(rows[0]) if single else onnx.predict(rows),
        "SavedModel": lambda: saved(rows[0]) if single else saved.model.predict(rows),
        "Preprocessor": lambda: preprocessor.transform(rows),
    }


def starting(code: str) -> dict[str, float]:
    """Medians of seconds and peak MiB of processes that load a model."""
    program, found = _LOADING.format(code=code), []
    for _ in range(STARTS):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )
        found.append([float(one) for one in done.stdout.split()[-2:]])
    seconds, peak = (statistics.median(one) for one in zip(*found, strict=True))
    return {"seconds": round(seconds, 2), "peak_mib": round(peak / 1024)}


def main() -> None:
    """Exports both, and measures."""
    spec = load_spec(SPEC)
    table = drawn_rows(spec)
    stats = fk.analyze(spec, table)
    model = fk.models.TabularTransformer(fk.model_inputs(spec, stats))
    print(json.dumps({"machine": machine.summary(), "load": machine.load()}))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fk.export_onnx(model, spec, stats, folder / "a.onnx", rows=table)
        fk.export(model, spec, stats, folder / "1", rows=table)
        for size in (1, 128):
            runs = ways(folder, spec, stats, table.slice(0, size).to_pylist())
            print(json.dumps({"rows": size, "median_ms": median_ms(runs)}))
        for kind, code in (
            ("ONNX", "from featurekit.serve.onnx import OnnxScorer as Model"),
            ("SavedModel", "from featurekit import Scorer as Model"),
        ):
            path = folder / ("a.onnx" if kind == "ONNX" else "1")
            print(json.dumps({kind: starting(f"{code}\nModel({str(path)!r})")}))


if __name__ == "__main__":
    main()
