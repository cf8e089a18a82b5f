"""Run on JAX: operations as layers count them, as JAX traces them, and as XLA does.

Prints one line of JSON: by case [counted, traced, of XLA].
"""

import functools
import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.extend.core
import keras
import numpy as np

from featurekit.layers.attend import KINDS
from featurekit.layers.block import Block
from featurekit.layers.encoder import Encoder
from featurekit.layers.masked_dense import MaskedDense
from featurekit.models import (
    MaskedFeatureModel,
    MoEClassifier,
    TabularTransformer,
    count_flops,
)

# Even lengths: attention makes others even, for kernels that ask for it.
TOKENS = np.ones((3, 8, 8), np.float32)
WIDE = np.ones((2, 64, 128), np.float32)
CONTEXT = np.ones((3, 6, 12), np.float32)
SMALL: dict[str, Any] = {"num_heads": 2, "ffn_dim": 16, "chunk": 3, "unit_width": 6}
FEATURES = [
    {"name": "carrier", "num_ids": 5},
    {"name": "origin", "num_ids": 3, "embedding_dim": 2},
    {"name": "seats", "width": 1},
    {"name": "year", "width": 1},
    {"name": "hour", "width": 4},
    {"name": "tags", "num_ids": 4, "length": 3, "embedding_dim": 2},
]
ROWS = {
    "carrier": np.zeros(9, np.int32),
    "origin": np.zeros(9, np.int32),
    "seats": np.zeros(9, np.float32),
    "year": np.zeros(9, np.float32),
    "hour": np.zeros((9, 4), np.float32),
    "tags": np.ones((9, 3), np.int32),
}


def products(jaxpr: Any) -> int:
    """Multiply-adds, twice, of all products in a trace and in what it calls."""
    total = 0
    for equation in jaxpr.eqns:
        if equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            left = equation.invars[0].aval.shape
            made = equation.outvars[0].aval.size
            total += 2 * made * math.prod(left[axis] for axis in contracted)
        for inner in jax.extend.core.jaxprs_in_params(equation.params):
            total += products(inner)
    return total


def measured(counted: int, call: Callable[..., Any], *inputs: Any) -> list[float]:
    traced = products(jax.make_jaxpr(call)(*inputs).jaxpr)
    analysed = jax.jit(call).lower(*inputs).cost_analysis()
    return [counted, traced, float(analysed["flops"])]


def layers() -> Iterator[tuple[str, list[float]]]:
    for causal in (False, True):
        for mixer, network in (("attention", "dense"), ("gated_unit", "none")):
            for kind in KINDS:
                layer = Block(
                    mixer=mixer, network=network, kind=kind, causal=causal, **SMALL
                )
                layer.build(TOKENS.shape)
                name = f"{mixer} {kind} causal={causal}"
                yield name, measured(layer.flops(TOKENS.shape), layer, TOKENS)
    for activation in ("geglu", "relu"):
        layer = Encoder(2, activation=activation, cross=True, **SMALL)
        layer.build(TOKENS.shape, CONTEXT.shape)
        counted = layer.flops(TOKENS.shape, CONTEXT.shape)
        yield f"decoder {activation}", measured(counted, layer, TOKENS, CONTEXT)
    masked = MaskedDense([1, 2, 3, 1, 2, 3, 1, 2], [1, 2])
    masked.build(TOKENS.shape)
    yield "masked dense", measured(masked.flops(TOKENS.shape), masked, TOKENS)
    wide = Encoder(2, num_heads=2, ffn_dim=512)
    wide.build(WIDE.shape)
    yield "wide encoder", measured(wide.flops(WIDE.shape), wide, WIDE)


def experts() -> Iterator[tuple[str, list[float]]]:
    for training in (False, True):
        for router in ("topk", "noisy_topk", "expert_choice"):
            for choices in (1, 2):
                options = {"num_experts": 4, "router": router, "choices": choices}
                layer = Encoder(2, network="experts", experts=options, **SMALL)
                layer.build(TOKENS.shape)
                name = f"{router} choices={choices} training={training}"
                counted = layer.flops(TOKENS.shape, training=training)
                yield name, measured(counted, stateless(layer, training), TOKENS)


def stateless(layer: Any, training: bool) -> Callable[[Any], Any]:
    """The layer as a function: in training it notes loads and draws noise."""
    trained = [one.value for one in layer.trainable_variables]
    others = [one.value for one in layer.non_trainable_variables]

    def call(tokens: Any) -> Any:
        return layer.stateless_call(trained, others, tokens, training=training)[0]

    return call


def models() -> Iterator[tuple[str, list[float]]]:
    # Even with the learned token too.
    fewer = FEATURES[1:]
    rows = {feature["name"]: ROWS[feature["name"]] for feature in fewer}
    for pooling, features, given in (
        ("cls", fewer, rows),
        ("mean", FEATURES, ROWS),
        ("flatten", FEATURES, ROWS),
    ):
        model = TabularTransformer(
            features, dim=8, depth=2, num_heads=2, pooling=pooling, num_outputs=3
        )
        name = f"transformer {pooling}"
        yield name, measured(count_flops(model, 9).flops, model, given)
    masked = MaskedFeatureModel(fewer, dim=8, depth=1, num_heads=2, seed=0)
    hidden = np.zeros((9, len(fewer)), bool)
    counted = count_flops(masked, 9).flops
    call = functools.partial(masked, hidden=hidden)
    yield "masked features", measured(counted, call, rows)
    for count in (4, 16):
        model = MoEClassifier(
            FEATURES, dim=8, hidden_dim=16, experts={"num_experts": count}
        )
        name = f"classifier of {count} experts"
        yield name, measured(count_flops(model, 9).flops, model, ROWS)


if __name__ == "__main__":
    assert keras.config.backend() == "jax"
    print(json.dumps(dict([*layers(), *experts(), *models()])))
