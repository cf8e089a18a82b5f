"""Small datasets of many shards, in both layouts, and how to compare batches."""

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from jobs.trips import SPEC, trips

import featurekit as fk
from featurekit.io.dataset import Dataset

ROWS_PER_TASK = 37
ROWS = 400


def make(folder: Path, layout: str = "named", **options: Any) -> Dataset:
    """The trips: every kind of column, label, weight, three splits, many shards."""
    stats = fk.analyze(SPEC, trips(ROWS))
    options = {"rows_per_task": ROWS_PER_TASK, "workers": 1, **options}
    fk.convert(SPEC, stats, trips(ROWS), folder, layout=layout, **options)
    return fk.load(folder)


def numbered(folder: Path, rows: int, rows_per_task: int, **options: Any) -> Dataset:
    """A column `n` of 0, 1, 2, …, and an id."""
    spec = fk.FeatureSpec(
        {"n": fk.numeric("n"), "id": fk.integer("m").hash_buckets(50)}
    )
    source = {"n": np.arange(rows), "m": np.arange(rows)}
    options = {"rows_per_task": rows_per_task, "workers": 1, **options}
    fk.convert(spec, fk.Stats({}), source, folder, **options)
    return fk.load(folder)


def numbers(batches: Iterable[Any]) -> list[list[int]]:
    """What each batch of a `numbered` dataset holds."""
    return [batch["n"].astype(int).tolist() for batch in batches]


def flat(batches: Iterable[list[int]]) -> list[int]:
    return [number for batch in batches for number in batch]


def same(first: Any, second: Any) -> bool:
    """Whether two batches are equal to the bit."""
    if isinstance(first, tuple):
        pairs = zip(first, second, strict=True)
        return len(first) == len(second) and all(same(a, b) for a, b in pairs)
    if isinstance(first, dict):
        return list(first) == list(second) and all(
            same(first[name], second[name]) for name in first
        )
    return (
        first.dtype == second.dtype
        and first.shape == second.shape
        and first.tobytes() == second.tobytes()
    )


def reading_threads() -> list[str]:
    """Threads that decode, which are none when nothing is read."""
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith("featurekit")]
