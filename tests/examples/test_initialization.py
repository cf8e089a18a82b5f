"""The study of first values: its figures against theory, its models against others."""

import keras
import numpy as np
import pytest

from examples.byte_lm.model import ByteModel
from examples.initialization import study
from examples.initialization.model import (
    PLACEMENTS,
    Variant,
    gradient_norms,
    make_model,
)
from featurekit.layers.dense import ScaledDense

pytestmark = pytest.mark.tensorflow
TEXT = np.random.default_rng(0).integers(0, 256, (4, 9))


def model_of(variant: Variant) -> ByteModel:
    keras.utils.set_random_seed(3)
    return make_model(variant, dim=16, depth=2, heads=1, learning_rate=1e-3)


def logits_of(model: ByteModel) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(TEXT))


def test_figures_are_those_of_theory() -> None:
    found = study.measure(layers=20, width=128, seed=0)
    assert found["truncated_variance"] == pytest.approx(0.774, rel=0.01)
    halved = found["he_log2_moment"] - found["lecun_log2_moment"]
    assert halved == pytest.approx(20, abs=1e-3)
    assert abs(found["he_log2_moment"]) < 4
    for width in study.WIDTHS:
        assert found[f"scores_{width}"] == pytest.approx(width**0.5, rel=0.05)
        assert found[f"scaled_entropy_{width}"] == pytest.approx(0.91, abs=0.02)
    assert found["entropy_1024"] < 0.05 < found["entropy_64"] < 0.2
    assert 0.5 < found["t5_scores"] < 2


def test_gradients_are_read_off_the_first_step() -> None:
    """A step of gradient descent with the learning rate 1 subtracts them."""
    text, behind = TEXT[:, :-1], TEXT[:, 1:]
    model = model_of(Variant())
    model.train_on_batch(text, behind)
    found = gradient_norms(model)
    other = model_of(Variant())
    other.compile(optimizer=keras.optimizers.SGD(1.0), loss=model.loss)
    before = [
        [keras.ops.convert_to_numpy(one).copy() for one in block.trainable_variables]
        for block in other.encoder.blocks
    ]
    other.train_on_batch(text, behind)
    for norm, values, block in zip(found, before, other.encoder.blocks, strict=True):
        changes = [
            keras.ops.convert_to_numpy(new) - old
            for new, old in zip(block.trainable_variables, values, strict=True)
        ]
        squares = sum(float(np.square(change).sum()) for change in changes)
        assert norm == pytest.approx(squares**0.5, rel=1e-3)


def test_under_ntk_the_same_function_has_gradients_times_the_scale() -> None:
    rng = np.random.default_rng(1)
    inputs, wanted = rng.normal(size=(2, 32, 16)).astype(np.float32)
    kernel = rng.normal(size=(16, 16)).astype(np.float32)
    said, changes = [], []
    for init, scale in (("ntk", 1.0), ("lecun", 0.25)):
        layer = ScaledDense(16, init=init, use_bias=False)
        model = keras.Sequential([keras.Input((16,)), layer])
        layer.kernel.assign(kernel * scale)
        said.append(keras.ops.convert_to_numpy(model(inputs)))
        model.compile(optimizer=keras.optimizers.SGD(1.0), loss="mse")
        model.train_on_batch(inputs, wanted)
        after = keras.ops.convert_to_numpy(layer.kernel)
        changes.append(after - kernel * scale)
    np.testing.assert_allclose(*said, atol=1e-5)
    np.testing.assert_allclose(changes[0], 0.25 * changes[1], atol=1e-5)


def test_without_the_scale_scores_are_as_of_longer_queries() -> None:
    longer = model_of(Variant())
    for block in longer.encoder.blocks:
        kernel = next(one for one in block.weights if "query" in one.path)
        kernel.assign(kernel * 4.0)
    unscaled = logits_of(model_of(Variant(scaled=False)))
    np.testing.assert_allclose(unscaled, logits_of(longer), atol=1e-4)
    assert np.abs(unscaled - logits_of(model_of(Variant()))).max() > 0.01


def test_blocks_of_rezero_begin_as_the_identity() -> None:
    model = model_of(PLACEMENTS["rezero"])
    vectors = keras.ops.convert_to_numpy(model.embed(TEXT))
    center = vectors - vectors.mean(axis=-1, keepdims=True)
    normal = center / np.sqrt((center**2).mean(axis=-1, keepdims=True) + 1e-5)
    wanted = normal @ keras.ops.convert_to_numpy(model.table).T
    np.testing.assert_allclose(logits_of(model), wanted, atol=1e-4)
    assert vectors.std() == pytest.approx(1.0, rel=0.1)
