"""Experts against one network: `python -m examples.tabular_moe.train --preset toy`."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import featurekit as fk
from examples.command import Trained, run, say
from examples.scores import auc, log_loss
from examples.tabular_moe.data import draw
from examples.tabular_moe.spec import spec
from featurekit.io.dataset import Dataset

if TYPE_CHECKING:
    from featurekit.models import MoEClassifier


@dataclass(frozen=True, slots=True)
class Preset:
    """Sizes of a run.

    Args:
        rows: Rows that are drawn; nine of ten are for training.
        batch_size: Rows of a step.
        epochs: Passes over the rows.
        num_experts: Networks of the mixture.
        model: Further arguments of `build_model`.
    """

    rows: int
    batch_size: int = 1000
    epochs: int = 3
    num_experts: int = 16
    model: Mapping[str, Any] = field(
        default_factory=lambda: {"dim": 64, "learning_rate": 3e-3}
    )


PRESETS = {
    "smoke": Preset(rows=24_000, epochs=2),
    "toy": Preset(rows=556_000),
    "h100": Preset(
        rows=8_000_000,
        batch_size=8192,
        model={"dim": 256, "learning_rate": 2e-3, "dtype": "mixed_bfloat16"},
    ),
}

Batch = tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]


def write_records(preset: Preset, seed: int, folder: Path) -> Dataset:
    """Draws the rows, and writes their features as TFRecords."""
    table = draw(preset.rows, seed)
    outcome = table.rows["outcome"].to_numpy()
    best = log_loss(outcome, table.log_odds), auc(outcome, table.log_odds)
    say(f"the best answer: log-loss {best[0]:.4f}, AUC {best[1]:.4f}")
    stats = fk.analyze(spec, table.rows)
    fk.convert(spec, stats, table.rows, folder, layout="packed", overwrite=True)
    return fk.load(folder)


def read(folder: Path, part: str) -> Batch:
    """The features and the labels of a part."""
    features = fk.load(folder, part).to_numpy()
    return features, features.pop("label")


def quality(model: "MoEClassifier", rows: Batch, batch_size: int) -> dict[str, float]:
    """How good the answers to rows are."""
    features, label = rows
    logit = model.predict(features, batch_size=batch_size, verbose=0)[:, 0]
    return {"log_loss": log_loss(label, logit), "auc": auc(label, logit)}


def train(preset: Preset, seed: int, folder: Path) -> Trained:
    """Trains all variants on the same rows, and compares them."""
    import keras

    from examples.tabular_moe.model import VARIANTS, build_model, expert_use, step_times

    records = write_records(preset, seed, folder)
    (features, label), test = read(folder, "train"), read(folder, "test")
    batch, outcome = preset.batch_size, label.astype(np.float32)
    steps = preset.epochs * -(-len(label) // batch)
    models: dict[str, Any] = {}
    found: dict[str, dict[str, float]] = {}
    seconds: dict[str, float] = {}
    for name, variant in VARIANTS.items():
        keras.utils.set_random_seed(seed)
        experts = {"num_experts": preset.num_experts, **variant}
        model = build_model(
            records.spec, records.stats, experts, steps=steps, **preset.model
        )
        start = time.perf_counter()
        model.fit(features, outcome, batch, epochs=preset.epochs, verbose=0)
        seconds[name] = time.perf_counter() - start
        found[name] = quality(model, test, batch) | expert_use(model, features, batch)
        models[name] = model
        say(f"{name}: {found[name]}")
    pair = [models["experts"], models["dense"]]
    times = step_times(pair, features, outcome, batch)
    metrics = compare(found) | {"step_time_ratio": times[0] / times[1]}
    rows = preset.epochs * len(label)
    return Trained(metrics, pair[0].count_params(), steps, rows, seconds["experts"])


def compare(found: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The figures that the bars speak of."""
    experts, dense, free = (found[k] for k in ("experts", "dense", "no_balance"))
    return {
        "log_loss": experts["log_loss"],
        "log_loss_dense": dense["log_loss"],
        "log_loss_ratio": experts["log_loss"] / dense["log_loss"],
        "auc": experts["auc"],
        "auc_dense": dense["auc"],
        "min_load": experts["min_load"],
        "dropped": experts["dropped"],
        "dropped_no_balance": free["dropped"],
        "log_loss_no_balance": free["log_loss"],
    }


if __name__ == "__main__":
    run("tabular_moe", PRESETS, train)
