"""Pretraining: nothing leaks, nothing missing is told, and the encoder goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import featurekit as fk
from featurekit.models import MaskedFeatureModel, TabularTransformer, masked_skill

pytestmark = pytest.mark.tensorflow

AGE, CITY = fk.numeric("age"), fk.string("city")
CITIES = ["Ulm", "Bonn", "Kiel"]
SPEC = fk.FeatureSpec(
    {
        "age": AGE.fill(40.0).standardize(),
        "no_age": AGE.is_missing(),
        "decade": AGE.fill(40.0).buckets([20, 40, 60]),
        "city": CITY.vocabulary(CITIES, missing_id=True).embedding(3),
        "city_vector": CITY.vocabulary(CITIES, missing_id=True).one_hot(),
        "place": fk.cross(CITY.fill(""), AGE.fill(40.0).buckets([30])).hash_buckets(50),
        "income": fk.numeric("income").standardize(),
        "tags": fk.strings("tags").vocabulary(["a", "b", "c"]).pad(3).embedding(4),
        "either": fk.strings("tags").vocabulary(["a", "b", "c"]).multi_hot(),
    }
)
SMALL: dict[str, Any] = {"dim": 8, "depth": 1, "num_heads": 2, "dropout": 0.0}
SOURCES = ("age", "city", "income", "tags")
Arrays = dict[str, np.ndarray]


def make_rows(count: int = 64, seed: int = 0) -> dict[str, list[Any]]:
    """Values that are missing, unknown and empty among them."""
    rng = np.random.default_rng(seed)
    known = [*CITIES, None, "Rome"]
    return {
        "age": [None if rng.random() < 0.2 else a for a in rng.uniform(10, 80, count)],
        "city": [known[i] for i in rng.integers(0, 5, count)],
        "income": list(rng.normal(size=count)),
        "tags": [
            list(rng.choice(["a", "b", "c", "d"], rng.integers(0, 4), replace=False))
            for _ in range(count)
        ],
    }


ROWS = make_rows()
STATS = fk.analyze(SPEC, ROWS)
FEATURES = fk.Preprocessor(SPEC, STATS).transform(ROWS)


def make_model(**changes: Any) -> MaskedFeatureModel:
    return MaskedFeatureModel.from_spec(SPEC, STATS, **{**SMALL, **changes})


def as_numpy(tensor: object) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def hiding(model: MaskedFeatureModel, *sources: str) -> np.ndarray:
    """All features that are made of some columns, hidden in all rows."""
    made = [
        bool({*model.heads.targets[n]["sources"]} & {*sources}) for n in model.names
    ]
    return np.tile(made, (64, 1))


@pytest.mark.parametrize("cls_token", [True, False])
@pytest.mark.parametrize("source", SOURCES)
def test_no_bit_of_a_hidden_column_is_left(source: str, cls_token: bool) -> None:
    """Changed in the table, before any feature is made of it."""
    model = make_model(cls_token=cls_token)
    other = {**ROWS, source: make_rows(seed=1)[source]}
    changed = fk.Preprocessor(SPEC, STATS).transform(other)
    assert any(not np.array_equal(changed[n], FEATURES[n]) for n in FEATURES)
    hidden = hiding(model, source)
    before, after = (model(one, hidden=hidden) for one in (FEATURES, changed))
    for key in before:
        assert np.array_equal(as_numpy(before[key]), as_numpy(after[key])), key
    # And the law is about hidden columns alone.
    shown = [model(one, hidden=np.zeros_like(hidden)) for one in (FEATURES, changed)]
    key = "mean_squared_error_1"
    assert not np.array_equal(*(as_numpy(one[key]) for one in shown))


def test_features_of_one_column_are_hidden_together_at_the_rate() -> None:
    model = make_model(mask_rate=0.25, seed=5)
    assert model.sources == list(SOURCES)
    hidden = as_numpy(model.draw(4000))
    of = dict(zip(model.names, hidden.T, strict=True))
    for copies in (("age", "no_age", "decade"), ("city", "city_vector")):
        assert all(np.array_equal(of[copies[0]], of[name]) for name in copies)
    assert np.array_equal(of["place"], of["age"] | of["city"])
    assert np.array_equal(of["tags"], of["either"])
    for name in ("age", "city", "income", "tags"):
        assert of[name].mean() == pytest.approx(
            0.25, abs=4 * (0.25 * 0.75 / 4000) ** 0.5
        )
    joint = (of["age"] & of["city"]).mean()  # columns are drawn by themselves
    assert joint == pytest.approx(0.0625, abs=4 * (0.0625 * 0.9375 / 4000) ** 0.5)
    assert not np.array_equal(as_numpy(model.draw(4000)), hidden)
    again = make_model(mask_rate=0.25, seed=5)
    assert np.array_equal(as_numpy(again.draw(4000)), hidden)


# Whose absence says that a feature is missing; a filled city, in a place, says nothing.
SAYS_MISSING = {
    "age": "age",
    "decade": "age",
    "place": "age",
    "city": "city",
    "city_vector": "city",
}


def oracle(model: MaskedFeatureModel, told: dict[str, Any], weights: Any) -> float:
    """The mean loss, cell by cell, from the definitions, in float64."""
    found = {n: as_numpy(t).astype(float) for n, t in model.by_feature(told).items()}
    losses, total = 0.0, 0.0
    for row, hidden in enumerate(as_numpy(told["hidden"])):
        for name, is_hidden in zip(model.names, hidden, strict=True):
            column = SAYS_MISSING.get(name)
            if is_hidden and (column is None or ROWS[column][row] is not None):
                losses += weights[row] * cell(
                    name, found[name][row], FEATURES[name][row]
                )
                total += weights[row]
    return losses / total


def cell(name: str, answer: np.ndarray, value: Any) -> float:
    one = 1 / (1 + np.exp(-answer))
    if name in ("age", "income"):
        return float((answer[0] - value) ** 2)
    if name == "tags":
        value = np.isin(np.arange(1, len(answer) + 1), value)
    if name in ("tags", "either"):
        return float(-np.log(np.where(value, one, 1 - one)).mean())
    shares = np.exp(answer) / np.exp(answer).sum()
    return float(-np.log(shares[value.argmax() if name == "city_vector" else value]))


@pytest.mark.parametrize("weighted", [False, True])
def test_the_loss_is_the_mean_over_hidden_values_that_are_there(weighted: bool) -> None:
    model = make_model(seed=3)
    told = model(FEATURES)
    weights = np.random.default_rng(1).uniform(0, 2, 64) if weighted else np.ones(64)
    given = weights if weighted else None
    found = float(model.compute_loss(FEATURES, None, told, given))
    assert found == pytest.approx(oracle(model, told, weights), rel=1e-5)


def test_no_gradient_comes_from_values_that_are_shown_or_missing() -> None:
    import tensorflow as tf

    model = make_model(seed=3)
    told = {key: tf.convert_to_tensor(one) for key, one in model(FEATURES).items()}
    with tf.GradientTape() as tape:
        tape.watch([one for key, one in told.items() if key != "hidden"])
        loss = model.compute_loss(FEATURES, None, told)
    keys = [key for key in told if key != "hidden"]
    slopes = dict(zip(keys, tape.gradient(loss, [told[k] for k in keys]), strict=True))
    reached = np.stack(
        [np.abs(as_numpy(one)).sum(1) > 0 for one in model.by_feature(slopes).values()],
        axis=1,
    )
    counted = as_numpy(told["hidden"]) & as_numpy(model.heads.present(FEATURES))
    assert np.array_equal(reached, counted)
    assert (as_numpy(told["hidden"]) & ~counted).sum() > 10


def test_masks_are_neither_unknown_nor_missing() -> None:
    """Three rows that differ in a city: hidden, unknown, missing."""
    model = make_model()
    unknown, missing = (
        FEATURES["city"][ROWS["city"].index(city)] for city in ("Rome", None)
    )
    assert unknown != missing
    at = model.names.index("city")
    features = {n: np.repeat(v[:1], 3, axis=0) for n, v in FEATURES.items()}
    features["city"][:] = [unknown, missing, missing]
    hidden = np.zeros((3, len(model.names)), bool)
    hidden[2, at] = True
    found = as_numpy(model(features, hidden=hidden)["mean_squared_error_1"])
    assert len(np.unique(found[:, 0], axis=0)) == 3


def test_save_and_load(tmp_path: Path) -> None:
    model = make_model(mask_rate=0.4, seed=9)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.get_config() == model.get_config()
    assert json.loads(json.dumps(model.get_config()))["mask_rate"] == 0.4
    hidden = hiding(model, "age", "tags")
    before, after = (one(FEATURES, hidden=hidden) for one in (model, loaded))
    for key in before:
        assert np.array_equal(as_numpy(before[key]), as_numpy(after[key]))


ON_JAX = """
import sys
import numpy as np, keras
from featurekit.models import MaskedFeatureModel
folder = sys.argv[1]
model = keras.models.load_model(f"{folder}/model.keras")
features = dict(np.load(f"{folder}/features.npz"))
told = model(features, hidden=np.load(f"{folder}/hidden.npy"))
loss = model.compute_loss(features, None, told)
np.savez(f"{folder}/told.npz", loss=loss, **told)
model.compile("adam")
history = model.fit(features, batch_size=32, epochs=3, verbose=0).history["loss"]
assert history[-1] < history[0] and keras.config.backend() == "jax", history
classifier = model.classifier()
weights = model.get_weights()
classifier.compile("adam", "mse")
classifier.fit(features, np.zeros(64), epochs=1, verbose=0)
for before, after in zip(weights, model.get_weights(), strict=True):
    assert np.array_equal(before, after)
