import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("uvicorn")

from serve.server.artifacts import write_version
from serve.server.running import running

from featurekit.serve.server.model_server import ModelServer


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Versions 1 to 4, each multiplying by its number."""
    folder = tmp_path_factory.mktemp("exported")
    for number in range(1, 5):
        write_version(folder, number)
    return folder


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    """A folder with version 1."""
    found = tmp_path / "m"
    shutil.copytree(exported / "1", found / "1")
    return found


@pytest.fixture(scope="session")
def server(
    exported: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ModelServer]:
    """A server of version 1 alone."""
    found = tmp_path_factory.mktemp("served") / "m"
    shutil.copytree(exported / "1", found / "1")
    with running(found) as server:
        yield server
