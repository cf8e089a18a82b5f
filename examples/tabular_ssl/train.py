"""Does pretraining on rows without labels help where labels are few?

    python -m examples.tabular_ssl.train --preset toy --backend jax --seed 0

The metrics are test AUC by number of labels, from scratch and pretrained, the gain in
points, and the skill of telling hidden columns: R² of numbers, explained entropy of
levels.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from examples.command import Trained, run, say

FINE_BATCH = 100
"""Rows of a batch of training with labels, the fewest there are."""


@dataclass(frozen=True, slots=True)
class Preset:
    """Sizes of one run.

    Args:
        rows: Rows of the table; 7 of 10 train.
        steps: Batches of pretraining.
        batch: Rows of these.
        model: Arguments of both models.
        labels: How many labels there are to train on; 0 is all.
        draws: How often so many labels are drawn; the mean is reported.
        rates: Rates of learning that are tried.
        rounds: Rounds after which a model is looked at, of five epochs or more; of
            one where all labels are there.
    """

    rows: int
    steps: int
    batch: int
    model: dict[str, Any]
    labels: tuple[int, ...]
    draws: int
    rates: tuple[float, ...]
    rounds: int


# No learned token: the head of both models reads the mean of the features' tokens.
SMALL = {"dim": 32, "depth": 1, "num_heads": 2, "cls_token": False}
LARGE = {
    **SMALL, "dim": 256, "depth": 6, "num_heads": 8, "dtype": "mixed_bfloat16"
}  # fmt: skip
PRESETS = {
    "smoke": Preset(3_000, 60, 128, SMALL, (100,), 1, (1e-3,), 2),
    "toy": Preset(28_500, 1_500, 256, SMALL, (100, 1_000, 0), 2, (5e-4, 2e-3), 4),
    "h100": Preset(1_500_000, 8_000, 1_024, LARGE, (100, 1_000), 3, (1e-4, 3e-4), 5),
}


def train(preset: Preset, seed: int, folder: Path) -> Trained:
    """Pretrains once, then trains from there and from scratch."""
    import keras

    from examples.tabular_ssl.data import read_part, write_records
    from examples.tabular_ssl.model import pretrain

    keras.utils.set_random_seed(seed)
    dataset = write_records(preset.rows, seed, folder / "records")
    parts = {
        split: read_part(folder / "records", split)
        for split in ("train", "validation", "test")
    }
    features = parts["train"][0]
    model, seconds = pretrain(
        dataset, features, preset.model, preset.steps, preset.batch
    )
    say(f"pretrained in {seconds:.0f} s")
    metrics = _skill(model, parts["test"][0])
    say(str(metrics))
    metrics |= _gains(preset, seed, dataset, model, parts)
    steps = int(model.optimizer.iterations)
    return Trained(
        metrics=metrics,
        params=model.count_params(),
        steps=steps,
        rows=steps * preset.batch,
        seconds=seconds,
    )


def _skill(model: Any, features: Any) -> dict[str, float]:
    """Means over the columns that nothing repeats."""
    import featurekit as fk
    from examples.tabular_ssl.spec import LEVELS, NUMBERS

    skill = fk.models.masked_skill(model, features)
    groups = {"masked_r2": NUMBERS, "masked_levels": LEVELS}
    return {
        name: sum(skill[one] for one in group) / len(group)
        for name, group in groups.items()
    }


def _gains(
    preset: Preset, seed: int, dataset: Any, pretrained: Any, parts: Any
) -> dict[str, float]:
    """Test AUC of both, by number of labels."""
    import featurekit as fk
    from examples.tabular_ssl.model import Search, Trainee

    loss = fk.models.label_loss(dataset.spec, dataset.stats)
    warm = pretrained.classifier()
    both = {
        "scratch": Trainee(type(warm).from_config(warm.get_config()), loss),
        "pretrained": Trainee(warm, loss),
    }
    found: dict[str, float] = {}
    size = len(parts["train"][1])
    for count in preset.labels:
        steps = max(20, 5 * count // FINE_BATCH) if count else size // FINE_BATCH
        search = Search(preset.rates, preset.rounds, steps, FINE_BATCH)
        auc = dict.fromkeys(both, 0.0)
        draws = preset.draws if count else 1
        for draw in range(draws):
            rows = _drawn(parts["train"], count or size, [seed, draw])
            rest = parts["validation"], parts["test"]
            for name, one in both.items():
                auc[name] += one.best(search, rows, *rest, seed=draw) / draws
        shown = count or "all"
        found |= {f"auc_{name}_{shown}": value for name, value in auc.items()}
        gain = found[f"gain_{shown}"] = 100.0 * (auc["pretrained"] - auc["scratch"])
        say(f"{shown} labels: {auc}, a gain of {gain:.2f} points")
    return found


def _drawn(part: Any, count: int, seed: list[int]) -> Any:
    """Some rows of a part."""
    import numpy as np

    features, label = part
    chosen = np.random.default_rng(seed).permutation(len(label))[:count]
    return {name: values[chosen] for name, values in features.items()}, label[chosen]


if __name__ == "__main__":
    run("tabular_ssl", PRESETS, train)
