import subprocess
import sys
from pathlib import Path

import pytest
from beam.direct import OPTIONS
from jobs.trips import SPEC, tree, trips, write

import featurekit as fk
from featurekit.spec.serialize import spec_to_proto

pytestmark = pytest.mark.beam

ROOT = Path(__file__).parents[2]


def run(pipeline: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"pipelines.{pipeline}", *map(str, arguments)]
    return subprocess.run(
        [*command, *OPTIONS], cwd=ROOT, capture_output=True, text=True, timeout=300
    )


def test_the_jobs_write_the_bytes_of_the_library(tmp_path: Path) -> None:
    write(tmp_path / "data", trips())
    spec = tmp_path / "spec.pb"
    spec.write_bytes(spec_to_proto(SPEC))
    given = ("--spec", spec, "--source", tmp_path / "data" / "*.parquet")
    made = tmp_path / "stats.json"
    done = run("analyze", *given, "--stats", made, "--rows-per-task", 50)
    assert done.returncode == 0, done.stderr
    stats = fk.analyze(SPEC, tmp_path / "data")
    assert f"{len(stats)} statistics" in done.stdout
    stats.save(tmp_path / "library.json")
    assert made.read_bytes() == (tmp_path / "library.json").read_bytes()
    options = ("--compression", "gzip", "--rows-per-task", 50)
    convert = (*given, "--stats", made, "--output", tmp_path / "out")
    done = run("convert", *convert, *options)
    assert done.returncode == 0, done.stderr
    assert "rows read 400" in done.stdout
    fk.convert(
        SPEC,
        stats,
        tmp_path / "data",
        tmp_path / "library",
        compression="gzip",
        rows_per_task=50,
    )
    before = tree(tmp_path / "out")
    assert before == tree(tmp_path / "library")
    refused = run("convert", *convert)
    assert refused.returncode != 0
    assert "OUTPUT_EXISTS" in refused.stderr
    assert tree(tmp_path / "out") == before


def test_a_spec_that_is_python_and_an_old_dataset(tmp_path: Path) -> None:
    write(tmp_path / "data", trips())
    spec = tmp_path / "spec.py"
    spec.write_text(
        "import featurekit as fk\n"
        "spec = fk.FeatureSpec({'far': fk.numeric('distance').standardize()})\n"
    )
    files = sorted((tmp_path / "data").iterdir())
    given = ("--spec", spec, "--source", *files)
    done = run("analyze", *given, "--stats", tmp_path / "stats.pb")
    assert done.returncode == 0, done.stderr
    output = tmp_path / "out"
    old = fk.FeatureSpec({"a": fk.numeric("a")})
    fk.convert(old, fk.Stats({}), {"a": [1.0]}, output)
    options = ("--stats", tmp_path / "stats.pb", "--output", output, "--overwrite")
    done = run("convert", *given, *options)
    assert done.returncode == 0, done.stderr
    assert len(fk.load(output)) == 400
    assert [column.name for column in fk.load(output).columns] == ["far"]
