"""Datasets as `tf.data`; loaded only where TensorFlow is used."""

from typing import TYPE_CHECKING, Any

from featurekit.errors import MissingDependencyError
from featurekit.io.layout import place, stored_widths

try:
    import tensorflow as tf
except ImportError as error:
    raise MissingDependencyError("tensorflow", "tensorflow") from error

if TYPE_CHECKING:
    from featurekit.io.dataset import Dataset
    from featurekit.io.manifest import OutputColumn

SHUFFLE_RECORDS = 2**17
"""Records that are held to be mixed; shards are mixed as well."""


def records_to_tf(
    dataset: "Dataset",
    batch_size: int,
    *,
    shuffle: bool,
    seed: int,
    drop_remainder: bool,
) -> tf.data.Dataset:
    """Batches of the records; see `Dataset.to_tf`."""
    files = [str(dataset.file(shard.path)) for shard in dataset.shards]
    compression = "GZIP" if dataset.compression else ""
    if shuffle:
        names = tf.data.Dataset.from_tensor_slices(files)
        names = names.shuffle(len(files), seed=seed, reshuffle_each_iteration=True)
        records = names.interleave(
            lambda name: tf.data.TFRecordDataset(name, compression),
            cycle_length=8,
            block_length=64,
            deterministic=True,
        )
        records = records.shuffle(
            min(SHUFFLE_RECORDS, max(1, dataset.num_rows)),
            seed=seed,
            reshuffle_each_iteration=True,
        )
    else:
        records = tf.data.TFRecordDataset(files, compression)
    batches = records.batch(batch_size, drop_remainder=drop_remainder)
    return batches.map(_parser(dataset), num_parallel_calls=tf.data.AUTOTUNE).prefetch(
        tf.data.AUTOTUNE
    )


def _parser(dataset: "Dataset") -> Any:
    kinds = {"int64": tf.int64, "float32": tf.float32}
    dtypes = {c.feature_key or c.name: kinds[c.dtype] for c in dataset.columns}
    parsing = {
        key: tf.io.FixedLenFeature([] if width is None else [width], dtypes[key])
        for key, width in stored_widths(dataset.columns).items()
    }
    roles = {column.role: column.name for column in dataset.columns}

    def parse(serialized: tf.Tensor) -> Any:
        stored = tf.io.parse_example(serialized, parsing)
        features = {c.name: _column(stored, c) for c in dataset.columns}
        if "label" not in roles:
            return features
        label = features.pop(roles["label"])
        if "weight" not in roles:
            return features, label
        return features, label, features.pop(roles["weight"])

    return parse


def _column(stored: dict[str, tf.Tensor], column: "OutputColumn") -> tf.Tensor:
    if column.feature_key is None:
        return stored[column.name]
    values = stored[column.feature_key]
    return values[:, column.offset if column.width is None else place(column)]
