"""Where `scripts/engines.sh` has put what engines need."""

import importlib.metadata
import importlib.util
import os
import shutil
from pathlib import Path

SPARK_VERSION = "4.0.1"


class Missing(Exception):
    """An engine cannot be had here; the message says what it lacks."""


def folder() -> Path:
    """The cache; $FEATUREKIT_ENGINES names another one."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(
        os.environ.get("FEATUREKIT_ENGINES") or Path(home, "featurekit-engines")
    )


def beam_version() -> str:
    """The version of Beam that is installed, which all parts have to match."""
    return importlib.metadata.version("apache-beam")


def prism() -> Path:
    """The program of Prism."""
    return _file(f"prism-{beam_version()}")


def flink_job_server() -> Path:
    """Beam's job server for Flink, with a Flink of its own."""
    if shutil.which("java") is None:
        raise Missing("no java on the path")
    return _file(f"flink-job-server-{beam_version()}.jar")


def spark() -> Path:
    """A folder with PySpark, which holds Spark, and a runner that brings Beam to it."""
    if shutil.which("java") is None:
        raise Missing("no java on the path")
    return _file(f"spark-{SPARK_VERSION}")


def need_dask() -> None:
    """Raises Missing without Dask."""
    if importlib.util.find_spec("distributed") is None:
        raise Missing("dask is not installed: uv sync --group engines")


def _file(name: str) -> Path:
    path = folder() / name
    if not path.exists():
        raise Missing(f"no {name} in {folder()}: scripts/engines.sh fetches it")
    return path
