"""Mixtures of experts against a loop over tokens, and the laws of routing."""

from typing import Any

import keras
import numpy as np
import pytest

from featurekit.layers.feed_forward import FeedForward
from featurekit.layers.gather_rows import gather_rows
from featurekit.layers.mixture_of_experts import MixtureOfExperts
from featurekit.layers.routing import route_by_expert, route_by_token

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

ops = keras.ops
ROWS, LENGTH, DIM = 6, 5, 8
TOKENS = np.random.default_rng(0).normal(size=(ROWS, LENGTH, DIM)).astype(np.float32)


def as_numpy(tensor: object) -> np.ndarray:
    return ops.convert_to_numpy(tensor)


def make(experts: int = 4, **arguments: Any) -> MixtureOfExperts:
    layer = MixtureOfExperts(experts, 16, **arguments)
    layer.build(TOKENS.shape)
    rng = np.random.default_rng(1)
    layer.set_weights(
        [rng.normal(size=weight.shape) * 0.5 for weight in layer.get_weights()]
    )
    return layer


def expert(layer: MixtureOfExperts, index: int, token: np.ndarray) -> np.ndarray:
    """What one expert answers."""
    names = {weight.name: as_numpy(weight) for weight in layer.weights}
    hidden = token @ names["widen"][index] + names["widen_bias"][index, 0]
    hidden = as_numpy(ops.gelu(hidden))
    return hidden @ names["narrow"][index] + names["narrow_bias"][index, 0]


def scores_of(layer: MixtureOfExperts, tokens: np.ndarray) -> np.ndarray:
    router = next(as_numpy(w) for w in layer.weights if w.name == "router")
    logits = tokens @ router
    shares = np.exp(logits - logits.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)


def loop(layer: MixtureOfExperts, tokens: np.ndarray, capacity: int) -> np.ndarray:
    """The definition: choice by choice, token by token."""
    scores = scores_of(layer, tokens)
    order = np.argsort(-scores, axis=-1, kind="stable")[:, : layer.choices]
    filled = np.zeros(layer.num_experts, int)
    found = np.zeros_like(tokens)
    for choice in range(layer.choices):
        for index, token in enumerate(tokens):
            chosen = order[index, choice]
            filled[chosen] += 1
            if filled[chosen] > capacity:
                continue
            gate = scores[index, chosen]
            if layer.choices > 1:
                gate = gate / scores[index, order[index]].sum()
            found[index] += gate * expert(layer, chosen, token)
    return found


@pytest.mark.parametrize("choices", [1, 2, 3])
@pytest.mark.parametrize("factor", [0.4, 1.0, 4.0])
def test_equals_a_loop(choices: int, factor: float) -> None:
    layer = make(choices=choices, eval_capacity_factor=factor)
    capacity = int(np.ceil(factor * (choices * ROWS * LENGTH / 4)))
    flat = TOKENS.reshape(-1, DIM)
    wanted = loop(layer, flat, capacity).reshape(TOKENS.shape)
    np.testing.assert_allclose(as_numpy(layer(TOKENS)), wanted, atol=1e-5)


def test_one_expert_is_a_feed_forward_network() -> None:
    layer = make(1, choices=1)
    network = FeedForward(16)
    network.build(TOKENS.shape)
    weights = {weight.name: as_numpy(weight) for weight in layer.weights}
    network.set_weights([
        weights["widen"][0], weights["widen_bias"][0, 0],
        weights["narrow"][0], weights["narrow_bias"][0, 0],
    ])  # fmt: skip
    np.testing.assert_allclose(
        as_numpy(layer(TOKENS)), as_numpy(network(TOKENS)), atol=1e-6
    )


def test_all_experts_are_the_whole_mixture() -> None:
    layer = make(choices=4, eval_capacity_factor=1.0)
    flat = TOKENS.reshape(-1, DIM)
    scores = scores_of(layer, flat)
    answers = np.stack([expert(layer, index, flat) for index in range(4)], axis=1)
    wanted = (scores[:, :, None] * answers).sum(1).reshape(TOKENS.shape)
    np.testing.assert_allclose(as_numpy(layer(TOKENS)), wanted, atol=1e-5)


