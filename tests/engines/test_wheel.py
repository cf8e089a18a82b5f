"""A worker that has the built wheel, and neither the checkout nor TensorFlow."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from engines.jobs_of_trips import Expected, check

from benchmarks.engines.engines import Engine, portable_external
from benchmarks.engines.processes import environment
from benchmarks.work import ROOT

pytestmark = [pytest.mark.beam, pytest.mark.engines]

UV = Path(sys.executable).with_name("uv")


def call(*command: object, cwd: Path = ROOT, python: str = sys.executable) -> str:
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment(python),
        capture_output=True,
        text=True,
        timeout=240,
    )
    if done.returncode:
        pytest.skip(f"no environment for a worker: {done.stderr.strip()[-300:]}")
    return done.stdout


@pytest.fixture
def worker_python(tmp_path: Path) -> str:
    """Of an environment with the wheel and what its extra `beam` asks for."""
    python = tmp_path / "worker" / "bin" / "python"
    call(UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT)
    locked = ("--frozen", "--no-default-groups", "--no-emit-project", "--no-hashes")
    listed = call(UV, "export", "--quiet", *locked, "--extra", "beam")
    (tmp_path / "locked.txt").write_text(listed)
    call(UV, "venv", "--quiet", "--python", sys.executable, tmp_path / "worker")
    (wheel,) = tmp_path.glob("*.whl")
    options = ("--quiet", "--no-deps", "--python", python, "-r", "locked.txt", wheel)
    call(UV, "pip", "install", *options, cwd=tmp_path)
    return str(python)


@pytest.mark.slow
def test_a_worker_needs_the_wheel_only(
    worker_python: str, expected: Expected, tmp_path: Path
) -> None:
    asked = "import featurekit, importlib.util as u;"
    asked += "print(featurekit.__file__, u.find_spec('tensorflow'), sep='|')"
    found = call(worker_python, "-c", asked, cwd=tmp_path, python=worker_python)
    file, tensorflow = found.strip().split("|")
    assert Path(file).is_relative_to(tmp_path / "worker")
    assert tensorflow == "None"
    start = partial(portable_external, python=worker_python, folder=tmp_path)
    check(Engine("wheel", 1, start), expected, tmp_path)
