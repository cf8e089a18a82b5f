"""What is imported from a Keras FeatureSpace has the numbers of that FeatureSpace."""

import math
from typing import Any

import numpy as np
import pytest

import featurekit as fk
from featurekit.errors import SpecError

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")
import keras  # noqa: E402

from featurekit.compat.feature_space import from_feature_space  # noqa: E402

Space = keras.utils.FeatureSpace
ROWS = 10_000
BOUNDARIES = [-1.5, 0.0, 0.1, 3.0]
WORDS = ["a", "b", "", "é", "日本", "x" * 64, "a b", "A"]
IDS = [0, 1, -1, 7, 2**31 - 1, -(2**31), 2**40, 2**63 - 1, -(2**63) + 1]


def floats() -> np.ndarray:
    """Of many sizes, with NaN, infinities, and boundaries and their neighbours."""
    rng = np.random.default_rng(1)
    found = rng.normal(size=ROWS) * 10.0 ** rng.integers(-6, 6, ROWS)
    found = found.astype(np.float32)
    near = np.array(BOUNDARIES, np.float32)
    near = [near, np.nextafter(near, -np.inf), np.nextafter(near, np.inf)]
    rare = np.concatenate([*near, [np.nan, np.inf, -np.inf, -0.0, 1e30, -1e30]])
    rare = rare[(np.abs(rare) >= 2.0**-126) | (rare == 0) | np.isnan(rare)]
    chosen = rng.random(ROWS) < 0.5
    found[chosen] = rng.choice(rare, chosen.sum())
    return found.astype(np.float32)


def integers() -> np.ndarray:
    rng = np.random.default_rng(2)
    found = rng.integers(-9, 9, ROWS)
    chosen = rng.random(ROWS) < 0.5
    found[chosen] = rng.choice(np.array(IDS), chosen.sum())
    return found


def strings() -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.array([*WORDS, "unknown", "?"], object)[rng.integers(0, 10, ROWS)]


DATA = {"x": floats(), "i": integers(), "s": strings(), "y": floats()[::-1].copy()}
LEARNED_FROM = {
    "x": np.float32(np.random.default_rng(4).normal(3.0, 2.0, 400)),
    "i": np.array([1, 1, 7, -5, 2**31 - 1, 7, 0, 0, 0, 3] * 40),
    "s": np.array([*WORDS, "a", "a"] * 40, object),
    "y": np.float32(np.random.default_rng(5).normal(size=400)),
}


def make_space(features: dict[str, Any], *, adapt: bool = True, **options: Any):
    space = Space(features, output_mode="dict", **options)
    if adapt:
        data = {name: LEARNED_FROM[name] for name in features}
        space.adapt(tf.data.Dataset.from_tensor_slices(data).batch(400))
    return space


def both(space: Any, names: str) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The features of all rows: featurekit's, and those of the FeatureSpace."""
    rows = {name: DATA[name] for name in names}
    spec = from_feature_space(space).spec
    mine = fk.Preprocessor(spec).transform(
        {name: values.tolist() for name, values in rows.items()}
    )
    theirs = space({name: tf.constant(values) for name, values in rows.items()})
    shaped = {
        name: np.reshape(value.numpy(), mine[name].shape)
        for name, value in theirs.items()
    }
    assert list(mine) == list(theirs)
    return mine, shaped


KINDS: dict[str, tuple[Any, str]] = {
    "float": (lambda: Space.float(), "x"),
    "float_rescaled": (lambda: Space.float_rescaled(scale=0.25, offset=-2.0), "x"),
    "float_discretized": (lambda: Space.float_discretized(4, output_mode="int"), "x"),
    "float_discretized_one_hot": (lambda: Space.float_discretized(4), "x"),
    "integer_categorical": (lambda: Space.integer_categorical(output_mode="int"), "i"),
    "integer_categorical_one_hot": (lambda: Space.integer_categorical(), "i"),
    "integer_categorical_top": (lambda: Space.integer_categorical(max_tokens=4), "i"),
    "string_categorical": (lambda: Space.string_categorical(output_mode="int"), "s"),
    "string_categorical_one_hot": (lambda: Space.string_categorical(), "s"),
    "string_categorical_top": (lambda: Space.string_categorical(max_tokens=4), "s"),
    "string_categorical_three_unknown": (
        lambda: Space.string_categorical(num_oov_indices=3, output_mode="int"),
        "s",
    ),
    "integer_hashed": (lambda: Space.integer_hashed(1000, output_mode="int"), "i"),
    "integer_hashed_one_hot": (lambda: Space.integer_hashed(7), "i"),
    "string_hashed": (lambda: Space.string_hashed(1000, output_mode="int"), "s"),
    "string_hashed_one_hot": (lambda: Space.string_hashed(7), "s"),
    "salted": (
        lambda: Space.feature(
            "string", keras.layers.Hashing(1000, salt=[1, 2]), output_mode="int"
        ),
        "s",
    ),
    "salted_by_one_number": (
        lambda: Space.feature(
            "int32", keras.layers.Hashing(1000, salt=133), output_mode="int"
        ),
        "i",
    ),
}


