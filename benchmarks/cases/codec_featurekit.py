"""featurekit between Arrow columns and framed records."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.cases import tables
from benchmarks.work import Settings, Work


def encode(settings: Settings) -> Work:
    """Columns in memory to frames with both checksums."""
    from featurekit.io.example import ExampleEncoder

    path = tables.table_file(settings.options.get("table", "criteo"), settings.rows)
    dictionaries = settings.options.get("dictionaries", False)
    batches = tables.batches(path, dictionaries=dictionaries)
    encoder = ExampleEncoder()
    size = sum(len(encoder.encode(batch)[0]) for batch in batches)

    def run() -> None:
        for batch in batches:
            encoder.encode(batch)

    needs = {"memcpy": tables.arrow_bytes(batches) + size, "crc32c": size}
    return Work(run, sum(batch.num_rows for batch in batches), needs)


def records_file(settings: Settings, table: str) -> Path:
    """The table's columns as tf.Examples, one feature of one value per column."""
    from featurekit.io.example import encode_examples
    from featurekit.io.tfrecord_writer import TFRecordWriter

    path = settings.scratch(f"{table}-{settings.rows}.tfrecord")
    if not path.is_file():
        partial = path.with_suffix(".partial")
        with TFRecordWriter(partial) as writer:
            for batch in tables.batches(tables.table_file(table, settings.rows)):
                writer.write_framed(encode_examples(batch))
        partial.replace(path)
    return path


def decode(settings: Settings) -> Work:
    """A file to columns, both checksums checked."""
    from featurekit.io.example import decode_examples
    from featurekit.io.tfrecord import read_chunks

    table = settings.options.get("table", "criteo")
    path = records_file(settings, table)
    source = tables.table_file(table, settings.rows)
    schema = pq.read_schema(source).remove_metadata()

    def run() -> list[pa.RecordBatch]:
        found = []
        for chunk in read_chunks(path):
            found.append(
                decode_examples(chunk.buffer, chunk.starts, chunk.lengths, schema)
            )
        return found

    size, columns = path.stat().st_size, tables.arrow_bytes(tables.batches(source))
    needs = {"read": size, "crc32c": size, "memcpy": columns}
    return Work(run, pq.read_metadata(source).num_rows, needs)
