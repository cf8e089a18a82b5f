"""`featurekit inspect`: what is in a dataset."""

import json as json_text
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featurekit.cli import options as o
from featurekit.cli.formats import size, value, visible
from featurekit.cli.terminal import Grid, Terminal

if TYPE_CHECKING:
    from featurekit.io.dataset import Dataset
    from featurekit.io.manifest import Manifest, OutputColumn

EXAMPLE = "Example: featurekit inspect out --rows 5 --split train"

RowCount = Annotated[
    int, typer.Option(min=0, max=1000, metavar="N", help="First rows to show.")
]
Split = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The part to read.", show_default=False),
]


def inspect(
    path: o.Dataset,
    rows: RowCount = 3,
    split: Split = None,
    json: o.AsJson = False,
) -> None:
    """Show a dataset: its manifest, first rows and statistics."""
    from featurekit.cli.statistics_table import statistics_grid, statistics_json
    from featurekit.io.dataset import load

    terminal = Terminal(json=json)
    dataset = load(path, split)
    first = _first_rows(dataset, rows)
    if json:
        terminal.write_json(
            {
                "path": str(path),
                "manifest": json_text.loads(dataset.manifest.to_json()),
                "rows": first,
                "statistics": statistics_json(dataset.stats),
            }
        )
        return
    terminal.line(visible(str(path)), style="bold")
    terminal.facts(_summary(dataset.manifest))
    _show_columns(terminal, dataset, first)
    terminal.show(statistics_grid(dataset.stats))


def _first_rows(dataset: "Dataset", count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if count:
        for batch in dataset.batches():
            found += batch.slice(0, count - len(found)).to_pylist()
            if len(found) == count:
                break
    return found


def _summary(manifest: "Manifest") -> dict[str, str]:
    shards = manifest.shards
    splits = manifest.records_by_split.items()
    return {
        "rows": o.account(manifest.accounting),
        "records": ", ".join(f"{name} {count:,}" for name, count in splits),
        "files": f"{len(shards)}, {size(sum(shard.bytes for shard in shards))}, "
        + (manifest.compression or "not compressed")
        + ("" if manifest.layout == "named" else f", {manifest.layout} records"),
        "run": f"{manifest.run_id}, written by featurekit {manifest.library_version}",
    }


def _show_columns(
    terminal: Terminal, dataset: "Dataset", first: list[dict[str, Any]]
) -> None:
    """The columns, with the first rows beside them: a record reads downwards."""
    room = min(len(first), max(0, (terminal.out.width - 46) // 12))
    heads = [f"row {row}" for row in range(room)]
    made = Grid("column", "type", "role", *heads, right=heads, flexible=("column",))
    for column in dataset.columns:
        role = "" if column.role == "feature" else column.role
        cells = [value(row[column.name], limit=16) for row in first[:room]]
        made.add(column.name, _type(column), role, *cells)
    terminal.show(made)
    if room < len(first):
        terminal.line(f"{len(first) - room} more rows: widen the terminal, or --json")


def _type(column: "OutputColumn") -> str:
    text: str = column.dtype
    if column.width is not None:
        text += f"[{', '.join(map(str, column.row_shape))}]"
    return text if column.num_ids is None else f"{text} < {column.num_ids:,}"
