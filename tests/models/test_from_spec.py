"""Models made from a spec: their inputs, outputs and loss, and what is refused."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import featurekit as fk

pytestmark = pytest.mark.tensorflow

ROWS: dict[str, list[Any]] = {
    "carrier": ["UA", "AA", None, "UA", "DL", "AA"] * 8,
    "seats": [100.0, 50.0, 180.0, 20.0, 30.0, 90.0] * 8,
    "tags": [["new"], [], ["old", "new"], ["old"], [], ["new"]] * 8,
    "kind": ["jet", "glider", "jet", "balloon", "glider", "jet"] * 8,
    "delay": [11.0, 33.0, -18.0, -25.0, 12.0, 40.0] * 8,
}
FEATURES = {
    "carrier": fk.string("carrier").vocabulary(missing_id=True),
    "seats": fk.numeric("seats").standardize(),
    "tags": fk.strings("tags").vocabulary(["new", "old"]).pad(3).embedding(4),
    "size": fk.numeric("seats").buckets([40.0, 80.0]).one_hot(),
}
MODELS = [
    (fk.models.TabularTransformer, {"dim": 8, "depth": 1, "num_heads": 2}),
    (fk.models.MoEClassifier, {"dim": 8, "depth": 1, "hidden_dim": 8}),
]
every_model = pytest.mark.parametrize(("model", "arguments"), MODELS)
KIND, DELAY = fk.string("kind"), fk.numeric("delay")
LABELS = {
    "binary_crossentropy": (DELAY.greater_equal(15), 1),
    "mean_squared_error": (DELAY.standardize(), 1),
    "sparse_categorical_crossentropy": (KIND.vocabulary(), 4),
    "categorical_crossentropy": (KIND.vocabulary().one_hot(), 4),
}


def as_numpy(tensor: object) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def records(folder: Path, label: Any) -> Any:
    spec = fk.FeatureSpec(FEATURES, label=label)
    fk.convert(spec, fk.analyze(spec, ROWS), ROWS, folder)
    return fk.load(folder)


@pytest.mark.parametrize(
    ("model", "arguments", "loss"),
    [
        (*MODELS[0], "sparse_categorical_crossentropy"),
        (*MODELS[1], "mean_squared_error"),
    ],
)
def test_trains_on_records_with_the_loss_of_the_label(
    model: Any, arguments: dict[str, Any], loss: str, tmp_path: Path
) -> None:
    label, outputs = LABELS[loss]
    dataset = records(tmp_path, label)
    keras.utils.set_random_seed(1)
    made = model.from_spec(dataset.spec, dataset.stats, **arguments)
    assert made.num_outputs == outputs
    found = fk.models.label_loss(dataset.spec, dataset.stats)
    assert found.name == loss
    made.compile(keras.optimizers.Adam(0.02), found, jit_compile=False)
    arrays = dataset.to_numpy()
    told = arrays.pop("label")
    history = made.fit(arrays, told, batch_size=16, epochs=20, verbose=0)
    losses = history.history["loss"]
    assert losses[-1] < 0.7 * losses[0]


@every_model
def test_the_inputs_are_those_of_the_spec_and_survive_saving(
    model: Any, arguments: dict[str, Any], tmp_path: Path
) -> None:
    dataset = records(tmp_path / "records", DELAY.greater_equal(15))
    made = model.from_spec(dataset.spec, dataset.stats, num_outputs=3, **arguments)
    wanted = model(
        fk.model_inputs(dataset.spec, dataset.stats),
        num_outputs=3,
        name=made.name,
        **arguments,
    )
    assert made.get_config() == wanted.get_config()
    made.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    arrays = dataset.to_numpy()
    arrays.pop("label")
    np.testing.assert_array_equal(as_numpy(loaded(arrays)), as_numpy(made(arrays)))


@pytest.mark.parametrize("name", LABELS)
def test_losses_are_of_logits(name: str) -> None:
    """Against the definitions, in float64."""
    label, outputs = LABELS[name]
    spec = fk.FeatureSpec(FEATURES, label=label)
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(5, outputs)).astype(np.float32)
    exact = logits.astype(np.float64)
    shares = np.exp(exact) / np.exp(exact).sum(1, keepdims=True)
    chosen = rng.integers(0, max(outputs, 2), 5)
    told: Any = chosen[:, None]
    if name == "binary_crossentropy":
        one = 1 / (1 + np.exp(-exact[:, 0]))
        wanted = -np.log(np.where(chosen == 1, one, 1 - one)).mean()
    elif name == "mean_squared_error":
        wanted = np.square(exact[:, 0] - chosen).mean()
    else:
        wanted = -np.log(shares[np.arange(5), chosen]).mean()
        if name == "categorical_crossentropy":
            told = np.eye(outputs)[chosen]
    loss = fk.models.label_loss(spec, fk.analyze(spec, ROWS))
    assert float(loss(told, logits)) == pytest.approx(wanted, rel=1e-5)


def test_several_ones_are_told_each_by_itself() -> None:
    label = fk.strings("tags").vocabulary(["new", "old"]).multi_hot()
    spec = fk.FeatureSpec({"seats": FEATURES["seats"]}, label=label)
    stats = fk.analyze(spec, ROWS)
    found = fk.model_outputs(spec, stats)
    assert found.loss == "binary_crossentropy"
    assert found.num_outputs == fk.compile(spec, stats).output_types["label"].width


def test_arguments_of_the_loss() -> None:
    spec = fk.FeatureSpec(FEATURES, label=DELAY.greater_equal(15))
    stats = fk.analyze(spec, ROWS)
    assert fk.models.label_loss(spec, stats, label_smoothing=0.1).label_smoothing == 0.1


@every_model
def test_images_are_refused(model: Any, arguments: dict[str, Any]) -> None:
    spec = fk.FeatureSpec(
        {"seats": fk.numeric("seats"), "photo": fk.image("photo").resize(4, 4)},
        label=DELAY.greater_equal(15),
    )
    with pytest.raises(fk.errors.SpecError, match=r"photo.*shape=\(4, 4, 3\)"):
        model.from_spec(spec, **arguments)


@every_model
def test_without_label_the_outputs_have_to_be_said(
    model: Any, arguments: dict[str, Any]
) -> None:
    spec = fk.FeatureSpec({"seats": fk.numeric("seats")})
    with pytest.raises(fk.errors.SpecError, match="no label"):
        model.from_spec(spec, **arguments)
    assert model.from_spec(spec, num_outputs=2, **arguments).num_outputs == 2


def test_labels_that_are_lists_are_refused() -> None:
    spec = fk.FeatureSpec({"seats": fk.numeric("seats")}, label=FEATURES["tags"])
    with pytest.raises(fk.errors.SpecError, match="a list or has a shape"):
        fk.model_outputs(spec)
