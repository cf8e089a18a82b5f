"""`featurekit diff`: what changes from one spec to another."""

from pathlib import Path
from typing import Annotated

import typer

from featurekit.cli import options as o
from featurekit.cli.exit_codes import ExitCode
from featurekit.cli.formats import visible
from featurekit.cli.terminal import Terminal

EXAMPLE = "Example: featurekit diff old/spec.py new/spec.json"

Before = Annotated[
    Path, typer.Argument(metavar="BEFORE", help="A spec.", show_default=False)
]
After = Annotated[
    Path, typer.Argument(metavar="AFTER", help="Another spec.", show_default=False)
]
_STYLES = {"+": "green", "-": "red", "~": "bold"}


def diff(before: Before, after: After, json: o.AsJson = False) -> None:
    """Show what changes from one spec to another; exit 1 if anything does."""
    from featurekit.spec.load import load_spec

    terminal = Terminal(json=json)
    found = load_spec(before).diff(load_spec(after))
    if json:
        terminal.write_json(
            {
                "identical": not found,
                "changes": [
                    {"path": one.path, "before": one.before, "after": one.after}
                    for one in found.changes
                ],
            }
        )
    else:
        for line in str(found).splitlines():
            terminal.line(visible(line), style=_STYLES.get(line.strip()[:1]))
    if found:
        raise typer.Exit(ExitCode.DIFFERENT)
