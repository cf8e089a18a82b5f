"""Runs suites and writes the report: `python -m benchmarks [SUITE ...]`."""

import argparse
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import machine, report
from benchmarks.environments import interpreters
from benchmarks.harness import Harness
from benchmarks.measurement import Measurement
from benchmarks.plot import draw
from benchmarks.suite import Case, Suite
from benchmarks.suites import SUITES
from benchmarks.tables import bars_table, group_table
from benchmarks.work import BUILD, ROOT

QUICK_ROWS = 2_000
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
FLOORS = (
    Case("machine", "floors:machine", mode="prepare"),
    Case("CRC32C in C", "floors:crc32c_in_c", "tft", mode="prepare"),
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument(
        "suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}; all"
    )
    parser.add_argument("--rows", type=int, help="rows, in place of the suite's")
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"{QUICK_ROWS:,} rows, one repetition; writes below build/bench/quick",
    )
    parser.add_argument("--large", action="store_true", help="the long groups, too")
    parser.add_argument(
        "--without-tft", action="store_true", help="skip the second environment"
    )
    parser.add_argument("--output", type=Path, help="the report")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the suites of the command line; 1 if one of their cases failed."""
    options = _parser().parse_args(arguments)
    if unknown := [name for name in options.suites if name not in SUITES]:
        raise SystemExit(f"no such suite: {', '.join(unknown)}; {', '.join(SUITES)}")
    quick = options.quick
    output = options.output or (BUILD / "quick" / RESULTS.name if quick else RESULTS)
    pythons = interpreters(with_tft=not options.without_tft)
    load = machine.load()
    harness = Harness(pythons, BUILD / "work" / "floors", quick)
    bandwidths = measure_bandwidths(harness)
    print(f"bandwidths: {machine.bandwidth_text(bandwidths)}")
    failed = False
    for name in options.suites or SUITES:
        suite = SUITES[name]
        found = run(suite, harness, options)
        failed |= any(
            (one.skipped or "").startswith("failed") for one in found.values()
        )
        _write(suite, found, bandwidths, output, harness, load, options)
    print(f"wrote {output}")
    return int(failed)


def measure_bandwidths(harness: Harness) -> dict[str, float]:
    """What the machine can do now, in bytes per second."""
    best: dict[str, float] = {}
    for case in FLOORS:
        for name, values in harness.measure(case, 1).series.items():
            if name not in ("wall", "cpu"):
                best[name] = max(best.get(name, 0.0), *values)
    return best


def run(
    suite: Suite, harness: Harness, options: argparse.Namespace
) -> dict[str, Measurement]:
    """Measures all cases of a suite, by name, and prints each when it is done."""
    harness.folder = BUILD / "work" / suite.name
    shutil.rmtree(harness.folder, ignore_errors=True)
    rows = options.rows or (QUICK_ROWS if options.quick else suite.rows)
    found = {}
    for group in suite.groups:
        if group.large and not options.large:
            continue
        for case in group.cases:
            print(f"{suite.name}: {case.name} ...", flush=True)
            found[case.name] = one = harness.measure(case, rows)
            print(f"    {_line(one)}", flush=True)
    shutil.rmtree(harness.folder, ignore_errors=True)
    return found


def _line(one: Measurement) -> str:
    if one.skipped is not None:
        return f"skipped: {one.skipped}"
    parts = {name: one.quantity(name) for name in ("p50", "cpu", "wall", "load")}
    units = {"cpu": "µs/row CPU", "wall": "µs/row", "p50": "µs p50", "load": "µs load"}
    return ", ".join(f"{v * 1e6:,.2f} {units[n]}" for n, v in parts.items() if v)


def _write(
    suite: Suite,
    found: Mapping[str, Measurement],
    bandwidths: Mapping[str, float],
    output: Path,
    harness: Harness,
    load: float,
    options: argparse.Namespace,
) -> None:
    plot = f"plots/{suite.name}.svg"
    drawn = draw(suite, found, output.parent / plot)
    section = report.section(
        suite,
        found,
        bandwidths,
        command=_command(suite, options),
        load=load,
        plot=plot if drawn else None,
    )
    raw = BUILD / "results" / f"{suite.name}.json"
    raw.parent.mkdir(parents=True, exist_ok=True)
    raw.write_text(json.dumps([asdict(one) for one in found.values()], indent=1))
    sections = {
        "environments": report.environments(harness.versions),
        suite.name: section,
    }
    report.update(output, sections, ["environments", *SUITES])
    for group in suite.groups:
        if group.ours in found:
            print(f"\n{group_table(group, found, bandwidths)}")
    print(f"\n{bars_table(suite.bars, found)}\n", flush=True)


def _command(suite: Suite, options: argparse.Namespace) -> str:
    parts = ["python -m benchmarks", suite.name]
    parts += [f"--rows {options.rows}"] if options.rows else []
    parts += ["--quick"] if options.quick else []
    parts += ["--large"] if options.large else []
    return " ".join(parts)


if __name__ == "__main__":
    sys.exit(main())
