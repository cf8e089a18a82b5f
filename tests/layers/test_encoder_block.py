"""Attention, feed-forward and block: numpy oracles, configs, errors."""

import keras
import numpy as np
import pytest

from featurekit.layers.encoder_block import EncoderBlock
from featurekit.layers.feed_forward import FeedForward
from featurekit.layers.self_attention import SelfAttention

pytestmark = pytest.mark.tensorflow

TOKENS = np.random.default_rng(3).normal(size=(4, 5, 8)).astype(np.float32)


def as_numpy(tensor: object) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def attention_oracle(x: np.ndarray, layer: SelfAttention) -> np.ndarray:
    """One row and one head at a time."""
    qkv, out, bias = layer.get_weights()
    dim, width = x.shape[-1], x.shape[-1] // layer.num_heads
    rows = []
    for row in x:
        query, key, value = np.split(row @ qkv, 3, axis=1)
        heads = []
        for start in range(0, dim, width):
            part = slice(start, start + width)
            scores = query[:, part] @ key[:, part].T / np.sqrt(width)
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            weights /= weights.sum(axis=1, keepdims=True)
            heads.append(weights @ value[:, part])
        rows.append(np.concatenate(heads, axis=1) @ out + bias)
    return np.stack(rows)


@pytest.mark.parametrize("num_heads", [1, 2, 8])
def test_attention_equals_numpy(num_heads: int) -> None:
    layer = SelfAttention(num_heads)
    found = as_numpy(layer(TOKENS))
    np.testing.assert_allclose(found, attention_oracle(TOKENS, layer), atol=1e-5)


def test_attention_equals_keras() -> None:
    ours, theirs = SelfAttention(2), keras.layers.MultiHeadAttention(2, 4)
    ours(TOKENS)
    theirs(TOKENS, TOKENS)
    qkv, out, bias = ours.get_weights()
    split = [part.reshape(8, 2, 4) for part in np.split(qkv, 3, axis=1)]
    zeros = np.zeros((2, 4), np.float32)
    kernels = [value for kernel in split for value in (kernel, zeros)]
    theirs.set_weights([*kernels, out.reshape(2, 4, 8), bias])
    np.testing.assert_allclose(
        as_numpy(ours(TOKENS)), as_numpy(theirs(TOKENS, TOKENS)), atol=1e-5
    )


def test_block_is_equivariant_to_token_order() -> None:
    block = EncoderBlock(2, 16)
    order = [3, 1, 4, 0, 2]
    moved = as_numpy(block(TOKENS[:, order]))
    np.testing.assert_allclose(moved, as_numpy(block(TOKENS))[:, order], atol=1e-5)


@pytest.mark.parametrize("activation", ["gelu", "geglu", "relu"])
def test_feed_forward_equals_numpy(activation: str) -> None:
    layer = FeedForward(16, activation=activation)
    found = as_numpy(layer(TOKENS))
    widen, bias_in, narrow, bias_out = layer.get_weights()
    hidden = TOKENS @ widen + bias_in
    gelu = as_numpy(keras.ops.gelu(hidden[..., :16], approximate=True))
    expected = gelu
    if activation == "geglu":
        expected = gelu * hidden[..., 16:]
    elif activation == "relu":
        expected = np.maximum(hidden, 0)
    np.testing.assert_allclose(
        found, expected @ narrow + bias_out, rtol=1e-4, atol=1e-5
    )


def test_dropout_acts_in_training_only() -> None:
    block = EncoderBlock(2, 16, dropout=0.5)
    still = as_numpy(block(TOKENS))
    np.testing.assert_array_equal(still, as_numpy(block(TOKENS, training=False)))
    assert not np.allclose(still, as_numpy(block(TOKENS, training=True)))


@pytest.mark.parametrize(
    "layer",
    [
        SelfAttention(2, dropout=0.1),
        FeedForward(16, activation="geglu", dropout=0.1),
        EncoderBlock(2, 16, activation="relu", dropout=0.1),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_config_round_trip(layer: keras.layers.Layer) -> None:
    copy = type(layer).from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    assert layer.compute_output_shape((None, 5, 8)) == (None, 5, 8)
    assert tuple(copy(TOKENS).shape) == TOKENS.shape


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="at least one attention head"):
        SelfAttention(0)
    with pytest.raises(ValueError, match="num_heads=3, width=8"):
        SelfAttention(3)(TOKENS)
    with pytest.raises(ValueError, match="activation='swish'"):
        FeedForward(4, activation="swish")
    with pytest.raises(ValueError, match="hidden_dim=0"):
        FeedForward(0)
