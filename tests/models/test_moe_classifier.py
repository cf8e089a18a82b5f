"""The mixture of experts as a model: saving, experts in use, and learning regimes."""

from pathlib import Path

import keras
import numpy as np
import pytest

from featurekit.models.moe_classifier import MoEClassifier

pytestmark = pytest.mark.tensorflow

FEATURES = [
    {"name": "market", "num_ids": 6},
    {"name": "price", "width": 1},
    {"name": "history", "width": 4},
]


def make_inputs(rows: int = 64) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {
        "market": rng.integers(0, 6, rows),
        "price": rng.normal(size=rows).astype(np.float32),
        "history": rng.normal(size=(rows, 4)).astype(np.float32),
    }


def make_model(**changes: object) -> MoEClassifier:
    config = {"dim": 16, "depth": 2, "hidden_dim": 16, "experts": {"num_experts": 4}}
    return MoEClassifier(FEATURES, **{**config, **changes})


def as_numpy(tensor: object) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def test_save_and_load(tmp_path: Path) -> None:
    model = make_model(num_outputs=3)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.get_config() == model.get_config()
    inputs = make_inputs()
    assert np.array_equal(as_numpy(loaded(inputs)), as_numpy(model(inputs)))
    assert as_numpy(model(inputs)).shape == (64, 3)


def test_rows_do_not_matter_to_each_other_where_queues_have_room() -> None:
    model = make_model(experts={"num_experts": 4, "eval_capacity_factor": 4.0})
    inputs = make_inputs()
    whole = as_numpy(model(inputs))
    half = as_numpy(model({name: array[:32] for name, array in inputs.items()}))
    np.testing.assert_allclose(half, whole[:32], atol=1e-6)


def test_training_says_which_experts_are_used() -> None:
    model = make_model()
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    inputs = make_inputs(256)
    model.fit(inputs, np.arange(256) % 2, batch_size=64, epochs=1, verbose=0)
    for mixture in model.mixtures:
        assert as_numpy(mixture.load).sum() == pytest.approx(1.0)
        assert 0.0 <= float(mixture.dropped) < 0.5
    model(inputs, training=True)
    assert len(model.losses) == 4  # of the balance and of the size, in each layer


def test_learns_what_depends_on_the_market() -> None:
    """The sign of the effect of the price is another in each market."""
    keras.utils.set_random_seed(0)
    inputs = make_inputs(4096)
    signs = np.where(inputs["market"] % 2 == 0, 1.0, -1.0)
    label = (inputs["price"] * signs > 0).astype(np.float32)
    model = make_model()
    model.compile(
        keras.optimizers.Adam(0.01), keras.losses.BinaryCrossentropy(from_logits=True)
    )
    model.fit(inputs, label, batch_size=256, epochs=8, verbose=0)
    found = as_numpy(model(inputs)).ravel() > 0
    assert (found == label).mean() > 0.95


def test_mixed_precision_gives_float32_logits() -> None:
    model = make_model(dtype="mixed_bfloat16")
    assert keras.backend.standardize_dtype(model(make_inputs()).dtype) == "float32"