def test_every_choice_has_a_place_or_is_counted_as_dropped() -> None:
    rng = np.random.default_rng(3)
    for tokens, capacity in ((40, 3), (40, 40), (7, 1)):
        scores = rng.dirichlet(np.full(5, 0.3), tokens).astype(np.float32)
        routing = route_by_token(scores, choices=2, capacity=capacity)
        place, queues = as_numpy(routing.place), as_numpy(routing.choice)
        assert queues.shape == (5 * capacity,)
        kept = place[place > 0]
        assert len(set(kept.tolist())) == len(kept) == (queues > 0).sum()
        for choice, token in zip(*np.nonzero(place), strict=True):
            found = queues[place[choice, token] - 1] - 1
            assert found == choice * tokens + token
        assert float(routing.dropped) == pytest.approx(1 - len(kept) / place.size)
        assert as_numpy(routing.chosen).sum() == pytest.approx(1.0)
        assert not as_numpy(routing.gate)[place == 0].any()


def test_first_choices_come_before_second_ones() -> None:
    # Both want expert 0: the first token as its second choice, the other as its first.
    scores = np.array([[0.4, 0.6], [0.6, 0.4]], np.float32)
    found = route_by_token(scores, choices=2, capacity=1)
    # Choices 1 and 2 are the first ones of tokens 1 and 2; expert 0 comes first.
    assert as_numpy(found.choice).tolist() == [2, 1]
    assert as_numpy(found.place).tolist() == [[2, 1], [0, 0]]


def test_gathered_rows_have_the_gradient_of_a_plain_gather() -> None:
    rng = np.random.default_rng(8)
    scores = rng.dirichlet(np.full(3, 0.3), 9).astype(np.float32)
    routing = route_by_token(scores, choices=2, capacity=4)
    rows = tf.constant(rng.normal(size=(9, 5)))
    token = tf.where(routing.choice > 0, (routing.choice - 1) % 9 + 1, 0)
    padded = lambda rows: tf.gather(tf.pad(rows, [[1, 0], [0, 0]]), token)  # noqa: E731
    ours = lambda rows: gather_rows(rows, token, routing.place)  # noqa: E731
    found = []
    for gather in (ours, padded):
        with tf.GradientTape() as tape:
            tape.watch(rows)
            read = gather(rows)
            total = tf.reduce_sum(tf.sin(read * 3))
        found.append((read.numpy(), tape.gradient(total, rows).numpy()))
    for mine, plain in zip(*found, strict=True):
        np.testing.assert_allclose(mine, plain, rtol=1e-12)


def test_padding_takes_no_place_and_gets_zeros() -> None:
    layer = make(eval_capacity_factor=1.0)
    mask = np.zeros((ROWS, LENGTH), bool)
    mask[:, :2] = True
    kept = TOKENS[:, :2]
    found = as_numpy(layer(TOKENS, mask=mask))
    assert not found[:, 2:].any()
    wanted = loop(layer, kept.reshape(-1, DIM), 15).reshape(kept.shape)
    np.testing.assert_allclose(found[:, :2], wanted, atol=1e-5)
    other = TOKENS.copy()
    other[:, 2:] = 7.0
    assert np.array_equal(as_numpy(layer(other, mask=mask)), found)


def test_experts_that_choose_are_all_full() -> None:
    layer = make(router="expert_choice", choices=1, eval_capacity_factor=1.0)
    assert not layer.causal
    flat = TOKENS.reshape(-1, DIM)
    scores = scores_of(layer, flat)
    capacity = int(np.ceil(len(flat) / 4))
    wanted = np.zeros_like(flat)
    for index in range(4):
        for token in np.argsort(-scores[:, index], kind="stable")[:capacity]:
            wanted[token] += scores[token, index] * expert(layer, index, flat[token])
    np.testing.assert_allclose(
        as_numpy(layer(TOKENS)), wanted.reshape(TOKENS.shape), atol=1e-5
    )
    there = np.arange(len(flat)) < 20
    found = route_by_expert(scores, capacity=capacity, there=there)
    assert not as_numpy(found.gate)[as_numpy(found.token) >= 20].any()


