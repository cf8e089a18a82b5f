"""The flights on every engine: `python -m benchmarks.engines [--rows N]`.

Runs the analysis and the conversion of the flights as Beam jobs on each engine that can
be had, and compares what they write with what the library writes by itself, byte for
byte. With --kill-worker, a worker is killed while it writes, on those engines that go
on without it.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.engines.engines import ENGINES, LOCAL, Engine
from benchmarks.engines.job import Job, flights_job
from benchmarks.engines.killing import killed_worker
from benchmarks.engines.measure import Result, measure, undisturbed
from benchmarks.engines.processes import adopt_orphans
from benchmarks.work import BUILD

HEAD = ("engine", "workers", "start s", "jobs s", "CPU s", "rows", "digest", "equal")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.engines", description=__doc__
    )
    parser.add_argument("--rows", type=int, help="of the flights; all by default")
    parser.add_argument(
        "--engines", help=f"of {','.join(one.name for one in ENGINES)}; all by default"
    )
    parser.add_argument(
        "--kill-worker", action="store_true", help="kill a worker while it writes"
    )
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    parser.add_argument(
        "--graph", action="store_true", help="only print the sizes of the pipelines"
    )
    return parser


def choose(names: str | None, *, restarts: bool) -> list[Engine]:
    """The engines of the command line, without the library's own.

    Args:
        names: As given, with commas; None for all.
        restarts: Whether only those are meant that replace a dead worker.
    """
    known = {one.name: one for one in ENGINES}
    chosen = list(known) if names is None else names.split(",")
    if unknown := [name for name in chosen if name not in known]:
        raise SystemExit(f"no such engine: {', '.join(unknown)}; {', '.join(known)}")
    engines = [known[name] for name in chosen if name != LOCAL.name]
    return [one for one in engines if one.restarts or not restarts]


def row(found: Result, expected: str) -> list[str]:
    """A row of the table."""
    if found.reason:
        return [found.engine, str(found.workers), f"{_why(found)}: {found.reason}"]
    return [
        *(found.engine, str(found.workers)),
        *(f"{one:.1f}" for one in (found.start, found.seconds, found.cpu)),
        f"{found.rows:,}",
        found.digest[:12],
        "yes" if found.digest == expected else "NO",
        f"killed while it wrote {Path(found.killed).name}" if found.killed else "",
    ]


def _why(found: Result) -> str:
    return "skipped" if found.skipped else "FAILED"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the engines of the command line; 1 if one of them differs or fails."""
    options = _parser().parse_args(arguments)
    if options.graph:
        from benchmarks.engines.graph import print_sizes

        print_sizes()
        return 0
    adopt_orphans()
    BUILD.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=BUILD, prefix="engines-") as name:
        folder = Path(name)
        job = flights_job(folder, options.rows)
        reference = measure(LOCAL, job, folder / LOCAL.name)
        _print(reference, reference.digest, as_json=options.json)
        chosen = choose(options.engines, restarts=options.kill_worker)
        return int(not _run_all(chosen, job, reference, folder, options))


def _run_all(
    engines: Sequence[Engine],
    job: Job,
    reference: Result,
    folder: Path,
    options: argparse.Namespace,
) -> bool:
    good = not reference.reason
    for engine in engines:
        disturb = killed_worker if options.kill_worker else undisturbed
        found = measure(engine, job, folder / engine.name, disturb=disturb)
        _print(found, reference.digest, as_json=options.json)
        good &= found.skipped or found.digest == reference.digest
        if found.reason and not found.skipped:
            kept = BUILD / f"engine-{engine.name}"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder / engine.name, kept)
            print(f"its files are in {kept}", file=sys.stderr)
    return good


def _print(found: Result, expected: str, *, as_json: bool) -> None:
    if as_json:
        entry = {**asdict(found), "equal": found.digest == expected}
        print(json.dumps(entry), flush=True)
        return
    widths = (20, 7, 8, 8, 8, 9, 12, 5, 0)
    if found.engine == LOCAL.name:
        _print_cells(HEAD, widths)
    _print_cells(row(found, expected), widths)


def _print_cells(cells: Sequence[str], widths: Sequence[int]) -> None:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=False))
    print(" ".join(padded).rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
