"""First values, norms and depth: a study on deep models of bytes, without warm-up."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from examples.byte_lm.data import Pairs, batches, source_files, write_records
from examples.byte_lm.train import fit
from examples.command import Trained, run, say

if TYPE_CHECKING:
    from examples.initialization.model import Variant


@dataclass(frozen=True, slots=True)
class Preset:
    """Sizes of the deep models, of the shallow wide ones, and of their training."""

    steps: int
    placements: tuple[str, ...] = ("pre", "post", "deepnorm", "rezero")
    depth: int = 24
    dim: int = 32
    heads: int = 2
    batch: int = 16
    length: int = 64
    learning_rate: float = 1e-3
    scale_steps: int = 200
    scale_depth: int = 4
    scale_dim: int = 64
    layers: int = 30
    width: int = 256
    max_files: int | None = 300


PRESETS = {
    "smoke": Preset(
        20, ("pre", "post"), depth=6, batch=8, length=32, scale_steps=20,
        scale_depth=1, layers=10, width=64, max_files=40,
    ),
    "toy": Preset(200),
    "h100": Preset(
        500, ("deepnorm",), depth=200, dim=128, heads=4, batch=64, length=128,
        scale_dim=256, max_files=None,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """A training: mean losses of ten steps each, and the gradients of the first."""

    losses: list[float]
    gradients: list[float]
    params: int
    seconds: float


def train_variant(
    variant: "Variant", stream: Iterator[Pairs], steps: int, seed: int, **sizes: float
) -> Run:
    """Trains a model; its first step is apart, for its gradients."""
    import keras

    from examples.initialization.model import gradient_norms, make_model

    keras.utils.set_random_seed(seed)
    model = make_model(variant, **sizes)  # type: ignore[arg-type]
    fit(model, stream, 1)
    gradients = gradient_norms(model)
    start = time.perf_counter()
    losses = fit(model, stream, steps)
    return Run(losses, gradients, model.count_params(), time.perf_counter() - start)


def compare(
    variants: Mapping[str, "Variant"], preset: Preset, seed: int, records: Path,
    *, steps: int, **sizes: int,
) -> dict[str, Run]:  # fmt: skip
    """Trains each variant on the same batches, from the same seed."""
    found = {}
    for name, variant in variants.items():
        stream = batches(records, preset.batch, seed=seed)
        done = train_variant(
            variant, stream, steps, seed, learning_rate=preset.learning_rate, **sizes
        )
        ratio = done.gradients[0] / done.gradients[-1]
        say(f"{name}: {done.losses[-1]:.3f} nats, gradients first / last {ratio:.3g}")
        found[name] = done
    return found


def train(preset: Preset, seed: int, output: Path) -> Trained:
    """Measures first values, and trains deep and wide models."""
    from examples.initialization.model import PLACEMENTS, SCALES
    from examples.initialization.study import measure

    metrics = measure(preset.layers, preset.width, seed)
    say(", ".join(f"{name} {x:.3g}" for name, x in metrics.items()))
    records = output / "records"
    write_records(source_files()[: preset.max_files], preset.length, records)
    deep = compare(
        {name: PLACEMENTS[name] for name in preset.placements}, preset, seed, records,
        steps=preset.steps, depth=preset.depth, dim=preset.dim, heads=preset.heads,
    )  # fmt: skip
    wide = compare(
        SCALES, preset, seed, records, steps=preset.scale_steps,
        depth=preset.scale_depth, dim=preset.scale_dim, heads=1,
    )  # fmt: skip
    for name, done in {**deep, **wide}.items():
        metrics[f"{name}_loss"] = done.losses[-1]
        metrics[f"{name}_first_gradient"] = done.gradients[0]
        metrics[f"{name}_last_gradient"] = done.gradients[-1]
    plot(output, preset, seed, deep, wide)
    steps = preset.steps * len(deep) + preset.scale_steps * len(wide)
    seconds = sum(done.seconds for done in (*deep.values(), *wide.values()))
    params = deep[preset.placements[0]].params
    return Trained(metrics, params, steps, steps * preset.batch, seconds)


def plot(
    output: Path, preset: Preset, seed: int, deep: dict[str, Run], wide: dict[str, Run]
) -> None:
    """Draws what happens to numbers, to gradients, and to the loss."""
    from examples.initialization.plots import draw
    from examples.initialization.study import SCHEMES, second_moments

    moments = {
        scheme: second_moments(scheme, preset.layers, preset.width, seed)
        for scheme in SCHEMES
    }
    gradients = {name: done.gradients for name, done in deep.items()}
    draw(output / "initialization.png", {
        "mean square behind ReLU": (moments, "layer", True),
        "first gradient": (gradients, "block", True),
        f"nats, {preset.depth} blocks": (losses_of(deep), "ten steps", False),
        f"nats, heads of {preset.scale_dim}": (losses_of(wide), "ten steps", False),
    })  # fmt: skip


def losses_of(runs: Mapping[str, Run]) -> dict[str, list[float]]:
    """Their losses by name."""
    return {name: done.losses for name, done in runs.items()}


if __name__ == "__main__":
    run("initialization", PRESETS, train)
