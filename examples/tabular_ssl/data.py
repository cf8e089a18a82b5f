"""A table whose columns are all made of six numbers that nobody sees.

The columns of a row are noisy views of its latent numbers, and its label is a function
of these. So the columns tell each other, without any label; and who has learned how
has learned what the label needs.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import featurekit as fk
from examples.tabular_ssl.spec import LEVELS, NUMBERS, spec

LATENTS = 6
NOISE = 0.6
BINS = 8
MISSING = 0.05
SHARPNESS = 3.0
Arrays = dict[str, npt.NDArray[Any]]
Array = npt.NDArray[np.float64]


def make_table(rows: int, seed: int) -> pa.Table:
    """Rows of the table; the seed decides how columns are made, and the rows."""
    rng = np.random.default_rng(seed)
    views = rng.normal(size=(LATENTS, len(NUMBERS) + len(LEVELS))) / LATENTS**0.5
    teacher = rng.normal(size=(LATENTS, 3))
    latent = rng.normal(size=(rows, LATENTS))
    seen = _standard(np.tanh(2.0 * latent @ views))
    seen += NOISE * rng.normal(size=seen.shape)
    columns: dict[str, Any] = {"id": np.arange(rows)}
    columns |= dict(zip(NUMBERS, seen.T.astype(np.float32), strict=False))
    for name, values in zip(LEVELS, seen.T[len(NUMBERS) :], strict=True):
        edges = np.quantile(values, np.arange(1, BINS) / BINS)
        texts = np.array([f"level {bin}" for bin in range(BINS)])
        found = texts[np.searchsorted(edges, values)]
        columns[name] = pa.array(found, mask=rng.random(rows) < MISSING)
    columns["label"] = (rng.random(rows) < label_odds(latent, teacher)).astype(int)
    return pa.table(columns)


def label_odds(latent: Array, teacher: Array) -> Array:
    """The chance of a label of 1: of one direction, and of the product of two."""
    straight, left, right = (latent @ teacher).T
    logits = _standard(_standard(straight) + _standard(left * right))
    return np.asarray(1.0 / (1.0 + np.exp(-SHARPNESS * logits)))


def _standard(values: Array) -> Array:
    return (values - values.mean(axis=0)) / values.std(axis=0)


def write_records(rows: int, seed: int, folder: Path) -> Any:
    """Makes the table and its records; returns the dataset.

    Statistics are those of the training part alone.
    """
    table = make_table(rows, seed)
    stats = fk.analyze(spec, table)
    fk.convert(spec, stats, table, folder, overwrite=True)
    return fk.load(folder)


def read_part(folder: Path, split: str) -> tuple[Arrays, npt.NDArray[np.float32]]:
    """The features and the labels of one part."""
    arrays = fk.load(folder, split=split).to_numpy()
    label = arrays.pop("label")
    return arrays, label.astype(np.float32)
