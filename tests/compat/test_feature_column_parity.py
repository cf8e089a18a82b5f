"""Every column beside `tf.feature_column` itself, on random rows.

The oracle is `tf.compat.v1.feature_column.input_layer` in a graph of its own.
"""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.compat import feature_column as fc
from featurekit.compat.arguments import as_sequence

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

ROWS = 10_000
WORDS = ["a", "b", "", "é", "日本", "word", "x" * 70, "NA"]
NUMBERS = [-1, 0, 1, 2, 5, -7, 2**40, 2**62]
BOUNDARIES = [-1.5, 0.0, 0.1, 1.0, 2.5]
Lists = list[list[Any] | None]
Make = Callable[[ModuleType], Any]


def random_lists(pool: list[Any], seed: int, *, shortest: int = 0) -> Lists:
    """Lists of 0 to 4 values; some are missing."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(shortest, 5, ROWS)
    missing = rng.random(ROWS) < (0.0 if shortest else 0.05)
    return [
        None if none else [pool[at] for at in rng.integers(0, len(pool), size)]
        for size, none in zip(sizes, missing, strict=True)
    ]


def random_numbers(seed: int, width: int = 1) -> np.ndarray:
    """float32 of all kinds, save for subnormals, which are zeros here."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0.0, 3.0, (ROWS, width)).astype(np.float32)
    edges = np.array([*BOUNDARIES, np.inf, -np.inf, np.nan, -0.0, 3e38], np.float32)
    below = np.nextafter(edges, np.float32(-np.inf))
    every = np.concatenate([edges, below, -edges])
    every = every[~((np.abs(every) < 2.0**-126) & (every != 0))]
    chosen = rng.random((ROWS, width)) < 0.5
    return np.where(chosen, rng.choice(every, (ROWS, width)), values)


TEXTS = {"t": random_lists(WORDS, 1), "u": random_lists([*WORDS, "k"], 2)}
INTEGERS = {
    "i": random_lists(NUMBERS, 3),
    "small": random_lists([-1, 0, 1, 2, 3], 4),
}
FLOATS = {"x": random_numbers(5), "v": random_numbers(6, 6)}


def source() -> pa.RecordBatch:
    """The rows, as featurekit reads them."""
    columns = {name: pa.array(v, pa.list_(pa.string())) for name, v in TEXTS.items()}
    columns |= {name: pa.array(v, pa.list_(pa.int64())) for name, v in INTEGERS.items()}
    columns["x"] = pa.array(FLOATS["x"][:, 0])
    columns["v"] = pa.FixedSizeListArray.from_arrays(pa.array(FLOATS["v"].ravel()), 6)
    return pa.record_batch(columns)


def dense() -> dict[str, Any]:
    """The rows as dense tensors: behind a list stands what TensorFlow drops."""
    found: dict[str, Any] = {}
    for lists, nothing, dtype in ((TEXTS, "", tf.string), (INTEGERS, -1, tf.int64)):
        for name, rows in lists.items():
            there = [row or [] for row in rows]
            padded = [[*row, *[nothing] * (4 - len(row))] for row in there]
            found[name] = tf.constant(padded, dtype)
    return {**found, **{name: tf.constant(v) for name, v in FLOATS.items()}}


def sparse() -> dict[str, Any]:
    """The rows as `tf.io.parse_example` gives them."""
    found: dict[str, Any] = {}
    for lists, dtype in ((TEXTS, tf.string), (INTEGERS, tf.int64)):
        for name, rows in lists.items():
            ragged = tf.ragged.constant([row or [] for row in rows], dtype)
            found[name] = ragged.to_sparse()
    return {**found, **{name: tf.constant(v) for name, v in FLOATS.items()}}


