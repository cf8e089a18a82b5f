"""A model file and a dataset become a SavedModel."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli.running import run, write_parquet

import featurekit as fk

pytestmark = pytest.mark.tensorflow
keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

ROWS = {"age": [20.0, None, 40.0], "city": ["Oslo", "Lyon", None]}
SPEC = fk.FeatureSpec(
    {
        "age": fk.numeric("age").fill(30.0).standardize(),
        "city": fk.string("city").fill("").vocabulary().embedding(4),
    }
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    stats = fk.analyze(SPEC, ROWS)
    stats.save(folder / "stats.json")
    fk.convert(SPEC, stats, ROWS, folder / "out")
    write_parquet(folder, ROWS)
    inputs = fk.model_inputs(SPEC, stats)
    model = fk.models.TabularTransformer(inputs, dim=8, depth=1, num_heads=2)
    model({name: values[:1] for name, values in batch(folder).items()})
    model.save(folder / "model.keras")
    return folder


def batch(folder: Path) -> dict[str, Any]:
    return fk.load(folder / "out").to_numpy()


def test_export(trained: Path, tmp_path: Path) -> None:
    arguments = [
        "export", "--model", trained / "model.keras", "--dataset", trained / "out",
        "--rows", trained / "rows.parquet", "--output", tmp_path / "served/1",
    ]  # fmt: skip
    (tmp_path / "served").mkdir()
    # In a process that has not loaded our layers.
    done = subprocess.run(
        [sys.executable, "-m", "featurekit.cli.main", *map(str, arguments),
         "--probability", "sigmoid", "--json"], capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["inputs"] == {"age": "float32", "city": "string"}
    assert "probabilities" in found["outputs"]
    assert (tmp_path / "served/1/saved_model.pb").is_file()
    again = run(*arguments, "--json")
    assert (again.code, again.error["code"]) == (3, "OUTPUT_EXISTS")


def test_training_rows_are_sketched(trained: Path, tmp_path: Path) -> None:
    rows = trained / "rows.parquet"
    arguments = ["export", "--model", trained / "model.keras", "--dataset",
                 trained / "out", "--training", rows]  # fmt: skip
    done = run(*arguments, "--output", tmp_path / "1", "--json")
    assert done.code == 0, done.stderr
    found = run("drift", tmp_path / "1", rows, "--json")
    assert (found.code, found.json["drifted"]) == (0, [])
    assert found.json["training_rows"] == found.json["rows"] == 3
    # A file of ONNX has no room for sketches.
    onnx = run(*arguments, "--output", tmp_path / "m.onnx", "--format", "onnx",
               "--json")  # fmt: skip
    assert (onnx.code, onnx.error["code"]) == (2, "USAGE")
    lacking = write_parquet(tmp_path, {"age": [1.0]}, "lacking.parquet")
    wrong = run(*arguments, "--training", lacking, "--output", tmp_path / "2",
                "--json")  # fmt: skip
    assert wrong.code == 1 and not (tmp_path / "2").exists()


def test_needs_a_declaration(trained: Path, tmp_path: Path) -> None:
    more = ["--model", trained / "model.keras", "--output", tmp_path / "1", "--json"]
    for wrong in ([], ["--spec", "x"], ["--dataset", "x", "--stats", "y"]):
        done = run("export", *more, *wrong)
        assert (done.code, done.error["code"]) == (2, "USAGE")


@pytest.mark.parametrize("content", [None, b"", b"not a model"])
def test_model_that_is_none(
    content: bytes | None, trained: Path, tmp_path: Path
) -> None:
    file = tmp_path / "model.keras"
    if content is not None:
        file.write_bytes(content)
    done = run("export", "--model", file, "--dataset", trained / "out",
               "--output", tmp_path / "1", "--json")  # fmt: skip
    assert (done.code, done.error["code"]) == (1, "MODEL_FILE")
    assert done.error["file"] == str(file)
    assert not (tmp_path / "1").exists()


def test_model_with_code_is_refused(trained: Path, tmp_path: Path) -> None:
    inputs = keras.Input((1,))
    unsafe = keras.Model(inputs, keras.layers.Lambda(lambda x: x + 1)(inputs))
    unsafe.save(tmp_path / "unsafe.keras")
    done = run("export", "--model", tmp_path / "unsafe.keras", "--dataset",
               trained / "out", "--output", tmp_path / "1", "--json")  # fmt: skip
    assert (done.code, done.error["code"]) == (1, "MODEL_FILE")
    assert not (tmp_path / "1").exists()


def test_model_of_other_features(trained: Path, tmp_path: Path) -> None:
    other = fk.FeatureSpec({"age": fk.numeric("age")})
    fk.convert(other, fk.Stats({}), {"age": [1.0]}, tmp_path / "other")
    done = run("export", "--model", trained / "model.keras", "--dataset",
               tmp_path / "other", "--output", tmp_path / "1", "--json")  # fmt: skip
    assert (done.code, done.error["code"]) == (1, "MODEL_INPUTS")
    assert not (tmp_path / "1").exists()


def test_without_keras(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    done = run("export", "--model", trained / "model.keras", "--dataset",
               trained / "out", "--output", tmp_path / "1", "--json")  # fmt: skip
    assert (done.code, done.error["code"]) == (3, "MISSING_DEPENDENCY")
    assert "featurekit[tensorflow]" in done.stderr
