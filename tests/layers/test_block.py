"""Blocks and their stacks: oracles, laws for every option, saving, other backends."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from featurekit.layers.attend import KINDS
from featurekit.layers.block import Block
from featurekit.layers.encoder import Encoder
from featurekit.layers.feed_forward import FeedForward
from featurekit.layers.learned_tokens import LearnedTokens
from featurekit.layers.residual import NORMALIZERS, PLACEMENTS, Residual, ScaleNorm

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

TOKENS = np.random.default_rng(3).normal(size=(4, 5, 8)).astype(np.float32)
SMALL: dict[str, Any] = {"num_heads": 2, "ffn_dim": 16, "chunk": 2, "unit_width": 6}
OPTIONS: list[dict[str, Any]] = [
    *({"mixer": "attention", "kind": kind, "rotary": True} for kind in KINDS),
    *({"mixer": "gated_unit", "kind": kind, "network": "none"} for kind in KINDS),
    *({"placement": placement} for placement in PLACEMENTS),
    *({"norm": norm, "activation": "geglu"} for norm in NORMALIZERS),
    {"network": "experts", "experts": {"num_experts": 3}, "init": "deepnet"},
    {"activation": "relu", "init": "t5"},
    {"init": "ntk"},
]
every_option = pytest.mark.parametrize("options", OPTIONS, ids=str)


def as_numpy(tensor: object) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def encoder(depth: int = 2, **options: Any) -> Encoder:
    layer = Encoder(depth, **{**SMALL, **options})
    layer.build(TOKENS.shape)
    return layer


@every_option
def test_config_round_trip(options: dict[str, Any]) -> None:
    layer = encoder(**options)
    again = Encoder.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    wanted = as_numpy(layer(TOKENS))
    again.build(TOKENS.shape)
    again.set_weights(layer.get_weights())
    assert np.array_equal(as_numpy(again(TOKENS)), wanted)
    assert np.isfinite(wanted).all()


@every_option
def test_causal_streams_equal_all_at_once(options: dict[str, Any]) -> None:
    layer = encoder(causal=True, **options)
    whole = as_numpy(layer(TOKENS))
    states = layer.start(len(TOKENS), TOKENS.shape[1])
    for place in range(TOKENS.shape[1]):
        at = slice(place, place + 1)
        found, states = layer.step(TOKENS[:, at], states, place)
        np.testing.assert_allclose(as_numpy(found), whole[:, at], atol=2e-5)


@every_option
def test_padding_changes_nothing(options: dict[str, Any]) -> None:
    layer = encoder(**options)
    padded = np.concatenate([TOKENS, np.full((4, 3, 8), 9.0, np.float32)], axis=1)
    mask = np.arange(8)[None].repeat(4, 0) < 5
    found = as_numpy(layer(padded, mask=mask))[:, :5]
    np.testing.assert_allclose(found, as_numpy(layer(TOKENS)), atol=2e-6)


@every_option
def test_gradients_reach_every_weight(options: dict[str, Any]) -> None:
    layer = encoder(**options)
    for weight in layer.trainable_weights:
        if weight.name == "share":  # rezero starts where branches do not count
            weight.assign(1.0)
    with tf.GradientTape() as tape:
        loss = keras.ops.sum(keras.ops.square(layer(TOKENS, training=True) - 1.0))
        loss = loss + sum(layer.losses)
    gradients = tape.gradient(loss, [w.value for w in layer.trainable_weights])
    for weight, gradient in zip(layer.trainable_weights, gradients, strict=True):
        found = as_numpy(tf.convert_to_tensor(gradient))
        assert np.isfinite(found).all()
        assert found.any(), weight.path


def test_number_of_weights() -> None:
    dim, hidden, depth = 8, 16, 2
    attention = 4 * dim**2 + dim
    network = 2 * dim * hidden + hidden + dim
    norms = 2 * 2 * dim
    whole = depth * (attention + network + norms) + 2 * dim
    assert encoder(depth).count_params() == whole


def test_without_positions_order_does_not_matter() -> None:
    order = [3, 1, 4, 0, 2]
    layer = encoder()
    moved = as_numpy(layer(TOKENS[:, order]))
    np.testing.assert_allclose(moved, as_numpy(layer(TOKENS))[:, order], atol=1e-5)


def test_rezero_starts_as_the_identity() -> None:
    block = Block(2, 16, placement="rezero")
    assert np.array_equal(as_numpy(block(TOKENS)), TOKENS)


def test_a_decoder_reads_its_context() -> None:
    context = np.random.default_rng(5).normal(size=(4, 7, 12)).astype(np.float32)
    layer = Encoder(2, **SMALL, cross=True)
    queries = LearnedTokens(3)(TOKENS)
    found = as_numpy(layer(queries, context))
    assert found.shape == (4, 3, 8)
    assert not np.allclose(found, as_numpy(layer(queries, 0 * context)))
    hidden = np.arange(7)[None].repeat(4, 0) < 6
    changed = context.copy()
    changed[:, 6] += 5.0
    np.testing.assert_allclose(
        as_numpy(layer(queries, context, context_mask=hidden)),
        as_numpy(layer(queries, changed, context_mask=hidden)),
        atol=1e-6,
    )
    causal = Encoder(2, **SMALL, cross=True, causal=True)
    whole = as_numpy(causal(TOKENS, context))
    states = causal.start(4, 5)
    for place in range(5):
        at = slice(place, place + 1)
        step, states = causal.step(TOKENS[:, at], states, place, context)
        np.testing.assert_allclose(as_numpy(step), whole[:, at], atol=2e-5)


def residual_gradients(placement: str, depth: int = 24) -> tuple[float, list[float]]:
    """Mean square at the end, and gradient norms of the first and last layer."""
    rng = np.random.default_rng(0)
    layers = [
        (Residual(placement, depth=depth), rng.normal(size=(64, 64)) * 64**-0.5)
        for _ in range(depth)
    ]
    gain = (8.0 * depth) ** -0.25 if placement == "deepnorm" else 1.0
    kernels = [tf.Variable((kernel * gain).astype(np.float32)) for _, kernel in layers]
    with tf.GradientTape() as tape:
        x = tf.constant(rng.normal(size=(128, 64)).astype(np.float32))
        for (around, _), kernel in zip(layers, kernels, strict=True):
            x = around(x, tf.nn.relu(around.enter(x)) @ kernel)
        loss = tf.reduce_mean(tf.reduce_sum(x * rng.normal(size=(128, 64)), axis=-1))
    gradients = tape.gradient(loss, [kernels[0], kernels[-1]])
    return float(tf.reduce_mean(x**2)), [float(tf.norm(one)) for one in gradients]


def test_gradients_through_24_layers() -> None:
    """Norms keep gradients of the first and the last layer within one order."""
    for placement in ("pre", "post", "deepnorm"):
        _, (first, last) = residual_gradients(placement)
        assert 0.1 < first / last < 10.0, placement
    size, _ = residual_gradients("pre")
    assert size < 100.0


def test_scale_norm() -> None:
    layer = ScaleNorm()
    found = as_numpy(layer(TOKENS))
    np.testing.assert_allclose((found**2).mean(-1), 1.0, atol=1e-4)
    np.testing.assert_allclose(as_numpy(layer(7 * TOKENS)), found, atol=1e-5)


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
    block = Block(2, 16, dropout=0.5)
    still = as_numpy(block(TOKENS))
    np.testing.assert_array_equal(still, as_numpy(block(TOKENS, training=False)))
    assert not np.allclose(still, as_numpy(block(TOKENS, training=True)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Block(0), "at least one attention head"),
        (lambda: Block(3)(TOKENS), "num_heads=3, width=8"),
        (lambda: Block(mixer="convolution"), "mixer='convolution'"),
        (lambda: Block(network="none of it"), "network='none of it'"),
        (lambda: Block(kind="cosine"), "kind='cosine'"),
        (lambda: Block(placement="middle"), "placement='middle'"),
        (lambda: Block(norm="batch"), "kind='batch'"),
        (lambda: Block(2, init="orthogonal")(TOKENS), "scheme='orthogonal'"),
        (lambda: FeedForward(4, activation="swish"), "activation='swish'"),
        (lambda: FeedForward(0), "hidden_dim=0"),
    ],
)
def test_bad_arguments(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_experts_that_choose_tokens_are_not_causal() -> None:
    experts = {"num_experts": 2, "router": "expert_choice"}
    with pytest.raises(ValueError, match="see tokens behind"):
        Block(network="experts", experts=experts, causal=True)


OTHER_BACKEND = """
import sys
import numpy as np
from tests_block import OPTIONS, TOKENS, run
folder = sys.argv[1]
for number, options in enumerate(OPTIONS):
    weights = np.load(f"{folder}/weights_{number}.npz")
    found = run(options, [weights[name] for name in weights.files])
    np.save(f"{folder}/outputs_{number}.npy", found)
