"""The tokenizer: hand-computed tokens, order, bad ids, and errors."""

import keras
import numpy as np
import pytest

import featurekit as fk
from featurekit.layers.feature_inputs import normalize_features
from featurekit.layers.feature_tokenizer import FeatureTokenizer

pytestmark = pytest.mark.tensorflow

FEATURES = [
    {"name": "seats", "width": 1},
    {"name": "carrier", "num_ids": 5},
    {"name": "hour", "width": 3},
    {"name": "origin", "num_ids": 2},
    {"name": "year", "width": 1},
]


def make_inputs(rows: int = 6) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    return {
        "carrier": rng.integers(0, 5, rows),
        "origin": rng.integers(0, 2, rows).astype(np.int32),
        "seats": rng.normal(size=rows).astype(np.float32),
        "year": rng.normal(size=(rows, 1)).astype(np.float32),
        "hour": rng.normal(size=(rows, 3)).astype(np.float32),
    }


def weights_of(layer: keras.layers.Layer) -> dict[str, np.ndarray]:
    return {weight.name: as_numpy(weight) for weight in layer.weights}


def as_numpy(tensor: object) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def test_tokens_equal_numpy() -> None:
    layer = FeatureTokenizer(FEATURES, 4, cls_token=True)
    inputs = make_inputs()
    tokens = as_numpy(layer(inputs))
    w = weights_of(layer)
    year = inputs["year"]
    expected = np.stack(
        [
            np.tile(w["cls"][0, 0], (6, 1)),
            w["table"][inputs["carrier"]],
            w["table"][5 + inputs["origin"]],
            inputs["seats"][:, None] * w["scale"][0] + w["shift"][0],
            year * w["scale"][1] + w["shift"][1],
            inputs["hour"] @ w["hour_matrix"] + w["hour_shift"],
        ],
        axis=1,
    )
    assert layer.token_names == ["[CLS]", "carrier", "origin", "seats", "year", "hour"]
    np.testing.assert_allclose(tokens, expected, rtol=1e-6, atol=1e-6)


def test_ids_share_one_table() -> None:
    layer = FeatureTokenizer(FEATURES, 4)
    layer.build()
    assert weights_of(layer)["table"].shape == (7, 4)
    assert len(layer.weights) == 5


@pytest.mark.parametrize("kept", [["carrier"], ["seats"], ["hour"], ["year", "hour"]])
def test_any_subset_of_kinds(kept: list[str]) -> None:
    features = [feature for feature in FEATURES if feature["name"] in kept]
    inputs = {name: make_inputs()[name] for name in kept}
    layer = FeatureTokenizer(features, 4)
    assert tuple(layer(inputs).shape) == (6, len(kept), 4)
    assert layer.compute_output_shape({n: v.shape for n, v in inputs.items()}) == (
        6,
        len(kept),
        4,
    )


def test_order_of_inputs_does_not_matter() -> None:
    layer = FeatureTokenizer(FEATURES, 4)
    inputs = make_inputs()
    backwards = dict(reversed(inputs.items()))
    np.testing.assert_array_equal(as_numpy(layer(inputs)), as_numpy(layer(backwards)))


def test_order_of_a_mapping_does_not_matter() -> None:
    described = {"b": {"width": 2}, "a": {"num_ids": 3}}
    assert normalize_features(described) == normalize_features(
        dict(reversed(described.items()))
    )


@pytest.mark.parametrize(
    "bad", [-1, 5, 2**31, 2**32, 2**32 + 1, -(2**32) + 1, 2**63 - 1]
)
def test_id_out_of_range_is_nan_in_its_own_token(bad: int) -> None:
    layer = FeatureTokenizer(FEATURES, 4)
    inputs = make_inputs()
    good = as_numpy(layer(inputs))
    inputs["carrier"] = inputs["carrier"].copy()
    inputs["carrier"][2] = bad
    tokens = as_numpy(layer(inputs))
    assert np.isnan(tokens[2, 0]).all()
    tokens[2, 0] = good[2, 0]
    np.testing.assert_array_equal(tokens, good)


def test_nan_stays_in_its_own_token() -> None:
    layer = FeatureTokenizer(FEATURES, 4)
    inputs = make_inputs()
    inputs["seats"][1] = np.nan
    bad = np.isnan(as_numpy(layer(inputs))).any(axis=2)
    assert np.argwhere(bad).tolist() == [[1, layer.token_names.index("seats")]]


