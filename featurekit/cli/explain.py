"""`featurekit explain`: one row through every step of the plan."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from featurekit.cli import options as o
from featurekit.cli.exit_codes import ExitCode
from featurekit.cli.failures import report as report_error
from featurekit.cli.formats import moment, value, visible
from featurekit.cli.terminal import Grid, Terminal

if TYPE_CHECKING:
    from featurekit.jobs.explain import Explanation, Step
    from featurekit.spec.feature_spec import FeatureSpec

EXAMPLE = "Example: featurekit explain --spec spec.py --stats stats.json x.csv --row 17"

Row = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="The row, from 0 as in error messages; through all files in order.",
        show_default=False,
    ),
]
OptionalStats = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The statistics, where the spec learns any.",
        show_default=False,
    ),
]
Feature = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Only the steps of this feature.", show_default=False
    ),
]
Window = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="Where rows become windows, which of them, from 0.",
        show_default=True,
    ),
]


def explain(
    sources: o.Sources,
    spec: o.SpecFile,
    row: Row,
    stats: OptionalStats = None,
    feature: Feature = None,
    window: Window = 0,
    json: o.AsJson = False,
    csv_delimiter: o.Delimiter = None,
    csv_null: o.NullValues = None,
    csv_quoted_nulls: o.QuotedNulls = False,
    csv_block_bytes: o.BlockBytes = o.BLOCK_BYTES,
) -> None:
    """Show what becomes of one row, step by step; exit 1 if it is refused."""
    from featurekit.jobs.explain import explain as run
    from featurekit.plan.stats import Stats
    from featurekit.spec.load import load_spec

    terminal = Terminal(json=json)
    declared = load_spec(spec)
    if feature is not None and feature not in declared.outputs:
        known = ", ".join(declared.outputs)
        raise typer.BadParameter(f"the outputs are {known}", param_hint="'--feature'")
    csv = o.csv_options(csv_delimiter, csv_null, csv_quoted_nulls, csv_block_bytes)
    found = run(
        declared,
        o.open_rows(sources, csv),
        row,
        stats=None if stats is None else Stats.open(stats),
        window=window,
    )
    steps = [s for s in found.steps if feature is None or feature in s.features]
    if json:
        terminal.write_json(_as_json(found, steps))
    else:
        _show(terminal, found, steps, feature)
        _show_made(terminal, declared, found, window)
    if found.outcome != "written":
        raise typer.Exit(ExitCode.REFUSED)


def _as_json(found: "Explanation", steps: "list[Step]") -> dict[str, object]:
    return {
        "file": found.file,
        "row": found.row,
        "outcome": found.outcome,
        "part": found.part,
        "rows_made": found.made,
        "source": found.raw,
        "steps": [
            {**asdict(step), "error": step.error and step.error.as_dict()}
            for step in steps
        ],
        "outputs": found.outputs,
        "error": found.error and found.error.as_dict(),
    }


def _show(
    terminal: Terminal, found: "Explanation", steps: "list[Step]", feature: str | None
) -> None:
    terminal.line(f"{visible(found.file)}, row {found.row}", style="bold")
    made = Grid("step", "operation", "value", "type", flexible=("operation",))
    for step in steps:
        shown = "refused" if step.error else _step_value(step)
        style = "bold red" if step.error else None
        made.add(f"%{step.node}", step.op, shown, step.type, style=style)
    terminal.show(made)
    if found.outcome == "written":
        outputs = Grid("output", "value", flexible=("output",))
        for name, output in found.outputs.items():
            if feature in (None, name):
                outputs.add(name, value(output, limit=60))
        terminal.show(outputs)
        terminal.line(f"The row is written to the part {found.part!r}.", style="green")
    elif found.outcome == "unused":
        terminal.line("The row is too short: no row is made of it.", style="yellow")
    elif found.error is None:
        terminal.line(
            "The row has no label and is left out: the spec says missing_label='drop'.",
            style="yellow",
        )
    else:
        terminal.line("The row is refused.", style="bold red")
        report_error(found.error)


def _show_made(
    terminal: Terminal, spec: "FeatureSpec", found: "Explanation", window: int
) -> None:
    """What the row has to do with the rows that are made."""
    if spec.rows is None or not found.made:
        return
    if hasattr(spec.rows, "stride"):
        terminal.line(f"This is window {window} of the {found.made} of the row.")
    else:
        terminal.line("The row is packed alone here; others may share its pack.")


def _step_value(step: "Step") -> str:
    if step.type.startswith("timestamp") and isinstance(step.value, int):
        return f"{moment(step.value)} UTC"
    return value(step.value, limit=24)
