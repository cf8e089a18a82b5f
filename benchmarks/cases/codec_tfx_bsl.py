"""tfx_bsl, TensorFlow Extended's coder in C++, between Arrow and records."""

import numpy as np
import pyarrow as pa

from benchmarks.cases import tables
from benchmarks.work import Settings, Work


def as_lists(batch: pa.RecordBatch, schema: pa.Schema | None = None) -> pa.RecordBatch:
    """Every value as a list of one, which is what the coder takes; null stays null."""
    columns = []
    for column in batch.columns:
        text = pa.types.is_string(column.type)
        columns.append(_wrap(column.cast(pa.binary()) if text else column))
    found = pa.RecordBatch.from_arrays(columns, batch.schema.names)
    return found if schema is None else found.select(schema.names).cast(schema)


def _wrap(column: pa.Array) -> pa.Array:
    """A list of one value for each value, and a null list for each null."""
    present = np.asarray(column.is_valid())
    ends = np.zeros(len(column) + 1, np.int32)
    np.cumsum(present, out=ends[1:])
    offsets = pa.array(ends, mask=np.append(~present, False))
    return pa.ListArray.from_arrays(offsets, column.drop_null())


def encode(settings: Settings) -> Work:
    """The encoder alone: no frames and no checksums, the lists made beforehand."""
    from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

    path = tables.table_file(settings.options.get("table", "criteo"), settings.rows)
    plain = tables.batches(path)
    batches = [as_lists(batch) for batch in plain]
    encoder = RecordBatchToExamplesEncoder()
    rows = sum(batch.num_rows for batch in batches)
    size = sum(len(one) + 16 for batch in batches for one in encoder.encode(batch))

    def run() -> None:
        for batch in batches:
            encoder.encode(batch)

    needs = {"memcpy": tables.arrow_bytes(plain) + size, "crc32c": size}
    return Work(run, rows, needs)


def decode(settings: Settings) -> Work:
    """The decoder alone, on records in memory that are free of their frames."""
    from tensorflow_metadata.proto.v0 import schema_pb2
    from tfx_bsl.coders.example_coder import (
        ExamplesToRecordBatchDecoder,
        RecordBatchToExamplesEncoder,
    )

    plain = tables.batches(tables.criteo_file(settings.rows))
    encoder = RecordBatchToExamplesEncoder()
    records = [encoder.encode(as_lists(batch)) for batch in plain]
    schema = schema_pb2.Schema()
    for column in plain[0].schema:
        integer = pa.types.is_integer(column.type)
        kind = schema_pb2.INT if integer else schema_pb2.BYTES
        schema.feature.add(name=column.name, type=kind)
    decoder = ExamplesToRecordBatchDecoder(schema.SerializeToString())

    def run() -> list[pa.RecordBatch]:
        return [decoder.DecodeBatch(one) for one in records]

    size = sum(len(one) + 16 for batch in records for one in batch)
    needs = {"read": size, "crc32c": size, "memcpy": tables.arrow_bytes(plain)}
    return Work(run, sum(map(len, records)), needs)
