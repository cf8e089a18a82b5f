"""The usual ways from Parquet to TFRecord: Beam with and without tfx_bsl, and no Beam.

Before the first repetition each runs once on 2,000 rows: imports and traces are warm,
and a slow peer does not run twice.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.cases import runner, tables
from benchmarks.cases.codec_tensorflow import example_bytes
from benchmarks.cases.codec_tfx_bsl import as_lists
from benchmarks.cases.convert_featurekit import needs, remover, size_of
from benchmarks.work import Settings, Work

WARM_UP_ROWS = 2_000


def beam_tfxio(settings: Settings) -> Work:
    """ParquetTFXIO, tfx_bsl's encoder, WriteToTFRecord: what TFX does."""
    return _work(_run_tfxio, settings)


def beam_naive(settings: Settings) -> Work:
    """ReadFromParquet, Map(tf.train.Example), WriteToTFRecord: the tutorial's way."""
    return _work(_run_naive, settings)


def no_beam(settings: Settings) -> Work:
    """Pyarrow's reader, tfx_bsl's encoder, TensorFlow's writer, in a loop."""
    return _work(_run_loop, settings)


def _work(run: Callable[[Path, Path], None], settings: Settings) -> Work:
    table = settings.options.get("table", "criteo")
    path = tables.table_file(table, settings.rows)
    few = tables.table_file(table, min(WARM_UP_ROWS, settings.rows))
    output = settings.scratch(run.__name__.strip("_"))
    remove = remover(output)
    remove()
    output.mkdir()

    def clean() -> None:
        remove()
        output.mkdir()

    def warm_up() -> None:
        run(few, output)
        clean()

    warm_up()
    run(few, output)
    rows = pq.read_metadata(path).num_rows
    written = size_of(output) * rows // pq.read_metadata(few).num_rows
    clean()
    columns = tables.arrow_bytes(tables.batches(path, dictionaries=True))
    moved = needs(path, written, columns)
    return Work(lambda: run(path, output), rows, moved, clean, warm_up)


def _run_tfxio(path: Path, output: Path) -> None:
    import apache_beam as beam
    from tfx_bsl.coders.example_coder import RecordBatchToExamples
    from tfx_bsl.tfxio.parquet_tfxio import ParquetTFXIO

    with runner.pipeline() as built:
        _ = (
            built
            | ParquetTFXIO(str(path)).BeamSource()
            | beam.FlatMap(_encode, RecordBatchToExamples)
            | beam.io.WriteToTFRecord(str(output / "rows.tfrecord"))
        )


def _encode(batch: Any, encode: Callable[[Any], list[bytes]]) -> list[bytes]:
    return encode(as_lists(batch))


def _run_naive(path: Path, output: Path) -> None:
    import apache_beam as beam

    with runner.pipeline() as built:
        _ = (
            built
            | beam.io.ReadFromParquet(str(path))
            | beam.Map(example_bytes)
            | beam.io.WriteToTFRecord(str(output / "rows.tfrecord"))
        )


def _run_loop(path: Path, output: Path) -> None:
    import tensorflow as tf
    from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

    encoder = RecordBatchToExamplesEncoder()
    with tf.io.TFRecordWriter(str(output / "rows.tfrecord")) as writer:
        for batch in pq.ParquetFile(path).iter_batches(tables.BATCH_ROWS):
            for record in encoder.encode(as_lists(batch)):
                writer.write(record)