@pytest.mark.proves(114)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_the_same_numbers(kind: str) -> None:
    make, name = KINDS[kind]
    mine, theirs = both(make_space({name: make()}), name)
    if kind == "float_rescaled":  # Keras rounds the product to float32 as well
        np.testing.assert_allclose(mine["x"], theirs["x"], rtol=1e-6, atol=3e-7)
        return
    assert (mine[name].dtype.kind == "f") == (theirs[name].dtype.kind == "f")
    np.testing.assert_array_equal(mine[name], theirs[name])
    assert len(np.unique(mine[name][~np.isnan(mine[name])])) > 1


def test_normalized_numbers() -> None:
    mine, theirs = both(make_space({"x": "float_normalized"}), "x")
    np.testing.assert_allclose(mine["x"], theirs["x"], rtol=2e-6, atol=1e-6)


def test_given_moments_and_a_constant_column() -> None:
    given = keras.layers.Normalization(axis=None, mean=2.0, variance=0.0)
    given.build((1,))
    space = make_space({"x": Space.feature("float32", given, output_mode="float")})
    imported = from_feature_space(space).spec.features["x"]
    found = fk.preview(imported, {"x": [2.0, 3.0]})
    assert found == np.ravel(given(np.float32([[2.0], [3.0]]))).tolist()
    np.testing.assert_allclose(found, [0.0, 1e7])


def test_boundaries_that_are_given() -> None:
    """A FeatureSpace cannot be called with them; its layer can."""
    kind = Space.float_discretized(None, bin_boundaries=BOUNDARIES, output_mode="int")
    imported = from_feature_space(make_space({"x": kind}, adapt=False))
    assert ["given boundaries" in one for one in imported.differences] == [True]
    mine = fk.Preprocessor(imported.spec).transform({"x": DATA["x"].tolist()})
    np.testing.assert_array_equal(mine["x"], kind.preprocessor(DATA["x"]).numpy())


@pytest.mark.parametrize("mode", ["int", "one_hot"])
def test_crosses_of_every_kind_of_id(mode: str) -> None:
    kinds = {
        "s": Space.string_categorical(num_oov_indices=2, output_mode="int"),
        "i": Space.integer_categorical(output_mode="int"),
        "x": Space.float_discretized(5, output_mode="int"),
        "y": "float",
    }
    groups = [("s", "i"), ("i", "s"), ("x", "s")]  # Keras crosses no three
    space = make_space(
        kinds, crosses=[Space.cross(group, 50, output_mode=mode) for group in groups]
    )
    mine, theirs = both(space, "sixy")
    assert list(mine) == [*"isxy", "i_X_s", "s_X_i", "x_X_s"]
    for name, values in theirs.items():
        np.testing.assert_array_equal(mine[name], values, err_msg=name)


def test_crosses_of_hashes() -> None:
    kinds = {"s": "string_hashed", "i": "integer_hashed"}
    mine, theirs = both(
        make_space(kinds, crosses=[("s", "i")], crossing_dim=64, hashing_dim=9), "si"
    )
    for name, values in theirs.items():
        np.testing.assert_array_equal(mine[name], values, err_msg=name)


def test_the_order_is_that_of_a_concatenated_space() -> None:
    kinds = {"s": "string_hashed", "i": "integer_hashed", "x": "float"}
    space = Space(kinds, crosses=[("s", "i")], output_mode="concat")
    rows = {name: DATA[name] for name in "six"}
    spec = from_feature_space(space).spec
    mine = fk.Preprocessor(spec).transform({n: v.tolist() for n, v in rows.items()})
    columns = [np.reshape(one, (ROWS, -1)) for one in mine.values()]
    theirs = space({name: tf.constant(one) for name, one in rows.items()})
    np.testing.assert_array_equal(np.concatenate(columns, axis=1), theirs.numpy())