def test_config_round_trip() -> None:
    layer = FeatureTokenizer(FEATURES, 4, cls_token=True, name="tokens")
    copy = FeatureTokenizer.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    assert copy.token_names == layer.token_names


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([], "at least one feature"),
        ([{"name": "a", "width": 1}] * 2, r"Repeated: \['a'\]"),
        ([{"name": "a"}], "one of"),
        ([{"width": 1}], "described by `name`"),
        ([{"name": "a", "width": 1, "num_ids": 2}], "one of"),
        ([{"name": "a", "width": 1, "dtype": "x"}], "one of"),
        ([{"name": "a", "num_ids": 0}], "positive whole number"),
        ([{"name": "a", "width": True}], "positive whole number"),
        ([{"name": "a", "width": 1.0}], "positive whole number"),
        ([{"name": "a", "num_ids": 2, "table": 3}], "name as `table`"),
        ([{"name": "a", "width": 2, "table": "t"}], "one of"),
        (
            [
                {"name": "a", "num_ids": 2, "table": "t"},
                {"name": "b", "num_ids": 3, "table": "t"},
            ],
            "Expected 2 ids",
        ),
    ],
)
def test_bad_description(features: list[dict[str, object]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FeatureTokenizer(features, 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seats": None}, r"Missing: \['seats'\]"),
        ({"extra": np.zeros(6)}, r"unknown: \['extra'\]"),
        ({"carrier": np.zeros(6, np.float32)}, "integer ids as feature 'carrier'"),
        ({"seats": np.zeros(6, np.int64)}, "floating values as feature 'seats'"),
        ({"hour": np.zeros((6, 2), np.float32)}, r"\(batch, 3\) as feature 'hour'"),
        ({"origin": np.zeros((6, 2), np.int64)}, "feature 'origin'"),
    ],
)
def test_bad_inputs(change: dict[str, np.ndarray | None], message: str) -> None:
    inputs = {**make_inputs(), **change}
    kept = {name: value for name, value in inputs.items() if value is not None}
    with pytest.raises(ValueError, match=message):
        FeatureTokenizer(FEATURES, 4)(kept)


def test_inputs_must_be_a_mapping() -> None:
    with pytest.raises(TypeError, match="mapping from feature names"):
        FeatureTokenizer(FEATURES, 4)(np.zeros((6, 5), np.float32))


def test_declared_widths_of_vectors() -> None:
    features = [
        {"name": "carrier", "num_ids": 5, "embedding_dim": 2},
        {"name": "origin", "num_ids": 2},
        {"name": "dest", "num_ids": 3, "embedding_dim": 2},
    ]
    layer = FeatureTokenizer(features, 4)
    inputs = {name: np.array([1, 0]) for name in ("carrier", "origin", "dest")}
    tokens = as_numpy(layer(inputs))
    assert layer.token_names == ["carrier", "dest", "origin"]
    table, matrices, own = (as_numpy(weight) for weight in layer.weights)
    assert table.shape == (8, 2) and matrices.shape == (2, 2, 4)
    expected = [
        table[[1, 0]] @ matrices[0],
        table[[6, 5]] @ matrices[1],
        own[[1, 0]],
    ]
    np.testing.assert_allclose(tokens, np.stack(expected, 1), rtol=1e-5, atol=1e-6)


def test_ids_of_one_table_have_the_same_vectors() -> None:
    features = [
        {"name": "carrier", "num_ids": 3},
        {"name": "origin", "num_ids": 5, "table": "airports"},
        {"name": "dest", "num_ids": 5, "table": "airports"},
        {"name": "home", "num_ids": 5, "table": "airports", "embedding_dim": 2},
        {"name": "airports", "num_ids": 2},
    ]
    layer = FeatureTokenizer(features, 4)
    layer = FeatureTokenizer.from_config(layer.get_config())
    inputs = {feature["name"]: np.array([1, 0]) for feature in features}
    inputs["dest"] = np.array([4, 1])
    tokens = as_numpy(layer(inputs))
    assert layer.token_names == ["carrier", "origin", "dest", "airports", "home"]
    table = as_numpy(layer.weights[0])
    assert table.shape == (3 + 5 + 2, 4)
    expected = [table[[1, 0]], table[[4, 3]], table[[7, 4]], table[[9, 8]]]
    np.testing.assert_array_equal(tokens[:, :4], np.stack(expected, 1))


@pytest.mark.proves(43)
def test_vectors_move_to_a_vocabulary_that_has_grown() -> None:
    text = {"shared": "w", "oov": "after"}
    spec = fk.FeatureSpec(
        {
            "s": fk.string("s").vocabulary(**text),
            "t": fk.string("t").vocabulary(**text),
            "u": fk.string("u").vocabulary().embedding(2),
        }
    )
    first = fk.analyze(spec, {"s": ["b", "b"], "t": ["a", None], "u": ["x", "y"]})
    more = fk.analyze(spec, {"s": ["c", "c"], "t": ["a", None], "u": ["z", "z"]})
    grown = fk.grow(first, more)
    old, new = (
        FeatureTokenizer(fk.model_inputs(spec, stats), 4) for stats in (first, grown)
    )
    fresh = {name: new.get_vectors(name) for name in ("s", "u")}
    for name in ("s", "u"):
        before, after = (fk.id_meanings(spec, name, one) for one in (first, grown))
        rows = fk.row_map(before, after)
        table = fk.warm_start(old.get_vectors(name), rows, fresh[name])
        new.set_vectors(name, table)
    np.testing.assert_array_equal(new.get_vectors("t"), new.get_vectors("s"))
    # b, a, unknown; after growing also c.
    moved = {"s": [0, 1, 3], "t": [0, 1, 3], "u": [0, 1, 3]}
    for name, places in moved.items():
        kept = new.get_vectors(name)[places]
        np.testing.assert_array_equal(kept, old.get_vectors(name))
    for name in ("s", "u"):
        np.testing.assert_array_equal(new.get_vectors(name)[2], fresh[name][2])


def test_vectors_of_what_has_none() -> None:
    layer = FeatureTokenizer(FEATURES, 4)
    with pytest.raises(ValueError, match="with ids"):
        layer.get_vectors("seats")
    with pytest.raises(ValueError, match=r"shape \(5, 4\)"):
        layer.set_vectors("carrier", np.zeros((4, 4)))
    layer.set_vectors("carrier", np.ones((5, 4)))
    tokens = as_numpy(layer(make_inputs()))
    assert (tokens[:, layer.token_names.index("carrier")] == 1.0).all()


def test_config_keeps_declared_widths() -> None:
    features = [{"name": "carrier", "num_ids": 5, "embedding_dim": 2}]
    layer = FeatureTokenizer.from_config(FeatureTokenizer(features, 4).get_config())
    assert layer.features == features
    with pytest.raises(ValueError, match="embedding_dim"):
        FeatureTokenizer([{"name": "a", "num_ids": 5, "embedding_dim": 0}], 4)
    with pytest.raises(ValueError, match="Received"):
        FeatureTokenizer([{"name": "a", "width": 5, "embedding_dim": 2}], 4)


def test_padded_ids_give_the_mean_of_those_that_are_there() -> None:
    features = [
        {"name": "carrier", "num_ids": 5},
        {"name": "tags", "num_ids": 4, "length": 3, "embedding_dim": 2},
        {"name": "items", "num_ids": 6, "length": 1},
    ]
    layer = FeatureTokenizer(features, 4)
    tags = np.array([[1, 3, 0], [0, 0, 0], [2, 2, 3]])
    inputs = {
        "carrier": np.array([1, 2, 3]),
        "tags": tags,
        "items": np.array([[5], [0], [1]], np.int32),
    }
    tokens = as_numpy(layer(inputs))
    assert layer.token_names == ["carrier", "tags", "items"]
    assert tokens.shape == (3, 3, 4)
    table = layer.get_vectors("tags")
    matrix = next(as_numpy(w) for w in layer.weights if w.path.endswith("matrices"))
    for row, ids in enumerate(tags):
        there = ids[ids > 0]
        wanted = table[there].mean(axis=0) @ matrix[0] if len(there) else np.zeros(4)
        np.testing.assert_allclose(tokens[row, 1], wanted, rtol=1e-5, atol=1e-6)
    items = layer.get_vectors("items")
    np.testing.assert_allclose(tokens[0, 2], items[5], rtol=1e-6)
    assert (tokens[1, 2] == 0.0).all()


def test_more_padding_changes_nothing() -> None:
    def tokens(length: int) -> np.ndarray:
        keras.utils.set_random_seed(1)
        features = [{"name": "tags", "num_ids": 4, "length": length}]
        ids = np.zeros((2, length), np.int64)
        ids[:, :2] = [[1, 3], [2, 0]]
        return as_numpy(FeatureTokenizer(features, 4)({"tags": ids}))

    np.testing.assert_allclose(tokens(2), tokens(9), rtol=1e-6)


@pytest.mark.parametrize("bad", [-1, 4, 2**40])
def test_padded_ids_out_of_range_are_nan(bad: int) -> None:
    layer = FeatureTokenizer([{"name": "tags", "num_ids": 4, "length": 2}], 4)
    tokens = as_numpy(layer({"tags": np.array([[1, bad], [1, 2]])}))
    assert np.isnan(tokens[0]).all() and np.isfinite(tokens[1]).all()


def test_padded_ids_of_another_length_are_an_error() -> None:
    layer = FeatureTokenizer([{"name": "tags", "num_ids": 4, "length": 1}], 4)
    for shape in ((2,), (2, 2)):
        with pytest.raises(ValueError, match="Expected shape"):
            layer({"tags": np.zeros(shape, np.int64)})
