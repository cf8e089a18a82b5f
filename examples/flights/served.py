"""Does a served model answer what batch conversion and the loaded graph compute?

`python -m examples.flights.served` sends all 336,776 flights through every signature of
the demo's exported model and every way to ask it: in the process, and by REST, gRPC and
the client of `featurekit serve`, which runs in a process of its own.

- Features have to be those that batch conversion writes, in every bit.
- The model's outputs have to be those of `serving_default` of the loaded graph, called
  with the same rows together, in every bit. Which rows are computed together may change
  an output, since sums may be taken in another order; a second table says how much, of
  the first rows of each request. So requests are sent one at a time, and the server
  joins none.

Ways that are made for few rows are asked for a sample. Seconds are those of writing the
request, of the answer, and of reading it. Exits with 1 if one value differs.
"""

import argparse
import json
import os
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import track
from rich.table import Table

import featurekit as fk
from examples.flights.answers import Comparison, requests
from examples.flights.model import EPOCHS, SEED
from examples.flights.records import prepare
from examples.flights.report import Stages
from examples.flights.serving import export_model
from examples.flights.skew import from_records
from examples.flights.ways import Rows, in_process
from examples.flights.wire import client_ways, grpc_ways, rest_ways, served
from featurekit.serve import load_model

FEW_ROWS = 48
"""Of a request, for ways that are made for few: up to 64 dicts go row by row."""
SMALLER = (1, 32, 256)
WIDTH = 108
"""Of the first table, in a file too."""


def export_demo(output: Path, console: Console) -> None:
    """Trains and exports the model of the demo."""
    # Imported here: an export that is there needs no Keras.
    from examples.flights.train import train

    stages = Stages()
    stages.console = console
    flights, records = output / "flights.parquet", output / "records"
    prepare(stages, flights, records)
    with stages.stage("train the transformer") as (_, step):
        model = train(
            records,
            ("train",),
            epochs=EPOCHS,
            seed=SEED,
            max_rows=None,
            on_batch=lambda done, total, loss: step(done, total, f"{loss:.4f}"),
        )
    with stages.stage("export"):
        export_model(model, records, flights, output / "served" / "1")


def read_flights(flights: Path, spec: fk.FeatureSpec, wanted: int | None) -> pa.Table:
    """The raw columns of the features, of all flights or of evenly spaced ones."""
    names = [one.name for one in spec.serving_inputs]
    table = pq.read_table(flights, columns=names)
    if wanted is not None and wanted < table.num_rows:
        table = table.take(np.linspace(0, table.num_rows - 1, wanted, dtype=np.int64))
    return table.combine_chunks()


def compare(
    output: Path, wanted: int | None, request_rows: int, console: Console
) -> Comparison:
    """Starts the server, and sends all rows all ways."""
    folder = output / "served" / "1"
    model = load_model(folder)
    table = read_flights(output / "flights.parquet", model.spec, wanted)
    # No label: it would drop the flights that never arrived.
    spec = fk.FeatureSpec(model.spec.features)
    features = from_records(spec, model.stats, table, output / "served_records")
    rows = Rows(table, model.spec)
    console.print(f"{table.num_rows:,} flights, {len(features)} features")
    with served(folder) as addresses, ExitStack() as stack:
        names = model.signatures.keys()
        ways = [
            *in_process(folder, model),
            *rest_ways(stack, addresses["rest"], names),
            *client_ways(stack, addresses["rest"]),
            *grpc_ways(stack, addresses["grpc"], names),
        ]
        found = Comparison(model, ways, FEW_ROWS, SMALLER)
        parts = list(requests(rows, features, request_rows))
        for part in track(parts, "asking", console=console, transient=True):
            found.add(*part)
    return found


def ways_table(found: Comparison) -> Table:
    """A row per way."""
    table = Table(title="Values that differ from batch conversion and the loaded graph")
    for name in ("way", "call"):
        table.add_column(name, no_wrap=True)
    for name in ("rows", "values", "differ", "seconds", "rows/s"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found.ways:
        counts = [f"{n:,}" for n in (one.rows, one.values, one.differing)]
        speed = f"{one.rows / one.seconds:,.0f}"
        table.add_row(one.where, one.what, *counts, f"{one.seconds:.1f}", speed)
    table.add_section()
    sums = [sum(c) for c in zip(*((o.rows, o.values) for o in found.ways), strict=True)]
    seconds = sum(one.seconds for one in found.ways)
    counts = [f"{n:,}" for n in (*sums, found.differing)]
    table.add_row("all", "", *counts, f"{seconds:.1f}", "")
    return table


def smaller_table(found: Comparison, request_rows: int) -> Table:
    """What the number of rows in one call changes."""
    table = Table(title=f"Outputs beside those of calls with {request_rows:,} rows")
    for name in ("rows per call", "values", "differ", "largest, ULP", "largest"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found.smaller:
        counts = (one.rows_per_call, one.values, one.differing, one.largest_ulps)
        table.add_row(*(f"{n:,}" for n in counts), f"{one.largest:.2g}")
    return table


def main() -> int:
    """Exports the model if it is not there, asks it all ways, prints the tables."""
    parser = argparse.ArgumentParser(description="Asks a served model in all ways.")
    parser.add_argument("--output", type=Path, default=Path("build/flights"))
    parser.add_argument("--rows", type=int, help="so many, evenly spaced")
    parser.add_argument("--request-rows", type=int, default=4096)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    args = parser.parse_args()
    console = Console(stderr=args.json, highlight=False)
    console.width = max(console.width, WIDTH)
    if not (args.output / "served" / "1").exists():
        export_demo(args.output, console)
    found = compare(args.output, args.rows, args.request_rows, console)
    console.print(ways_table(found))
    console.print(smaller_table(found, args.request_rows))
    console.print(f"{found.differing:,} values differ")
    if args.json:
        figures: dict[str, Any] = {
            "ways": [asdict(one) for one in found.ways],
            "smaller_calls": [asdict(one) for one in found.smaller],
            "differing": found.differing,
        }
        print(json.dumps(figures))
    return int(found.differing > 0)


if __name__ == "__main__":
    raise SystemExit(main())
