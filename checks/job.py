"""A conversion in a process of its own, that says how far it is.

    python -m checks.job --spec spec.pb --stats stats.pb --source in.parquet \
        --output out --workers 2 --rows-per-task 65536

prints a line when the work begins, after each task, and at the end.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from featurekit.jobs.convert import convert
from featurekit.plan.stats import Stats
from featurekit.spec.load import load_spec

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Job:
    """What to convert, and how.

    Args:
        spec: File of the spec.
        stats: File of the statistics.
        source: The rows.
        rows_per_task: Rows of one task, about.
        workers: Processes.
    """

    spec: Path
    stats: Path
    source: Path
    rows_per_task: int
    workers: int = 1

    def command(self, output: Path, *, overwrite: bool = False) -> list[str]:
        """The command that runs it, from the root of the project."""
        command = [sys.executable, "-m", "checks.job"]
        for name in ("spec", "stats", "source", "workers", "rows_per_task"):
            command += [f"--{name.replace('_', '-')}", str(getattr(self, name))]
        command += ["--output", str(output)]
        return [*command, "--overwrite"] if overwrite else command


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m checks.job", description=__doc__)
    for name in ("spec", "stats", "source", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("workers", "rows-per-task"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--overwrite", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Runs the conversion."""
    given = _arguments()
    spec, stats = load_spec(given.spec), Stats.open(given.stats)
    print("begin", flush=True)
    convert(
        spec,
        stats,
        given.source,
        given.output,
        workers=given.workers,
        rows_per_task=given.rows_per_task,
        overwrite=given.overwrite,
        progress=lambda done, total, rows: print("task", done, total, flush=True),
    )
    print("end", flush=True)


if __name__ == "__main__":
    main()
