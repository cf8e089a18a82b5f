"""The rows that all cases share: Criteo-like ones, and the flights of the demo.

Run as a module it writes one of them: a case's memory must not be that of making it.
"""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import criteo
from benchmarks.work import BUILD, ROOT, Skipped

DATA = BUILD / "data"
BATCH_ROWS = 32_768


def criteo_file(rows: int) -> Path:
    """The Criteo-like rows as Parquet; written on first use."""
    return table_file("criteo", rows)


def table_file(name: str, rows: int) -> Path:
    """The file of one of the two tables, written by a process of its own."""
    path = DATA / f"{name}-{rows}.parquet"
    if not path.is_file():
        command = [sys.executable, "-m", "benchmarks.cases.tables", name, str(rows)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:]
            raise Skipped(f"the table {name!r} cannot be made: {' '.join(last)}")
    return path


def _write(name: str, rows: int) -> None:
    path = DATA / f"{name}-{rows}.parquet"
    if name == "criteo":
        criteo.write_parquet(path, rows)
        return
    from examples.flights.data import join_tables

    table = _plain(join_tables().slice(0, rows))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    pq.write_table(table, partial, row_group_size=criteo.ROWS_PER_GROUP)
    partial.replace(path)


def _plain(table: pa.Table) -> pa.Table:
    """int64, float32 and text; times as microseconds."""
    columns = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())
        elif pa.types.is_floating(column.type):
            column = column.cast(pa.float32(), safe=False)
        columns[name] = column
    return pa.table(columns)


def batches(path: Path, *, dictionaries: bool = False) -> list[pa.RecordBatch]:
    """All rows in memory, in batches of 32,768; text as dictionaries on demand."""
    schema = pq.read_schema(path)
    text = [field.name for field in schema if pa.types.is_string(field.type)]
    file = pq.ParquetFile(path, read_dictionary=text if dictionaries else [])
    return list(file.iter_batches(BATCH_ROWS))


def arrow_bytes(found: list[pa.RecordBatch]) -> int:
    """The size of the batches in memory."""
    return sum(batch.nbytes for batch in found)


if __name__ == "__main__":
    _write(sys.argv[1], int(sys.argv[2]))
