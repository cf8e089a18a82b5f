"""Training on the records of a dataset."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

import featurekit as fk
from examples.flights.model import BATCH_SIZE, build_model
from examples.scores import auc

Arrays = dict[str, npt.NDArray[Any]]
OnBatch = Callable[[int, int, float], None]
"""Called after each batch with batches done, batches in all, and the loss."""
Build = Callable[[fk.FeatureSpec, fk.Stats, int], keras.Model]
"""Makes a compiled model of a spec, its statistics, and the steps of the training."""


def read_parts(records: Path, *splits: str) -> tuple[Arrays, npt.NDArray[np.int64]]:
    """The features and the labels of some parts of a dataset, one after the other."""
    parts = [fk.load(records, split=split).to_numpy() for split in splits]
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return arrays, arrays.pop("label")


class _Report(keras.callbacks.Callback):
    def __init__(self, steps: int, on_batch: OnBatch) -> None:
        super().__init__()
        self.steps, self.on_batch, self.done = steps, on_batch, 0

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        self.done += 1
        self.on_batch(self.done, self.steps, float(logs["loss"]))


def train(
    records: Path,
    splits: tuple[str, ...],
    *,
    epochs: int,
    seed: int,
    max_rows: int | None,
    on_batch: OnBatch,
    build: Build = build_model,
) -> keras.Model:
    """Trains the model on parts of a dataset.

    Args:
        records: The dataset's folder.
        splits: The parts.
        epochs: Passes over them.
        seed: Decides the first weights, the dropout and the order of the rows.
        max_rows: Use the first rows only. Defaults to all of them.
        on_batch: See `OnBatch`.
        build: See `Build`. Defaults to the model of the demo.
    """
    dataset = fk.load(records)
    features, label = read_parts(records, *splits)
    features = {name: array[:max_rows] for name, array in features.items()}
    label = label[:max_rows]
    keras.utils.set_random_seed(seed)
    steps = epochs * -(-len(label) // BATCH_SIZE)
    model = build(dataset.spec, dataset.stats, steps)
    model.fit(
        features,
        label.astype(np.float32),
        batch_size=BATCH_SIZE,
        epochs=epochs,
        verbose=0,
        callbacks=[_Report(steps, on_batch)],
    )
    return model


def model_auc(model: keras.Model, records: Path, split: str) -> float:
    """Area under the ROC curve on one part of a dataset."""
    features, label = read_parts(records, split)
    logits = model.predict(features, batch_size=4 * BATCH_SIZE, verbose=0)
    return auc(label, logits[:, 0])
