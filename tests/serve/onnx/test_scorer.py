"""An ONNX file answers rows in a process that has no TensorFlow."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

pytestmark = pytest.mark.tensorflow
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")
pytest.importorskip("tensorflow")

import featurekit as fk  # noqa: E402
from featurekit.errors import (  # noqa: E402
    ArtifactError,
    FeatureKitError,
    RowError,
    SourceError,
    VersionTooNewError,
)
from featurekit.plan import ops  # noqa: E402
from featurekit.serve.onnx import OnnxScorer  # noqa: E402

SPEC = fk.FeatureSpec(
    {
        "age": fk.numeric("age").fill(30.0).standardize(),
        "raw": fk.numeric("age", nan="keep").fill(-1.0),
        "strict": fk.numeric("fare", nan="error").fill(0.0).log1p(),
        "city": fk.string("home city").fill("").vocabulary(),
        "hour": fk.timestamp("time", tz="Europe/Paris").hour().one_hot(),
        "seats": fk.integer("seats").vocabulary(),
    }
)
NOON = datetime(2013, 3, 10, 12, tzinfo=UTC)
ROWS: list[dict[str, Any]] = [
    {"age": 20.0, "fare": 1.0, "home city": "Oslo", "time": NOON, "seats": 1},
    {"age": None, "fare": None, "home city": None, "time": NOON, "seats": 2},
    {"age": float("nan"), "fare": 3, "home city": "日本", "time": NOON, "seats": 3},
    {"age": 0.0, "fare": -0.0, "home city": "a\x00b", "time": NOON, "seats": 2**53 + 1},
]
TABLE = pa.Table.from_pylist(
    ROWS * 8,
    pa.schema(
        {
            "age": pa.float32(),
            "fare": pa.float32(),
            "home city": pa.string(),
            "time": pa.timestamp("us", "UTC"),
            "seats": pa.int64(),
        }
    ),
)
STATS = fk.analyze(SPEC, TABLE)
AGE_MEAN = next(
    node.op.mean
    for node in fk.compile(SPEC, STATS).nodes
    if isinstance(node.op, ops.StandardizeValue)
)
GOOD = ROWS[0]
BAD: list[tuple[dict[str, Any], str | None, str]] = [
    ({"fare": -2.0}, "strict", "fare"),
    ({"fare": float("nan")}, "strict", "fare"),
    ({"time": None}, "hour", "time"),
    ({"seats": None}, "seats", "seats"),
]


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model as an ONNX file, and as a SavedModel."""
    folder = tmp_path_factory.mktemp("scorer")
    model = fk.models.TabularTransformer(
        fk.model_inputs(SPEC, STATS), dim=8, depth=1, num_heads=2
    )
    options: Any = {"rows": TABLE, "probability": "sigmoid"}
    fk.export_onnx(model, SPEC, STATS, folder / "model.onnx", **options)
    fk.export(model, SPEC, STATS, folder / "1", **options)
    return folder / "model.onnx", folder / "1"


@pytest.fixture(scope="module")
def features_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("features") / "features.onnx"
    fk.export_onnx(None, SPEC, STATS, path, rows=TABLE)
    return path


@pytest.mark.parametrize("rows", [ROWS, ROWS[1:2], ROWS * 40, TABLE])
def test_features_are_those_of_the_preprocessor(features_file: Path, rows: Any) -> None:
    found = OnnxScorer(features_file).predict(rows)
    wanted = fk.Preprocessor(SPEC, STATS).transform(rows)
    assert list(found) == list(wanted)
    for name, one in wanted.items():
        assert found[name].dtype == one.dtype and found[name].shape == one.shape
        assert found[name].tobytes() == one.tobytes(), name


def test_outputs_are_those_of_the_exported_model(
    model_file: tuple[Path, Path],
) -> None:
    scorer, other = OnnxScorer(model_file[0]), fk.Scorer(model_file[1])
    for row in ROWS:
        found, wanted = scorer(row), other(row)
        assert found.keys() == wanted.keys() == {"output", "probabilities"}
        for name in found:
            np.testing.assert_allclose(found[name], wanted[name], 1e-4, 1e-5)


@pytest.mark.parametrize(("change", "feature", "column"), BAD)
@pytest.mark.parametrize("before", [2, 100])
def test_a_refused_row_is_named(
    features_file: Path,
    change: dict[str, Any],
    feature: str,
    column: str,
    before: int,
) -> None:
    rows = [*[GOOD] * before, {**GOOD, **change}, GOOD]
    with pytest.raises(RowError) as error:
        OnnxScorer(features_file).predict(rows)
    with pytest.raises(RowError) as wanted:
        fk.Preprocessor(SPEC, STATS).transform(rows)
    assert str(error.value) == str(wanted.value)
    assert error.value.row == before
    assert error.value.feature == feature and error.value.column == column


