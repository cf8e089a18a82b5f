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
    """Show what changes from one spec to another, and what that asks for.

    The exit code says which: 0 identical, 10 serve-compatible, 11 re-transform, 12
    re-index, 13 retrain.
    """
    from featurekit.spec.load import load_spec

    terminal = Terminal(json=json)
    found = load_spec(before).diff(load_spec(after))
    if json:
        terminal.write_json(found.as_dict())
    else:
        for line in str(found).splitlines():
            terminal.line(visible(line), style=_STYLES.get(line.strip()[:1]))
        if found:
            terminal.line(f"all together: {found.compatibility}", style="bold")
    if found:
        raise typer.Exit(ExitCode[found.compatibility.name])
