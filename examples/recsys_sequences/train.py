"""The next film: `python -m examples.recsys_sequences.train --preset toy`."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import featurekit as fk
from examples.command import Trained, run, say
from examples.recsys_sequences.data import Histories, cut, fetch, read_ratings
from examples.recsys_sequences.ranking import Ints, draw_candidates, ranking
from examples.recsys_sequences.spec import LENGTH, spec

if TYPE_CHECKING:
    from examples.recsys_sequences.model import NextItem

PARTS = ("train", "validation", "test")
# The bars compare runs of different seeds: the candidates are the same in all of them.
CANDIDATES_SEED = 0


@dataclass(frozen=True, slots=True)
class Preset:
    """Sizes of a run.

    Args:
        epochs: Passes over the pieces of histories.
        stride: Steps from one piece to the next; less than a piece: they overlap.
        batch_size: Pieces of a step.
        learning_rate: The first one; it falls to 0 along a cosine.
        model: Arguments of `NextItem`.
    """

    epochs: int
    stride: int = LENGTH
    batch_size: int = 64
    learning_rate: float = 1e-3
    model: Mapping[str, Any] = field(
        default_factory=lambda: {
            "dim": 64,
            "depth": 2,
            "num_heads": 2,
            "dropout": 0.2,
        }
    )


PRESETS = {
    "smoke": Preset(epochs=1),
    "toy": Preset(epochs=20),
    "h100": Preset(
        epochs=100,
        stride=10,
        batch_size=256,
        model={
            "dim": 256,
            "depth": 3,
            "num_heads": 4,
            "dropout": 0.5,
            "dtype": "mixed_bfloat16",
        },
    ),
}

Batch = tuple[dict[str, Any], Ints]


def write_records(histories: Histories, folder: Path) -> fk.Stats:
    """Writes the features of each part; what is learned, is of the first alone."""
    stats = fk.analyze(spec, histories.train)
    for part in PARTS:
        rows = getattr(histories, part)
        target = folder / part
        fk.convert(spec, stats, rows, target, layout="packed", overwrite=True)
    return stats


def read(folder: Path) -> Batch:
    """The features, and the items that came next."""
    features = fk.load(folder).to_numpy()
    return features, features.pop("label")


def fit(model: "NextItem", rows: Batch, preset: Preset) -> float:
    """Trains the model to tell what comes after each step; returns the seconds."""
    from examples.recsys_sequences.model import compile_model

    features, following = rows
    steps = preset.epochs * -(-len(following) // preset.batch_size)
    compile_model(model, preset.learning_rate, steps)
    start = time.perf_counter()
    model.fit(
        features,
        following,
        sample_weight=(following > 0).astype(np.float32),  # no loss on padding
        batch_size=preset.batch_size,
        epochs=preset.epochs,
        verbose=0,
    )
    return time.perf_counter() - start


def evaluate(
    model: "NextItem", rows: Batch, popularity: Ints, candidates: Ints
) -> dict[str, float]:
    """The model, the most popular items, and the model without the past."""
    features, _ = rows
    last = {name: np.zeros_like(array) for name, array in features.items()}
    for name, array in features.items():
        last[name][:, -1] = array[:, -1]
    popular = np.tile(popularity.astype(np.float32), (len(candidates), 1))
    found = ranking(model.next_scores(features), candidates)
    known = {"popularity": popular, "last_step": model.next_scores(last)}
    for name, score in known.items():
        others = ranking(score, candidates)
        found |= {f"{metric}_{name}": value for metric, value in others.items()}
    return found


def train(preset: Preset, seed: int, folder: Path) -> Trained:
    """Trains the model on histories, and asks it for the last film of each person."""
    import keras

    from examples.recsys_sequences.model import NextItem

    folder.mkdir(parents=True, exist_ok=True)
    histories = cut(read_ratings(fetch(folder.parent)), LENGTH, preset.stride)
    stats = write_records(histories, folder)
    rows = {part: read(folder / part) for part in PARTS}
    meanings = fk.id_meanings(spec, "item", stats)
    ids = {one.value: one.id for one in meanings if one.kind == "token"}
    seen = [ids[item] for mine in histories.rated for item in mine[:-2].tolist()]
    popularity = np.bincount(seen, minlength=len(meanings))
    keras.utils.set_random_seed(seed)
    model = NextItem(len(meanings), LENGTH, **preset.model)
    seconds = fit(model, rows["train"], preset)
    metrics: dict[str, float] = {}
    for part in ("validation", "test"):
        target = rows[part][1][:, -1]
        drawn = draw_candidates(target, histories.rated, ids, CANDIDATES_SEED)
        metrics = evaluate(model, rows[part], popularity, drawn)
        say(f"{part}: {metrics}")
    pieces = len(rows["train"][1])
    steps = preset.epochs * -(-pieces // preset.batch_size)
    read_rows = preset.epochs * pieces
    return Trained(metrics, model.count_params(), steps, read_rows, seconds)


if __name__ == "__main__":
    run("recsys_sequences", PRESETS, train)
