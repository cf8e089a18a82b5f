"""Four ways to mix bytes, trained side by side on the same batches."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import featurekit as fk
from examples.byte_lm.data import (
    Pairs,
    batches,
    count_bits,
    held_out,
    source_files,
    write_records,
)
from examples.command import Trained, run, say

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True)
class Preset:
    """Sizes of the models, of their training, and of its test."""

    steps: int
    batch: int = 16
    length: int = 128
    dim: int = 64
    depth: int = 2
    heads: int = 4
    unit: int = 64
    chunk: int = 32
    learning_rate: float = 3e-3
    max_files: int | None = None
    held_out: int = 512
    policy: str = "float32"
    unplaced: tuple[str, ...] = ()
    """Kinds that are trained without positions too: what those are worth."""


PRESETS = {
    "smoke": Preset(30, batch=8, length=64, dim=32, depth=1, unit=32, max_files=60),
    "toy": Preset(250, unplaced=("softmax", "linear")),
    "h100": Preset(
        600, batch=64, length=1024, dim=512, depth=6, heads=8, unit=128, chunk=256,
        learning_rate=3e-3, policy="mixed_bfloat16",
    ),
}  # fmt: skip
WARM = 10
"""Steps before the clock starts: they compile."""


def make_model(kind: str, preset: Preset, **blocks: Any) -> "keras.Model":
    """A compiled model; `blocks` replace arguments of its encoder."""
    import keras

    from examples.byte_lm.model import ByteModel, blocks_of

    keras.config.set_dtype_policy(preset.policy)
    sizes = {
        name: getattr(preset, name)
        for name in ("dim", "depth", "heads", "unit", "chunk")
    }
    model = ByteModel(preset.dim, {**blocks_of(kind, **sizes), **blocks})
    warmup = max(1, preset.steps // 10)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, preset.steps - warmup, alpha=0.1,
        warmup_target=preset.learning_rate, warmup_steps=warmup,
    )  # fmt: skip
    optimizer = keras.optimizers.AdamW(rate, weight_decay=0.01, global_clipnorm=1.0)
    loss: Any = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=loss)
    return model


def fit(model: "keras.Model", stream: Iterator[Pairs], steps: int) -> list[float]:
    """Trains; returns the mean loss of each ten steps, in nats."""
    every = min(10, steps)
    done = model.fit(
        stream, epochs=steps // every, steps_per_epoch=every, shuffle=False, verbose=0
    )  # fmt: skip
    return [float(loss) for loss in done.history["loss"]]


def bits(model: "keras.Model", test: Pairs, batch: int) -> float:
    """Bits per byte of text that the model has not seen."""
    return float(model.evaluate(*test, batch_size=batch, verbose=0)) / math.log(2)


def train_kind(
    name: str, kind: str, preset: Preset, seed: int, records: Path, **blocks: Any
) -> tuple[dict[str, float], float]:
    """Trains one model; returns its results, and the seconds of all its steps."""
    import keras

    keras.utils.set_random_seed(seed)
    model = make_model(kind, preset, **blocks)
    stream = batches(records, preset.batch, seed=seed)
    fit(model, stream, WARM)
    start = time.perf_counter()
    fit(model, stream, preset.steps - WARM)
    step = (time.perf_counter() - start) / (preset.steps - WARM)
    test = held_out(records, preset.held_out)
    found = {
        f"{name}_bits": bits(model, test, preset.batch),
        f"{name}_step_ms": 1e3 * step,
        f"{name}_params": model.count_params(),
    }
    say(", ".join(f"{name} {x:.5g}" for name, x in found.items()))
    return found, step * preset.steps


def train(preset: Preset, seed: int, output: Path) -> Trained:
    """Writes the records, and trains a model of each kind."""
    from examples.byte_lm.model import KINDS

    files, records = source_files()[: preset.max_files], output / "records"
    size = write_records(files, preset.length, records)
    block = fk.load(records, split="train").to_numpy()["block"]
    metrics: dict[str, float] = {
        "files": len(files),
        "text_bytes": sum(path.stat().st_size for path in files),
        "record_bytes": size,
        "train_bytes": block.size,
        **count_bits(np.asarray(block), held_out(records, preset.held_out)),
    }
    say(", ".join(f"{name} {x:.5g}" for name, x in metrics.items()))
    runs: dict[str, tuple[str, dict[str, Any]]] = {kind: (kind, {}) for kind in KINDS}
    for kind in preset.unplaced:
        runs[f"{kind}_unplaced"] = (kind, {"rotary": False})
    seconds = 0.0
    for name, (kind, blocks) in runs.items():
        found, spent = train_kind(name, kind, preset, seed, records, **blocks)
        metrics |= found
        seconds += spent
    steps = preset.steps * len(runs)
    params = int(metrics["gau_params"])
    return Trained(metrics, params, steps, steps * preset.batch, seconds)


if __name__ == "__main__":
    run("byte_lm", PRESETS, train)