def test_a_row_without_a_column_is_refused(features_file: Path) -> None:
    scorer = OnnxScorer(features_file)
    row = {name: value for name, value in GOOD.items() if name != "fare"}
    with pytest.raises(SourceError, match="fare"):
        scorer(row)
    with pytest.raises(FeatureKitError, match="seats"):
        scorer({**GOOD, "seats": "many"})


def test_a_process_with_it_has_no_tensorflow(model_file: tuple[Path, Path]) -> None:
    code = f"""
import sys
from featurekit.serve.onnx import OnnxScorer
scorer = OnnxScorer({str(model_file[0])!r})
row = {{"age": 1.0, "fare": 2.0, "home city": "Oslo", "seats": 1,
       "time": "2013-03-10T12:00:00Z"}}
print(float(scorer(row)["probabilities"][0]))
try:
    scorer({{**row, "fare": -2.0}})
except ValueError as error:
    print(error.column)
loaded = {{name.partition(".")[0] for name in sys.modules}}
print(sorted(loaded & {{"tensorflow", "keras", "onnx", "tf2onnx", "jax", "torch"}}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    probability, column, loaded = done.stdout.split("\n")[:3]
    assert 0 < float(probability) < 1
    assert (column, loaded) == ("fare", "[]")


def changed(path: Path, target: Path, change: Any) -> Path:
    """A copy of a file whose graph or metadata is another one."""
    model = onnx.load(str(path))
    change(model)
    onnx.save(model, str(target))
    return target


def set_property(name: str, value: str) -> Any:
    def change(model: Any) -> None:
        (found,) = (one for one in model.metadata_props if one.key == name)
        found.value = value

    return change


def double_a_weight(model: Any) -> None:
    for one in model.graph.initializer:
        array = onnx.numpy_helper.to_array(one)
        if one.name.startswith("model/") and array.size > 4 and array.dtype.kind == "f":
            one.CopyFrom(onnx.numpy_helper.from_array(array * 2 + 1, one.name))


def move_a_constant(model: Any) -> None:
    for one in model.graph.initializer:
        array = onnx.numpy_helper.to_array(one)
        if array.dtype == np.float64 and array == AGE_MEAN:
            moved = np.nextafter(array, np.inf) * (1 + 2.0**-20)
            one.CopyFrom(onnx.numpy_helper.from_array(moved, one.name))
            return
    raise AssertionError("no constant")


def test_a_changed_model_is_refused(
    model_file: tuple[Path, Path], tmp_path: Path
) -> None:
    path = changed(model_file[0], tmp_path / "a.onnx", double_a_weight)
    with pytest.raises(ArtifactError) as error:
        OnnxScorer(path)
    assert error.value.code == "GOLDEN_MISMATCH"
    assert str(path) in str(error.value.__notes__)


def test_a_feature_that_is_off_by_little_is_refused(
    features_file: Path, tmp_path: Path
) -> None:
    path = changed(features_file, tmp_path / "a.onnx", move_a_constant)
    with pytest.raises(ArtifactError) as error:
        OnnxScorer(path)
    assert error.value.code == "GOLDEN_MISMATCH" and error.value.feature == "age"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spec", "AAAA"),
        ("stats", "not base64"),
        ("golden_inputs", ""),
        ("golden_outputs", "AAAA"),
        ("content", "other"),
        ("plan_fingerprint", "0"),
        ("stats_fingerprint", "0"),
        ("featurekit_format", "one"),
    ],
)
def test_damaged_metadata_is_refused(
    features_file: Path, tmp_path: Path, name: str, value: str
) -> None:
    path = changed(features_file, tmp_path / "a.onnx", set_property(name, value))
    with pytest.raises(FeatureKitError) as error:
        OnnxScorer(path)
    assert str(path) in str(error.value)


def test_a_newer_format_is_refused(features_file: Path, tmp_path: Path) -> None:
    change = set_property("featurekit_format", "2")
    path = changed(features_file, tmp_path / "a.onnx", change)
    with pytest.raises(VersionTooNewError, match="format 2"):
        OnnxScorer(path)


def test_what_is_no_onnx_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"no file")
    for name in ("a.onnx", "missing.onnx"):
        with pytest.raises(ArtifactError) as error:
            OnnxScorer(tmp_path / name)
        assert error.value.code == "ONNX_RUNTIME"
