"""The example of the README runs as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.tensorflow
def test_the_example_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "rows read 6, written 6, rejected 0" in done.stdout
    assert "probabilities" in done.stdout


def test_the_folders_exist() -> None:
    for cell in re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE):
        for folder in re.findall(r"`([\w/]+)`", cell):
            assert (ROOT / folder).is_dir(), folder


def test_the_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (ROOT / target).is_file(), target
