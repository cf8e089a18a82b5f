"""The export of TFT's TransformFeaturesLayer."""

from pathlib import Path
from typing import Any

from benchmarks.cases import requests, tables, transform_tft
from benchmarks.work import Settings, Work


def export(settings: Settings) -> Work:
    """parse_example as TFT declares it, then its layer, in one SavedModel."""
    path = settings.scratch(f"tft-{settings.rows}")
    if not path.is_dir():
        _export(settings, path)
    return requests.saved_model(str(path), "serve", _requests(settings))


def _requests(settings: Settings) -> list[list[bytes]]:
    """The requests, by tfx_bsl: featurekit is not installed here."""
    from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

    from benchmarks.cases.codec_tfx_bsl import as_lists

    rows = tables.batches(tables.criteo_file(settings.rows))[0].drop_columns(["label"])
    records = RecordBatchToExamplesEncoder().encode(as_lists(rows))
    return requests.grouped(records, settings.options.get("batch", 1))


def _export(settings: Settings, path: Path) -> None:
    import tensorflow as tf
    import tensorflow_transform as tft
    from tensorflow_transform.tf_metadata import schema_utils

    fitted = settings.scratch(f"tft-fitted-{settings.rows}")
    transform_tft.analyze(tables.criteo_file(settings.rows), fitted)
    output = tft.TFTransformOutput(str(fitted / "transform_fn"))
    module = tf.Module()
    module.layer = output.transform_features_layer()
    schema = transform_tft.raw_schema()
    features = dict(schema_utils.schema_as_feature_spec(schema).feature_spec)
    del features["label"]

    def serve(examples: Any) -> Any:
        return module.layer(tf.io.parse_example(examples, features))

    signature = [tf.TensorSpec([None], tf.string, name="examples")]
    module.serve = tf.function(serve, input_signature=signature)
    tf.saved_model.save(module, str(path), signatures={"serve": module.serve})
