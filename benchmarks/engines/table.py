"""What was measured, as lines of a table or of JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.engines.measure import Result

HEAD = ("engine", "workers", "start s", "jobs s", "CPU s", "rows", "digest", "equal")
WIDTHS = (18, 7, 8, 8, 8, 9, 12, 5, 0)


def head() -> str:
    """The names of the columns."""
    return _line(HEAD)


def row(found: Result, reference: Result) -> str:
    """A line for an engine, or the reason why there is none."""
    name, workers = found.engine, str(found.workers)
    if found.reason:
        word = "skipped" if found.skipped else "FAILED"
        return _line((name, workers, f"{word}: {found.reason}"))
    return _line(
        (
            *(name, workers),
            *(f"{one:.1f}" for one in (found.start, found.seconds, found.cpu)),
            f"{found.rows:,}",
            found.digest[:12],
            "yes" if found.digest == reference.digest else "NO",
            f"killed while it wrote {Path(found.killed).name}" if found.killed else "",
        )
    )


def as_json(found: Result, reference: Result) -> str:
    """The same as a JSON object."""
    equal = None if found.reason else found.digest == reference.digest
    return json.dumps({**asdict(found), "equal": equal})


def _line(cells: Sequence[str]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=False))
    return " ".join(padded).rstrip()
