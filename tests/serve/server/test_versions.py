"""Versions come, are refused, and go back; each answer is of one of them."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from serve.server.artifacts import ROW
from serve.server.running import get, post, predict, running

from featurekit.errors import ArtifactError
from featurekit.serve.artifact import DESCRIPTION, EXTRA
from featurekit.serve.server.model_server import ModelServer

pytestmark = pytest.mark.tensorflow


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.02)


def publish(exported: Path, number: int, folder: Path) -> None:
    """Copies a version under another name, and renames it, as one should."""
    shutil.copytree(exported / str(number), folder / f".{number}")
    (folder / f".{number}").rename(folder / str(number))


def version(server: ModelServer) -> int | None:
    return server.versions.current.number if server.versions.current else None


def answer(server: ModelServer) -> tuple[float, str]:
    found = predict(server, {**ROW, "x": 1.0})
    return found.json()["predictions"][0][0], found.headers["x-model-version"]


def test_the_newest_version_answers(exported: Path, folder: Path) -> None:
    with running(folder) as server:
        assert answer(server) == (1.0, "1")
        publish(exported, 3, folder)
        wait_for(lambda: version(server) == 3)
        assert answer(server) == (3.0, "3")
        # The one before is still there; one that is older than both is not loaded.
        publish(exported, 2, folder)
        time.sleep(0.3)
        old = post(server, "/versions/1:predict", {"instances": [{**ROW, "x": 1.0}]})
        assert old.json() == {"predictions": [[1.0]]}
        assert server.versions.loaded_numbers == (3, 1)
        publish(exported, 4, folder)
        wait_for(lambda: server.versions.loaded_numbers == (4, 3))


def test_rollback(exported: Path, folder: Path) -> None:
    with running(folder) as server:
        refused = post(server, ":rollback", None)
        assert (refused.status_code, refused.json()["code"]) == (
            409,
            "NO_PREVIOUS_VERSION",
        )
        publish(exported, 2, folder)
        wait_for(lambda: version(server) == 2)
        # It is still in memory, so nothing has to be loaded.
        assert server.versions.loaded_numbers == (2, 1)
        assert post(server, ":rollback", None).json() == {"version": "1"}
        assert answer(server) == (1.0, "1")
        time.sleep(0.3)  # the watcher looks several times
        assert answer(server) == (1.0, "1")
        refused = get(server, "/health/ready").json()["refused"]
        assert refused == {"2": "rolled back to version 1"}
        publish(exported, 3, folder)
        wait_for(lambda: version(server) == 3)


def damage_graph(path: Path) -> None:
    with (path / "saved_model.pb").open("ab") as file:
        file.write(b"\0")


def lose_statistics(path: Path) -> None:
    (path / EXTRA / "stats.pb").unlink()


def half_copied(path: Path) -> None:
    (path / DESCRIPTION).unlink()


def newer_library(path: Path) -> None:
    text = (path / DESCRIPTION).read_text()
    (path / DESCRIPTION).write_text(text.replace('"version": 1', '"version": 99'))


def other_results(path: Path) -> None:
    """The golden outputs of another version, with digests that fit."""
    import json

    from featurekit.serve.artifact import digests

    golden = path / EXTRA / "golden_outputs.arrow"
    golden.write_bytes((path.parent / "1" / EXTRA / golden.name).read_bytes())
    described = json.loads((path / DESCRIPTION).read_text())
    described["digests"] = digests(path)
    (path / DESCRIPTION).write_text(json.dumps(described))


@pytest.mark.parametrize(
    "break_it",
    [damage_graph, lose_statistics, half_copied, newer_library, other_results],
)
def test_a_bad_version_is_refused_and_the_old_one_serves(
    exported: Path, folder: Path, break_it: Callable[[Path], None]
) -> None:
    shutil.copytree(exported / "2", folder / ".2")
    shutil.copytree(folder / ".2", folder / ".good")
    with running(folder) as server:
        break_it(folder / ".2")
        (folder / ".2").rename(folder / "2")
        wait_for(lambda: "2" in get(server, "/health/ready").json()["refused"])
        assert answer(server) == (1.0, "1")
        reason = get(server, "/health/ready").json()["refused"]["2"]
        status = get(server, "").json()["model_version_status"][0]
        assert status["state"] == "END"
        assert status["status"]["error_message"] == reason != ""
        assert str(folder) not in reason
        # Copied again: what was half there is tried again.
        shutil.rmtree(folder / "2")
        (folder / ".good").rename(folder / "2")
        wait_for(lambda: version(server) == 2)
        assert answer(server) == (2.0, "2")


def test_a_server_without_a_version_does_not_start(
    exported: Path, folder: Path
) -> None:
    with pytest.raises(ArtifactError, match="no version"):
        ModelServer(folder / "nothing")
    half_copied(folder / "1")
    with pytest.raises(ArtifactError, match="version 1 is refused"):
        ModelServer(folder)


def test_one_version_alone_can_be_served(exported: Path) -> None:
    with running(exported / "2") as server:
        assert answer(server) == (2.0, "2")