@pytest.mark.parametrize("choices", [1, 2])
@pytest.mark.parametrize("router", ["topk", "noisy_topk", "expert_choice"])
def test_the_task_alone_teaches_the_router(choices: int, router: str) -> None:
    layer = make(choices=choices, router=router, balance_weight=0.0, z_weight=0.0)
    with tf.GradientTape() as tape:
        loss = ops.sum(ops.square(layer(TOKENS, training=True)))
    gradient = as_numpy(tape.gradient(loss, layer._router.value))
    assert np.abs(gradient).max() > 1e-4
    assert layer.losses == []


def test_losses() -> None:
    layer = make(balance_weight=0.5, z_weight=0.25, choices=1)
    layer(TOKENS, training=True)
    flat = TOKENS.reshape(-1, DIM)
    scores = scores_of(layer, flat)
    share = np.bincount(scores.argmax(-1), minlength=4) / len(flat)
    balance, size = (float(loss) for loss in layer.losses)
    assert balance == pytest.approx(0.5 * 4 * (share * scores.mean(0)).sum(), rel=1e-5)
    router = as_numpy(layer._router)
    logits = (flat @ router).astype(np.float64)
    sizes = np.log(np.exp(logits).sum(-1)) ** 2
    assert size == pytest.approx(0.25 * sizes.mean(), rel=1e-5)
    np.testing.assert_allclose(as_numpy(layer.load), share, atol=1e-6)
    layer._router.assign(np.zeros_like(router))  # even probabilities: the least
    layer(TOKENS, training=True)
    assert float(layer.losses[0]) == pytest.approx(0.5, rel=1e-5)


def test_nothing_is_added_or_noted_outside_of_training() -> None:
    layer = make(router="noisy_topk")
    before = as_numpy(layer.load)
    first, second = (as_numpy(layer(TOKENS)) for _ in range(2))
    assert np.array_equal(first, second)
    assert layer.losses == []
    assert np.array_equal(as_numpy(layer.load), before)
    training = [as_numpy(layer(TOKENS, training=True)) for _ in range(2)]
    assert not np.array_equal(*training)


def test_dropped_tokens_are_counted() -> None:
    layer = make(choices=1, capacity_factor=0.5)
    found = as_numpy(layer(TOKENS, training=True)).reshape(-1, DIM)
    empty = (~found.any(-1)).mean()
    assert 0.3 < empty == pytest.approx(float(layer.dropped))


def test_router_computes_in_float32_under_half_precision() -> None:
    layer = MixtureOfExperts(4, 16, dtype="mixed_bfloat16")
    found = layer(TOKENS)
    assert found.dtype == "bfloat16"
    assert layer._router.dtype == "float32"
    many = np.tile(TOKENS, (100, 1, 1))  # cumulated counts beyond 256
    layer(many, training=True)
    assert as_numpy(layer.load).sum() == pytest.approx(1.0)
    assert 0.0 <= float(layer.dropped) < 0.7


def test_any_batch_size_in_one_graph() -> None:
    layer = make()
    run = tf.function(
        lambda tokens: layer(tokens),
        input_signature=[tf.TensorSpec([None, LENGTH, DIM], tf.float32)],
    )
    for rows in (1, 2, 6):
        np.testing.assert_allclose(
            run(TOKENS[:rows]).numpy(), as_numpy(layer(TOKENS[:rows])), atol=1e-6
        )
    compiled = tf.function(lambda tokens: layer(tokens), jit_compile=True)
    np.testing.assert_allclose(
        compiled(TOKENS).numpy(), as_numpy(layer(TOKENS)), atol=1e-5
    )


def test_config_round_trip() -> None:
    layer = make(router="noisy_topk", activation="geglu", choices=3)
    again = MixtureOfExperts.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    again.build(TOKENS.shape)
    again.set_weights(layer.get_weights())
    assert np.array_equal(as_numpy(again(TOKENS)), as_numpy(layer(TOKENS)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"choices": 5}, "1 to 4 choices"),
        ({"choices": 0}, "1 to 4 choices"),
        ({"router": "best"}, "router"),
        ({"activation": "tanh"}, "activation"),
    ],
)
def test_bad_arguments(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MixtureOfExperts(4, 16, **changes)
