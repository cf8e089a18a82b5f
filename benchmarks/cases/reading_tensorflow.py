"""Model-ready records with one feature per column, read by plain tf.data."""

from benchmarks.cases import reading_featurekit
from benchmarks.cases.columns_as_tensors import consume
from benchmarks.work import Settings, Work


def named(settings: Settings) -> Work:
    """TFRecordDataset, batch, parse_example of 41 scalars."""
    import tensorflow as tf

    found = reading_featurekit.dataset(settings)
    kinds = {"int64": tf.int64, "float32": tf.float32}
    features = {
        one.name: tf.io.FixedLenFeature([], kinds[one.dtype]) for one in found.columns
    }
    files = [str(found.file(shard.path)) for shard in found.shards]
    records = tf.data.TFRecordDataset(files).batch(settings.options["batch"])
    batches = records.map(lambda one: tf.io.parse_example(one, features))
    needs = reading_featurekit.needs(found)
    return Work(lambda: consume(batches), len(found), needs)
