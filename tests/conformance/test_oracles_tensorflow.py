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


@pytest.mark.proves(37)
@pytest.mark.parametrize("count", [1, 2, 1000, 2**31 - 1])
@pytest.mark.parametrize("key", [(0, 0), (1, 2), (2**63 - 1, 7)])
def test_keyed_hash_buckets(
    texts: list[str], integers: np.ndarray, count: int, key: tuple[int, int]
) -> None:
    strong = tf.strings.to_hash_bucket_strong
    for array in (pa.array(texts), pa.array(texts).dictionary_encode()):
        found = column_of(fk.string("s").hash_buckets(count, key=key), s=array)
        np.testing.assert_array_equal(found, strong(texts, count, list(key)))
    feature = fk.integer("i").hash_buckets(count, key=key)
    found = column_of(feature, i=pa.array(integers))
    decimal = tf.strings.as_string(integers)
    np.testing.assert_array_equal(found, strong(decimal, count, list(key)))


@pytest.mark.proves(37)
def test_keras_salted_hashing(texts: list[str]) -> None:
    import keras

    if keras.backend.backend() != "tensorflow":
        pytest.skip("text needs Keras on TensorFlow")
    found = column_of(fk.string("s").hash_buckets(99, key=(5, 6)), s=pa.array(texts))
    layer = keras.layers.Hashing(99, salt=[5, 6])
    np.testing.assert_array_equal(found, layer(tf.constant(texts)))


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
    ids = fk.numeric("x").buckets([-1.0, 0.0, 1.0])
    feature = fk.cross(ids, fk.string("s")).hash_buckets(997)
    floats = np.random.default_rng(5).normal(0, 2, ROWS).astype(np.float32)
    found = column_of(feature, s=pa.array(texts), x=pa.array(floats))
    buckets = keras.layers.Discretization([-1.0, 0.0, 1.0])(floats)
    wanted = layer((tf.cast(buckets, tf.int64), tf.constant(texts)))
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("num_oov", [1, 3])
@pytest.mark.parametrize("mask", [False, True])
def test_keras_string_lookup(texts: list[str], num_oov: int, mask: bool) -> None:
    import keras

    if keras.backend.backend() != "tensorflow":
        pytest.skip("text needs Keras on TensorFlow")
    tokens = sorted({text for text in texts if text})[::2]
    feature = fk.string("s").vocabulary(
        tokens, num_oov=num_oov, oov="before", missing_id=mask
    )
    missing = [None if mask and not at % 5 else text for at, text in enumerate(texts)]
    found = column_of(feature, s=pa.array(missing))
    layer = keras.layers.StringLookup(
        vocabulary=tokens,
        num_oov_indices=num_oov,
        mask_token="<none>" if mask else None,
    )
    shown = ["<none>" if text is None else text for text in missing]
    np.testing.assert_array_equal(found, layer(tf.constant(shown)))


def crossed_column(keys: list[object], count: int, features: dict, **options: int):
    """The ids of a dense crossed column, which needs a graph of TensorFlow 1."""
    columns = tf.feature_column
    crossed = columns.crossed_column(keys, count, **options)
    dense = columns.indicator_column(crossed)
    with tf.Graph().as_default():
        tensors = {name: tf.constant(values) for name, values in features.items()}
        vectors = tf.compat.v1.feature_column.input_layer(tensors, [dense])
        with tf.compat.v1.Session() as session:
            session.run(tf.compat.v1.global_variables_initializer())
            session.run(tf.compat.v1.tables_initializer())
            return session.run(tf.argmax(vectors, axis=1))


@pytest.mark.proves(45, 47)
@pytest.mark.parametrize("hash_key", [None, 1, 12345, 2**63 - 1])
def test_crossed_column_of_all_kinds(hash_key: int | None) -> None:
    rows, count = 10_000, 211
    random = np.random.default_rng(4)
    words = np.array(["", "a", "b", "c", "日本", "x" * 70])
    features = {
        "s": random.choice(words, rows).astype(object),
        "t": random.choice(words, rows).astype(object),
        "i": random.integers(-(2**62), 2**62, rows),
        "x": random.normal(0, 2, rows).astype(np.float32),
    }
    columns = tf.feature_column
    # Learned boundaries are those of the data; a given vocabulary has ids for unknown.
    spec = fk.FeatureSpec({"x": fk.numeric("x").quantile_buckets(8)})
    stats = fk.analyze(spec, {"x": features["x"]})
    boundaries = [high for _, high in bucket_ends(spec, stats)][:-1]
    known = ["a", "b", "日本"]
    keys = [
        "s",
        columns.categorical_column_with_identity("i", 2**62),
        columns.bucketized_column(columns.numeric_column("x"), boundaries),
        columns.categorical_column_with_vocabulary_list("t", known, num_oov_buckets=2),
    ]
    # feature_column has no id for an empty text in a vocabulary, nor for -1.
    features["t"][features["t"] == ""] = "c"
    features["i"] = np.abs(features["i"])
    wanted = crossed_column(keys, count, features, hash_key=hash_key)
    # It takes plain columns last, wherever they are in the list of keys.
    cross = fk.cross(
        fk.integer("i"),
        fk.numeric("x").quantile_buckets(8),
        fk.string("t").vocabulary(known, num_oov=2),
        fk.string("s"),
    ).hash_buckets(count, hash_key=hash_key)
    backend = HostBackend(fk.compile(fk.FeatureSpec({"f": cross}), stats))
    found = backend.run(pa.record_batch({n: pa.array(v) for n, v in features.items()}))
    np.testing.assert_array_equal(found.outputs.column("f").to_numpy(), wanted)


def bucket_ends(spec: fk.FeatureSpec, stats: fk.Stats) -> list[tuple[float, float]]:
    return [meaning.value for meaning in fk.id_meanings(spec, "x", stats)]


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


@pytest.mark.proves(41)
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