model(features)
"""


def test_equal_on_jax_which_trains_it_and_a_classifier_apart_from_it(
    tmp_path: Path,
) -> None:
    model = make_model(seed=2)
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "features.npz", **FEATURES)
    told = model(FEATURES)
    np.save(tmp_path / "hidden.npy", as_numpy(told["hidden"]))
    subprocess.run(
        [sys.executable, "-c", ON_JAX, str(tmp_path)],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        cwd=Path(__file__).parents[2],
        check=True,
    )
    other = dict(np.load(tmp_path / "told.npz"))
    loss = float(model.compute_loss(FEATURES, None, told))
    assert other.pop("loss") == pytest.approx(loss, rel=1e-5)
    for key, array in other.items():
        np.testing.assert_allclose(as_numpy(told[key]), array, atol=1e-5)


@pytest.mark.parametrize(("cls_token", "pooling"), [(True, "cls"), (False, "mean")])
def test_classifiers_start_with_the_encoder(cls_token: bool, pooling: str) -> None:
    model = make_model(cls_token=cls_token)
    classifier = model.classifier(num_outputs=3, dropout=0.2)
    assert (classifier.pooling, classifier.num_outputs) == (pooling, 3)
    assert classifier.dropout == 0.2
    pairs = zip(classifier.encoder_weights, model.encoder_weights, strict=True)
    for one, other in pairs:
        assert one is not other
        assert np.array_equal(as_numpy(one), as_numpy(other)), one.path
    # Nothing hidden, both encode alike.
    tokens = classifier.encoder(classifier.tokenizer(FEATURES))
    shown = model.encoder(model.tokenizer(FEATURES))
    assert np.array_equal(as_numpy(tokens), as_numpy(shown))


def test_an_encoder_of_something_else_is_refused() -> None:
    model = make_model()
    features = fk.model_inputs(SPEC, STATS)
    without = make_model(cls_token=False)
    with pytest.raises(ValueError, match=r"tokenizer/cls.*no such weight"):
        TabularTransformer(features, **SMALL).load_encoder(without)
    with pytest.raises(ValueError, match=r"widen/kernel.*\(8, 24\).*\(8, 16\)"):
        TabularTransformer(features, ffn_multiple=3, **SMALL).load_encoder(model)
    renamed = [{**features[0], "name": "years"}, *features[1:]]
    with pytest.raises(ValueError, match=r"the same features.*years.*age"):
        TabularTransformer(renamed, **SMALL).load_encoder(model)


def test_mixed_precision_tells_in_float32() -> None:
    model = make_model(dtype="mixed_bfloat16")
    told = model(FEATURES)
    assert told["mean_squared_error_1"].dtype == "float32"
    assert np.isfinite(float(model.compute_loss(FEATURES, None, told)))
    classifier = model.classifier()
    assert classifier.encoder.compute_dtype == "bfloat16"
    assert classifier(FEATURES).dtype == "float32"


def related_rows(count: int) -> dict[str, list[Any]]:
    """The city tells the income, and both tell the age."""
    rng = np.random.default_rng(4)
    chosen = rng.integers(0, 3, count)
    income = 2.0 * chosen + 0.3 * rng.normal(size=count)
    return {
        "age": list(20 + 10 * income + rng.normal(size=count)),
        "city": [CITIES[i] for i in chosen],
        "income": list(income),
        "tags": [["a"]] * count,
    }


def test_learns_what_columns_say_about_each_other() -> None:
    keras.utils.set_random_seed(2)
    rows = related_rows(2048)
    stats = fk.analyze(SPEC, rows)
    features = fk.Preprocessor(SPEC, stats).transform(rows)
    model = MaskedFeatureModel.from_spec(SPEC, stats, **{**SMALL, "dim": 16})
    model.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    train, test = ({n: v[s] for n, v in features.items()} for s in HALVES)
    before = masked_skill(model, test)
    model.fit(train, batch_size=128, epochs=12, verbose=0)
    after = masked_skill(model, test)
    for name in ("age", "city", "city_vector", "income"):
        assert before[name] < 0.2 and after[name] > 0.6, (name, before, after)
    assert np.isnan(after["no_age"])  # all equal: there is nothing to tell


HALVES = (slice(1024), slice(1024, None))


def test_copies_give_hidden_values_away_where_the_lineage_is_not_known() -> None:
    """The ablation: each feature a source of its own."""
    keras.utils.set_random_seed(2)
    rng = np.random.default_rng(0)
    value = rng.normal(size=2048).astype(np.float32)
    features = {"value": value, "copy": np.digitize(value, np.linspace(-2, 2, 16))}
    described = [{"name": "value", "width": 1}, {"name": "copy", "num_ids": 17}]
    together = {name: {"sources": ["value"]} for name in features}
    found = []
    for targets in (None, together):
        model = MaskedFeatureModel(described, targets=targets, **SMALL)
        model.compile(keras.optimizers.Adam(0.02), jit_compile=False)
        model.fit(features, batch_size=256, epochs=15, verbose=0)
        found.append(masked_skill(model, features)["value"])
    assert found[0] > 0.6 and found[1] < 0.05, found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mask_rate": 0.0}, "mask_rate=0.0"),
        ({"targets": {"years": {}}}, "years"),
        ({"targets": {"age": {"loss": "mae"}}}, "loss='mae'"),
        ({"targets": {"age": {"indicators": ["gone"]}}}, "gone"),
    ],
)
def test_bad_arguments(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MaskedFeatureModel([{"name": "age", "width": 1}], **SMALL, **change)


def test_images_are_refused() -> None:
    spec = fk.FeatureSpec({"photo": fk.image("photo").resize(4, 4)})
    with pytest.raises(fk.errors.SpecError, match=r"photo.*shape=\(4, 4, 3\)"):
        MaskedFeatureModel.from_spec(spec)
