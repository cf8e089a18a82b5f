"""Converts the flights with every engine: all of them write the same bytes.

    python -m checks.same_bytes

The local engine runs with 1, 2 and 3 workers, then Beam's DirectRunner. The digest is
over the paths and the bytes of all files. Exit code 1 if one differs.
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from checks.flights import flights_job
from checks.folders import digest
from checks.job import Job
from featurekit.io.dataset import load
from featurekit.io.verify import verify
from featurekit.jobs.convert import convert
from featurekit.plan.stats import Stats
from featurekit.spec.load import load_spec

ROW = "{:<6}  {:>7}  {:>7}  {:>7}  {:>6}  {}"
WORKERS = (1, 2, 3)


def run(folder: Path) -> bool:
    """Prints a table of all engines; False if a digest differs."""
    job = flights_job(folder)
    header = ("engine", "workers", "seconds", "rows", "shards", "SHA-256")
    print(ROW.format(*header))
    digests = {_local(job, workers, folder / f"local{workers}") for workers in WORKERS}
    digests.add(_beam(job, folder / "beam"))
    verify(folder / "beam").raise_if_damaged()
    return len(digests) == 1


def _local(job: Job, workers: int, output: Path) -> str:
    spec, stats = load_spec(job.spec), Stats.open(job.stats)
    started = time.perf_counter()
    convert(
        spec,
        stats,
        job.source,
        output,
        workers=workers,
        rows_per_task=job.rows_per_task,
    )
    return _show("local", str(workers), started, output)


def _beam(job: Job, output: Path) -> str:
    # Worker processes of the local engine import this module, and need no Beam.
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    from featurekit.beam.conversion import Convert

    spec, stats = load_spec(job.spec), Stats.open(job.stats)
    # Without a place for it, DirectRunner would first try to download a server.
    options = PipelineOptions(["--runner=DirectRunner", "--prism_location=none"])
    started = time.perf_counter()
    with beam.Pipeline(options=options) as pipeline:
        _ = pipeline | Convert(
            spec, stats, job.source, output, rows_per_task=job.rows_per_task
        )
    return _show("beam", "direct", started, output)


def _show(engine: str, workers: str, started: float, output: Path) -> str:
    seconds = f"{time.perf_counter() - started:.2f}"
    manifest, found = load(output).manifest, digest(output)
    rows = manifest.accounting.rows_read
    print(
        ROW.format(engine, workers, seconds, rows, len(manifest.shards), found),
        flush=True,
    )
    return found


def main() -> None:
    """Runs the check."""
    argparse.ArgumentParser(
        prog="python -m checks.same_bytes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    with TemporaryDirectory() as folder:
        same = run(Path(folder))
    print("all engines wrote the same bytes" if same else "the bytes differ")
    raise SystemExit(not same)


if __name__ == "__main__":
    main()
