"""Kills a conversion before each step that changes the disk, one after the other.

    python tests/faults/every_step.py <folder> <nothing or old>

A fork that kills itself stands for a crash: nothing of it is cleaned up. Prints the
number of steps; what is wrong is an AssertionError.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from jobs.trips import SPEC, trips, write

import featurekit as fk
from checks.folders import content
from checks.killing import Undisturbed, visible

STEPS = [
    (Path, "mkdir"),
    (Path, "open"),
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "rmdir"),
    (os, "fsync"),
]


class Countdown:
    """Kills this process before a step."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        for owner, name in STEPS:
            setattr(owner, name, self.before(getattr(owner, name)))

    def before(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self.left -= 1
            return step(*arguments, **options)

        return counted


def dies(work: Callable[[], object], steps: int) -> bool:
    """Whether the work is killed before it has done so many steps and one more."""
    child = os.fork()
    if child == 0:
        Countdown(steps)
        try:
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL), code
    return code != 0


def main(folder: Path, before: str) -> int:
    source = write(folder / "source", trips(60), files=1, group=30)
    stats = fk.analyze(SPEC, source)

    def job(output: Path, rows_per_task: int) -> Callable[[], object]:
        options = {"workers": 1, "overwrite": True, "rows_per_task": rows_per_task}
        return partial(fk.convert, SPEC, stats, source, output, **options)

    def undisturbed(name: str, rows_per_task: int) -> Undisturbed:
        job(folder / name, rows_per_task)()
        run_id = fk.load(folder / name).manifest.run_id
        return Undisturbed(content(folder / name), (), run_id)

    new, third = undisturbed("new", 30), undisturbed("third", 29)
    old = undisturbed("old", 100) if before == "old" else None
    steps = 0
    while True:
        output, copy = folder / f"out{steps}", folder / f"copy{steps}"
        if old is not None:
            shutil.copytree(folder / "old", output)
        died = dies(job(output, 30), steps)
        seen = visible(output, new, old)
        allowed = ("new", "nothing" if old is None else "old") if died else ("new",)
        assert seen in allowed, (steps, seen)
        if output.exists():
            shutil.copytree(output, copy)
        assert not dies(job(output, 30), 10**6)
        assert content(output) == new.content, (steps, "the same job")
        assert not dies(job(copy, 29), 10**6)
        assert content(copy) == third.content, (steps, "another job")
        if not died:
            return steps
        steps += 1


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), sys.argv[2]))
