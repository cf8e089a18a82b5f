"""The encoder of `encoder_step.py` in JAX alone: functions of arrays, no layers.

Attention is cuDNN's, the gradients are JAX's own, AdamW is written out.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

Weights = dict[str, jax.Array]


class Sizes(NamedTuple):
    """What the weights are shaped by."""

    dim: int
    heads: int
    depth: int


def first_weights(sizes: Sizes) -> list[Weights]:
    """Float32 weights of each block; the last entry is the norm behind them."""
    dim, keys = sizes.dim, iter(jax.random.split(jax.random.key(0), 4 * sizes.depth))

    def kernel(inputs: int, outputs: int) -> jax.Array:
        return jax.random.normal(next(keys), (inputs, outputs)) * inputs**-0.5

    def norm(name: str) -> Weights:
        return {f"{name}_scale": jnp.ones(dim), f"{name}_shift": jnp.zeros(dim)}

    def block() -> Weights:
        shapes = {
            "mixed": (dim, 3 * dim), "read": (dim, dim),
            "wide": (dim, 4 * dim), "narrow": (4 * dim, dim),
        }  # fmt: skip
        kernels = {name: kernel(*shape) for name, shape in shapes.items()}
        biases = {f"{name}_bias": jnp.zeros(shapes[name][1]) for name in shapes}
        return {**kernels, **biases, **norm("first"), **norm("second")}

    return [*(block() for _ in range(sizes.depth)), norm("last")]


def normalized(tokens: jax.Array, weights: Weights, name: str) -> jax.Array:
    """Layer normalization; its statistics are float32."""
    wide = tokens.astype(jnp.float32)
    mean = wide.mean(-1, keepdims=True)
    deviation = wide - mean
    scale = jax.lax.rsqrt(jnp.square(deviation).mean(-1, keepdims=True) + 1e-5)
    found = deviation * scale * weights[f"{name}_scale"] + weights[f"{name}_shift"]
    return found.astype(tokens.dtype)


def dense(tokens: jax.Array, weights: Weights, name: str) -> jax.Array:
    """A product in the dtype of the tokens."""
    kernel, bias = weights[name], weights[f"{name}_bias"]
    return tokens @ kernel.astype(tokens.dtype) + bias.astype(tokens.dtype)


def encode(weights: list[Weights], tokens: jax.Array, heads: int) -> jax.Array:
    """Blocks with the norm in front."""
    *blocks, last = weights
    for block in blocks:
        mixed = dense(normalized(tokens, block, "first"), block, "mixed")
        shape = (*tokens.shape[:2], heads, tokens.shape[2] // heads)
        query, key, value = (x.reshape(shape) for x in jnp.split(mixed, 3, axis=-1))
        attended = jax.nn.dot_product_attention(
            query, key, value, implementation="cudnn"
        )
        tokens = tokens + dense(attended.reshape(tokens.shape), block, "read")
        hidden = dense(normalized(tokens, block, "second"), block, "wide")
        hidden = jax.nn.gelu(hidden, approximate=False)
        tokens = tokens + dense(hidden, block, "narrow")
    return normalized(tokens, last, "last")


def adamw(
    weights: Any, gradients: Any, slots: tuple[Any, Any], step: jax.Array
) -> tuple[Any, tuple[Any, Any]]:
    """One update; rate 1e-4, decay 0.01, the usual 0.9 and 0.999."""
    tree = jax.tree.map
    first = tree(lambda m, g: 0.9 * m + 0.1 * g, slots[0], gradients)
    second = tree(lambda v, g: 0.999 * v + 0.001 * g * g, slots[1], gradients)
    rate = 1e-4 * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)

    def moved(weight: jax.Array, m: jax.Array, v: jax.Array) -> jax.Array:
        return weight * (1 - 1e-6) - rate * m / (jnp.sqrt(v) + 1e-7)

    return tree(moved, weights, first, second), (first, second)


def training_step(batch: int, length: int, sizes: Sizes) -> Any:
    """A function without arguments that takes one step and returns the loss."""
    shape = (batch, length, sizes.dim)
    tokens = jax.random.normal(jax.random.key(1), shape, jnp.bfloat16)

    def loss(weights: Any) -> jax.Array:
        found = encode(weights, tokens, sizes.heads)
        return jnp.mean(jnp.square(found.astype(jnp.float32)))

    def update(state: Any) -> Any:
        weights, slots, step = state
        value, gradients = jax.value_and_grad(loss)(weights)
        weights, slots = adamw(weights, gradients, slots, step + 1.0)
        return (weights, slots, step + 1.0), value

    compiled = jax.jit(update, donate_argnums=0)
    weights = first_weights(sizes)
    zeros = [jax.tree.map(jnp.zeros_like, weights) for _ in range(2)]
    state = [(weights, tuple(zeros), jnp.zeros(()))]

    def step() -> jax.Array:
        state[0], value = compiled(state[0])
        return value

    return step
