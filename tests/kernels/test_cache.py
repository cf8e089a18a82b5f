"""Compiled kernels are cached safely, and work where they cannot be."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import featurekit

CHECK = """
import numpy as np
from featurekit.kernels.crc32c import crc32c
from featurekit.kernels.jit import compile_seconds
data = np.frombuffer(b"123456789", np.uint8)
assert crc32c(data, 0, 9) == 0xE3069283
print(compile_seconds())
"""
SHOW_LOG = """
import logging, sys
logging.basicConfig(level="INFO", stream=sys.stdout)
"""
NO_CACHE = """
from numba.core import caching
caching.CacheImpl._locator_classes = []
"""


def start(
    code: str, cache: Path, folder: Path | None = None
) -> "subprocess.Popen[str]":
    """Runs code; with a folder, that of the package in it."""
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
        stdout=subprocess.PIPE,
        text=True,
    )


def seconds(process: "subprocess.Popen[str]") -> float:
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return float(out)


def test_many_processes_may_fill_the_cache_at_once(tmp_path: Path) -> None:
    racing = [start(CHECK, tmp_path) for _ in range(3)]
    assert all(seconds(process) >= 0 for process in racing)
    assert list(tmp_path.rglob("*.nbi"))
    assert seconds(start(CHECK, tmp_path)) == 0.0


def test_without_a_cache_every_process_compiles(tmp_path: Path) -> None:
    assert seconds(start(NO_CACHE + CHECK, tmp_path)) > 0
    assert not list(tmp_path.rglob("*.nbi"))


def test_compiling_is_announced_once(tmp_path: Path) -> None:
    first, _ = start(SHOW_LOG + CHECK, tmp_path).communicate(timeout=300)
    assert first.count("compiling kernels") == 1
    second, _ = start(SHOW_LOG + CHECK, tmp_path).communicate(timeout=300)
    assert "compiling" not in second


def test_a_change_of_what_a_kernel_calls_compiles_it_anew(tmp_path: Path) -> None:
    copy = tmp_path / "featurekit"
    package = Path(featurekit.__file__).parent
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    cache = tmp_path / "cache"
    assert seconds(start(CHECK, cache, tmp_path)) > 0
    assert seconds(start(CHECK, cache, tmp_path)) == 0
    called = copy / "kernels" / "memory.py"
    called.write_text(called.read_text() + "\n# changed\n")
    assert seconds(start(CHECK, cache, tmp_path)) > 0