assert "tensorflow" not in sys.modules
"""
SHARED = """
import keras
import numpy as np
from featurekit.layers.encoder import Encoder
OPTIONS = {options!r}
TOKENS = np.random.default_rng(3).normal(size=(4, 5, 8)).astype(np.float32)
def run(options, weights):
    layer = Encoder(2, **{{**{small!r}, **options}})
    layer.build(TOKENS.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(TOKENS))
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_equal_on_other_backends(backend: str, tmp_path: Path) -> None:
    pytest.importorskip(backend)
    options = [{**one, "causal": causal} for one in OPTIONS for causal in (False, True)]
    (tmp_path / "tests_block.py").write_text(
        SHARED.format(options=options, small=SMALL)
    )
    found = []
    for number, one in enumerate(options):
        layer = encoder(**one)
        np.savez(tmp_path / f"weights_{number}.npz", *layer.get_weights())
        found.append(as_numpy(layer(TOKENS)))
    root = Path(__file__).parents[2]
    subprocess.run(
        [sys.executable, "-c", OTHER_BACKEND, str(tmp_path)],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "JAX_PLATFORMS": "cpu",
            "PYTHONPATH": os.pathsep.join(
                [str(root), str(tmp_path), os.environ.get("PYTHONPATH", "")]
            ),
        },
        check=True,
    )
    for number, ours in enumerate(found):
        other = np.load(tmp_path / f"outputs_{number}.npy")
        np.testing.assert_allclose(ours, other, atol=1e-4)
