"""The flights of the demo as files, for the jobs of the checks."""

from dataclasses import replace
from pathlib import Path

from checks.job import ROOT, Job
from examples.flights.data import ROWS_PER_GROUP, write_flights
from featurekit.jobs.analyze import analyze
from featurekit.spec.load import load_spec


def flights_job(folder: Path) -> Job:
    """Writes flights and statistics to a folder; the job that converts them."""
    spec = ROOT / "examples" / "flights" / "spec.py"
    source = folder / "flights.parquet"
    write_flights(source)
    job = Job(spec, folder / "stats.pb", source, rows_per_task=ROWS_PER_GROUP)
    analyze(load_spec(spec), source).save(job.stats)
    return job


def other_job(job: Job) -> Job:
    """A job that writes another dataset of the same rows."""
    return replace(job, rows_per_task=4 * job.rows_per_task)
