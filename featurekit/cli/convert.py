"""`featurekit convert`: rows in, a published dataset out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from featurekit.cli import options as o
from featurekit.cli.formats import size, visible
from featurekit.cli.terminal import Terminal

if TYPE_CHECKING:
    from featurekit.jobs.convert import ConvertReport

EXAMPLE = (
    "Example: featurekit convert --spec spec.py --stats stats.json --output out"
    " data/*.parquet"
)

DatasetOutput = Annotated[
    Path,
    typer.Option(
        metavar="DIR",
        help="The dataset's folder; made if it is not there.",
        show_default=False,
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace another dataset in the folder."),
]
CompressionOption = Annotated[
    o.CompressionName, typer.Option(help="How records are compressed.")
]
LayoutOption = Annotated[
    o.LayoutName,
    typer.Option(
        help="named: a tf.Example feature for each output, for any reader. packed: one"
        " for all ids and one for all floats, smaller and read two to four times"
        " faster; right where featurekit.load reads the records."
    ),
]
ShuffleOption = Annotated[
    o.ShuffleName,
    typer.Option(
        help="global: all records of each part in a random order, across all files;"
        " takes the disk space of the records twice."
    ),
]
Seed = Annotated[int, typer.Option(min=0, max=2**64 - 1, help="Of the shuffle.")]


def convert(
    sources: o.Sources,
    spec: o.SpecFile,
    stats: o.StatsFile,
    output: DatasetOutput,
    overwrite: Overwrite = False,
    compression: CompressionOption = o.CompressionName.none,
    layout: LayoutOption = o.LayoutName.named,
    shuffle: ShuffleOption = o.ShuffleName.none,
    seed: Seed = 0,
    workers: o.Workers = None,
    on_bad_row: o.OnBadRow = o.BadRows.fail,
    rows_per_task: o.RowsPerTask = o.ROWS_PER_TASK,
    shard_bytes: o.ShardBytes = None,
    allow_duplicates: o.AllowDuplicates = False,
    json: o.AsJson = False,
    csv_delimiter: o.Delimiter = None,
    csv_null: o.NullValues = None,
    csv_quoted_nulls: o.QuotedNulls = False,
    csv_block_bytes: o.BlockBytes = o.BLOCK_BYTES,
) -> None:
    """Write the records of a spec as TFRecord files with a manifest.

    The folder shows the whole dataset or none of it. After a crash or Ctrl-C the same
    command redoes only what is missing.
    """
    from featurekit.jobs.convert import convert as run
    from featurekit.plan.stats import Stats
    from featurekit.spec.load import load_spec

    terminal = Terminal(json=json)
    declared, measured = load_spec(spec), Stats.open(stats)
    csv = o.csv_options(csv_delimiter, csv_null, csv_quoted_nulls, csv_block_bytes)
    with terminal.progress("converting") as progress:
        report = run(
            declared,
            measured,
            o.open_rows(sources, csv, allow_duplicates=allow_duplicates),
            output,
            workers=workers,
            overwrite=overwrite,
            compression=o.COMPRESSIONS[compression],
            on_bad_row=on_bad_row.value,
            rows_per_task=rows_per_task,
            shard_bytes=shard_bytes,
            layout=layout.value,
            shuffle="global" if shuffle is o.ShuffleName.whole else None,
            seed=seed,
            progress=progress,
        )
    if json:
        terminal.write_json(_as_json(report))
    else:
        _show(terminal, report)


def _as_json(report: "ConvertReport") -> dict[str, object]:
    rows = report.manifest.accounting
    return {
        "path": str(report.path),
        "run_id": report.manifest.run_id,
        "resumed": report.resumed,
        "shards": len(report.manifest.shards),
        "records_by_split": report.manifest.records_by_split,
        "rows_read": rows.rows_read,
        "rows_written": rows.rows_written,
        "rows_rejected": rows.rows_rejected,
        "rows_filtered": rows.rows_filtered,
        "rows_made": rows.rows_made,
        "rows_unused": rows.rows_unused,
        "rejected_by_code": rows.rejected_by_code,
        "bytes_in": report.bytes_in,
        "bytes_out": report.bytes_out,
        "seconds": report.seconds,
    }


def _show(terminal: Terminal, report: "ConvertReport") -> None:
    manifest = report.manifest
    rows = manifest.accounting
    splits = manifest.records_by_split.items()
    done = "was complete already" if report.resumed else "written"
    terminal.line(f"{visible(str(report.path))}: {done}", style="bold green")
    rate = rows.rows_read / report.seconds if report.seconds else 0.0
    shards = "file" if len(manifest.shards) == 1 else "files"
    rejected = [shard.path for shard in manifest.shards if shard.split == "rejected"]
    terminal.facts(
        {
            "rows": o.account(rows),
            "records": ", ".join(f"{name} {count:,}" for name, count in splits),
            "size": f"{size(report.bytes_in)} in, {size(report.bytes_out)} out, "
            f"{len(manifest.shards)} {shards} of run {manifest.run_id}",
            "time": ""
            if report.resumed
            else f"{report.seconds:.2f} s, {rate:,.0f} rows/s",
            "rejected": ", ".join(str(report.path / path) for path in rejected[:3]),
        }
    )
