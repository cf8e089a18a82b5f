"""`featurekit analyze`: all statistics in one pass over the data."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from featurekit.cli import options as o
from featurekit.cli.terminal import Terminal

if TYPE_CHECKING:
    from featurekit.io.manifest import Accounting
    from featurekit.plan.stats import Stats

EXAMPLE = (
    "Example: featurekit analyze --spec spec.py --output stats.json data/*.parquet"
)

StatsOutput = Annotated[
    Path,
    typer.Option(
        metavar="FILE",
        help="The statistics: JSON where the name ends in .json, else protobuf.",
        show_default=False,
    ),
]
OldStats = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Statistics of older data: their tokens keep their ids, new ones follow.",
        show_default=False,
    ),
]
TokenPartitions = Annotated[
    int,
    typer.Option(
        min=1,
        help="Divides tokens into parts that are counted one by one, from files: for"
        " columns with millions of distinct values.",
    ),
]


def analyze(
    sources: o.Sources,
    spec: o.SpecFile,
    output: StatsOutput,
    grow: OldStats = None,
    workers: o.Workers = None,
    on_bad_row: o.OnBadRow = o.BadRows.fail,
    rows_per_task: o.RowsPerTask = o.ROWS_PER_TASK,
    token_partitions: TokenPartitions = 1,
    allow_duplicates: o.AllowDuplicates = False,
    json: o.AsJson = False,
    csv_delimiter: o.Delimiter = None,
    csv_null: o.NullValues = None,
    csv_quoted_nulls: o.QuotedNulls = False,
    csv_block_bytes: o.BlockBytes = o.BLOCK_BYTES,
) -> None:
    """Measure what a spec has to learn, in one pass over the data."""
    from featurekit.cli.statistics_table import statistics_grid
    from featurekit.jobs.analyze import run_analysis
    from featurekit.kernels.jit import compile_seconds
    from featurekit.plan.growth import grow as grow_stats
    from featurekit.plan.stats import Stats
    from featurekit.spec.load import load_spec

    started = time.perf_counter()
    terminal = Terminal(json=json)
    o.check_output(output)
    declared = load_spec(spec)
    old = None if grow is None else Stats.open(grow)
    csv = o.csv_options(csv_delimiter, csv_null, csv_quoted_nulls, csv_block_bytes)
    with terminal.progress("analyzing") as progress:
        stats, rows = run_analysis(
            declared,
            o.open_rows(sources, csv, allow_duplicates=allow_duplicates),
            workers=workers,
            on_bad_row=on_bad_row.value,
            rows_per_task=rows_per_task,
            token_partitions=token_partitions,
            progress=progress,
        )
    if old is not None:
        stats = grow_stats(old, stats)
    seconds = time.perf_counter() - started
    _save(stats, output)
    if json:
        terminal.write_json(_as_json(stats, rows, output, seconds))
        return
    terminal.show(statistics_grid(stats))
    took = f"{seconds:.2f} s, {rows.rows_read / seconds:,.0f} rows/s"
    if compile_seconds() >= 0.1:
        took += f"; {compile_seconds():.2f} s of it compiled kernels, once per machine"
    terminal.facts(
        {
            "rows": o.account(rows, "accepted"),
            "time": took,
            "wrote": str(output),
        }
    )


def _save(stats: "Stats", output: Path) -> None:
    from featurekit.io.output_directory import write_atomically

    as_text = output.suffix == ".json"
    write_atomically(output, stats.to_json().encode() if as_text else stats.to_proto())


def _as_json(
    stats: "Stats", rows: "Accounting", output: Path, seconds: float
) -> dict[str, object]:
    from featurekit.cli.statistics_table import statistics_json
    from featurekit.kernels.jit import compile_seconds

    return {
        "output": str(output),
        "fingerprint": stats.fingerprint(),
        "rows_read": rows.rows_read,
        "rows_accepted": rows.rows_written,
        "rows_rejected": rows.rows_rejected,
        "rows_filtered": rows.rows_filtered,
        "rejected_by_code": rows.rejected_by_code,
        "seconds": seconds,
        "compile_seconds": compile_seconds(),
        "statistics": statistics_json(stats),
    }
