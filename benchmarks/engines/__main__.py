"""The flights on every engine: `python -m benchmarks.engines [--rows N]`.

Runs the analysis and the conversion of the flights as Beam jobs on each engine that can
be had, and compares what they write with what the library writes by itself, byte for
byte. With --kill-worker, a worker is killed while it writes, on those engines that go
on without it. Exit code 1: an engine failed, or wrote something else.
"""

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.engines import table
from benchmarks.engines.engines import ENGINES, LOCAL, Engine
from benchmarks.engines.job import Job, flights_job
from benchmarks.engines.killing import killed_worker
from benchmarks.engines.measure import Disturb, Result, measure, undisturbed
from benchmarks.engines.processes import adopt_orphans
from benchmarks.work import BUILD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.engines",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = ",".join(one.name for one in ENGINES)
    parser.add_argument("--rows", type=int, help="of the flights; all by default")
    parser.add_argument("--engines", help=f"of {names}; all by default")
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


def compare(
    engines: Sequence[Engine],
    job: Job,
    folder: Path,
    show: Callable[[Result, Result], None],
    disturb: Disturb = undisturbed,
) -> bool:
    """Runs a job on engines; whether all that could be had wrote the same.

    Args:
        engines: Which, after the library's own.
        job: What they do.
        folder: Where they write.
        show: Called with the result of each, and of the library.
        disturb: Around the conversions of the engines.
    """
    reference = measure(LOCAL, job, folder / LOCAL.name)
    show(reference, reference)
    good = not reference.reason
    for engine in engines:
        found = measure(engine, job, folder / engine.name, disturb=disturb)
        show(found, reference)
        if not found.skipped and found.digest != reference.digest:
            good = False
            _keep(folder / engine.name)
    return good


def _keep(folder: Path) -> None:
    kept = BUILD / "engines" / folder.name
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(folder, kept)
    print(f"its logs and what it wrote are in {kept}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the engines of the command line; 1 if one of them differs or fails."""
    options = _parser().parse_args(arguments)
    if options.graph:
        from benchmarks.engines.graph import print_sizes

        print_sizes()
        return 0
    adopt_orphans()
    engines = choose(options.engines, restarts=options.kill_worker)
    disturb = killed_worker if options.kill_worker else undisturbed
    line = table.as_json if options.json else table.row
    if not options.json:
        print(table.head(), flush=True)

    def show(found: Result, reference: Result) -> None:
        print(line(found, reference), flush=True)

    BUILD.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=BUILD, prefix="engines-") as folder:
        job = flights_job(Path(folder), options.rows)
        return int(not compare(engines, job, Path(folder), show, disturb))


if __name__ == "__main__":
    sys.exit(main())
