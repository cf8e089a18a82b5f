"""A model leaves as one ONNX file, which computes what batch conversion does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

pytestmark = pytest.mark.tensorflow
onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")
pytest.importorskip("tensorflow")

import featurekit as fk  # noqa: E402
from featurekit.backends.host.executor import HostBackend  # noqa: E402
from featurekit.errors import ArtifactError, OutputExistsError  # noqa: E402
from featurekit.plan import ops  # noqa: E402
from featurekit.plan.lower import compile_spec  # noqa: E402
from featurekit.serve.onnx import export as export_module  # noqa: E402
from featurekit.serve.onnx import preprocessing  # noqa: E402
from featurekit.serve.onnx.graph_builder import Outcome  # noqa: E402
from featurekit.serve.onnx.preprocessing import emit  # noqa: E402
from featurekit.serve.tensor_names import tensor_names  # noqa: E402
from featurekit.spec.load import load_spec  # noqa: E402

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


STATS = fk.analyze(SPEC, ROWS)


def model() -> Any:
    return fk.models.TabularTransformer(
        fk.model_inputs(SPEC, STATS), dim=8, depth=1, num_heads=2
    )


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    path, trained = tmp_path_factory.mktemp("onnx") / "model.onnx", model()
    report = fk.export_onnx(
        trained, SPEC, STATS, path, rows=ROWS, probability="sigmoid"
    )
    assert list(report.outputs) == ["accepted", "output", "probabilities"]
    assert report.bytes == path.stat().st_size and "opset 18" in str(report)
    assert [one.name for one in path.parent.iterdir()] == ["model.onnx"]
    return path, trained


def raw_rows() -> pa.RecordBatch:
    cast = ROWS.set_column(3, "time", ROWS["time"].cast(pa.int64()))
    return cast.combine_chunks().to_batches()[0]


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_the_file_gives_what_features_and_model_give(
    exported: tuple[Path, Any], size: int
) -> None:
    path, trained = exported
    plan = compile_spec(SPEC, STATS, serving=True)
    names = tensor_names(one for one in SPEC.serving_inputs if one.name in plan.columns)
    made = emit(plan, names, prefix="f/")
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    batch = raw_rows().slice(3, size)
    found = session.run(["accepted", "output"], made.inputs.from_batch(batch))
    done = HostBackend(plan).run(batch)
    assert np.flatnonzero(~found[0]).tolist() == done.rejected_rows.tolist()
    features = {
        name: np.asarray(done.outputs.column(name).to_pylist(), kind.dtype)
        for name, kind in plan.output_types.items()
    }
    if done.outputs.num_rows:
        wanted = np.asarray(trained(features, training=False))
        np.testing.assert_allclose(found[1][found[0]], wanted, 1e-4, 1e-5)


def test_a_wrong_kernel_is_found_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {**preprocessing.KERNELS, ops.StandardizeValue: lambda g, op, x: Outcome(x)}
    monkeypatch.setattr(preprocessing, "KERNELS", wrong)
    with pytest.raises(ArtifactError) as error:
        fk.export_onnx(model(), SPEC, STATS, tmp_path / "model.onnx", rows=ROWS)
    assert error.value.code == "GOLDEN_MISMATCH"
    assert not list(tmp_path.iterdir())


def test_a_wrong_model_is_found_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert = export_module.convert_model

    def other(outputs: Any, plan: Any) -> Any:
        return convert(lambda x: {n: 2 * y for n, y in outputs(x).items()}, plan)

    monkeypatch.setattr(export_module, "convert_model", other)
    with pytest.raises(ArtifactError) as error:
        fk.export_onnx(model(), SPEC, STATS, tmp_path / "model.onnx", rows=ROWS)
    assert error.value.code == "GOLDEN_MISMATCH"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("with_model", [False, True])
def test_a_file_that_was_written_wrong_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_model: bool
) -> None:
    save = onnx.save

    def damage(whole: Any, path: str) -> None:
        for one in whole.graph.initializer:
            array = onnx.numpy_helper.to_array(one)
            if array.dtype == np.float64:
                other = np.where(array == 30.0, 31.0, array)
                one.CopyFrom(onnx.numpy_helper.from_array(other, one.name))
        save(whole, path)

    monkeypatch.setattr(onnx, "save", damage)
    with pytest.raises(ArtifactError) as error:
        fk.export_onnx(
            model() if with_model else None,
            SPEC, STATS, tmp_path / "model.onnx", rows=ROWS,
        )  # fmt: skip
    assert error.value.code == "GOLDEN_MISMATCH"
    assert not list(tmp_path.iterdir())


def test_a_file_that_was_cut_off_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        onnx, "save", lambda whole, path: Path(path).write_bytes(b"\x08\x08\xff")
    )
    with pytest.raises(ArtifactError) as error:
        fk.export_onnx(None, SPEC, STATS, tmp_path / "model.onnx", rows=ROWS)
    assert error.value.code == "ONNX_RUNTIME"
    assert not list(tmp_path.iterdir())


def test_an_existing_file_stays(exported: tuple[Path, Any]) -> None:
    path, trained = exported
    before = path.read_bytes()
    with pytest.raises(OutputExistsError):
        fk.export_onnx(trained, SPEC, STATS, path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("column", "op"),
    [
        (fk.string("x").fill("").hash_buckets(8), "hash_bucket"),
        (fk.string("x").fill("").vocabulary(["a"], num_oov=2), "lookup_voc"),
        (fk.string("x").fill("").lower().hash_buckets(8), "map_text"),
        ((fk.numeric("x") / fk.numeric("y")).fill(0.0).log1p(), "log1p"),
        (fk.strings("x").hash_buckets(8).multi_hot(), "read_list"),
    ],
)
def test_refused_by_name(column: Any, op: str, tmp_path: Path) -> None:
    spec = fk.FeatureSpec({"bad": column})
    with pytest.raises(ArtifactError) as error:
        fk.export_onnx(None, spec, fk.Stats({}), tmp_path / "a.onnx")
    assert error.value.code == "ONNX_UNSUPPORTED"
    assert op in str(error.value) and "fk.Preprocessor" in str(error.value)
    assert not list(tmp_path.iterdir())


def test_command(tmp_path: Path) -> None:
    STATS.save(tmp_path / "stats.json")
    fk.convert(SPEC, STATS, ROWS, tmp_path / "out")
    trained = model()
    rows = fk.load(tmp_path / "out").to_numpy()
    trained({name: values[:1] for name, values in rows.items()})
    trained.save(tmp_path / "model.keras")
    done = subprocess.run(
        [sys.executable, "-m", "featurekit.cli.main", "export", "--format", "onnx",
         "--model", str(tmp_path / "model.keras"), "--dataset", str(tmp_path / "out"),
         "--output", str(tmp_path / "model.onnx"), "--json"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["opset"] == 18
    assert (tmp_path / "model.onnx").is_file()


def flights(spec: fk.FeatureSpec) -> pa.Table:
    """Drawn columns of the types that the spec reads, some values missing."""
    rng, columns = np.random.default_rng(3), {}
    for one in spec.inputs:
        gone = rng.random(3000) < 0.02
        numbers = rng.integers(0, 1000, 3000)
        if one.dtype in ("string", "key"):
            columns[one.name] = pa.array([f"t{n % 3}" for n in numbers], mask=gone)
        elif one.dtype == "timestamp":
            hours = 1_356_998_400 + 3600 * 8 * numbers
            columns[one.name] = pa.array(hours * 10**6).cast(pa.timestamp("us", "UTC"))
        else:
            dtype = np.int64 if one.dtype == "int64" else np.float32
            columns[one.name] = pa.array(numbers.astype(dtype), mask=gone)
    return pa.table(columns)


def test_the_flights_spec_is_exported(tmp_path: Path) -> None:
    spec = load_spec(Path(__file__).parents[3] / "examples" / "flights" / "spec.py")
    rows = flights(spec)
    stats = fk.analyze(spec, rows)
    report = fk.export_onnx(None, spec, stats, tmp_path / "a.onnx", rows=rows)
    assert len(report.outputs) == 1 + len(spec.features)
