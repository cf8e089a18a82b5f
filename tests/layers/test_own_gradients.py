"""GELU and layer normalization against Keras's, values and gradients."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from keras import ops

from featurekit.layers.gelu import gelu
from featurekit.layers.layer_norm import LayerNorm

pytestmark = pytest.mark.tensorflow

Array = npt.NDArray[Any]


def value_and_slope(layer: Callable[[Any], Any], inputs: Array) -> tuple[Array, Array]:
    """Of a sum in which every value has a weight of its own."""
    tensor = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        found = layer(tensor)
        weights = np.linspace(-1, 1, found.shape.num_elements()).reshape(found.shape)
        total = tf.reduce_sum(found * weights.astype(inputs.dtype))
    return found.numpy(), tape.gradient(total, tensor).numpy()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gelu_is_that_of_keras(dtype: str) -> None:
    inputs = np.concatenate([np.linspace(-20, 20, 4001), [0.0, -0.0]]).astype(dtype)
    ours = value_and_slope(gelu, inputs)
    theirs = value_and_slope(lambda x: ops.gelu(x, approximate=True), inputs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-6)


def test_gelu_of_large_values_has_a_slope() -> None:
    inputs = np.array([-6e4, -300, 300, 6e4], np.float16)
    found, slope = value_and_slope(gelu, inputs)
    assert found.tolist() == [0, 0, 300, float(np.float16(6e4))]
    weights = np.linspace(-1, 1, 4).astype(np.float16)
    assert slope.tolist() == (weights * [0, 0, 1, 1]).astype(np.float16).tolist()


@pytest.mark.parametrize("shape", [(7, 16), (3, 5, 8), (2, 3, 4, 6)])
def test_layer_norm_is_that_of_keras(shape: tuple[int, ...]) -> None:
    draw = np.random.default_rng(0)
    inputs = (draw.normal(size=shape) * 3 + 100).astype("float32")
    ours, theirs = LayerNorm(), keras.layers.LayerNormalization(epsilon=1e-5)
    for layer in (ours, theirs):
        layer.build(shape)
        layer.set_weights(
            [np.linspace(0.5, 2, shape[-1]), np.linspace(-1, 1, shape[-1])]
        )
    for mine, other in zip(
        value_and_slope(ours, inputs), value_and_slope(theirs, inputs), strict=True
    ):
        np.testing.assert_allclose(mine, other, atol=2e-4)


def test_gradients_of_scale_and_shift_are_those_of_keras() -> None:
    inputs = np.random.default_rng(1).normal(size=(40, 8))
    found = []
    for layer in (
        LayerNorm(dtype="float64"),
        keras.layers.LayerNormalization(epsilon=1e-5, dtype="float64"),
    ):
        layer.build(inputs.shape)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.sin(layer(inputs)))
        found.append([g.numpy() for g in tape.gradient(loss, layer.trainable_weights)])
    for mine, other in zip(*found, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-9)


def test_a_large_mean_leaves_the_variance_exact() -> None:
    inputs = 4096.0 + np.array([[0.0, 1.0, 2.0, 3.0]], "float32")
    expected = (inputs - inputs.mean()) / np.sqrt(inputs.astype("float64").var() + 1e-5)
    np.testing.assert_allclose(LayerNorm()(inputs), expected, rtol=1e-5)


def test_half_precision_is_the_rounded_result() -> None:
    inputs = np.random.default_rng(2).normal(size=(64, 32)).astype("float32")
    exact = np.asarray(LayerNorm()(tf.cast(tf.cast(inputs, "bfloat16"), "float32")))
    found = LayerNorm(dtype="mixed_bfloat16")(inputs)
    assert found.dtype == tf.bfloat16
    assert np.array_equal(
        tf.cast(found, "float32"), tf.cast(tf.cast(exact, "bfloat16"), "float32")
    )


def test_layer_norm_goes_through_its_config() -> None:
    layer = LayerNorm(1e-3, name="n")
    assert LayerNorm.from_config(layer.get_config()).get_config() == layer.get_config()
    with pytest.raises(ValueError, match="known width"):
        LayerNorm().build((3, None))
