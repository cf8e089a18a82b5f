"""One job for all engines, and what the library writes for it by itself."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from jobs.trips import SPEC, trips, write

import featurekit as fk
from benchmarks.engines.engines import Engine
from benchmarks.engines.job import Job, save_job
from benchmarks.engines.measure import Disturb, Result, measure, undisturbed
from checks.folders import digest


@dataclass(frozen=True)
class Expected:
    """A job, its source, and the bytes it has to give."""

    job: Job
    stats: Path
    dataset: Path
    digest: str


def expect(folder: Path, rows: int, tasks: int) -> Expected:
    """A job of trips, done by the library itself."""
    size = rows // tasks
    source = write(folder / "source", trips(rows), files=1, group=size) / "0.parquet"
    job = save_job(SPEC, source, folder, size)
    results = folder / "results"
    results.mkdir()
    stats = fk.analyze(SPEC, source, rows_per_task=size, workers=1)
    stats.save(results / "stats.json")
    dataset = results / "dataset"
    report = fk.convert(SPEC, stats, source, dataset, rows_per_task=size, workers=1)
    assert report.manifest.accounting.rows_read == rows
    return Expected(job, results / "stats.json", dataset, digest(results))


def check(
    engine: Engine, expected: Expected, folder: Path, disturb: Disturb = undisturbed
) -> Result:
    """Runs a job on an engine; skips where it cannot be had."""
    found = measure(engine, expected.job, folder / "run", disturb=disturb, seconds=240)
    if found.skipped:
        pytest.skip(found.reason)
    assert found.reason == ""
    assert found.digest == expected.digest
    return found
