"""Embeddings of feature columns: vectors of rows beside those of TensorFlow."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from compat.test_feature_column_parity import ROWS, TEXTS, known, small, source, sparse

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.compat import feature_column as fc
from featurekit.errors import SpecError

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")
import keras  # noqa: E402

from featurekit.layers.feature_tokenizer import FeatureTokenizer  # noqa: E402

DIM = 5
COLUMNS = {
    "a vocabulary": (known, 7),
    "integers": (small, 3),
    "hashes": (lambda m: m.categorical_column_with_hash_bucket("t", 19), 19),
    "a cross": (lambda m: m.crossed_column(["t", small(m)], 23), 23),
    "unknown texts are left out": (
        lambda m: m.categorical_column_with_vocabulary_list("t", ["a", "b"]),
        2,
    ),
}
WEIGHTS = [
    None if row is None else np.random.default_rng(at).normal(size=len(row)).tolist()
    for at, row in enumerate(TEXTS["t"])
]


def vectors_of(column: Any, table: np.ndarray) -> np.ndarray:
    """What a featurekit model makes of the rows."""
    features = fc.features([column], max_length=16, keep_defaults=True)
    spec = fk.FeatureSpec(features)
    weights = pa.array(WEIGHTS, pa.list_(pa.float32()))
    done = HostBackend(fk.compile(spec)).run(source().append_column("w", weights))
    assert len(done.rejected_rows) == 0
    inputs = {
        name: found.flatten().to_numpy().reshape(ROWS, -1)
        for name, found in zip(
            done.outputs.schema.names, done.outputs.columns, strict=True
        )
    }
    (entry,) = fk.model_inputs(spec)
    layer = FeatureTokenizer([entry], DIM)
    layer.set_vectors(entry["name"], np.concatenate([np.zeros((1, DIM)), table]))
    return keras.ops.convert_to_numpy(layer(inputs))[:, 0]


def tensorflow_of(make: Any, table: np.ndarray) -> np.ndarray:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        weights = tf.ragged.constant([row or [] for row in WEIGHTS], tf.float32)
        inputs = {**sparse(), "w": weights.to_sparse()}
        column = make(tf.feature_column, tf.constant_initializer(table))
        layer = tf.compat.v1.feature_column.input_layer(inputs, [column])
        session.run(tf.compat.v1.global_variables_initializer())
        session.run(tf.compat.v1.tables_initializer())
        return session.run(layer)


@pytest.mark.proves(64)
@pytest.mark.parametrize("combiner", ["mean", "sqrtn", "sum"])
@pytest.mark.parametrize("name", COLUMNS)
def test_embedding_columns(name: str, combiner: Any) -> None:
    ids, size = COLUMNS[name]
    table = np.random.default_rng(9).normal(size=(size, DIM)).astype(np.float32)

    def make(m: ModuleType, initializer: Any = None) -> Any:
        options = {"initializer": initializer, "max_norm": 1.5}
        return m.embedding_column(ids(m), DIM, combiner, **options)

    found, wanted = vectors_of(make(fc), table), tensorflow_of(make, table)
    assert (wanted == 0.0).all(axis=1).any()
    np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("combiner", ["mean", "sqrtn", "sum"])
def test_weighted_embedding_columns(combiner: Any) -> None:
    table = np.random.default_rng(9).normal(size=(19, DIM)).astype(np.float32)

    def make(m: ModuleType, initializer: Any = None) -> Any:
        words = m.categorical_column_with_hash_bucket("t", 19)
        weighted = m.weighted_categorical_column(words, "w")
        return m.embedding_column(weighted, DIM, combiner, initializer)

    found, wanted = vectors_of(make(fc), table), tensorflow_of(make, table)
    np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=1e-6)


def test_shared_embeddings_have_one_table() -> None:
    ids = [
        fc.categorical_column_with_identity(key, 5, default_value=0)
        for key in ("seen", "bought")
    ]
    columns = fc.shared_embeddings(ids, DIM, "sum", max_norm=2.0)
    entries = fk.model_inputs(fk.FeatureSpec(fc.features(columns, max_length=3)))
    assert [entry["name"] for entry in entries] == [
        "bought_shared_embedding",
        "seen_shared_embedding",
    ]
    assert {entry["table"] for entry in entries} == {"bought_seen_shared_embedding"}
    assert {entry["combiner"] for entry in entries} == {"sum"}
    layer = FeatureTokenizer(entries, DIM)
    layer.build()
    vectors = [layer.get_vectors(entry["name"]) for entry in entries]
    np.testing.assert_array_equal(*vectors)


def with_first_vectors(make: Any) -> np.ndarray:
    """What a model makes of the rows that begins with the column's own vectors."""
    column = make(fc)
    first = fc.initial_vectors([column], max_length=16)[column.name]
    return vectors_of(column, first[1:])


@pytest.mark.parametrize("name", COLUMNS)
def test_initializers_make_the_same_table(name: str) -> None:
    ids, size = COLUMNS[name]
    table = np.random.default_rng(4).normal(size=(size, DIM)).astype(np.float32)

    def make(m: ModuleType, initializer: Any = lambda shape: table) -> Any:
        return m.embedding_column(ids(m), DIM, initializer=initializer)

    wanted = tensorflow_of(make, table)
    np.testing.assert_allclose(with_first_vectors(make), wanted, rtol=2e-5, atol=1e-6)


def test_checkpoints_are_restored_as_tensorflow_restores_them(tmp_path: Path) -> None:
    table = np.random.default_rng(5).normal(size=(7, DIM)).astype(np.float32)
    saved = tf.train.Checkpoint(vectors=tf.Variable(table)).write(str(tmp_path / "old"))
    tensor = "vectors/.ATTRIBUTES/VARIABLE_VALUE"

    def make(m: ModuleType, _: Any = None) -> Any:
        options = {"ckpt_to_load_from": saved, "tensor_name_in_ckpt": tensor}
        return m.embedding_column(known(m), DIM, **options)

    wanted = tensorflow_of(make, table)
    assert np.abs(wanted).max() > 0.5
    np.testing.assert_allclose(with_first_vectors(make), wanted, rtol=2e-5, atol=1e-6)


def test_shared_columns_begin_with_one_table() -> None:
    ids = [fc.categorical_column_with_identity(key, 5, 0) for key in ("seen", "bought")]
    drawn = keras.initializers.RandomNormal(seed=keras.random.SeedGenerator(0))
    columns = fc.shared_embeddings(ids, DIM, initializer=drawn)
    first = fc.initial_vectors(columns, max_length=3)
    np.testing.assert_array_equal(*first.values())
    assert first["seen_shared_embedding"].shape == (6, DIM)
    assert not first["seen_shared_embedding"][0].any()


def test_initial_vectors_say_what_is_wrong(tmp_path: Path) -> None:
    def first(**options: Any) -> Any:
        return fc.initial_vectors(
            [fc.embedding_column(known(fc), DIM, **options)], max_length=2
        )

    assert first() == {}
    with pytest.raises(SpecError, match=r"another shape.*\(7, 5\)"):
        first(initializer=lambda shape: np.zeros(3))
    missing = {"ckpt_to_load_from": str(tmp_path / "none"), "tensor_name_in_ckpt": "v"}
    with pytest.raises(SpecError, match="cannot be read as a checkpoint"):
        first(**missing)
    path = tf.train.Checkpoint(v=tf.Variable(1.0)).write(str(tmp_path / "there"))
    with pytest.raises(SpecError, match="no such tensor"):
        first(ckpt_to_load_from=path, tensor_name_in_ckpt="w")
