"""Processes of engines: started, waited for, ended by their group, and accounted."""

import contextlib
import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.work import ROOT

START_SECONDS = 120.0
"""Within which a server answers, or is said to have failed."""

_PR_SET_CHILD_SUBREAPER = 36


class EngineError(Exception):
    """An engine did not start, failed, or hung; the message is its last words."""


def environment(python: str = sys.executable) -> dict[str, str]:
    """Variables of a process, for which `python` is this interpreter."""
    others = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV")
    kept = {key: value for key, value in os.environ.items() if key not in others}
    path = os.pathsep.join([str(Path(python).parent), kept.get("PATH", "")])
    return {**kept, "TF_CPP_MIN_LOG_LEVEL": "3", "PATH": path}


def run(command: Sequence[str], *, seconds: float, env: Mapping[str, str]) -> str:
    """Runs a command to its end; returns what it printed.

    Raises:
        EngineError: It failed, or took longer.
    """
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise EngineError(f"did not end within {seconds:.0f} s") from None
    finally:
        end(process)
    if process.returncode:
        raise EngineError(_last_words(output) or f"status {process.returncode}")
    return output


@contextmanager
def server(
    command: Sequence[str],
    port: int,
    log: Path,
    env: Mapping[str, str],
    cwd: Path = ROOT,
) -> Iterator[None]:
    """A process that answers on a port of this machine; ended with the block.

    Raises:
        EngineError: It did not answer.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(lambda: answers(port), process, log)
        yield
    finally:
        end(process)


def wait_until(
    condition: Callable[[], bool], process: subprocess.Popen[bytes], log: Path
) -> None:
    """Waits for what a process is to bring about.

    Raises:
        EngineError: The process ended, or it takes too long.
    """
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            raise EngineError(_last_words(log.read_text(errors="replace")))
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """Ends all processes of a group whose leader this one is, politely at first."""
    for number, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            if number == signal.SIGKILL:
                return


def adopt_orphans() -> None:
    """Makes this process the parent of those that its children leave behind.

    The kernel accounts a process to the one that waits for its end.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def cpu_seconds_of_children() -> float:
    """CPU seconds of all processes that this one has started and that have ended."""
    deadline = time.monotonic() + 5  # for those that were killed a moment ago
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(0.02)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""
