import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.proves(100)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(("before", "least"), [("nothing", 50), ("old", 60)])
def test_a_crash_before_any_step_loses_nothing(
    before: str, least: int, tmp_path: Path
) -> None:
    """Readers see all or nothing; the same job and another one leave no trace."""
    done = subprocess.run(
        [sys.executable, "tests/faults/every_step.py", str(tmp_path), before],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > least
