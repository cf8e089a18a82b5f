"""The two environments: featurekit's own, and one for TensorFlow Transform.

TensorFlow Transform and tfx_bsl pin versions that other packages need not share.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.suite import Environment
from benchmarks.work import BUILD

REQUIREMENTS = Path(__file__).with_name("requirements-tft.txt")
PYTHONS = ("python3.11", "python3.12", "python3.10")
FOLDER = BUILD / "tft-env"


def interpreters(*, with_tft: bool = True) -> dict[Environment, str]:
    """The Python of each environment that can be used; installs what is missing."""
    found: dict[Environment, str] = {"project": sys.executable}
    if with_tft and (python := _tft_python()):
        found["tft"] = python
    return found


def _tft_python() -> str | None:
    """The Python that has TensorFlow Transform; None, and a message, without one."""
    python = FOLDER / "bin" / "python"
    stamp = FOLDER / "installed"
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return str(python)
    print("installing TensorFlow Transform beside featurekit (minutes, once)")
    try:
        _install(python)
    except (OSError, subprocess.CalledProcessError) as error:
        detail = getattr(error, "stderr", None) or str(error)
        print(f"its peers are skipped, the installation failed: {detail.strip()}")
        return None
    stamp.write_text(digest)
    return str(python)


def _install(python: Path) -> None:
    base = next(filter(None, map(shutil.which, PYTHONS)), sys.executable)
    shutil.rmtree(FOLDER, ignore_errors=True)
    uv = str(Path(sys.executable).with_name("uv"))
    if not Path(uv).is_file():
        uv = shutil.which("uv") or "uv"
    options = ["--quiet", "--python", str(python), "--no-deps", "--compile-bytecode"]
    commands = (
        [uv, "venv", "--quiet", "--no-python-downloads", "--python", base, str(FOLDER)],
        [uv, "pip", "install", *options, "-r", str(REQUIREMENTS)],
        [str(python), "-c", "import tensorflow_transform.beam, tfx_bsl.public.tfxio"],
    )
    for command in commands:
        subprocess.run(command, check=True, capture_output=True, text=True)
