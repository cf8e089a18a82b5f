"""The model: two backends, saving, gradients, batching, and learning."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from featurekit.models.tabular_transformer import TabularTransformer

pytestmark = pytest.mark.tensorflow

FEATURES = [
    {"name": "carrier", "num_ids": 5},
    {"name": "origin", "num_ids": 3},
    {"name": "seats", "width": 1},
    {"name": "year", "width": 1},
    {"name": "hour", "width": 4},
    {"name": "tags", "num_ids": 4, "length": 3, "embedding_dim": 2},
]
VARIANTS = [
    {"pooling": "cls", "activation": "gelu"},
    {"pooling": "mean", "activation": "geglu"},
    {"pooling": "flatten", "activation": "relu", "num_outputs": 3},
]
OTHER_BACKEND = """
import json, sys
import numpy as np
from featurekit.models.tabular_transformer import TabularTransformer
folder = sys.argv[1]
inputs = dict(np.load(f"{folder}/inputs.npz"))
for number, config in enumerate(json.load(open(f"{folder}/configs.json"))):
    model = TabularTransformer.from_config(config)
    weights = np.load(f"{folder}/weights_{number}.npz")
    model.set_weights([weights[name] for name in weights.files])
    np.save(f"{folder}/outputs_{number}.npy", np.asarray(model(inputs)))
assert "tensorflow" not in sys.modules
"""


def make_inputs(rows: int = 9) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(11)
    return {
        "carrier": rng.integers(0, 5, rows),
        "origin": rng.integers(0, 3, rows),
        "seats": rng.normal(size=rows).astype(np.float32),
        "year": rng.normal(size=(rows, 1)).astype(np.float32),
        "hour": rng.normal(size=(rows, 4)).astype(np.float32),
        "tags": rng.integers(0, 4, (rows, 3)),
    }


def make_model(**changes: object) -> TabularTransformer:
    config = {"dim": 8, "depth": 2, "num_heads": 2, "dropout": 0.0, **changes}
    return TabularTransformer(FEATURES, **config)


def as_numpy(tensor: object) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def test_equal_on_jax(tmp_path: Path) -> None:
    models = [make_model(**variant) for variant in VARIANTS]
    inputs = make_inputs()
    np.savez(tmp_path / "inputs.npz", **inputs)
    configs = json.dumps([model.get_config() for model in models])
    (tmp_path / "configs.json").write_text(configs)
    for number, model in enumerate(models):
        np.savez(tmp_path / f"weights_{number}.npz", *model.get_weights())
    subprocess.run(
        [sys.executable, "-c", OTHER_BACKEND, str(tmp_path)],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        cwd=Path(__file__).parents[2],
        check=True,
    )
    for number, model in enumerate(models):
        other = np.load(tmp_path / f"outputs_{number}.npy")
        np.testing.assert_allclose(as_numpy(model(inputs)), other, atol=1e-5)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v["pooling"])
def test_save_and_load(variant: dict[str, object], tmp_path: Path) -> None:
    model = make_model(**variant)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    inputs = make_inputs()
    assert loaded.get_config() == model.get_config()
    np.testing.assert_array_equal(as_numpy(loaded(inputs)), as_numpy(model(inputs)))


def test_config_is_json_and_holds_every_argument() -> None:
    model = make_model(pooling="mean", num_outputs=2, name="flights")
    config = json.loads(json.dumps(model.get_config()))
    assert TabularTransformer.from_config(config).get_config() == config
    assert (config["dim"], config["pooling"], config["name"]) == (8, "mean", "flights")


def test_weights_exist_without_data() -> None:
    assert make_model().built
    assert make_model().count_params() > 0
    assert make_model().compute_output_shape({"seats": (None,)}) == (None, 1)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v["pooling"])
def test_gradient_reaches_every_weight(variant: dict[str, object]) -> None:
    import tensorflow as tf

    model = make_model(**variant)
    # Every row of the table is read, and the output is not symmetric in its inputs.
    inputs = make_inputs(64)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(inputs, training=True) - 1.0))
    gradients = tape.gradient(loss, [w.value for w in model.trainable_weights])
    for weight, gradient in zip(model.trainable_weights, gradients, strict=True):
        assert gradient is not None, weight.path
        assert np.abs(tf.convert_to_tensor(gradient)).max() > 0, weight.path


def test_batches_do_not_matter() -> None:
    model, inputs = make_model(), make_inputs(9)
    whole = as_numpy(model(inputs))
    for size in (1, 4):
        parts = [
            as_numpy(model({n: v[start : start + size] for n, v in inputs.items()}))
            for start in range(0, 9, size)
        ]
        np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)


def test_order_of_inputs_does_not_matter() -> None:
    model, inputs = make_model(), make_inputs()
    np.testing.assert_array_equal(
        as_numpy(model(inputs)), as_numpy(model(dict(reversed(inputs.items()))))
    )


def test_mixed_precision_gives_float32_logits() -> None:
    model = make_model(dtype="mixed_bfloat16")
    logits = model(make_inputs())
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    again = TabularTransformer.from_config(model.get_config())
    assert again.encoder.blocks[0].compute_dtype == "bfloat16"


def test_learns_an_interaction() -> None:
    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    inputs = make_inputs(512)
    inputs["carrier"], inputs["origin"] = rng.integers(0, 2, (2, 512))
    label = (inputs["carrier"] ^ inputs["origin"]).astype(np.float32)
    model = make_model(dim=16)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss)
    model.fit(inputs, label, batch_size=128, epochs=15, verbose=0)
    right = (as_numpy(model(inputs))[:, 0] > 0) == (label > 0.5)
    assert right.mean() > 0.95


def test_bad_pooling() -> None:
    with pytest.raises(ValueError, match="pooling='max'"):
        make_model(pooling="max")
