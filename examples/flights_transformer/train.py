"""The demo's transformer as a training example, on any backend of Keras.

    python -m examples.flights_transformer.train --preset toy --backend jax

Features, records and model are those of `examples.flights`.
"""

import importlib.util
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import featurekit as fk
from examples.command import Trained, run, say
from examples.flights.data import write_flights
from examples.flights.spec import spec

EVERY = 50  # steps between two lines of progress


@dataclass(frozen=True, slots=True)
class Preset:
    """Sizes of a run.

    Args:
        epochs: Passes over the training part.
        every: 10 takes the first of every ten flights, of all parts.
        seeds: How many transformers are trained.
        sizes: Arguments of `TabularTransformer`; those of the demo by default.
        peers: Whether to fit the models of scikit-learn, where it is installed.
    """

    epochs: int = 3
    every: int = 1
    seeds: int = 1
    sizes: Mapping[str, Any] = field(default_factory=dict)
    peers: bool = True


PRESETS = {
    "smoke": Preset(epochs=1, every=10, peers=False),
    "toy": Preset(),
    "h100": Preset(seeds=5),
}


def write_records(folder: Path, every: int) -> Path:
    """Writes the flights as Parquet, and their features as TFRecords."""
    flights, records = folder / "flights.parquet", folder / "records"
    write_flights(flights, every=every)
    fk.convert(spec, fk.analyze(spec, flights), flights, records, overwrite=True)
    return records


def fit_peers(folder: Path) -> dict[str, float]:
    """Areas of the demo's baselines; none without scikit-learn."""
    if importlib.util.find_spec("sklearn") is None:
        say("scikit-learn is not installed: no gradient boosting")
        return {}
    from examples.flights.baselines import gradient_boosting, logistic_regression

    def show(done: int, total: int) -> None:
        say(f"fitted {done} of {total} settings")

    linear = logistic_regression(folder / "records", show, refit=False)
    trees = gradient_boosting(folder / "flights.parquet", spec, show, refit=False)
    return {
        "auc_sklearn_logistic_regression": linear.test,
        "auc_gradient_boosting": trees.test,
    }


def train(preset: Preset, seed: int, folder: Path) -> Trained:
    """Trains transformers and a logistic regression on the same rows."""
    from examples.flights.model import BATCH_SIZE, build_model
    from examples.flights.train import model_auc
    from examples.flights.train import train as fit
    from examples.flights_transformer.model import build_logistic_regression

    records = write_records(folder, preset.every)
    rows = fk.load(records, "train").num_rows

    def show(done: int, total: int, loss: float) -> None:
        if done % EVERY == 0 or done == total:
            say(f"step {done} of {total}, loss {loss:.4f}")

    common: dict[str, Any] = {"splits": ("train",), "epochs": preset.epochs}
    common |= {"max_rows": None, "on_batch": show}
    build = partial(build_model, **preset.sizes)
    areas, seconds = [], 0.0
    for number in range(seed, seed + preset.seeds):
        start = time.perf_counter()
        model = fit(records, seed=number, build=build, **common)
        seconds += time.perf_counter() - start
        areas.append(model_auc(model, records, "test"))
        say(f"transformer, seed {number}: AUC {areas[-1]:.4f}")
    linear = fit(records, seed=seed, build=build_logistic_regression, **common)
    metrics = {
        "auc": sum(areas) / len(areas),
        "auc_least": min(areas),
        "auc_logistic_regression": model_auc(linear, records, "test"),
        **(fit_peers(folder) if preset.peers else {}),
    }
    passes = preset.seeds * preset.epochs
    steps = passes * -(-rows // BATCH_SIZE)
    return Trained(metrics, model.count_params(), steps, passes * rows, seconds)


if __name__ == "__main__":
    run("flights_transformer", PRESETS, train)
