"""One training step of an encoder with experts: beside the dense one, on one GPU.

    python benchmarks/gpu/experts_step.py --model dense experts --experts 1 8 64

Each token goes to one expert of the width of the dense network, so the active
operations are the same; queues have 1.25 times the places of an even load. `torch` is
the form in which public PyTorch models compute experts: a loop over them, each on the
tokens that chose it, with no queue that could be full. Each model runs in a process of
its own and prints a line of JSON.
"""

import argparse
import json
import subprocess
import sys
from typing import Any

from encoder_step import SHAPES, Shape, keras_step, median_ms, surroundings

LARGER = 4
"""How many times the tokens of a batch `--larger` takes."""


def dense(shape: Shape, experts: int) -> float:
    """The encoder without experts."""
    return _encoder(shape)


def experts(shape: Shape, experts: int) -> float:
    """The encoder with experts instead of each dense network."""
    options = {"num_experts": experts, "choices": 1, "capacity_factor": 1.25}
    return _encoder(shape, network="experts", experts=options)


def _encoder(shape: Shape, **options: Any) -> float:
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    from featurekit.layers.encoder import Encoder

    inputs = keras.Input((shape.length, shape.dim))
    encoder = Encoder(
        shape.depth, num_heads=shape.heads, ffn_dim=4 * shape.dim, **options
    )
    return keras_step(keras.Model(inputs, encoder(inputs)), shape)


def torch(shape: Shape, experts: int) -> float:
    """A loop over experts in PyTorch, compiled, and the same attention."""
    import torch
    from torch import nn
    from torch.nn import functional

    torch.set_float32_matmul_precision("high")

    class Experts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.router = nn.Linear(shape.dim, experts, bias=False)
            self.networks = nn.ModuleList(
                nn.Sequential(
                    nn.Linear(shape.dim, 4 * shape.dim),
                    nn.GELU(),
                    nn.Linear(4 * shape.dim, shape.dim),
                )
                for _ in range(experts)
            )

        def forward(self, tokens: Any) -> Any:
            flat = tokens.reshape(-1, shape.dim)
            gates, chosen = self.router(flat.float()).softmax(-1).max(-1)
            found = torch.zeros_like(flat)
            for index, network in enumerate(self.networks):
                places = (chosen == index).nonzero()[:, 0]
                answers = network(flat[places]) * gates[places, None]
                found.index_add_(0, places, answers.to(found.dtype))
            return found.reshape(tokens.shape)

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.before, self.between = nn.LayerNorm(shape.dim), nn.LayerNorm(shape.dim)
            self.project = nn.Linear(shape.dim, 3 * shape.dim, bias=False)
            self.out = nn.Linear(shape.dim, shape.dim)
            self.experts = Experts()

        def forward(self, tokens: Any) -> Any:
            joined = self.project(self.before(tokens))
            split = joined.unflatten(-1, (3, shape.heads, -1)).permute(2, 0, 3, 1, 4)
            mixed = functional.scaled_dot_product_attention(*split).transpose(1, 2)
            tokens = tokens + self.out(mixed.flatten(2))
            return tokens + self.experts(self.between(tokens))

    model = nn.Sequential(*(Block() for _ in range(shape.depth))).cuda()
    optimizer = torch.optim.AdamW(
        model.parameters(), 1e-4, weight_decay=0.01, fused=True
    )
    size = (shape.batch, shape.length, shape.dim)
    tokens = torch.randn(size, device="cuda", dtype=torch.bfloat16)
    run = torch.compile(model)

    def step() -> Any:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16):
            loss = run(tokens).float().square().mean()
        loss.backward()
        optimizer.step()
        return loss

    return median_ms(step, lambda _: torch.cuda.synchronize())


MODELS = {"dense": dense, "experts": experts, "torch": torch}


def main() -> None:
    """Runs each model in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--experts", nargs="+", type=int, default=[8, 64])
    parser.add_argument("--shape", choices=SHAPES, default="wide")
    parser.add_argument("--larger", action="store_true", help="4 times the tokens")
    parser.add_argument("--here", action="store_true", help="in this process")
    chosen = parser.parse_args()
    shape = SHAPES[chosen.shape]
    if chosen.larger:
        shape = shape._replace(batch=LARGER * shape.batch)
    for model in chosen.model:
        for count in chosen.experts if model != "dense" else [1]:
            if not chosen.here:
                command = [sys.executable, __file__, "--here", "--model", model]
                command += ["--experts", str(count), "--shape", chosen.shape]
                command += ["--larger"] * chosen.larger
                subprocess.run(command, env=surroundings())
                continue
            ms = MODELS[model](shape, count)
            tokens = shape.batch * shape.length
            line = {"model": model, "experts": count, "tokens": tokens}
            print(json.dumps({**line, "ms": round(ms, 2)}), flush=True)


if __name__ == "__main__":
    main()
