"""From the tables of the package to verified records."""

from pathlib import Path

import featurekit as fk
from examples.flights.data import write_flights
from examples.flights.report import Stages, schema_table
from featurekit.io.adapter import open_source
from featurekit.io.infer import infer_schema
from featurekit.jobs.analyze import run_analysis
from featurekit.spec.load import load_spec

SPEC = Path(__file__).with_name("spec.py")


def prepare(stages: Stages, flights: Path, records: Path) -> fk.FeatureSpec:
    """Writes the flights and their records; returns the spec."""
    with stages.stage("join and write Parquet") as (stage, _):
        stage.rows_out = write_flights(flights)
        stage.bytes = flights.stat().st_size
    with stages.stage("infer the schema") as (stage, _):
        columns = infer_schema(open_source(flights))
        stage.rows_in = columns[0].rows
        stage.note = f"{len(columns)} columns"
    stages.console.print(schema_table(columns))
    with stages.stage("load the spec") as (stage, _):
        spec = load_spec(SPEC)
        stage.note = f"{len(spec.features)} features"
    stages.console.print(spec)
    with stages.stage("analyze") as (stage, step):
        stats, rows = run_analysis(spec, flights, progress=step)
        stage.rows_in, stage.rows_out = rows.rows_read, rows.rows_written
        stage.rejected = rows.rows_rejected
        stage.note = f"{rows.rows_filtered:,} without a label"
    with stages.stage("convert to TFRecord") as (stage, step):
        report = fk.convert(
            spec, stats, flights, records, overwrite=True, progress=step
        )
        rows = report.manifest.accounting
        stage.rows_in, stage.rows_out = rows.rows_read, rows.rows_written
        stage.rejected, stage.bytes = rows.rows_rejected, report.bytes_out
        parts = report.manifest.records_by_split.items()
        stage.note = ", ".join(f"{name} {count:,}" for name, count in parts)
        if report.resumed:
            stage.note += "; was complete"
    with stages.stage("verify") as (stage, step):
        checked = fk.verify(records, progress=step)
        checked.raise_if_damaged()
        stage.rows_in, stage.bytes = checked.records, checked.bytes
        stage.note = f"{checked.shards} shards, sound"
    return spec
