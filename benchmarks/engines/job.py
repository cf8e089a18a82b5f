"""What every engine is given: one spec, one source, and the commands of the jobs."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.serialize import spec_to_proto

ROWS_PER_TASK = 4096


@dataclass(frozen=True, slots=True)
class Job:
    """An analysis and a conversion.

    Args:
        spec: File of the spec.
        source: The rows.
        rows_per_task: Rows of one task, about.
    """

    spec: Path
    source: Path
    rows_per_task: int = ROWS_PER_TASK

    def analyze(self, stats: Path, *options: str, local: bool = False) -> list[str]:
        """The command that measures; `options` tell of the engine, if not `local`."""
        return self._command("analyze", "--stats", str(stats), *options, local=local)

    def convert(
        self, stats: Path, output: Path, *options: str, local: bool = False
    ) -> list[str]:
        """The command that converts; `options` tell of the engine, if not `local`."""
        given = ("--stats", str(stats), "--output", str(output))
        return self._command("convert", *given, *options, local=local)

    def _command(self, name: str, *options: str, local: bool) -> list[str]:
        jobs = ["benchmarks.engines.local", name] if local else [f"pipelines.{name}"]
        return [
            *(sys.executable, "-m", *jobs),
            *("--spec", str(self.spec), "--source", str(self.source)),
            *("--rows-per-task", str(self.rows_per_task)),
            *options,
        ]


def save_job(
    spec: FeatureSpec, source: Path, folder: Path, rows_per_task: int = ROWS_PER_TASK
) -> Job:
    """A job whose spec is written to a folder."""
    (folder / "spec.pb").write_bytes(spec_to_proto(spec))
    return Job(folder / "spec.pb", source, rows_per_task)


def flights_job(folder: Path, rows: int | None = None) -> Job:
    """The flights of the demo.

    Args:
        folder: Where the spec and the rows are written.
        rows: How many flights; None for all of them.
    """
    from examples.flights.data import join_tables
    from examples.flights.spec import spec

    source = folder / "flights.parquet"
    pq.write_table(join_tables().slice(0, rows), source, row_group_size=ROWS_PER_TASK)
    return save_job(spec, source, folder)
