"""Bags in models: TensorFlow's combiners as the oracle, shared tables, JAX."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import featurekit as fk
from featurekit.errors import SpecError
from featurekit.layers.feature_tokenizer import FeatureTokenizer
from featurekit.models import TabularTransformer

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

ROWS, LENGTH, NUM_IDS, DIM = 10_000, 6, 40, 8
COMBINERS = ("sum", "mean", "sqrtn")

OTHER_BACKEND = """
import json, sys
import keras
import numpy as np
from featurekit.layers.feature_tokenizer import FeatureTokenizer
folder = sys.argv[1]
inputs = dict(np.load(f"{folder}/inputs.npz"))
for number, config in enumerate(json.load(open(f"{folder}/configs.json"))):
    layer = FeatureTokenizer.from_config(config)
    layer.build()
    weights = np.load(f"{folder}/weights_{number}.npz")
    layer.set_weights([weights[name] for name in weights.files])
    found = keras.ops.convert_to_numpy(layer(inputs))
    np.save(f"{folder}/outputs_{number}.npy", found)
assert "tensorflow" not in sys.modules
"""


def make_bags(rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    """Padded ids and weights: empty rows, repeated ids, weights of every kind."""
    rng = np.random.default_rng(64)
    ids = rng.integers(1, NUM_IDS + 1, (rows, LENGTH))
    ids[np.arange(LENGTH) >= rng.integers(0, LENGTH + 1, rows)[:, None]] = 0
    weights = rng.normal(size=ids.shape).astype(np.float32)
    special = rng.random(ids.shape) < 0.2
    weights[special] = rng.choice([0.0, -0.0, 1.0, -1.0, np.nan], special.sum())
    return ids, np.where(ids > 0, weights, np.float32(0.0))


def make_layer(combiner: str, max_norm: float | None, weighted: bool):
    bag: dict[str, object] = {"name": "tags", "num_ids": NUM_IDS + 1, "length": LENGTH}
    bag |= {"combiner": combiner, "embedding_dim": DIM}
    bag |= {"max_norm": max_norm} if max_norm else {}
    bag |= {"weights": "tags_weights"} if weighted else {}
    layer = FeatureTokenizer([bag], DIM)
    layer.build()
    return layer


def from_tensorflow(table, ids, weights, combiner, max_norm) -> np.ndarray:
    places = np.argwhere(ids > 0)
    values = ids[ids > 0] - 1
    sparse = tf.SparseTensor(places, values, ids.shape)
    if weights is not None:
        weights = tf.SparseTensor(places, weights[ids > 0], ids.shape)
    return tf.nn.safe_embedding_lookup_sparse(
        tf.constant(table), sparse, weights, combiner=combiner, max_norm=max_norm
    ).numpy()


@pytest.mark.proves(64)
@pytest.mark.parametrize("combiner", COMBINERS)
@pytest.mark.parametrize("max_norm", [None, 0.5])
@pytest.mark.parametrize("weighted", [True, False])
def test_equal_to_safe_embedding_lookup_sparse(
    combiner: str, max_norm: float | None, weighted: bool
) -> None:
    layer = make_layer(combiner, max_norm, weighted)
    ids, weights = make_bags()
    inputs = {"tags": ids, **({"tags_weights": weights} if weighted else {})}
    tokens = keras.ops.convert_to_numpy(layer(inputs))[:, 0]
    table = layer.get_vectors("tags")[1:]
    if max_norm:
        norms = np.linalg.norm(table, axis=1)
        assert (norms > max_norm).any() and (norms < max_norm).any()
    expected = from_tensorflow(
        table, ids, weights if weighted else None, combiner, max_norm
    )
    assert np.isnan(expected).any() == (weighted and combiner == "sum")
    np.testing.assert_allclose(tokens, expected, rtol=2e-5, atol=1e-6)
    assert (tokens[(ids == 0).all(axis=1)] == 0.0).all()


def test_hand_computed_combinations() -> None:
    """The numbers of TensorFlow's documentation of sparse lookups, by hand."""
    ids = np.array([[1, 2], [0, 0]])
    weights = np.array([[2.0, 0.5], [0.0, 0.0]], np.float32)
    wanted = {"sum": 3.0, "mean": 1.2, "sqrtn": 3.0 / 4.25**0.5}
    for combiner, value in wanted.items():
        bag = {"name": "t", "num_ids": 3, "length": 2, "weights": "w"}
        layer = FeatureTokenizer([{**bag, "combiner": combiner}], 1)
        layer.set_vectors("t", np.array([[9.0], [1.0], [2.0]], np.float32))
        tokens = keras.ops.convert_to_numpy(layer({"t": ids, "w": weights}))
        np.testing.assert_allclose(tokens[:, 0, 0], [value, 0.0], rtol=1e-6)


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_equal_on_other_backends(backend: str, tmp_path: Path) -> None:
    pytest.importorskip(backend)
    layers = [
        make_layer(combiner, max_norm, True)
        for combiner in COMBINERS
        for max_norm in (None, 0.5)
    ]
    ids, weights = make_bags(500)
    inputs = {"tags": ids, "tags_weights": weights}
    np.savez(tmp_path / "inputs.npz", **inputs)
    configs = json.dumps([layer.get_config() for layer in layers])
    (tmp_path / "configs.json").write_text(configs)
    for number, layer in enumerate(layers):
        np.savez(tmp_path / f"weights_{number}.npz", *layer.get_weights())
    subprocess.run(
        [sys.executable, "-c", OTHER_BACKEND, str(tmp_path)],
        env={**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"},
        cwd=Path(__file__).parents[2],
        check=True,
    )
    for number, layer in enumerate(layers):
        other = np.load(tmp_path / f"outputs_{number}.npy")
        tokens = keras.ops.convert_to_numpy(layer(inputs))
        np.testing.assert_allclose(tokens, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("combiner", COMBINERS)
def test_gradients_are_those_of_tensorflow(combiner: str) -> None:
    """Of empty rows and of vectors of zeros as well, which have no direction."""
    layer = make_layer(combiner, 0.5, True)
    table = np.array(layer.get_vectors("tags"))
    table[:4] = 0.0
    layer.set_vectors("tags", table)
    ids, weights = make_bags(50)
    weights = np.nan_to_num(weights)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer({"tags": ids, "tags_weights": weights}) ** 2)
    found = tf.convert_to_tensor(tape.gradient(loss, layer.weights[0].value))
    assert np.isfinite(found.numpy()).all()
    variable = tf.Variable(table[1:])
    places = np.argwhere(ids > 0)
    sparse = tf.SparseTensor(places, ids[ids > 0] - 1, ids.shape)
    by_id = tf.SparseTensor(places, weights[ids > 0], ids.shape)
    with tf.GradientTape() as tape:
        vectors = tf.nn.safe_embedding_lookup_sparse(
            variable, sparse, by_id, combiner=combiner, max_norm=0.5
        )
        loss = tf.reduce_sum(vectors**2)
    expected = tf.convert_to_tensor(tape.gradient(loss, variable)).numpy()
    ordinary = np.abs(table[1:]).sum(axis=1) > 0
    np.testing.assert_allclose(
        found.numpy()[1:][ordinary], expected[ordinary], rtol=1e-3, atol=1e-5
    )


SHARED = fk.FeatureSpec(
    {
        "last": fk.string("last").vocabulary(["a", "b"], shared="items").embedding(4),
        "seen": fk.strings("seen")
        .vocabulary(["a", "b"], shared="items")
        .weighted(fk.numerics("times"))
        .pad(3)
        .embedding(4, combiner="sum"),
        "home": fk.integer("home").hash_buckets(9).embedding(3, table="places"),
        "work": fk.integer("work").hash_buckets(9).embedding(3, table="places"),
    }
)
ROWS_OF_SHARED = {
    "last": ["a", "b", "q"],
    "seen": [["b", "a"], [], ["q"]],
    "times": [[1.0, 2.0], [], [-1.0]],
    "home": [1, 2, 3],
    "work": [3, 2, 1],
}


@pytest.mark.proves(66)
def test_a_bag_and_single_ids_have_the_same_vectors() -> None:
    described = fk.model_inputs(SHARED)
    layer = FeatureTokenizer(described, 4)
    inputs = fk.Preprocessor(SHARED).transform(ROWS_OF_SHARED)
    tokens = keras.ops.convert_to_numpy(layer(inputs))
    vectors = layer.get_vectors("last")
    assert vectors.shape == (3, 4)
    np.testing.assert_array_equal(layer.get_vectors("seen")[1:], vectors)
    place = {name: at for at, name in enumerate(layer.token_names)}
    np.testing.assert_array_equal(tokens[:, place["last"]], vectors)
    wanted = [vectors[1] + 2.0 * vectors[0], np.zeros(4), -vectors[2]]
    np.testing.assert_allclose(tokens[:, place["seen"]], wanted, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(layer.get_vectors("home"), layer.get_vectors("work"))
    layer.set_vectors("seen", np.ones((4, 4)))
    assert (layer.get_vectors("last") == 1.0).all()


def test_max_norm_of_single_ids() -> None:
    spec = fk.FeatureSpec(
        {
            "i": fk.integer("i").identity(3).embedding(2, max_norm=1.0),
            "j": fk.integer("j").identity(3).embedding(2),
        }
    )
    layer = FeatureTokenizer(fk.model_inputs(spec), 2)
    table = np.array([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]], np.float32)
    for name in ("i", "j"):
        layer.set_vectors(name, table)
    ids = np.array([0, 1, 2])
    tokens = keras.ops.convert_to_numpy(layer({"i": ids, "j": ids}))
    np.testing.assert_allclose(tokens[:, 0], [[0.6, 0.8], [0.3, 0.4], [0, 0]])
    np.testing.assert_array_equal(tokens[:, 1], table)


def test_a_model_learns_from_a_weighted_bag_and_survives_a_file(tmp_path: Path) -> None:
    inputs = fk.Preprocessor(SHARED).transform(ROWS_OF_SHARED)
    assert set(inputs) == {"last", "seen", "seen_weights", "home", "work"}
    model = TabularTransformer(
        fk.model_inputs(SHARED), dim=4, depth=1, num_heads=2, dropout=0.0
    )
    model.compile("adam", "mse")
    model.fit(inputs, np.array([0.0, 1.0, 2.0]), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    found, expected = (
        keras.ops.convert_to_numpy(one(inputs)) for one in (loaded, model)
    )
    np.testing.assert_array_equal(found, expected)
    assert np.isfinite(expected).all()


@pytest.mark.proves(64)
def test_records_hold_ids_and_weights(tmp_path: Path) -> None:
    for layout in ("named", "packed"):
        stats = fk.Stats({})
        fk.convert(SHARED, stats, ROWS_OF_SHARED, tmp_path / layout, layout=layout)
        dataset = fk.load(tmp_path / layout)
        arrays = dataset.to_numpy()
        assert arrays["seen"].tolist() == [[2, 1, 0], [0, 0, 0], [3, 0, 0]]
        assert arrays["seen_weights"].tolist() == [[1, 2, 0], [0, 0, 0], [-1, 0, 0]]
        batch = next(iter(dataset.to_tf(batch_size=3)))
        assert set(batch) == set(arrays)
        for name, tensor in batch.items():
            assert tensor.numpy().tobytes() == arrays[name].tobytes(), name


@pytest.mark.proves(43)
def test_vectors_of_bags_move_to_a_vocabulary_that_has_grown() -> None:
    ids = fk.strings("t").vocabulary().drop_missing()
    spec = fk.FeatureSpec(
        {
            "plain": ids.pad(2).embedding(2),
            "weighted": ids.weighted(fk.numerics("w")).pad(2).embedding(2),
        }
    )
    rows = {"t": [["b", "b"], ["a"]], "w": [[1.0, 1.0], [1.0]]}
    first = fk.analyze(spec, rows)
    more = fk.analyze(spec, {"t": [["c"] * 3], "w": [[1.0] * 3]})
    grown = fk.grow(first, more)
    for name in ("plain", "weighted"):
        before, after = (fk.id_meanings(spec, name, one) for one in (first, grown))
        assert [str(one) for one in before] == [
            "0 padding", "1 token 'b'", "2 token 'a'", "3 unknown"
        ]  # fmt: skip
        moved = fk.row_map(before, after)
        assert moved.new_ids.tolist() == [0, 1, 2, 4]
        old = FeatureTokenizer(fk.model_inputs(spec, first), 2).get_vectors(name)
        new = FeatureTokenizer(fk.model_inputs(spec, grown), 2)
        new.set_vectors(name, fk.warm_start(old, moved, np.zeros))
        np.testing.assert_array_equal(new.get_vectors(name)[[0, 1, 2, 4]], old)


@pytest.mark.proves(65)
def test_a_model_begins_with_given_vectors() -> None:
    described = fk.model_inputs(SHARED)
    layer = FeatureTokenizer(described, 4)
    meanings = fk.id_meanings(SHARED, "seen")
    fresh = layer.get_vectors("seen")
    given = fk.given_vectors(meanings, {"b": [1.0, 2.0, 3.0, 4.0]}, fresh)
    layer.set_vectors("seen", given.table)
    vectors = layer.get_vectors("last")
    assert vectors[1].tolist() == [1.0, 2.0, 3.0, 4.0]
    np.testing.assert_array_equal(vectors[[0, 2]], fresh[[1, 3]])


@pytest.mark.proves(65)
def test_a_width_is_suggested_from_the_number_of_ids() -> None:
    for num_ids in (*range(1, 300), 2**31 - 1):
        dim = fk.suggest_dim(num_ids)
        assert (dim - 1) ** 4 < num_ids <= dim**4
    spec = fk.FeatureSpec(
        {
            "one": fk.integer("i").hash_buckets(256).embedding(),
            "bag": fk.integers("j").hash_buckets(256).pad(3).embedding(),
            "given": fk.integer("i").hash_buckets(256).embedding(7),
        }
    )
    widths = {one["name"]: one["embedding_dim"] for one in fk.model_inputs(spec)}
    assert widths == {"one": 4, "bag": 4, "given": 7}


def test_tables_of_other_sizes_are_refused() -> None:
    ids = fk.integer("i")
    spec = fk.FeatureSpec(
        {
            "a": ids.hash_buckets(9).embedding(2, table="t"),
            "b": ids.hash_buckets(8).embedding(2, table="t"),
        }
    )
    with pytest.raises(SpecError, match=r"SPEC_SHARED_TABLE.*'t'"):
        fk.model_inputs(spec)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"combiner": "max"}, "one of .*sum"),
        ({"max_norm": 0.0}, "positive number as `max_norm`"),
        ({"weights": 3}, "name as `weights`"),
        ({"weights": "tags"}, r"Repeated: \['tags'\]"),
    ],
)
def test_bad_descriptions(extra: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FeatureTokenizer([{"name": "tags", "num_ids": 4, "length": 2, **extra}], 4)


def test_bad_weights() -> None:
    bag = {"name": "t", "num_ids": 4, "length": 2, "weights": "w"}
    layer = FeatureTokenizer([bag], 4)
    ids = np.zeros((3, 2), np.int64)
    with pytest.raises(ValueError, match=r"Missing: \['w'\]"):
        layer({"t": ids})
    with pytest.raises(ValueError, match="floating values as feature 'w'"):
        layer({"t": ids, "w": ids})
    with pytest.raises(ValueError, match=r"\(batch, 2\) as feature 'w'"):
        layer({"t": ids, "w": np.zeros((3, 1), np.float32)})
