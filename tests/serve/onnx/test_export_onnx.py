"""A model leaves as one ONNX file, which computes what batch conversion does."""

import pyarrow as pa
import pytest

pytestmark = pytest.mark.tensorflow
onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")
tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")

import featurekit as fk  # noqa: E402

SPEC = fk.FeatureSpec(
    {
        "age": fk.numeric("age").fill(30.0).standardize(),
        "raw": fk.numeric("age", nan="keep").fill(-1.0),
        "log": fk.numeric("fare").log1p().buckets([0.5, 1.0, 2.0]),
        "city": fk.string("home city").fill("").vocabulary().embedding(4),
        "hour": fk.timestamp("time", tz="Europe/Paris").hour().one_hot(),
        "ratio": (fk.numeric("fare") / fk.numeric("age")).fill(0.0),
        "seats": fk.integer("seats").vocabulary(),
    }
)
ROWS = pa.table(
    {
        "age": pa.array([20.0, None, 40.0, 0.0, 33.5] * 16, pa.float32()),
        "fare": pa.array([1.0, 2.5, -0.5, 100.0, 3.0] * 16, pa.float32()),
        "home city": pa.array(["Oslo", "Lyon", None, "日本", "a\x00b"] * 16),
        "time": pa.array([0, 10**15, -1, 1_362_898_800_000_000, 5] * 16).cast(
            pa.timestamp("us", "UTC")
        ),
        "seats": pa.array([1, 2, 3, 4, 2**53 + 1] * 16),
    }
)
