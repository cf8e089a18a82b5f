"""Keras FeatureSpace on dense columns in tf.data."""

from typing import Any

import numpy as np

from benchmarks.cases import columns_as_tensors as tensors
from benchmarks.cases import tables
from benchmarks.cases.transform_feature_space import columns, feature_space
from benchmarks.work import Settings, Work

ADAPT_BATCH = 8192


def adapted(found: dict[str, np.ndarray]) -> Any:
    """A FeatureSpace that has seen the columns."""
    space = feature_space()
    rows = len(next(iter(found.values())))
    space.adapt(tensors.batched(found, min(ADAPT_BATCH, rows)))
    return space


def layer(settings: Settings) -> Work:
    """FeatureSpace in tf.data.Dataset.map."""
    found = columns(tables.criteo_file(settings.rows))
    batch = min(settings.options["batch"], settings.rows)
    space = adapted(found)
    dataset = tensors.batched(found, batch).map(space)
    rows = settings.rows // batch * batch
    return Work(lambda: tensors.consume(dataset), rows)
