"""Runs the jobs on one engine, and says what they took and what they wrote."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from benchmarks.engines.cache import Missing
from benchmarks.engines.engines import Engine
from benchmarks.engines.job import Job
from benchmarks.engines.killing import Killer
from benchmarks.engines.processes import EngineError, cpu_seconds_of_children, run
from checks.folders import digest
from featurekit.io.dataset import load
from featurekit.io.verify import verify

Disturb: TypeAlias = Callable[[Path], AbstractContextManager[Killer | None]]
"""What happens to an engine while it writes to a folder."""


@dataclass(frozen=True, slots=True)
class Result:
    """What an engine did.

    Args:
        engine: Its name.
        workers: Processes that work on tasks.
        start: Seconds until it took jobs.
        seconds: Of both jobs, from their commands to their ends.
        cpu: Seconds of all of its processes, the commands' too.
        rows: That the dataset accounts for.
        digest: SHA-256 over the paths and bytes of the statistics and of the dataset.
        reason: Why there are no numbers; "" if there are.
        skipped: Whether the reason is that the engine cannot be had.
        killed: The unfinished file of the worker that was killed; "" if none was.
    """

    engine: str
    workers: int
    start: float = 0.0
    seconds: float = 0.0
    cpu: float = 0.0
    rows: int = 0
    digest: str = ""
    reason: str = ""
    skipped: bool = False
    killed: str = ""


def undisturbed(output: Path) -> AbstractContextManager[None]:
    """Nothing happens."""
    return nullcontext()


def measure(
    engine: Engine,
    job: Job,
    folder: Path,
    *,
    disturb: Disturb = undisturbed,
    seconds: float = 600.0,
) -> Result:
    """Runs the analysis and the conversion on an engine.

    Args:
        engine: Which one.
        job: What it does.
        folder: Where its statistics, its dataset and its logs go; made here.
        disturb: Around the conversion.
        seconds: After which a job is said to hang.
    """
    folder.mkdir(parents=True)
    none, before = Result(engine.name, engine.workers), cpu_seconds_of_children()
    try:
        found = _run(engine, job, folder, disturb, seconds)
    except Missing as missing:
        return replace(none, reason=str(missing), skipped=True)
    except EngineError as error:
        return replace(none, reason=str(error))
    return replace(found, cpu=cpu_seconds_of_children() - before)


def _run(
    engine: Engine, job: Job, folder: Path, disturb: Disturb, seconds: float
) -> Result:
    results = folder / "results"
    results.mkdir()
    stats, output = results / "stats.json", results / "dataset"
    began = time.perf_counter()
    with engine.start(folder) as running:
        started = time.perf_counter()
        local = engine.is_local
        run(
            job.analyze(stats, *running.options, local=local),
            seconds=seconds,
            env=running.env,
        )
        with disturb(output) as killer:
            run(
                job.convert(stats, output, *running.options, local=local),
                seconds=seconds,
                env=running.env,
            )
        ended = time.perf_counter()
    report = verify(output)
    if not report.sound:
        raise EngineError(f"damaged: {report}")
    return Result(
        engine.name,
        engine.workers,
        start=started - began,
        seconds=ended - started,
        rows=load(output).manifest.accounting.rows_read,
        digest=digest(results),
        killed=killer.file if killer is not None else "",
    )
