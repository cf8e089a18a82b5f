"""TensorFlow between values and records: tf.train.Example, and tf.data."""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.cases import codec_featurekit, tables
from benchmarks.work import Settings, Work


def example_bytes(row: dict[str, Any]) -> bytes:
    """One row as TensorFlow's tutorials serialize it; a missing value has no key."""
    import tensorflow as tf

    features = {}
    for name, value in row.items():
        if isinstance(value, str):
            values = tf.train.BytesList(value=[value.encode()])
            features[name] = tf.train.Feature(bytes_list=values)
        elif isinstance(value, int):
            features[name] = tf.train.Feature(
                int64_list=tf.train.Int64List(value=[value])
            )
        elif isinstance(value, float):
            features[name] = tf.train.Feature(
                float_list=tf.train.FloatList(value=[value])
            )
    return tf.train.Example(
        features=tf.train.Features(feature=features)
    ).SerializeToString()


def encode(settings: Settings) -> Work:
    """Python values, made outside of the clock, to serialized records."""
    batches = tables.batches(tables.criteo_file(settings.rows))
    rows = [row for batch in batches for row in batch.to_pylist()]
    example_bytes(rows[0])
    size = sum(len(example_bytes(row)) + 16 for row in rows[:100]) * len(rows) // 100

    def run() -> list[bytes]:
        return [example_bytes(row) for row in rows]

    needs = {"memcpy": tables.arrow_bytes(batches) + size, "crc32c": size}
    return Work(run, len(rows), needs)


def parsing(schema: pa.Schema) -> dict[str, Any]:
    """What parse_example needs: scalars, with a default where a value is missing."""
    import tensorflow as tf

    found = {}
    for column in schema:
        if pa.types.is_integer(column.type):
            kind, default = tf.int64, 0
        elif pa.types.is_floating(column.type):
            kind, default = tf.float32, 0.0
        else:
            kind, default = tf.string, ""
        found[column.name] = tf.io.FixedLenFeature([], kind, default)
    return found


def decode(settings: Settings) -> Work:
    """TFRecordDataset, batch, parse_example: the recommended order."""
    import tensorflow as tf

    table = settings.options.get("table", "criteo")
    path = codec_featurekit.records_file(settings, table)
    source = tables.table_file(table, settings.rows)
    features = parsing(pq.read_schema(source))
    dataset = tf.data.TFRecordDataset(str(path)).batch(settings.options["batch"])
    dataset = dataset.map(lambda records: tf.io.parse_example(records, features))

    def run() -> object:
        iterator = iter(dataset)
        for _ in iterator:
            pass
        return iterator

    size, columns = path.stat().st_size, tables.arrow_bytes(tables.batches(source))
    needs = {"read": size, "crc32c": size, "memcpy": columns}
    return Work(run, pq.read_metadata(source).num_rows, needs)
