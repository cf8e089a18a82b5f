"""Processes of a job, as /proc shows them: Linux only."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

from checks.job import ROOT, Job

Target: TypeAlias = Literal["group", "parent", "worker"]
"""Who is killed: all processes of the job, the one that was started, or a worker."""

PATIENCE = 120.0
"""Seconds after which a process is said to hang."""


@contextmanager
def started(
    job: Job, output: Path, *, overwrite: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """The job as a process that leads a session; all of it ends with the block."""
    process = subprocess.Popen(
        job.command(output, overwrite=overwrite),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    watchdog = threading.Timer(PATIENCE, kill_group, [process.pid])
    watchdog.start()
    try:
        with process:
            yield process
    finally:
        watchdog.cancel()
        kill_group(process.pid)


def kill_group(leader: int) -> None:
    """Kills all processes of the group, if there are any."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def kill(process: subprocess.Popen[str], target: Target) -> bool:
    """Kills at once; waits for a worker to be there. False if it ended before."""
    if target == "worker":
        while not (found := _workers(process.pid)):
            if process.poll() is not None:
                return False
            time.sleep(0.001)
        with contextlib.suppress(ProcessLookupError):
            os.kill(found[0], signal.SIGKILL)
        return True
    if process.poll() is not None:
        return False
    if target == "group":
        kill_group(process.pid)
    else:
        process.kill()
    return True


def orphans(leader: int, patience: float = 20.0) -> int:
    """How many processes of a session do not end by themselves."""
    end = time.monotonic() + patience
    while found := [one for one in _all() if one.session == leader]:
        if time.monotonic() > end:
            return len(found)
        time.sleep(0.02)
    return 0


class _Process:
    """A line of /proc that is not a zombie: those wait for nobody but their parent."""

    def __init__(self, folder: Path) -> None:
        text = (folder / "stat").read_text()
        # The name, in parentheses, may hold anything.
        state, parent, _, session, *_ = text[text.rindex(")") + 2 :].split()
        self.pid = int(folder.name)
        self.parent = int(parent)
        self.session = int(session)
        self.alive = state not in "ZX"
        self.command = (folder / "cmdline").read_bytes()


def _all() -> Iterator[_Process]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                found = _Process(folder)
                if found.alive:
                    yield found


def _workers(parent: int) -> list[int]:
    """Worker processes; multiprocessing starts one more, which tracks resources."""
    return sorted(
        one.pid
        for one in _all()
        if one.parent == parent and b"spawn_main" in one.command
    )
