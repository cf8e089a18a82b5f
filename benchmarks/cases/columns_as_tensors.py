"""Columns in memory, ready for tf.data: what layers are timed on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def raw_columns(path: Path, spec: Any) -> dict[str, np.ndarray]:
    """The columns of the features as FeatureLayer takes them, missing values marked."""
    from featurekit.backends.missing import to_tensors

    parts = [to_tensors(batch) for batch in cast_batches(path, spec)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def cast_batches(path: Path, spec: Any) -> list[Any]:
    """The columns of the features as Arrow batches in the types of the spec."""
    from featurekit.io.adapter import read_columns

    names = [one.name for one in spec.serving_inputs]
    return list(read_columns(spec, str(path), names))


def batched(columns: Mapping[str, np.ndarray], batch: int) -> Any:
    """A tf.data.Dataset of whole batches that were made beforehand."""
    import tensorflow as tf

    rows = len(next(iter(columns.values())))
    whole = rows // batch
    stacked = {
        name: values[: whole * batch].reshape(whole, batch)
        for name, values in columns.items()
    }
    return tf.data.Dataset.from_tensor_slices(stacked)


def consume(dataset: Any) -> Any:
    """Iterates to the end; the iterator, which the clock must not see deleted."""
    iterator = iter(dataset)
    for _ in iterator:
        pass
    return iterator
