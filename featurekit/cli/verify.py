"""`featurekit verify`: is a dataset exactly what its manifest says?"""

from typing import TYPE_CHECKING

import typer

from featurekit.cli import options as o
from featurekit.cli.exit_codes import ExitCode
from featurekit.cli.failures import report as report_error
from featurekit.cli.formats import size, visible
from featurekit.cli.terminal import Terminal

if TYPE_CHECKING:
    from featurekit.io.verify import VerifyReport

EXAMPLE = "Example: featurekit verify out && start-training"


def verify(path: o.Dataset, json: o.AsJson = False) -> None:
    """Read a whole dataset and compare it with its manifest; exit 1 if it differs."""
    from featurekit.io.verify import verify as check

    terminal = Terminal(json=json)
    with terminal.progress("verifying", "records") as progress:
        found = check(path, progress=progress)
    if json:
        terminal.write_json(_as_json(found))
    else:
        _show(terminal, found)
    if not found.sound:
        raise typer.Exit(ExitCode.BAD_DATA)


def _as_json(found: "VerifyReport") -> dict[str, object]:
    return {
        "path": str(found.path),
        "sound": found.sound,
        "shards": found.shards,
        "records": found.records,
        "bytes": found.bytes,
        "problems": [problem.as_dict() for problem in found.problems],
    }


def _show(terminal: Terminal, found: "VerifyReport") -> None:
    count = len(found.problems)
    noun = "problem" if count == 1 else "problems"
    verdict = "sound" if found.sound else f"{count} {noun}"
    style = "bold green" if found.sound else "bold red"
    terminal.line(f"{visible(str(found.path))}: {verdict}", style=style)
    what = f"{found.shards} files, {found.records:,} records, {size(found.bytes)}"
    terminal.facts({"read": what})
    for problem in found.problems:
        report_error(problem)
