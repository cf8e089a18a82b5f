"""Layers around attention, and dense layers that see a part of their inputs."""

from itertools import product
from typing import Any

import keras
import numpy as np
import pytest

from featurekit.layers.attend import KINDS
from featurekit.layers.dense import ScaledDense
from featurekit.layers.gated_attention_unit import GatedAttentionUnit
from featurekit.layers.masked_dense import MaskedDense, hidden_degrees
from featurekit.layers.multi_head_attention import MultiHeadAttention

pytestmark = pytest.mark.tensorflow

ROWS, LENGTH, DIM = 2, 11, 8
TOKENS = np.random.default_rng(0).normal(size=(ROWS, LENGTH, DIM)).astype(np.float32)


def as_numpy(tensor: object) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def heads(**arguments: Any) -> MultiHeadAttention:
    return MultiHeadAttention(2, chunk=4, **arguments)


def unit(**arguments: Any) -> GatedAttentionUnit:
    return GatedAttentionUnit(6, chunk=4, **arguments)


every_layer = pytest.mark.parametrize("make", [heads, unit])
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_layer
@every_kind
@pytest.mark.parametrize("rotary", [False, True])
def test_streaming_equals_all_at_once(make: Any, kind: str, rotary: bool) -> None:
    layer = make(kind=kind, rotary=rotary, causal=True)
    whole = as_numpy(layer(TOKENS))
    state = layer.start(ROWS, LENGTH)
    for place in range(LENGTH):
        token = TOKENS[:, place : place + 1]
        found, state = layer.step(token, state, place)
        np.testing.assert_allclose(
            as_numpy(found), whole[:, place : place + 1], atol=1e-5
        )


@every_layer
@every_kind
def test_nothing_leaks_from_the_future(make: Any, kind: str) -> None:
    layer = make(kind=kind, causal=True)
    changed = TOKENS.copy()
    changed[:, 6:] += 1.0
    found, other = as_numpy(layer(TOKENS)), as_numpy(layer(changed))
    assert np.array_equal(found[:, :6], other[:, :6])
    assert not np.allclose(found[:, 6:], other[:, 6:])


@every_layer
@every_kind
def test_padding_changes_nothing(make: Any, kind: str) -> None:
    layer = make(kind=kind)
    padded = np.concatenate([TOKENS, np.full((ROWS, 3, DIM), 5.0, np.float32)], 1)
    mask = np.arange(LENGTH + 3)[None].repeat(ROWS, 0) < LENGTH
    found = as_numpy(layer(padded, mask=mask))[:, :LENGTH]
    np.testing.assert_allclose(found, as_numpy(layer(TOKENS)), atol=1e-6)


@every_layer
@every_kind
def test_config_round_trip(make: Any, kind: str) -> None:
    layer = make(kind=kind, causal=True, rotary=True, init="t5", depth=3)
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    wanted = as_numpy(layer(TOKENS))
    again.build(TOKENS.shape)
    again.set_weights(layer.get_weights())
    assert np.array_equal(as_numpy(again(TOKENS)), wanted)


def test_attention_equals_keras() -> None:
    ours, theirs = MultiHeadAttention(2), keras.layers.MultiHeadAttention(2, 4)
    context = TOKENS[:, ::2] + 1.0
    ours(TOKENS, context)
    theirs(TOKENS, context)
    *kernels, out, bias = ours.get_weights()
    zeros = np.zeros((2, 4), np.float32)
    split = [part for kernel in kernels for part in (kernel.reshape(8, 2, 4), zeros)]
    # Keras keeps queries, keys and values in this order.
    theirs.set_weights([*split, out.reshape(2, 4, 8), bias])
    for inputs in ((TOKENS, TOKENS), (TOKENS, context)):
        found = as_numpy(ours(*inputs) if inputs[1] is context else ours(TOKENS))
        np.testing.assert_allclose(found, as_numpy(theirs(*inputs)), atol=1e-5)


def test_without_positions_order_does_not_matter() -> None:
    order = np.random.default_rng(1).permutation(LENGTH)
    for kind in ("softmax", "relu2", "linear"):
        layer = heads(kind=kind)
        found = as_numpy(layer(TOKENS[:, order]))
        np.testing.assert_allclose(found, as_numpy(layer(TOKENS))[:, order], atol=1e-6)
        turned = heads(kind=kind, rotary=True)
        moved = as_numpy(turned(TOKENS[:, order]))
        assert not np.allclose(moved, as_numpy(turned(TOKENS))[:, order], atol=1e-3)


def test_two_units_weigh_as_one_attention_and_network() -> None:
    dim = 512
    one = GatedAttentionUnit(128)
    one.build((None, 4, dim))
    attention_and_network = 4 * dim**2 + 2 * 4 * dim**2
    assert 2 * one.count_params() == pytest.approx(attention_and_network, rel=0.06)


def test_the_scheme_ntk_has_the_same_function_and_other_gradients() -> None:
    ntk, plain = ScaledDense(5, init="ntk"), ScaledDense(5, init="lecun")
    for layer in (ntk, plain):
        layer.build((None, DIM))
    plain.kernel.assign(as_numpy(ntk.kernel) * DIM**-0.5)
    np.testing.assert_allclose(
        as_numpy(ntk(TOKENS)), as_numpy(plain(TOKENS)), atol=1e-6
    )


def made(order: list[int], hidden: int = 24) -> list[MaskedDense]:
    degrees = hidden_degrees(hidden, len(order)).tolist()
    return [
        MaskedDense(order, degrees),
        MaskedDense(degrees, order, strict=True),
    ]


def logits(layers: list[MaskedDense], inputs: np.ndarray) -> np.ndarray:
    return as_numpy(layers[1](keras.ops.relu(layers[0](inputs))))


def test_an_output_sees_the_inputs_before_it_alone() -> None:
    order = [3, 1, 2, 5, 4, 6]
    layers = made(order)
    inputs = np.random.default_rng(2).normal(size=(7, 6)).astype(np.float32)
    found = logits(layers, inputs)
    for place in range(6):
        changed = inputs.copy()
        changed[:, place] += 3.0
        moved = (logits(layers, changed) != found).any(axis=0)
        for output in range(6):
            if order[output] <= order[place]:
                assert not moved[output]
        if order[place] < 6:
            assert moved.any()


def test_probabilities_of_all_inputs_sum_to_1() -> None:
    layers = made([1, 2, 3, 4, 5, 6])
    inputs = np.array(list(product([0.0, 1.0], repeat=6)), np.float32)
    shares = 1 / (1 + np.exp(-logits(layers, inputs).astype(np.float64)))
    likelihood = np.where(inputs == 1.0, shares, 1 - shares).prod(axis=1)
    assert likelihood.sum() == pytest.approx(1.0, abs=1e-6)


def test_masked_dense_is_checked_and_round_trips() -> None:
    layer = MaskedDense([1, 1, 2], [2, 2], strict=True)
    assert layer.mask.tolist() == [[1, 1], [1, 1], [0, 0]]
    again = MaskedDense.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    with pytest.raises(ValueError, match="Expected 3 inputs"):
        layer(np.zeros((2, 4), np.float32))
