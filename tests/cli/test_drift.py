"""`featurekit drift`: rows against the training rows of an exported model."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.running import run, write_parquet
from serve.drift.artifacts import write_model

import featurekit as fk

SPEC = fk.FeatureSpec(
    {
        "age": fk.numeric("age").fill(30.0).standardize(),
        "city": fk.string("city").fill("").vocabulary(["Oslo", "Lyon"]),
    }
)


def draw(n: int, seed: int, shift: float = 0.0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "age": rng.normal(40.0 + shift, 10.0, n).astype("f4"),
        "city": rng.choice(["Oslo", "Lyon"], n).tolist(),
    }


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = draw(5000, 1)
    folder = tmp_path_factory.mktemp("served") / "1"
    return write_model(folder, SPEC, fk.analyze(SPEC, rows), rows)


def test_rows_like_those_of_training(model: Path, tmp_path: Path) -> None:
    rows = write_parquet(tmp_path, draw(500, 2))
    done = run("drift", model, rows)
    assert (done.code, done.stderr) == (0, "")
    assert "500 rows against 5,000 of training, alpha 0.01: no drift" in done.stdout
    found = run("drift", model, rows, "--json")
    assert (found.code, found.json["drifted"]) == (0, [])
    assert {one["name"] for one in found.json["tests"]} == {"age", "city"}


def test_drift_is_exit_code_1_and_no_error(model: Path, tmp_path: Path) -> None:
    rows = write_parquet(tmp_path, {**draw(500, 3, 9.0), "city": ["Rom"] * 500})
    done = run("drift", model, rows)
    assert (done.code, done.stderr) == (1, "")
    assert "drift in age, city" in done.stdout or "drift in city, age" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    found = run("drift", model, rows, "--json")
    assert found.code == 1 and "error" not in found.json
    assert sorted(found.json["drifted"]) == ["age", "city"]
    [first, *_] = found.json["tests"]
    assert first["drifted"] and first["adjusted"] <= found.json["alpha"] == 0.01
    # What drifts at one level need not at a stricter one.
    few = write_parquet(tmp_path, draw(60, 4, 9.0), "few.parquet")
    assert run("drift", model, few).code == 1
    assert run("drift", model, few, "--alpha", 1e-12).code == 0


def test_rows_come_from_csv_and_several_files(model: Path, tmp_path: Path) -> None:
    for part in range(2):
        rows = draw(200, 5 + part)
        lines = [f"{age};{city}" for age, city in zip(*rows.values(), strict=True)]
        text = "\n".join(["age;city", *lines]) + "\n"
        (tmp_path / f"{part}.csv").write_text(text, encoding="utf-8")
    done = run("drift", model, tmp_path / "*.csv", "--csv-delimiter", ";", "--json")
    assert (done.code, done.json["rows"]) == (0, 400)


def test_a_model_without_sketches(model: Path, tmp_path: Path) -> None:
    stats = fk.analyze(SPEC, draw(50, 1))
    bare = write_model(tmp_path / "1", SPEC, stats)
    done = run("drift", bare, write_parquet(tmp_path, draw(50, 2)), "--json")
    assert (done.code, done.error["code"]) == (1, "NO_TRAINING_SKETCHES")
    assert done.error["file"] == str(bare) and "training=" in done.error["hint"]


def test_what_cannot_be_compared_is_an_error(model: Path, tmp_path: Path) -> None:
    rows = write_parquet(tmp_path, draw(50, 2))
    none = run("drift", tmp_path / "none", rows, "--json")
    assert none.code == 1 and none.error["file"].startswith(str(tmp_path / "none"))
    lacking = write_parquet(tmp_path, {"age": [1.0]}, "lacking.parquet")
    missing = run("drift", model, lacking, "--json")
    assert (missing.code, missing.error["column"]) == (1, "city")
    for wrong in ("0", "0.6", "x"):
        assert run("drift", model, rows, "--alpha", wrong).code == 2
    assert run("drift", model).code == 2


def test_no_rows_show_no_drift(model: Path, tmp_path: Path) -> None:
    empty = {name: values[:0] for name, values in draw(1, 1).items()}
    table = write_parquet(tmp_path, {**empty, "city": np.array([], "U1")})
    done = run("drift", model, table, "--json")
    assert (done.code, done.json["rows"], done.json["drifted"]) == (0, 0, [])


def test_tensorflow_is_not_loaded(model: Path, tmp_path: Path) -> None:
    rows = write_parquet(tmp_path, draw(50, 2))
    code = (
        "import sys, featurekit as fk\n"
        f"print(fk.drift({str(model)!r}, {str(rows)!r}).drifted)\n"
        "from featurekit.serve.drift import Monitor\n"
        f"Monitor({str(model)!r}).report()\n"
        "assert not {'tensorflow', 'keras', 'torch', 'jax'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
    assert json.loads(run("drift", model, rows, "--json").stdout)["rows"] == 50
