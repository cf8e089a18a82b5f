"""Datasets as `tf.data`; loaded only where TensorFlow is used."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from featurekit.errors import MissingDependencyError
from featurekit.io.block_decoder import default_threads
from featurekit.io.layout import stored_widths
from featurekit.io.numpy_batches import as_examples
from featurekit.io.reading_order import OPEN_SHARDS, check_count, check_shard

try:
    import tensorflow as tf
except ImportError as error:
    raise MissingDependencyError("tensorflow", "tensorflow") from error

if TYPE_CHECKING:
    from featurekit.io.dataset import Dataset
    from featurekit.io.manifest import OutputColumn

SHUFFLE_RECORDS = 2**17
"""Records that are held to be mixed; shards are mixed as well."""
PREFETCH_BATCHES = 4


def records_to_tf(
    dataset: "Dataset",
    batch_size: int,
    *,
    shuffle: bool,
    seed: int,
    drop_remainder: bool,
    shard: tuple[int, int],
) -> tf.data.Dataset:
    """Batches of the records; see `Dataset.to_tf`."""
    check_count("batch_size", batch_size, least=1)
    check_shard(shard)
    files = [str(dataset.file(shard.path)) for shard in dataset.shards]
    names = tf.data.Dataset.from_tensor_slices(
        tf.constant(files, tf.string, [len(files)])
    )
    compression = "GZIP" if dataset.compression else ""

    def read(name: tf.Tensor) -> tf.data.Dataset:
        # Within each file: in whatever order a process reads files, it has its records.
        found = tf.data.TFRecordDataset(name, compression)
        return found.shard(shard[1], shard[0]) if shard[1] > 1 else found

    if shuffle:
        names = names.shuffle(max(1, len(files)), seed, reshuffle_each_iteration=True)
        records = names.interleave(read, cycle_length=OPEN_SHARDS, block_length=64)
        room = min(SHUFFLE_RECORDS, max(1, dataset.num_rows))
        records = records.shuffle(room, seed, reshuffle_each_iteration=True)
    else:
        records = names.flat_map(read)
    batches = records.batch(batch_size, drop_remainder=drop_remainder)
    batches = batches.map(_parser(dataset), num_parallel_calls=default_threads())
    # With autotune, deleting an iterator blocks for up to as long as it ran (measured
    # with TensorFlow 2.20 and 2.21), and there is nothing here left to tune.
    options = tf.data.Options()
    options.autotune.enabled = False
    rows = sum(-(-(one.records - shard[0]) // shard[1]) for one in dataset.shards)
    count = rows // batch_size if drop_remainder else -(-rows // batch_size)
    # Known before the first epoch; and it is an error if the files hold other numbers.
    batches = batches.prefetch(PREFETCH_BATCHES).with_options(options)
    return batches.apply(tf.data.experimental.assert_cardinality(count))


def _parser(dataset: "Dataset") -> Any:
    kinds = {"int64": tf.int64, "float32": tf.float32}
    dtypes = {c.feature_key or c.name: kinds[c.dtype] for c in dataset.written}
    parsing = {
        key: tf.io.FixedLenFeature([] if width is None else [width], dtypes[key])
        for key, width in stored_widths(dataset.written).items()
    }

    def parse(serialized: tf.Tensor) -> Any:
        stored = tf.io.parse_example(serialized, parsing)
        found = _columns(stored, dataset.written)
        if dataset.older is not None:
            found = dataset.older.apply(found, partial(_fill, tf.shape(serialized)))
        return as_examples(dataset, found)

    return parse


def _fill(rows: tf.Tensor, column: "OutputColumn", value: float) -> tf.Tensor:
    shape = rows if column.width is None else tf.concat([rows, [column.width]], 0)
    return tf.fill(shape, tf.constant(value, column.dtype))


def _columns(
    stored: dict[str, tf.Tensor], columns: Sequence["OutputColumn"]
) -> dict[str, tf.Tensor]:
    """As `layout.column_views`, with one operation for all columns of a feature."""
    packed: dict[str, list[OutputColumn]] = {}
    for column in columns:
        if column.feature_key is not None:
            packed.setdefault(column.feature_key, []).append(column)
    found = dict(stored)
    for key, members in packed.items():
        names = [column.name for column in members]
        sizes = [column.size for column in members]
        if all(column.width is None for column in members):
            parts = tf.unstack(found.pop(key), num=len(members), axis=1)
        else:
            parts = [
                tf.squeeze(part, 1) if column.width is None else part
                for part, column in zip(
                    tf.split(found.pop(key), sizes, axis=1), members, strict=True
                )
            ]
        found |= zip(names, parts, strict=True)
    return {column.name: _shaped(found[column.name], column) for column in columns}


def _shaped(tensor: tf.Tensor, column: "OutputColumn") -> tf.Tensor:
    if column.shape is None:
        return tensor
    return tf.reshape(tensor, [-1, *column.shape])
