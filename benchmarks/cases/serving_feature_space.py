"""The export of a Keras FeatureSpace, and of the parser alone."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.cases import requests, tables
from benchmarks.cases.codec_tensorflow import parsing
from benchmarks.cases.layers_feature_space import adapted
from benchmarks.cases.transform_feature_space import columns
from benchmarks.criteo import integer_names
from benchmarks.work import Settings, Work


def export(settings: Settings) -> Work:
    """parse_example, then the FeatureSpace, in one SavedModel."""
    path = settings.scratch(f"feature-space-{settings.rows}")
    if not path.is_dir():
        _export(settings, path, whole=True)
    return requests.saved_model(str(path), "serve", requests.serialized(settings))


def parser(settings: Settings) -> Work:
    """parse_example alone: what every SavedModel pays."""
    path = settings.scratch(f"parser-{settings.rows}")
    if not path.is_dir():
        _export(settings, path, whole=False)
    return requests.saved_model(str(path), "serve", requests.serialized(settings))


def _export(settings: Settings, path: Path, *, whole: bool) -> None:
    import keras
    import tensorflow as tf

    source = tables.criteo_file(settings.rows)
    features = parsing(pq.read_schema(source))
    del features["label"]
    space = adapted(columns(source)) if whole else None

    def serve(examples: Any) -> Any:
        parsed = tf.io.parse_example(examples, features)
        for name in integer_names():
            parsed[name] = tf.cast(parsed[name], tf.float32)
        return parsed if space is None else space(parsed)

    signature = [tf.TensorSpec([None], tf.string, name="examples")]
    if space is None:
        module = tf.Module()
        module.serve = tf.function(serve, input_signature=signature)
        tf.saved_model.save(module, str(path), signatures={"serve": module.serve})
        return
    archive = keras.export.ExportArchive()
    archive.track(space)
    archive.add_endpoint("serve", serve, input_signature=signature)
    archive.write_out(str(path), verbose=False)
