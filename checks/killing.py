"""Kills a conversion at a moment of its work, and looks at what is left."""

import random
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from checks.folders import content
from checks.job import Job
from checks.processes import Target, kill, orphans, started
from featurekit.errors import DatasetIncompleteError
from featurekit.io.dataset import load
from featurekit.io.output_directory import read_manifest


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody killed.

    Args:
        content: What it wrote.
        pauses: Seconds from the beginning to the end of the first task, from each
            task to the next one, and from the last one to the end.
        run_id: The folder of its shards.
    """

    content: dict[str, str]
    pauses: tuple[float, ...]
    run_id: str


@dataclass(frozen=True)
class Trial:
    """When and whom to kill.

    Args:
        job: What runs.
        target: Who is killed.
        position: How many tasks are done, and which part of the pause after them
            is over: 2.5 is half-way between the second and the third task.
        old: What the output holds before, to be replaced; None for nothing.
    """

    job: Job
    target: Target
    position: float
    old: Undisturbed | None


@dataclass(frozen=True)
class Outcome:
    """What a killed job left, and what became of it.

    Args:
        phase: How far it was.
        visible: What readers see: "nothing", "old", "new", or "damaged".
        problems: What must not be.
    """

    phase: str
    visible: str
    problems: tuple[str, ...]


def run_undisturbed(job: Job, output: Path) -> Undisturbed:
    """Runs the job to its end and measures it.

    Raises:
        RuntimeError: It failed.
    """
    with started(job, output) as process:
        assert process.stdout is not None
        times = [time.perf_counter() for _ in process.stdout]
        errors = process.communicate()[1]
    if process.returncode:
        raise RuntimeError(errors)
    pauses = tuple(b - a for a, b in pairwise(times))
    return Undisturbed(content(output), pauses, load(output).manifest.run_id)


def draw_positions(times: int, tasks: int, seed: int) -> Iterator[float]:
    """Random moments, one in each of as many equal parts of the work, in any order."""
    draw = random.Random(seed)
    parts = list(range(times))
    draw.shuffle(parts)
    for part in parts:
        yield (part + draw.random()) / times * (tasks + 1)


def attempt(trial: Trial, new: Undisturbed, output: Path) -> Outcome:
    """Kills the job, looks, and runs it again.

    Args:
        trial: When and whom to kill.
        new: What the job writes if nobody kills it.
        output: The output, which holds `trial.old`.
    """
    overwrite = trial.old is not None
    with started(trial.job, output, overwrite=overwrite) as process:
        _wait(process, trial.position, new.pauses)
        killed = kill(process, trial.target)
        # Who is left of the job ends by itself, soon. (Reading its output to the end
        # would wait for orphans, which hold it open.)
        process.wait()
        left = orphans(process.pid)
    phase = _phase(output, new) + ("" if killed else ", ended before")
    seen = visible(output, new, trial.old)
    problems = [f"{left} orphans"] if left else []
    if trial.target == "worker" and process.returncode < 0:
        problems.append("the job did not end when a worker had died")
    if seen not in ("new", "nothing" if trial.old is None else "old"):
        problems.append(f"visible: {seen}")
    problems += _rerun(trial.job, output, overwrite, new)
    return Outcome(phase, seen, tuple(problems))


def _wait(
    process: subprocess.Popen[str], position: float, pauses: tuple[float, ...]
) -> None:
    assert process.stdout is not None
    for _ in range(int(position) + 1):
        process.stdout.readline()
    time.sleep((position - int(position)) * pauses[int(position)])


def _phase(output: Path, new: Undisturbed) -> str:
    receipts = output / new.run_id / "receipts"
    manifest = read_manifest(output) if output.is_dir() else None
    if manifest is not None and manifest.run_id == new.run_id:
        return "published, not tidy" if receipts.is_dir() else "published"
    if not receipts.is_dir():
        return "not begun"
    return f"{len(list(receipts.glob('*.pb')))} of {len(new.pauses) - 1} tasks"


def visible(output: Path, new: Undisturbed, old: Undisturbed | None) -> str:
    """What readers see, every byte of it compared."""
    try:
        run_id = load(output).manifest.run_id
    except DatasetIncompleteError:
        return "nothing"
    found = content(output)
    for name, whole in (("new", new), ("old", old)):
        if whole is not None and whole.run_id == run_id:
            return name if whole.content.items() <= found.items() else "damaged"
    return "damaged"


def _rerun(job: Job, output: Path, overwrite: bool, new: Undisturbed) -> Iterator[str]:
    with started(job, output, overwrite=overwrite) as process:
        errors = process.communicate()[1]
    if process.returncode:
        yield f"rerun failed: {errors.strip().splitlines()[-1:]}"
    elif content(output) != new.content:
        differing = sorted(content(output).items() ^ new.content.items())
        yield f"rerun differs: {differing[0][0]} and {len(differing) - 1} more"
