"""The host backend against TensorFlow's and Keras's own ops, on random columns."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.spec.columns import Column

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

ROWS = 3000


def column_of(feature: Column, **columns: pa.Array) -> np.ndarray:
    """What the host backend computes, all rows accepted."""
    backend = HostBackend(fk.compile(fk.FeatureSpec({"f": feature})))
    found = backend.run(pa.record_batch(columns))
    assert len(found.rejected_rows) == 0
    return found.outputs.column("f").to_numpy()


@pytest.fixture(scope="module")
def texts() -> list[str]:
    random = np.random.default_rng(1)
    letters = np.array(list("abcAB é日😀\n\0"))
    sizes = random.integers(0, 90, ROWS)
    return ["".join(random.choice(letters, size)) for size in sizes]


@pytest.fixture(scope="module")
def integers() -> np.ndarray:
    random = np.random.default_rng(2)
    wide = random.integers(-(2**63) + 1, 2**63 - 1, ROWS)
    return np.where(random.random(ROWS) < 0.5, wide, random.integers(-9, 9, ROWS))


@pytest.fixture(scope="module")
def floats() -> np.ndarray:
    random = np.random.default_rng(3)
    values = random.normal(0, 3, ROWS).astype(np.float32)
    values[:6] = [np.inf, -np.inf, np.nan, 0.0, -0.0, 1.0]
    return values


@pytest.mark.proves(36)
@pytest.mark.parametrize("count", [1, 2, 3, 1000, 2**31 - 1])
def test_hash_buckets(texts: list[str], integers: np.ndarray, count: int) -> None:
    found = column_of(fk.string("s").hash_buckets(count), s=pa.array(texts))
    np.testing.assert_array_equal(found, tf.strings.to_hash_bucket_fast(texts, count))
    found = column_of(fk.integer("i").hash_buckets(count), i=pa.array(integers))
    decimal = tf.strings.as_string(integers)
    np.testing.assert_array_equal(found, tf.strings.to_hash_bucket_fast(decimal, count))


@pytest.mark.proves(45)
def test_cross_hashed(texts: list[str], integers: np.ndarray) -> None:
    other = texts[::-1]
    feature = fk.cross(fk.string("s"), fk.integer("i"), fk.string("u"))
    found = column_of(
        feature.hash_buckets(10_007),
        s=pa.array(texts),
        i=pa.array(integers),
        u=pa.array(other),
    )
    columns = [tf.constant(values)[:, None] for values in (texts, integers, other)]
    wanted = tf.sparse.cross_hashed(columns, num_buckets=10_007)
    np.testing.assert_array_equal(found, wanted.values)


@pytest.mark.proves(45)
def test_keras_hashed_crossing(texts: list[str], integers: np.ndarray) -> None:
    import keras

    if keras.backend.backend() != "tensorflow":
        pytest.skip("text needs Keras on TensorFlow")
    feature = fk.cross(fk.integer("i"), fk.string("s")).hash_buckets(997)
    found = column_of(feature, s=pa.array(texts), i=pa.array(integers))
    layer = keras.layers.HashedCrossing(num_bins=997)
    wanted = layer((tf.constant(integers), tf.constant(texts)))
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.proves(23)
def test_bucketize(floats: np.ndarray) -> None:
    boundaries = [-2.5, -0.5, 0.0, 0.25, 1.0, 4.0]
    feature = fk.numeric("x", nan="keep").buckets(boundaries)
    found = column_of(feature, x=pa.array(floats))
    wanted = tf.raw_ops.Bucketize(input=floats, boundaries=boundaries)
    np.testing.assert_array_equal(found, wanted)


def static_table(keys: list[object], dtype: object, num_oov: int) -> Callable:
    ids = tf.range(len(keys), dtype=tf.int64)
    start = tf.lookup.KeyValueTensorInitializer(tf.constant(keys, dtype), ids)
    return tf.lookup.StaticVocabularyTable(start, num_oov).lookup


@pytest.mark.proves(4, 34)
@pytest.mark.parametrize("num_oov", [1, 3])
def test_vocabulary_of_text(texts: list[str], num_oov: int) -> None:
    tokens = sorted(set(texts))[::2]
    feature = fk.string("s").vocabulary(tokens, num_oov=num_oov)
    wanted = static_table(tokens, tf.string, num_oov)(tf.constant(texts))
    for array in (pa.array(texts), pa.array(texts).dictionary_encode()):
        np.testing.assert_array_equal(column_of(feature, s=array), wanted)


@pytest.mark.proves(4, 34)
@pytest.mark.parametrize("num_oov", [1, 3])
def test_vocabulary_of_integers(integers: np.ndarray, num_oov: int) -> None:
    tokens = np.unique(integers)[::2].tolist()
    feature = fk.integer("i").vocabulary(tokens, num_oov=num_oov)
    wanted = static_table(tokens, tf.int64, num_oov)(tf.constant(integers))
    found = column_of(feature, i=pa.array(integers))
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.proves(22)
def test_log1p(floats: np.ndarray) -> None:
    values = np.maximum(floats, np.float32(-1.0))
    found = column_of(fk.numeric("x", nan="keep").log1p(), x=pa.array(values))
    wanted = tf.cast(tf.math.log1p(tf.cast(values, tf.float64)), tf.float32)
    np.testing.assert_array_equal(found, wanted)


def test_one_hot(floats: np.ndarray) -> None:
    boundaries = [-1.0, 0.0, 1.0]
    ids = np.searchsorted(boundaries, floats, side="right")
    spec = fk.FeatureSpec(
        {"v": fk.numeric("x", nan="keep").buckets(boundaries).one_hot()}
    )
    batch = pa.record_batch({"x": pa.array(floats)})
    found = HostBackend(fk.compile(spec)).run(batch).outputs.column("v")
    np.testing.assert_array_equal(
        found.flatten().to_numpy().reshape(ROWS, 4), tf.one_hot(ids, 4)
    )