def tensorflow_of(make: Make, inputs: Callable[[], dict[str, Any]]) -> np.ndarray:
    """What TensorFlow makes of the rows."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        column = make(tf.feature_column)
        layer = tf.compat.v1.feature_column.input_layer(inputs(), [column])
        session.run(tf.compat.v1.global_variables_initializer())
        session.run(tf.compat.v1.tables_initializer())
        return session.run(layer)


def featurekit_of(make: Make, *, keep_defaults: bool = False) -> np.ndarray:
    """What featurekit makes of the rows, none of which it refuses."""
    features = fc.features([make(fc)], keep_defaults=keep_defaults)
    found = HostBackend(fk.compile(fk.FeatureSpec(features))).run(source())
    assert len(found.rejected_rows) == 0
    (column,) = found.outputs.columns
    if pa.types.is_fixed_size_list(column.type):
        return column.flatten().to_numpy().reshape(ROWS, -1)
    return column.to_numpy().reshape(ROWS, 1)


def assert_bits(found: np.ndarray, wanted: np.ndarray) -> None:
    """No bit differs, save for those of a NaN."""
    assert found.dtype == wanted.dtype == np.float32
    both = np.isnan(found) & np.isnan(wanted)
    differing = (found.view(np.uint32) != wanted.view(np.uint32)) & ~both
    assert not differing.any(), np.argwhere(differing)[:5]


def bucketized(m: ModuleType) -> Any:
    return m.bucketized_column(m.numeric_column("x"), BOUNDARIES)


def small(m: ModuleType) -> Any:
    return m.categorical_column_with_identity("small", 3, default_value=1)


def known(m: ModuleType) -> Any:
    return m.categorical_column_with_vocabulary_list(
        "u", ["k", "a", "日本"], num_oov_buckets=4
    )


CATEGORICAL: dict[str, Make] = {
    "hash of text": lambda m: m.categorical_column_with_hash_bucket("t", 97),
    "hash of integers": lambda m: m.categorical_column_with_hash_bucket(
        "i", 97, dtype=tf.int64
    ),
    "identity with a default": small,
    "vocabulary": lambda m: m.categorical_column_with_vocabulary_list(
        "t", ["é", "a", "word", "never"]
    ),
    "vocabulary with the empty text": (
        lambda m: m.categorical_column_with_vocabulary_list("t", ["a", "", "b"])
    ),
    "vocabulary with a default": (
        lambda m: m.categorical_column_with_vocabulary_list(
            "t", ["é", "a", "word"], default_value=2
        )
    ),
    "vocabulary with ids of unknown text": known,
    "vocabulary of integers": lambda m: m.categorical_column_with_vocabulary_list(
        "i", [5, 2**40, 0], dtype=tf.int64, num_oov_buckets=3
    ),
    "vocabulary of integers, without unknown": (
        lambda m: m.categorical_column_with_vocabulary_list("i", [5, 2, 0])
    ),
}
CROSSED: dict[str, Make] = {
    "texts": lambda m: m.crossed_column(["t", "u"], 199),
    "texts with a key": lambda m: m.crossed_column(["u", "t"], 199, hash_key=12345),
    "three, one of them single": (
        lambda m: m.crossed_column(["t", bucketized(m), small(m)], 199)
    ),
    "ids of a vocabulary": lambda m: m.crossed_column([known(m), "t"], 199),
    "a cross of a cross": (
        lambda m: m.crossed_column([m.crossed_column([small(m), "t"], 7), "u"], 199)
    ),
    "buckets alone": lambda m: m.crossed_column([bucketized(m), bucketized(m)], 199),
}


def indicator(make: Make) -> Make:
    return lambda m: m.indicator_column(make(m))


@pytest.mark.parametrize("name", CATEGORICAL)
def test_categorical_columns(name: str) -> None:
    make = indicator(CATEGORICAL[name])
    assert_bits(featurekit_of(make), tensorflow_of(make, dense))
    kept = featurekit_of(make, keep_defaults=True)
    assert_bits(kept, tensorflow_of(make, sparse))


@pytest.mark.proves(46, 47)
@pytest.mark.parametrize("name", CROSSED)
def test_crossed_columns(name: str) -> None:
    make = indicator(CROSSED[name])
    kept = featurekit_of(make, keep_defaults=True)
    assert_bits(kept, tensorflow_of(make, sparse))


def test_identity_without_a_default() -> None:
    """Of ids in range, and of -1, which TensorFlow prunes."""
    make = indicator(lambda m: m.categorical_column_with_identity("small", 4))
    assert_bits(featurekit_of(make), tensorflow_of(make, dense))
    assert_bits(featurekit_of(make, keep_defaults=True), tensorflow_of(make, sparse))


@pytest.mark.proves(1)
def test_numeric_columns() -> None:
    for make in (
        lambda m: m.numeric_column("x"),
        lambda m: m.numeric_column("v", shape=(6,)),
        bucketized,
        indicator(bucketized),
    ):
        assert_bits(featurekit_of(make), tensorflow_of(make, dense))


def test_vocabulary_files(tmp_path: Path) -> None:
    lines = tmp_path / "words.txt"
    lines.write_text("é\na\nword\nunread\n")
    records = tmp_path / "words.tfrecord.gz"
    fk.write_vocabulary(records, ["日本", "a", "b"])
    for file, more in (
        (lines, {}),
        (lines, {"vocabulary_size": 3, "num_oov_buckets": 2}),
        (lines, {"default_value": 1}),
        (records, {"file_format": "tfrecord_gzip", "vocabulary_size": 3}),
    ):
        make = indicator(
            lambda m, file=file, more=more: m.categorical_column_with_vocabulary_file(
                "t", str(file), **more
            )
        )
        kept = featurekit_of(make, keep_defaults=True)
        assert_bits(kept, tensorflow_of(make, sparse))


def test_unknown_in_a_cross() -> None:
    """TensorFlow crosses the id -1 of an unknown text; here it has no combination."""

    def make(m: ModuleType) -> Any:
        words = m.categorical_column_with_vocabulary_list("t", ["a", "b"])
        return m.indicator_column(m.crossed_column([words, "u"], 199))

    found = featurekit_of(make, keep_defaults=True)
    sizes = [
        sum(text in ("a", "b") for text in t or []) * len(u or [])
        for t, u in zip(TEXTS["t"], TEXTS["u"], strict=True)
    ]
    assert found.sum(axis=1).tolist() == sizes
    every = [len(t or []) * len(u or []) for t, u in zip(*TEXTS.values(), strict=True)]
    assert tensorflow_of(make, sparse).sum(axis=1).tolist() == every


def test_weighted_columns() -> None:
    """Weights whose sums are exact in any order."""
    rng = np.random.default_rng(7)
    weights = [
        None if row is None else (rng.integers(-16, 17, len(row)) / 8).tolist()
        for row in TEXTS["t"]
    ]

    def make(m: ModuleType) -> Any:
        words = m.categorical_column_with_hash_bucket("t", 97)
        return m.indicator_column(m.weighted_categorical_column(words, "w"))

    def inputs() -> dict[str, Any]:
        ragged = tf.ragged.constant([row or [] for row in weights], tf.float32)
        return {**sparse(), "w": ragged.to_sparse()}

    features = fc.features([make(fc)], keep_defaults=True)
    batch = source().append_column("w", pa.array(weights, pa.list_(pa.float32())))
    found = HostBackend(fk.compile(fk.FeatureSpec(features))).run(batch)
    assert len(found.rejected_rows) == 0
    values = found.outputs.column(0).flatten().to_numpy().reshape(ROWS, -1)
    # TensorFlow's sums of 0.5 and -0.5 may be of either sign.
    assert_bits(values + np.float32(0.0), tensorflow_of(make, inputs) + np.float32(0.0))


@pytest.mark.parametrize("num_keys", [2, 3])
@pytest.mark.proves(46)
def test_order_of_combinations(num_keys: int) -> None:
    """Ids in their order, which an indicator does not show."""
    keys = ["t", "u", "i"][:num_keys]
    for hash_key in (None, 2**62 + 1):
        tensors = [sparse()[key] for key in keys]
        crossed = tf.sparse.cross_hashed(tensors, 2**31 - 1, hash_key=hash_key)
        columns = [fk.strings("t"), fk.strings("u"), fk.integers("i")][:num_keys]
        column = fk.cross(*columns).hash_buckets(2**31 - 1, hash_key=hash_key)
        spec = fk.FeatureSpec({"ids": column.pad(64), "length": column.length()})
        found = HostBackend(fk.compile(spec)).run(source())
        assert len(found.rejected_rows) == 0
        ids = found.outputs.column("ids").flatten().to_numpy().reshape(ROWS, 64)
        np.testing.assert_array_equal(ids[ids > 0] - 1, crossed.values.numpy())
        lengths = np.bincount(crossed.indices.numpy()[:, 0], minlength=ROWS)
        np.testing.assert_array_equal(found.outputs.column("length"), lengths)


@pytest.mark.parametrize("name", CATEGORICAL)
def test_sequences(name: str) -> None:
    """Ids in their order, without those that TensorFlow has as -1."""
    column = CATEGORICAL[name](fc)
    sequence = fc.embedding_column(as_sequence(column), 4)
    features = fc.features([sequence], max_length=4, keep_defaults=True)
    found = HostBackend(fk.compile(fk.FeatureSpec(features))).run(source())
    ids = found.outputs.column(0).flatten().to_numpy().reshape(ROWS, 4)
    internal = pytest.importorskip("tensorflow.python.feature_column.feature_column_v2")
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        theirs = CATEGORICAL[name](tf.feature_column)
        state = internal._StateManagerImpl(tf.keras.layers.Layer(), trainable=False)
        cache = internal.FeatureTransformationCache(sparse())
        theirs.create_state(state) if hasattr(theirs, "create_state") else None
        pair = theirs.get_sparse_tensors(cache, state)
        session.run(tf.compat.v1.tables_initializer())
        wanted = session.run(pair.id_tensor)
    there = wanted.values >= 0
    np.testing.assert_array_equal(ids[ids > 0] - 1, wanted.values[there])
    lengths = np.bincount(wanted.indices[there, 0], minlength=ROWS)
    np.testing.assert_array_equal((ids > 0).sum(axis=1), lengths)
    np.testing.assert_array_equal(found.outputs.column(1), lengths)


def test_sequence_of_numbers() -> None:
    rows: Lists = [[1.5, float("nan")], [], None, [1.0, 2.0, 3.0]]
    features = fc.features(
        [fc.sequence_numeric_column("x", default_value=-1.0)], max_length=2
    )
    batch = pa.record_batch({"x": pa.array(rows, pa.list_(pa.float32()))})
    found = HostBackend(fk.compile(fk.FeatureSpec(features))).run(batch)
    values = found.outputs.column("x").flatten().to_numpy().reshape(4, 2)
    wanted = [[1.5, np.nan], [-1, -1], [-1, -1], [1, 2]]
    np.testing.assert_array_equal(values, np.array(wanted, np.float32))
    assert found.outputs.column("x_length").to_pylist() == [2, 0, 0, 2]


def test_parse_example_spec() -> None:
    def columns(m: ModuleType) -> list[Any]:
        words = m.categorical_column_with_hash_bucket("words", 9)
        weighted = m.weighted_categorical_column(words, "frequency")
        return [
            m.numeric_column("age", default_value=2.0),
            m.numeric_column("count", dtype=tf.int64, default_value=7),
            m.numeric_column("v", shape=(2, 3), default_value=0.5),
            m.bucketized_column(m.numeric_column("w"), [1.0]),
            m.indicator_column(m.crossed_column(["a", small(m)], 9)),
            m.embedding_column(weighted, 3),
            m.indicator_column(known(m)),
            m.embedding_column(m.categorical_column_with_identity("shelf", 3), 2),
        ]

    wanted = tf.feature_column.make_parse_example_spec(columns(tf.feature_column))
    found = fc.make_parse_example_spec(columns(fc))
    assert found.keys() == wanted.keys()
    for key, parser in wanted.items():
        assert type(found[key]) is type(parser)
        assert found[key].dtype == parser.dtype
    empty = tf.train.Example().SerializeToString()
    parsed, expected = (
        tf.io.parse_example([empty], {k: s for k, s in one.items() if k != "w"})
        for one in (found, wanted)
    )
    for key in ("age", "count", "v"):
        np.testing.assert_array_equal(parsed[key], expected[key])


def test_names_and_arguments() -> None:
    import inspect

    theirs = tf.feature_column
    public = [name for name in dir(theirs) if not name.startswith("_")]
    assert set(public) | {"features", "initial_vectors"} == set(fc.__all__)
    for name in public:
        wanted = inspect.signature(getattr(theirs, name)).parameters
        found = inspect.signature(getattr(fc, name)).parameters
        assert list(found) == list(wanted), name
        for argument in found:
            default = wanted[argument].default
            default = default.name if isinstance(default, tf.DType) else default
            assert found[argument].default == default, (name, argument)


@pytest.mark.parametrize("make", [*CATEGORICAL.values(), *CROSSED.values(), bucketized])
def test_names_of_features(make: Make) -> None:
    assert make(fc).name == make(tf.feature_column).name
    for wrap in ("indicator_column", "embedding_column"):
        sizes = (3,) if wrap == "embedding_column" else ()
        found = getattr(fc, wrap)(make(fc), *sizes)
        wanted = getattr(tf.feature_column, wrap)(make(tf.feature_column), *sizes)
        assert found.name == wanted.name
