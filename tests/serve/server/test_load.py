"""Under load, with versions that come and go, each answer is right and of one."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from serve.server.artifacts import ROW
from serve.server.running import get, post, running
from serve.server.test_versions import damage_graph, publish, version, wait_for

from featurekit.serve.server.model_server import ModelServer

pytestmark = pytest.mark.tensorflow
ROOT = Path(__file__).parents[3]


def start_clients(server: ModelServer, clients: int) -> "subprocess.Popen[str]":
    """Clients in a process of their own; each request has a number of its own."""
    command = [sys.executable, "-m", "benchmarks.serving_clients"]
    command += [f"127.0.0.1:{server.port}", "--clients", str(clients)]
    command += ["--seconds", "240", "--row", json.dumps(ROW)]
    command += ["--id-column", "x"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def wait_for_answers(server: ModelServer) -> None:
    wait_for(lambda: server.metrics.live()["requests"].get("OK", 0) > 20)


def end_clients(process: "subprocess.Popen[str]") -> dict[str, Any]:
    process.terminate()
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(text)
    return found


def change_versions(server: ModelServer, exported: Path, folder: Path) -> None:
    """Three reloads, a corrupt version between them, and a rollback."""
    publish(exported, 2, folder)
    wait_for(lambda: version(server) == 2)
    shutil.copytree(exported / "3", folder / ".3")
    damage_graph(folder / ".3")
    (folder / ".3").rename(folder / "3")
    wait_for(lambda: "3" in get(server, "/health/ready").json()["refused"])
    shutil.rmtree(folder / "3")
    publish(exported, 3, folder)
    wait_for(lambda: version(server) == 3)
    publish(exported, 4, folder)
    wait_for(lambda: version(server) == 4)
    time.sleep(0.5)
    assert post(server, ":rollback", None).json() == {"version": "3"}
    assert version(server) == 3


@pytest.mark.parametrize(
    ("clients", "seconds"),
    [(20, 0), pytest.param(200, 60, marks=pytest.mark.slow)],
)
def test_no_answer_fails_or_is_of_another_request_or_of_two_versions(
    exported: Path, folder: Path, clients: int, seconds: float
) -> None:
    with running(folder) as server:
        process, started = start_clients(server, clients), time.monotonic()
        wait_for_answers(server)
        change_versions(server, exported, folder)
        time.sleep(max(1.0, seconds - (time.monotonic() - started)))
        found = end_clients(process)
        live = server.metrics.live()
    assert (found["failed"], found["wrong"]) == (0, 0), found
    assert set(found["versions"]) == {"1", "2", "3", "4"}, found
    assert found["answers"] > 10 * clients
    assert live["requests"].keys() == {"OK"}


def test_a_bad_row_fails_its_own_request_alone(exported: Path, folder: Path) -> None:
    with running(folder) as server:
        process = start_clients(server, 8)
        wait_for_answers(server)
        for _ in range(50):
            answer = post(server, ":predict", {"instances": [{"x": 1.0}]})
            assert answer.json()["row"] == 0, answer.text
        found = end_clients(process)
    assert (found["failed"], found["wrong"]) == (0, 0), found
