"""Keras FeatureSpace: the same features, adapted, mapped and written."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks import specs
from benchmarks.cases import tables
from benchmarks.cases.convert_featurekit import needs
from benchmarks.criteo import integer_names, string_names
from benchmarks.work import Settings, Work

BATCH = 1024


def feature_space() -> Any:
    """The features of `benchmarks.specs`; a dict of them as output."""
    from keras.utils import FeatureSpace

    features: dict[str, Any] = {}
    for name in specs.STANDARDIZED:
        features[name] = FeatureSpace.float_normalized()
    for name in specs.BUCKETIZED:
        features[name] = FeatureSpace.float_discretized(
            specs.NUM_BUCKETS, output_mode="int"
        )
    for name in string_names():
        features[name] = FeatureSpace.string_categorical(
            max_tokens=specs.VOCABULARY + 1, output_mode="int"
        )
    cross = FeatureSpace.cross(specs.CROSSED, specs.CROSS_BUCKETS, output_mode="int")
    return FeatureSpace(features, output_mode="dict", crosses=[cross])


def columns(path: Path, *, label: bool = False) -> dict[str, np.ndarray]:
    """The filled columns of a file: float32, and bytes; the label if asked for."""
    table = pq.read_table(path)
    found: dict[str, np.ndarray] = {}
    for name in integer_names():
        found[name] = table[name].fill_null(0).to_numpy().astype(np.float32)
    for name in string_names():
        texts = table[name].fill_null("").to_pylist()
        found[name] = np.array([text.encode() for text in texts], object)
    if label:
        found["label"] = table["label"].to_numpy()
    return found


def whole(settings: Settings) -> Work:
    """Adapt on batches in memory, map, and write tf.Examples row by row."""
    path = tables.criteo_file(settings.rows)
    output = settings.output("transformed.tfrecord")
    moved: dict[str, int] = {}

    def run() -> None:
        import tensorflow as tf

        output.parent.mkdir(parents=True, exist_ok=True)
        dataset = tf.data.Dataset.from_tensor_slices(columns(path, label=True))
        dataset = dataset.batch(BATCH)
        space = feature_space()
        space.adapt(dataset.map(_without_label))
        _write(dataset.map(lambda rows: _mapped(space, rows)), output)
        moved.update(needs(path, output.stat().st_size, 0))

    return Work(run, settings.rows, moved)


def _without_label(rows: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rows.items() if name != "label"}


def _mapped(space: Any, rows: dict[str, Any]) -> dict[str, Any]:
    return {"label": rows["label"], **space(_without_label(rows))}


def _write(dataset: Any, output: Path) -> None:
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(output)) as writer:
        for batch in dataset.as_numpy_iterator():
            values = {name: array.ravel() for name, array in batch.items()}
            for row in range(len(values["label"])):
                writer.write(_example(values, row))


def _example(values: dict[str, np.ndarray], row: int) -> bytes:
    import tensorflow as tf

    features = {}
    for name, array in values.items():
        if array.dtype.kind == "f":
            value = tf.train.FloatList(value=[array[row]])
            features[name] = tf.train.Feature(float_list=value)
        else:
            number = tf.train.Int64List(value=[array[row]])
            features[name] = tf.train.Feature(int64_list=number)
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return example.SerializeToString()
