"""TensorFlow Transform: the same features, analyzed, transformed and written."""

from pathlib import Path
from typing import Any

from benchmarks import specs
from benchmarks.cases import runner, tables
from benchmarks.cases.codec_tfx_bsl import as_lists
from benchmarks.cases.convert_featurekit import needs, size_of
from benchmarks.criteo import integer_names, string_names
from benchmarks.work import Settings, Work


def whole(settings: Settings) -> Work:
    """Two pipelines, as TFX runs them: analysis, then transformation and writing."""
    path = tables.criteo_file(settings.rows)
    output = settings.output("transformed")
    moved: dict[str, int] = {}

    def run() -> None:
        batch = settings.options.get("batch")
        analyze(path, output, batch)
        transform(path, output, batch)
        moved.update(needs(path, size_of(output), 0))
        moved["parquet"] *= 2

    return Work(run, settings.rows, moved)


def analyze(path: Path, output: Path, batch: int | None = None) -> None:
    """Writes the transform function of a file below `output`."""
    import tensorflow_transform.beam as tft_beam

    tfxio = _tfxio(path)
    with runner.pipeline() as built, tft_beam.Context(temp_dir=str(output / "tmp")):
        raw = _rows(built, tfxio, batch)
        fitted = raw | tft_beam.AnalyzeDataset(preprocess)
        _ = fitted | tft_beam.WriteTransformFn(str(output / "transform_fn"))


def transform(path: Path, output: Path, batch: int | None = None) -> None:
    """Writes the records that the transform function gives."""
    import apache_beam as beam
    import tensorflow_transform.beam as tft_beam
    from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

    tfxio = _tfxio(path)
    with runner.pipeline() as built, tft_beam.Context(temp_dir=str(output / "tmp")):
        raw = _rows(built, tfxio, batch)
        fitted = built | tft_beam.ReadTransformFn(str(output / "transform_fn"))
        data, _ = (raw, fitted) | tft_beam.TransformDataset(output_record_batches=True)
        _ = (
            data
            | beam.FlatMap(_encode, RecordBatchToExamplesEncoder())
            | beam.io.WriteToTFRecord(str(output / "rows.tfrecord"))
        )


def _encode(transformed: tuple[Any, Any], encoder: Any) -> list[bytes]:
    return encoder.encode(transformed[0])


def raw_schema() -> Any:
    """The columns, each with one value or none."""
    from tensorflow_metadata.proto.v0 import schema_pb2

    schema = schema_pb2.Schema()
    for name in ["label", *integer_names()]:
        feature = schema.feature.add(name=name, type=schema_pb2.INT)
        feature.value_count.min, feature.value_count.max = 0, 1
    for name in string_names():
        feature = schema.feature.add(name=name, type=schema_pb2.BYTES)
        feature.value_count.min, feature.value_count.max = 0, 1
    return schema


def _tfxio(path: Path) -> Any:
    from tfx_bsl.tfxio.parquet_tfxio import ParquetTFXIO

    names = [feature.name for feature in raw_schema().feature]
    return ParquetTFXIO(str(path), column_names=names, schema=raw_schema())


def _rows(built: Any, tfxio: Any, batch: int | None) -> tuple[Any, Any]:
    """The rows with each value in a list, and what the tensors are made from."""
    import apache_beam as beam

    read = built | tfxio.BeamSource(batch) | beam.Map(as_lists, tfxio.ArrowSchema())
    return read, tfxio.TensorAdapterConfig()


def preprocess(inputs: dict[str, Any]) -> dict[str, Any]:
    """The features of `benchmarks.specs`."""
    import tensorflow as tf
    import tensorflow_transform as tft

    def dense(name: str, default: Any) -> Any:
        found = inputs[name]
        if isinstance(found, tf.SparseTensor):
            shape = [found.dense_shape[0], 1]
            found = tf.SparseTensor(found.indices, found.values, shape)
            found = tf.sparse.to_dense(found, default)
        return tf.reshape(found, [-1])

    outputs = {"label": dense("label", 0)}
    for name in specs.STANDARDIZED:
        number = tf.cast(dense(name, 0), tf.float32)
        outputs[name] = tft.scale_to_z_score(number)
    for name in specs.BUCKETIZED:
        number = tf.cast(dense(name, 0), tf.float32)
        outputs[name] = tft.bucketize(number, specs.NUM_BUCKETS)
    for name in string_names():
        outputs[name] = tft.compute_and_apply_vocabulary(
            dense(name, ""), top_k=specs.VOCABULARY, num_oov_buckets=1
        )
    crossed = tf.strings.join([dense(n, "") for n in specs.CROSSED], separator="_")
    outputs["cross"] = tft.hash_strings(crossed, specs.CROSS_BUCKETS)
    return outputs
