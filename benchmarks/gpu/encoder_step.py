"""One training step of an encoder: this library beside its peers, on one GPU.

    python benchmarks/gpu/encoder_step.py --side ours torch --shape wide long

Each side runs in a process of its own and prints a line of JSON. Tokens are drawn on
the GPU; a step is the loss, all gradients, and AdamW, in bfloat16 with float32 weights.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class Shape(NamedTuple):
    """Sizes of an encoder and of its batch."""

    batch: int
    length: int
    dim: int
    heads: int
    depth: int

    @property
    def flops(self) -> float:
        """Of one step: products of weights and of attention, forwards and backwards."""
        tokens = self.batch * self.length
        weights = 12 * self.dim**2 * self.depth
        attention = 2 * self.length * self.dim * self.depth
        return 6.0 * tokens * (weights + attention)


SHAPES = {
    "wide": Shape(1024, 64, 512, 8, 6),
    "long": Shape(8192, 40, 256, 8, 6),
    "odd": Shape(8192, 41, 256, 8, 6),
    "tiny": Shape(8, 8, 32, 2, 2),
}
PEAK = 989.4e12
"""Dense bfloat16 operations per second of an H100 SXM, as NVIDIA states them."""


def median_ms(step: Callable[[], object], wait: Callable[[object], None]) -> float:
    """Median milliseconds of a step, of 7 runs of 10 steps."""
    for _ in range(3):
        wait(step())
    found = []
    for _ in range(7):
        start = time.perf_counter()
        for _ in range(10):
            last = step()
        wait(last)
        found.append((time.perf_counter() - start) / 10)
    return 1e3 * statistics.median(found)


def keras_step(model: Any, shape: Shape) -> float:
    """Milliseconds of a step of a Keras model, on its backend."""
    import keras

    if keras.config.backend() == "tensorflow":
        return tensorflow_step(model, shape)
    return jax_step(model, shape)


def tensorflow_step(model: Any, shape: Shape) -> float:
    """A step compiled by XLA."""
    import keras
    import tensorflow as tf

    optimizer = keras.optimizers.AdamW(1e-4, weight_decay=0.01)
    optimizer.build(model.trainable_variables)
    size = (shape.batch, shape.length, shape.dim)
    tokens = tf.cast(tf.random.normal(size), "bfloat16")

    @tf.function(jit_compile=True)
    def step() -> Any:
        with tf.GradientTape() as tape:
            found = model(tokens, training=True)
            loss = tf.reduce_mean(tf.square(tf.cast(found, "float32")))
            loss += sum(model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, model.trainable_variables, strict=True)
        )
        return loss

    return median_ms(step, lambda loss: loss.numpy())


def jax_step(model: Any, shape: Shape) -> float:
    """A step compiled by JAX."""
    import jax
    import jax.numpy as jnp
    import keras

    optimizer = keras.optimizers.AdamW(1e-4, weight_decay=0.01)
    optimizer.build(model.trainable_variables)
    frozen = [variable.value for variable in model.non_trainable_variables]

    def loss(weights: Any, tokens: Any) -> Any:
        found, _, losses = model.stateless_call(
            weights, frozen, tokens, training=True, return_losses=True
        )
        return jnp.mean(jnp.square(found.astype(jnp.float32))) + sum(losses)

    def update(state: Any, tokens: Any) -> Any:
        weights, slots = state
        value, gradients = jax.value_and_grad(loss)(weights, tokens)
        weights, slots = optimizer.stateless_apply(slots, gradients, weights)
        return (weights, slots), value

    compiled = jax.jit(update, donate_argnums=0)
    size = (shape.batch, shape.length, shape.dim)
    tokens = jax.random.normal(jax.random.key(0), size, jnp.bfloat16)
    state = [(
        [variable.value for variable in model.trainable_variables],
        [variable.value for variable in optimizer.variables],
    )]  # fmt: skip

    def step() -> Any:
        state[0], value = compiled(state[0], tokens)
        return value

    return median_ms(step, jax.block_until_ready)


def ours(shape: Shape) -> float:
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    from featurekit.layers.encoder import Encoder

    inputs = keras.Input((shape.length, shape.dim))
    encoder = Encoder(shape.depth, num_heads=shape.heads, ffn_dim=4 * shape.dim)
    model = keras.Model(inputs, encoder(inputs))
    return keras_step(model, shape)


def stock(shape: Shape) -> float:
    """The same encoder of stock Keras layers."""
    import keras
    from keras import layers

    keras.config.set_dtype_policy("mixed_bfloat16")
    tokens = inputs = keras.Input((shape.length, shape.dim))
    for _ in range(shape.depth):
        read = layers.LayerNormalization(epsilon=1e-5)(tokens)
        width = shape.dim // shape.heads
        tokens = tokens + layers.MultiHeadAttention(shape.heads, width)(read, read)
        read = layers.LayerNormalization(epsilon=1e-5)(tokens)
        hidden = layers.Dense(4 * shape.dim, activation="gelu")(read)
        tokens = tokens + layers.Dense(shape.dim)(hidden)
    tokens = layers.LayerNormalization(epsilon=1e-5)(tokens)
    return keras_step(keras.Model(inputs, tokens), shape)


def torch(shape: Shape) -> float:
    """`torch.compile` of `nn.TransformerEncoder`."""
    import torch
    from torch import nn

    torch.set_float32_matmul_precision("high")
    layer = nn.TransformerEncoderLayer(
        shape.dim, shape.heads, 4 * shape.dim, dropout=0.0, activation="gelu",
        batch_first=True, norm_first=True,
    )  # fmt: skip
    norm = nn.LayerNorm(shape.dim)
    encoder = nn.TransformerEncoder(
        layer, shape.depth, norm, enable_nested_tensor=False
    )
    encoder = encoder.cuda()
    optimizer = torch.optim.AdamW(
        encoder.parameters(), 1e-4, weight_decay=0.01, fused=True
    )
    size = (shape.batch, shape.length, shape.dim)
    tokens = torch.randn(size, device="cuda", dtype=torch.bfloat16)
    run = torch.compile(encoder)

    def step() -> Any:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16):
            found = run(tokens)
        loss = found.float().square().mean()
        loss.backward()
        optimizer.step()
        return loss

    return median_ms(step, lambda _: torch.cuda.synchronize())


def plain_jax(shape: Shape) -> float:
    """JAX without layers; attention is cuDNN's."""
    import jax
    from plain_jax import Sizes, training_step

    sizes = Sizes(shape.dim, shape.heads, shape.depth)
    step = training_step(shape.batch, shape.length, sizes)
    return median_ms(step, jax.block_until_ready)