def test_a_config_imports_what_was_declared() -> None:
    kinds = {"s": "string_categorical", "x": "float_normalized"}
    kinds["y"] = "float_discretized"
    declared = make_space(kinds, adapt=False).get_config()
    imported = from_feature_space(declared)
    assert imported.differences == ()
    spec = imported.spec
    space = make_space(kinds)
    assert spec == fk.FeatureSpec(
        {
            "s": fk.string("s").vocabulary(oov="before").one_hot(),
            "x": fk.numeric("x", nan="keep").standardize(),
            "y": fk.numeric("y", nan="keep").quantile_buckets(32).one_hot(),
        }
    )
    stats = fk.analyze(spec, {n: LEARNED_FROM[n].tolist() for n in "sxy"})
    meanings = fk.id_meanings(spec, "s", stats)
    layer = space.preprocessors["s"]
    assert [one.value for one in meanings][1:] == layer.get_vocabulary()[1:]
    # Of what was learned, a config of Keras has the boundaries alone.
    assert from_feature_space(space.get_config()).spec.features == {
        **spec.features,
        "y": from_feature_space(space).spec.features["y"],
    }
    moments = next(one for key, one in stats.items() if key.startswith("moments"))
    assert moments.mean == pytest.approx(float(np.mean(LEARNED_FROM["x"])), rel=1e-6)


def test_a_saved_space(tmp_path: Any) -> None:
    space = Space({"s": "string_categorical", "x": "float_normalized"})
    # No empty text: in the file of a StringLookup it is lost.
    words = np.where(LEARNED_FROM["s"] == "", "z", LEARNED_FROM["s"])
    data = {"s": words, "x": LEARNED_FROM["x"]}
    space.adapt(tf.data.Dataset.from_tensor_slices(data).batch(400))
    space.save(tmp_path / "space.keras")
    loaded = keras.models.load_model(tmp_path / "space.keras")
    assert from_feature_space(loaded).spec == from_feature_space(space).spec


@pytest.mark.proves(2)
def test_integers_beyond_32_bits_keep_their_ids() -> None:
    """Number 12 of the peers' wrong results: cut to 32 bits, 2^40 is another id."""
    layer = keras.layers.IntegerLookup(vocabulary=[7, 2**40])
    kind = Space.feature("int32", layer, output_mode="int")
    space = make_space({"i": kind}, adapt=False)
    imported = from_feature_space(space)
    assert any("64 bits" in one for one in imported.differences)
    column = imported.spec.features["i"]
    assert fk.preview(column, {"i": [2**40, 7, 0]}) == [2, 1, 0]


def test_what_is_different_is_said() -> None:
    """Numbers 12 and 14 of the peers' wrong results."""
    space = make_space({"i": "integer_hashed", "s": "string_hashed"}, adapt=False)
    assert [one.split(":")[0] for one in from_feature_space(space).differences] == ["i"]
    kinds = {"s": "string_categorical", "i": "integer_hashed"}
    crossed = make_space(kinds, crosses=[("s", "i")], crossing_dim=100_000)
    imported = from_feature_space(crossed)
    assert any(one.startswith("s_X_i: crosses ids") for one in imported.differences)
    rows = {"s": ["?", "!"], "i": [1, 1]}
    found = fk.Preprocessor(imported.spec).transform(rows)["s_X_i"]
    np.testing.assert_array_equal(found[0], found[1])
    apart = fk.cross(fk.string("s"), fk.integer("i")).hash_buckets(100_000)
    assert len(set(fk.preview(apart, rows))) == 2


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (Space.integer_categorical(num_oov_indices=2), "num_oov_indices=1"),
        (
            Space.feature("int32", keras.layers.Hashing(9, mask_value=0), "int"),
            "a mask",
        ),
        (
            Space.feature(
                "string",
                keras.layers.StringLookup(vocabulary=["a"], mask_token=""),
                "int",
            ),
            "a mask",
        ),
        (
            Space.feature(
                "string",
                keras.layers.StringLookup(vocabulary=["a"], output_mode="count"),
                "float",
            ),
            "give the output_mode to the feature",
        ),
        (Space.feature("float32", keras.layers.Dense(3), "float"), "got 'Dense'"),
        (
            Space.feature("float32", keras.layers.Rescaling([1.0, 2.0]), "float"),
            "one finite number",
        ),
        (
            Space.feature(
                "float32",
                keras.layers.Discretization(bin_boundaries=[0.1, 0.1 + 1e-12]),
                "int",
            ),
            "increasing",
        ),
    ],
)
def test_what_cannot_be_imported_names_the_feature(feature: Any, message: str) -> None:
    space = Space({"f": feature}, output_mode="dict")
    with pytest.raises(SpecError) as found:
        from_feature_space(space)
    assert found.value.feature == "f" and found.value.code == "IMPORT_UNSUPPORTED"
    assert message in str(found.value)


def test_other_things_are_no_space() -> None:
    with pytest.raises(SpecError, match="no FeatureSpace"):
        from_feature_space(3)


def test_the_data_holds_what_is_unusual() -> None:
    x = DATA["x"]
    assert np.isnan(x).any() and np.isposinf(x).any() and np.isneginf(x).any()
    assert any(math.copysign(1.0, one) < 0 and one == 0 for one in x)
    assert {"", "unknown"} <= set(DATA["s"]) and {-1, 2**63 - 1} <= set(DATA["i"])
