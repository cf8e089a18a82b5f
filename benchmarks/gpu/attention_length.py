"""Causal attention of each kind as texts get longer: time and memory, on one GPU.

    python benchmarks/gpu/attention_length.py --level attention block

All points have the same number of tokens, in fewer and longer texts: a cost that is
linear in the length stays, one that is quadratic grows with it. Each point runs in a
process of its own and prints a line of JSON: milliseconds of the loss and all
gradients, and the bytes that the compiled program needs at most, in bfloat16. The last
lines say from which length on a kind is faster than the fused softmax.

"attention" is heads alone, of given queries, keys and values; "block" is one softmax
block with its network, or what takes its place: two gated units, as wide.
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


class Sizes(NamedTuple):
    """Tokens of a step, and what one text of them is."""

    tokens: int
    length: int
    heads: int = 8
    width: int = 64
    chunk: int = 256

    @property
    def batch(self) -> int:
        """Texts of a step."""
        return max(1, self.tokens // self.length)


FUSED = "cudnn"
ATTENTION = (FUSED, "softmax", "linear", "mixed_chunk")
BLOCK = ("softmax", "linear", "gau", "gau_mixed_chunk")
LEVELS = {"attention": ATTENTION, "block": BLOCK}
BASELINE = {"attention": FUSED, "block": "softmax"}
"""What the others are compared with: Keras takes the fused kernel where it can."""
LENGTHS = [2**power for power in range(11, 18)]


def attention(kind: str, sizes: Sizes) -> tuple[Callable[..., Any], list[Any]]:
    """The heads, and their queries, keys and values."""
    import jax
    import jax.numpy as jnp

    from featurekit.layers.attend import attend

    shape = (sizes.batch, sizes.length, sizes.heads, sizes.width)
    keys = jax.random.split(jax.random.key(0), 3)
    given = [jax.random.normal(key, shape, jnp.bfloat16) for key in keys]
    if kind == FUSED:

        def fused(query: Any, key: Any, value: Any) -> Any:
            return jax.nn.dot_product_attention(
                query, key, value, is_causal=True, implementation="cudnn"
            )

        return fused, given

    def ours(query: Any, key: Any, value: Any) -> Any:
        options = {"kind": kind, "causal": True, "chunk": sizes.chunk}
        return attend(query, key, value, **options)

    return ours, given


def block(kind: str, sizes: Sizes) -> tuple[Callable[..., Any], list[Any]]:
    """An encoder of one block or of two units, and its weights and tokens."""
    import jax
    import jax.numpy as jnp
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    from featurekit.layers.encoder import Encoder

    dim = sizes.heads * sizes.width
    options: dict[str, Any] = {"causal": True, "rotary": True, "chunk": sizes.chunk}
    if kind.startswith("gau"):
        weights = "mixed_chunk" if kind == "gau_mixed_chunk" else "relu2"
        options |= {"mixer": "gated_unit", "network": "none", "kind": weights}
        encoder = Encoder(2, **options)
    else:
        options |= {"num_heads": sizes.heads, "ffn_dim": 4 * dim, "kind": kind}
        encoder = Encoder(1, **options)
    shape = (sizes.batch, sizes.length, dim)
    encoder.build(shape)
    frozen = [variable.value for variable in encoder.non_trainable_variables]

    def run(weights: Any, tokens: Any) -> Any:
        found, _ = encoder.stateless_call(weights, frozen, tokens)
        return found

    weights = [variable.value for variable in encoder.trainable_variables]
    return run, [weights, jax.random.normal(jax.random.key(0), shape, jnp.bfloat16)]


def measure(level: str, kind: str, sizes: Sizes) -> dict[str, float]:
    """Milliseconds and bytes of the loss and all gradients."""
    import jax
    import jax.numpy as jnp

    run, given = {"attention": attention, "block": block}[level](kind, sizes)

    def loss(*given: Any) -> Any:
        return jnp.mean(jnp.square(run(*given).astype(jnp.float32)))

    places = tuple(range(len(given)))
    compiled = jax.jit(jax.value_and_grad(loss, places)).lower(*given).compile()
    needed = compiled.memory_analysis()
    parts = ("temp", "argument", "output")
    memory = sum(getattr(needed, f"{part}_size_in_bytes") for part in parts)
    ms = median_ms(lambda: jax.block_until_ready(compiled(*given)))
    return {"ms": round(ms, 3), "bytes": memory}


def median_ms(step: Callable[[], object]) -> float:
    """Median milliseconds of 10 steps, behind 3 that are not counted."""
    found = []
    for _ in range(13):
        start = time.perf_counter()
        step()
        found.append(time.perf_counter() - start)
    return 1e3 * statistics.median(found[3:])


def crossovers(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each kind the length from which on it is faster than the baseline.

    Points that failed are of no time: they do not count.
    """
    times = {
        (point["level"], point["kind"], point["length"]): point["ms"]
        for point in points
        if "ms" in point
    }
    found = []
    for level, kind in dict.fromkeys((p["level"], p["kind"]) for p in points):
        base = BASELINE[level]
        both = sorted(
            length for (a, b, length) in times
            if (a, b) == (level, kind) and (level, base, length) in times
        )  # fmt: skip
        start = None
        for length in reversed(both):
            if times[level, kind, length] >= times[level, base, length]:
                break
            start = length
        if kind != base:
            line = {"level": level, "kind": kind, "baseline": base}
            found.append({**line, "faster_from": start})
    return found


def point(level: str, kind: str, sizes: Sizes) -> dict[str, Any]:
    """A measured point, or why there is none: memory, or no such kernel."""
    line = {"level": level, "kind": kind, "length": sizes.length, "batch": sizes.batch}
    try:
        return {**line, **measure(level, kind, sizes)}
    except (RuntimeError, ValueError, NotImplementedError) as error:
        return {**line, "failed": str(error).splitlines()[0][:120]}


def main() -> None:
    """Runs each kind at each length in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--level", nargs="+", choices=LEVELS, default=list(LEVELS))
    parser.add_argument("--kind", nargs="+", default=None, help="of both levels")
    parser.add_argument("--length", nargs="+", type=int, default=LENGTHS)
    parser.add_argument("--tokens", type=int, default=2**17)
    parser.add_argument("--here", action="store_true", help="in this process")
    chosen = parser.parse_args()
    points = []
    for level in chosen.level:
        for kind in (one for one in LEVELS[level] if one in (chosen.kind or [one])):
            for length in chosen.length:
                sizes = Sizes(chosen.tokens, length)
                found = (point if chosen.here else apart)(level, kind, sizes)
                print(json.dumps(found), flush=True)
                points.append(found)
    if not chosen.here:
        for line in crossovers(points):
            print(json.dumps(line), flush=True)


def apart(level: str, kind: str, sizes: Sizes) -> dict[str, Any]:
    """A point of a new process."""
    command = [sys.executable, __file__, "--here", "--level", level, "--kind", kind]
    command += ["--length", str(sizes.length), "--tokens", str(sizes.tokens)]
    done = subprocess.run(command, env=surroundings(), stdout=subprocess.PIPE)
    if done.returncode:
        line = {"level": level, "kind": kind, "length": sizes.length}
        return {**line, "failed": f"exit code {done.returncode}"}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def surroundings() -> dict[str, str]:
    """Keras on JAX, and this repository on the path."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": path}


if __name__ == "__main__":
    main()
