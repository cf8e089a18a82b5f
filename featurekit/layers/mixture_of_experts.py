"""A feed-forward network of which each token uses a part."""

import math
from typing import Any, Literal, get_args

import keras
from keras import ops

from featurekit.layers.feed_forward import ACTIVATIONS, activate, widened
from featurekit.layers.flops import Shape, product_flops, rows_of
from featurekit.layers.gather_rows import gather_rows
from featurekit.layers.initializers import Scheme, initializer, output_scale
from featurekit.layers.routing import Routing, route_by_expert, route_by_token

Router = Literal["topk", "noisy_topk", "expert_choice"]
ROUTERS: tuple[Router, ...] = get_args(Router)


@keras.saving.register_keras_serializable(package="featurekit")
class MixtureOfExperts(keras.layers.Layer):
    """Feed-forward networks side by side; a router sends each token to a few of them.

    Tokens are gathered into one queue per expert, so the work does not grow with the
    number of experts. Queues have `capacity_factor` times the places that an even load
    needs; a token that finds its queue full gets zeros from that expert, and where a
    residual path goes around the layer, passes unchanged. The router computes in
    float32 under any policy.

    In training, two losses are added: `balance_weight * E * sum(f * p)`, with f the
    share of choices and p the mean probability of each expert, which is least under
    an even load; and `z_weight * mean(logsumexp(logits)^2)`, which keeps logits small.

    Args:
        num_experts: Number of networks.
        hidden_dim: Hidden width of each.
        choices: Experts per token. Defaults to `2`.
        router: `"topk"`; `"noisy_topk"`, which adds noise of learned size to the
            logits in training; or `"expert_choice"`, where experts choose tokens: an
            even load, but no causal layer. Defaults to `"topk"`.
        capacity_factor: Places per choice of an even load in training. Defaults to
            `1.25`.
        eval_capacity_factor: The same outside of training. Defaults to `2.0`.
        balance_weight: Of the first loss; `"expert_choice"` needs none. Defaults to
            `0.01`.
        z_weight: Of the second loss. Defaults to `0.001`.
        activation: As of `FeedForward`. Defaults to `"gelu"`.
        init: Scheme of the first values. Defaults to `"xavier"`.
        depth: Blocks of the model; "deepnet" asks. Defaults to `1`.
        seed: Of the noise.

    Call arguments:
        inputs: `(..., dim)`, floating.
        mask: bool, the shape of the inputs without `dim`: tokens that are no padding.
            Others take no place, and get zeros. Defaults to all.

    Output shape:
        `(..., dim)`, same dtype.

    Attributes:
        load: float32, `(num_experts,)`: share of each expert in the choices of the last
            training step. Shares of an even load are `1 / num_experts`.
        dropped: float32: share of the choices of that step that found a queue full.

    Raises:
        ValueError: An argument is not as described.

    References:
        Shazeer et al., "Outrageously Large Neural Networks", 2017; Fedus et al.,
        "Switch Transformers", 2021; Zoph et al., "ST-MoE", 2022.

    Example:
        >>> import numpy as np
        >>> layer = MixtureOfExperts(4, 16)
        >>> tuple(layer(np.ones((5, 3, 8), "float32")).shape)
        (5, 3, 8)
    """

    def __init__(
        self,
        num_experts: int,
        hidden_dim: int,
        *,
        choices: int = 2,
        router: Router = "topk",
        capacity_factor: float = 1.25,
        eval_capacity_factor: float = 2.0,
        balance_weight: float = 0.01,
        z_weight: float = 0.001,
        activation: str = "gelu",
        init: Scheme = "xavier",
        depth: int = 1,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        _check(num_experts, choices, router, activation)
        self.num_experts, self.hidden_dim = num_experts, hidden_dim
        self.choices, self.router = choices, router
        self.capacity_factor = capacity_factor
        self.eval_capacity_factor = eval_capacity_factor
        self.balance_weight, self.z_weight = balance_weight, z_weight
        self.activation, self.init, self.depth = activation, init, depth
        self.seed = seed
        self._noise = keras.random.SeedGenerator(seed)

    @property
    def causal(self) -> bool:
        """Whether the answer to a token does not depend on tokens behind it.

        Up to dropping: in full queues, earlier tokens come first.
        """
        return self.router != "expert_choice"

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the router and the networks of all experts."""
        dim = input_shape[-1]
        if dim is None:
            raise ValueError(f"Expected a known width. Received: {tuple(input_shape)}")
        self._dim = dim
        self._router = self.add_weight(
            name="router",
            shape=(dim, self.num_experts),
            initializer=initializer("lecun", dim, self.num_experts),
            dtype="float32",
        )
        if self.router == "noisy_topk":
            self._noise_size = self.add_weight(
                name="noise_size",
                shape=(dim, self.num_experts),
                initializer="zeros",
                dtype="float32",
            )
        self._widen, self._widen_bias = self._kernel(
            "widen", dim, widened(self.hidden_dim, self.activation)
        )
        self._narrow, self._narrow_bias = self._kernel("narrow", self.hidden_dim, dim)
        for name, shape in (("load", (self.num_experts,)), ("dropped", ())):
            weight = self.add_weight(
                name=name,
                shape=shape,
                initializer="zeros",
                trainable=False,
                dtype="float32",
            )
            setattr(self, name, weight)

    def _kernel(self, name: str, inputs: int, outputs: int) -> tuple[Any, Any]:
        kernel = self.add_weight(
            name=name,
            shape=(self.num_experts, inputs, outputs),
            initializer=initializer(
                self.init, inputs, outputs, role="feed_forward", depth=self.depth
            ),
        )
        bias = self.add_weight(
            name=f"{name}_bias",
            shape=(self.num_experts, 1, outputs),
            initializer="zeros",
        )
        return kernel, bias

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        """The answers of the chosen experts, weighted."""
        flat = ops.reshape(inputs, (-1, self._dim))
        there = None if mask is None else ops.reshape(ops.cast(mask, "bool"), (-1,))
        logits = self._logits(flat, training)
        scores = _shares(logits)
        if self.router == "expert_choice":
            found = self._by_expert(flat, scores, there, training)
        else:
            found = self._by_token(flat, scores, there, training)
        if training and self.z_weight:
            sizes = ops.square(ops.logsumexp(logits, axis=-1))
            self.add_loss(self.z_weight * _mean(sizes, there))
        return ops.reshape(found, ops.shape(inputs))

    def _logits(self, flat: Any, training: bool | None) -> Any:
        exact = ops.cast(flat, "float32")
        logits = ops.matmul(exact, self._router)
        if self.router == "noisy_topk" and training:
            size = ops.softplus(ops.matmul(exact, self._noise_size))
            noise = keras.random.normal(ops.shape(logits), seed=self._noise)
            logits = logits + size * noise
        return logits

    def _capacity(self, tokens: Any, training: bool | None) -> Any:
        factor = self.capacity_factor if training else self.eval_capacity_factor
        if isinstance(tokens, int):  # known, and so a constant to compilers
            even = self.choices * tokens / self.num_experts
            return min(max(math.ceil(factor * even), 1), tokens)
        count = ops.cast(tokens, "float32")
        wanted = ops.ceil(factor * (self.choices * count / self.num_experts))
        return ops.cast(ops.clip(wanted, 1.0, count), "int32")

    def _by_token(
        self, flat: Any, scores: Any, there: Any, training: bool | None
    ) -> Any:
        capacity = self._capacity(ops.shape(flat)[0], training)
        routing = route_by_token(
            scores, choices=self.choices, capacity=capacity, there=there
        )
        if training:
            self._note(routing, scores, there)
        tokens, width = ops.shape(flat)[0], self._dim
        queued = ops.where(
            routing.choice > 0, (routing.choice - 1) % tokens + 1, routing.choice
        )
        queues = gather_rows(flat, queued, routing.place)
        queues = ops.reshape(queues, (self.num_experts, -1, width))
        answers = ops.reshape(self._experts(queues), (-1, width))
        wanted = ops.reshape(routing.place, (-1,))
        chosen = gather_rows(answers, wanted, routing.choice[None])
        chosen = ops.reshape(chosen, (self.choices, -1, width))
        return ops.sum(chosen * ops.cast(routing.gate, chosen.dtype)[..., None], axis=0)

    def _by_expert(
        self, flat: Any, scores: Any, there: Any, training: bool | None
    ) -> Any:
        tokens = ops.shape(flat)[0]
        found = route_by_expert(
            scores, capacity=self._capacity(tokens, training), there=there
        )
        answers = self._experts(ops.take(flat, found.token, axis=0))
        answers = answers * ops.cast(found.gate, answers.dtype)[..., None]
        return ops.segment_sum(
            ops.reshape(answers, (-1, self._dim)),
            ops.reshape(found.token, (-1,)),
            num_segments=tokens,
        )

    def _experts(self, queues: Any) -> Any:
        """Each expert's answers to its queue; (experts, capacity, dim) both."""
        dtype = self.compute_dtype
        enter = output_scale(self.init, self._dim)
        leave = output_scale(self.init, self.hidden_dim)
        hidden = ops.matmul(queues, ops.cast(self._widen, dtype)) * enter
        hidden = activate(hidden + ops.cast(self._widen_bias, dtype), self.activation)
        found = ops.matmul(hidden, ops.cast(self._narrow, dtype)) * leave
        return found + ops.cast(self._narrow_bias, dtype)

    def _note(self, routing: Routing, scores: Any, there: Any) -> None:
        self.load.assign(routing.chosen)
        self.dropped.assign(routing.dropped)
        if self.balance_weight:
            # The shares have no gradient; it reaches the router by the probabilities.
            share = ops.stop_gradient(routing.chosen)
            even = self.num_experts * ops.sum(share * _mean(scores, there))
            self.add_loss(self.balance_weight * even)

    def flops(self, input_shape: Shape, *, training: bool = False) -> int:
        """Floating-point operations of `call`, see `featurekit.layers.flops`.

        Each expert answers its queue, full or not: the work is that of the places, and
        grows with the choices and the capacity factor, not with the experts.
        """
        tokens, dim = rows_of(input_shape), self._dim
        places = self.num_experts * self._capacity(tokens, training)
        wide = widened(self.hidden_dim, self.activation)
        router = product_flops(tokens, dim, self.num_experts)
        if self.router == "noisy_topk" and training:
            router *= 2
        return (
            router
            + product_flops(places, dim, wide)
            + product_flops(places, self.hidden_dim, dim)
        )

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """The shape of the input."""
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        names = (
            "num_experts", "hidden_dim", "choices", "router", "capacity_factor",
            "eval_capacity_factor", "balance_weight", "z_weight", "activation", "init",
            "depth", "seed",
        )  # fmt: skip
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _check(num_experts: int, choices: int, router: str, activation: str) -> None:
    if not 1 <= choices <= num_experts:
        raise ValueError(
            f"Expected 1 to {num_experts} choices, the number of experts. "
            f"Received: choices={choices}"
        )
    for name, value, known in (
        ("router", router, ROUTERS),
        ("activation", activation, ACTIVATIONS),
    ):
        if value not in known:
            raise ValueError(
                f"Invalid value for argument `{name}`. Expected one of {known}. "
                f"Received: {name}={value!r}"
            )


def _shares(logits: Any) -> Any:
    """Probabilities of the experts; Keras warns of the softmax of one."""
    if logits.shape[-1] == 1:
        return ops.ones_like(logits)
    return ops.softmax(logits, axis=-1)


def _mean(values: Any, there: Any) -> Any:
    """The mean over tokens that are no padding."""
    if there is None:
        return ops.mean(values, axis=0)
    weights = ops.cast(there, values.dtype)
    weights = ops.reshape(weights, (-1, *[1] * (len(values.shape) - 1)))
    return ops.sum(values * weights, axis=0) / ops.maximum(ops.sum(weights), 1.0)
