"""`featurekit drift`: whether rows are distributed as the training rows were."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from featurekit.cli import options as o
from featurekit.cli.exit_codes import ExitCode
from featurekit.cli.formats import visible
from featurekit.cli.terminal import Grid, Terminal

if TYPE_CHECKING:
    from featurekit.serve.drift.report import DriftReport

EXAMPLE = "Example: featurekit drift served/1 october.parquet --alpha 0.01"

Model = Annotated[
    Path,
    typer.Argument(
        metavar="DIR/VERSION",
        help="The model's folder, exported with --training.",
        show_default=False,
    ),
]
Alpha = Annotated[
    float,
    typer.Option(
        min=1e-12, max=0.5, help="The chance of any false alarm, all columns together."
    ),
]


def drift(
    model: Model,
    sources: o.Sources,
    alpha: Alpha = 0.01,
    json: o.AsJson = False,
    csv_delimiter: o.Delimiter = None,
    csv_null: o.NullValues = None,
    csv_quoted_nulls: o.QuotedNulls = False,
    csv_block_bytes: o.BlockBytes = o.BLOCK_BYTES,
) -> None:
    """Test whether rows are distributed as the training rows of a model were.

    The exit code is 0 where they are, and 1 where a column has drifted, as where the
    data or the model is bad; with --json these have an "error".
    """
    from featurekit.serve.drift.offline import drift as compare_rows

    terminal = Terminal(json=json)
    csv = o.csv_options(csv_delimiter, csv_null, csv_quoted_nulls, csv_block_bytes)
    with terminal.progress("reading"):
        report = compare_rows(model, o.open_rows(sources, csv), alpha=alpha)
    if json:
        terminal.write_json(report.as_dict())
    else:
        _show(terminal, report)
    if report.drifted:
        raise typer.Exit(ExitCode.BAD_DATA)


def _show(terminal: Terminal, report: "DriftReport") -> None:
    found = report.drifted
    terminal.line(
        f"{report.rows:,} rows against {report.training_rows:,} of training, "
        f"alpha {report.alpha:g}: "
        + (f"drift in {visible(', '.join(found))}" if found else "no drift"),
        style="bold red" if found else "bold green",
    )
    numbers = ("score", "threshold", "p")
    grid = Grid("name", "what", *numbers, "moved", right=numbers, flexible=("moved",))
    for one in report.tests:
        grid.add(
            one.name,
            one.what,
            f"{one.score:.4f}",
            f"{one.threshold:.4f}",
            f"{one.adjusted:.2g}",
            one.moved,
            style="red" if one.drifted else None,
        )
    terminal.show(grid)
