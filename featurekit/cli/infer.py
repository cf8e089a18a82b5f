"""`featurekit infer`: what is in the data, and a first spec for it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from featurekit.cli import options as o
from featurekit.cli.formats import moment, share, value, visible
from featurekit.cli.terminal import Grid, Terminal

if TYPE_CHECKING:
    from featurekit.io.infer import InferredColumn

EXAMPLE = "Example: featurekit infer data/*.parquet --output spec.py --label price"

SpecOutput = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.py",
        help="Write a first spec, to be edited.",
        show_default=False,
    ),
]
SampleRows = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Look at the first N rows. Default: all.",
        show_default=False,
    ),
]
Label = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="What a model will predict.",
        show_default=False,
    ),
]
TimeZone = Annotated[
    str, typer.Option("--tz", metavar="ZONE", help="The zone of hours and days.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace the spec's file.")]


def infer(
    sources: o.Sources,
    output: SpecOutput = None,
    label: Label = None,
    time_zone: TimeZone = "UTC",
    sample_rows: SampleRows = None,
    force: Force = False,
    allow_duplicates: o.AllowDuplicates = False,
    json: o.AsJson = False,
    csv_delimiter: o.Delimiter = None,
    csv_null: o.NullValues = None,
    csv_quoted_nulls: o.QuotedNulls = False,
    csv_block_bytes: o.BlockBytes = o.BLOCK_BYTES,
) -> None:
    """Show the columns of the data, and write a first spec."""
    from featurekit.io.infer import infer_schema
    from featurekit.io.output_directory import write_atomically
    from featurekit.io.starter_spec import starter_spec

    terminal = Terminal(json=json)
    if output is not None:
        if output.suffix != ".py":
            raise typer.BadParameter("must end in .py", param_hint="'--output'")
        o.check_output(output, overwrite=force)
    csv = o.csv_options(csv_delimiter, csv_null, csv_quoted_nulls, csv_block_bytes)
    source = o.open_rows(sources, csv, allow_duplicates=allow_duplicates)
    with terminal.progress("reading"):
        columns = infer_schema(source, sample_rows=sample_rows)
    if output is not None:
        text = starter_spec(columns, label=label, time_zone=time_zone)
        write_atomically(output, text.encode())
    if json:
        found = [asdict(column) for column in columns]
        terminal.write_json({"columns": found, "spec": output and str(output)})
        return
    _show(terminal, columns)
    if output is not None:
        terminal.line(f"Wrote {visible(str(output))}. Edit it, then run:")
        shown = " ".join(map(visible, sources))
        terminal.line(
            f"  featurekit analyze --spec {visible(str(output))} "
            f"--output stats.json {shown}"
        )


def _show(terminal: Terminal, columns: "list[InferredColumn]") -> None:
    rows = max((column.rows for column in columns), default=0)
    heads = ["column", "type", "dtype", "missing", "distinct", "min", "max", "e.g."]
    made = Grid(*heads, right=heads[3:7], flexible=["type", "e.g."])
    for one in columns:
        distinct = f"{one.distinct:,}" + ("+" if one.distinct_capped else "")
        made.add(
            one.name,
            one.source_type,
            one.dtype or "—",
            share(one.nulls + one.nans, rows),
            distinct,
            _bound(one, one.minimum),
            _bound(one, one.maximum),
            _example(one),
        )
    terminal.line(f"{rows:,} rows, {len(columns)} columns", style="bold")
    terminal.show(made)
    for one in columns:
        note = one.note or ("its times carry no zone" if one.needs_zone else "")
        if note:
            terminal.line(f"{visible(one.name)}: {visible(note)}", style="yellow")


def _bound(one: "InferredColumn", found: object) -> str:
    if found is None:
        return ""
    if one.dtype == "timestamp" and isinstance(found, int):
        return moment(found)[:10]
    return value(found, limit=12)


def _example(one: "InferredColumn") -> str:
    # Of numbers and times, the bounds say enough.
    shown = one.examples[:3] if one.dtype in ("string", None) else ()
    return ", ".join(value(example, limit=20) for example in shown)
