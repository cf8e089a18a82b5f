"""RESULTS.md: a head, and one section for each suite that can be replaced alone."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from benchmarks import machine
from benchmarks.measurement import Measurement
from benchmarks.suite import Suite
from benchmarks.tables import bars_table, group_table

HEAD = """\
# featurekit beside its peers

Written by `make bench`; one section alone by the command that stands in it.

How it is measured: each case runs in fresh processes of its own, set up outside of the
clock, after one repetition that is not counted (it compiles and traces; slow peers warm
up on fewer rows). Cells are the median, and in parentheses the smallest and the
largest, of n repetitions. CPU seconds are those of the process and its children. Peak
RSS is that of the case's process, its setup included. Ratios of less than 1.5 are no
evidence on a machine that others use.

The floor is the time in which one core moves the bytes that every implementation has to
move, at bandwidths measured in the same run. `first faster` says how many times the
first row of a table is faster than the row.
"""


def section(
    suite: Suite,
    found: Mapping[str, Measurement],
    bandwidths: Mapping[str, float],
    *,
    command: str,
    load: float,
    plot: str | None,
) -> str:
    """The section of a suite."""
    groups = [group for group in suite.groups if group.ours in found]
    parts = [
        f"## {suite.title}",
        suite.about,
        f"`{command}`, {date.today().isoformat()}, {machine.summary()}; load before "
        f"the start {load:.1f}. Bandwidths of one core: "
        f"{machine.bandwidth_text(bandwidths)}.",
        *(group_table(group, found, bandwidths) for group in groups),
        "### Bars",
        bars_table(suite.bars, found),
    ]
    if plot is not None:
        parts.append(f"![{suite.title}]({plot})")
    return "\n\n".join(parts)


def environments(versions: Mapping[str, Mapping[str, str]]) -> str:
    """The packages of each environment."""
    lines = ["## Environments", f"Machine: {machine.summary()}."]
    for name, packages in versions.items():
        listed = ", ".join(f"{package} {one}" for package, one in packages.items())
        lines.append(f"`{name}`: {listed}.")
    return "\n\n".join(lines)


def update(path: Path, sections: Mapping[str, str], order: list[str]) -> None:
    """Replaces sections of a report, keeps the others, writes them in order."""
    text = path.read_text() if path.is_file() else ""
    kept = {name: body.strip() for name, body in _SECTION.findall(text)}
    kept |= sections
    body = "\n".join(
        f"\n<!-- begin {name} -->\n\n{kept[name]}\n\n<!-- end {name} -->"
        for name in order
        if name in kept
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEAD}{body}\n")


_SECTION = re.compile(r"<!-- begin (\S+) -->\n(.*?)<!-- end \1 -->", re.DOTALL)