SIDES: dict[str, Callable[[Shape], float]] = {
    "ours": ours,
    "stock": stock,
    "plain-jax": plain_jax,
    "ours-tensorflow": ours,
    "stock-tensorflow": stock,
    "torch": torch,
}
DEFAULT = ["ours", "plain-jax", "stock", "torch"]


def main() -> None:
    """Runs each side on each shape in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", nargs="+", choices=SIDES, default=DEFAULT)
    parser.add_argument("--shape", nargs="+", choices=SHAPES, default=["wide", "long"])
    parser.add_argument("--here", action="store_true", help="in this process")
    chosen = parser.parse_args()
    for name in chosen.shape:
        for side in chosen.side:
            if not chosen.here:
                command = [sys.executable, __file__, "--here", "--side", side]
                backend = "tensorflow" if side.endswith("tensorflow") else "jax"
                subprocess.run([*command, "--shape", name], env=surroundings(backend))
                continue
            ms = SIDES[side](SHAPES[name])
            rate = SHAPES[name].flops / ms * 1e3
            line = {"side": side, "shape": name, "ms": round(ms, 2)}
            line["flops_utilisation"] = round(rate / PEAK, 3)
            print(json.dumps(line), flush=True)


def surroundings(backend: str = "jax") -> dict[str, str]:
    """Keras on a backend, and this repository on the path."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": path}


if __name__ == "__main__":
    main()
