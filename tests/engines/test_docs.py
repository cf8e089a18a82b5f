"""The commands of docs/clusters.md, as they are written there."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from engines.jobs_of_trips import Expected

from benchmarks.engines import cache
from benchmarks.engines.processes import end, environment, free_port
from benchmarks.work import ROOT
from checks.folders import content

pytestmark = [pytest.mark.beam, pytest.mark.engines, pytest.mark.slow]

PAGE = (ROOT / "docs" / "clusters.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
PORT = re.compile(r"\b(8099|50000|8786|7077)\b")


def test_each_engine_has_a_command() -> None:
    runners = re.findall(r"--runner=(?:\w+\.)*(\w+)", "".join(COMMANDS))
    assert runners == [
        *("FnApiRunner", "FnApiRunner", "PortableRunner"),
        *("PrismRunner", "DaskRunner", "PySparkRunner"),
    ]


@pytest.mark.parametrize("index", range(len(COMMANDS)))
def test_the_command_writes_the_bytes_of_the_library(
    index: int, expected: Expected, tmp_path: Path
) -> None:
    for name in re.findall(r"\$ENGINES/([\w.-]+)", COMMANDS[index]):
        if not (cache.folder() / name).exists():
            pytest.skip(f"no {name}: scripts/engines.sh fetches it")
    ports: dict[str, str] = {}
    script = PORT.sub(
        lambda found: ports.setdefault(found[0], str(free_port())), COMMANDS[index]
    )
    job, output = expected.job, tmp_path / "out"
    arguments = (
        f"--spec {job.spec} --stats {expected.stats} --source {job.source} "
        f"--output {output} --rows-per-task {job.rows_per_task}"
    )
    variables = {"JOB": arguments, "ENGINES": str(cache.folder())}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=ROOT,
            env={**environment(), "PYTHONPATH": os.fspath(ROOT), **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        status = process.wait(240)
    finally:
        end(process)
    assert status == 0, (tmp_path / "log").read_text(errors="replace")[-3000:]
    assert content(output) == content(expected.dataset)
