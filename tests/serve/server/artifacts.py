"""Small models whose answers anyone can compute: x times the version."""

from pathlib import Path

import keras

import featurekit as fk
from featurekit.plan.stats import Stats
from featurekit.serve.export import export

SPEC = fk.FeatureSpec(
    {
        "x": fk.numeric("x").clip(-1e6, 1e6),
        "word": fk.string("word").fill("").hash_buckets(16),
        "hour": fk.timestamp("at", tz="UTC").hour(),
    }
)
STATS = Stats({})
ROW = {"x": 2.0, "word": "a", "at": "2024-05-01T07:00:00Z"}


def times(factor: float) -> keras.Model:
    """A model of one output, x times a factor."""
    inputs = {
        "x": keras.Input((), name="x"),
        "word": keras.Input((), dtype="int64", name="word"),
        "hour": keras.Input((), dtype="int64", name="hour"),
    }
    scaled = keras.layers.Rescaling(factor)(keras.ops.expand_dims(inputs["x"], -1))
    return keras.Model(inputs, {"y": scaled})


def write_version(folder: Path, number: int) -> Path:
    """Exports a version."""
    path = folder / str(number)
    export(times(float(number)), SPEC, STATS, path)
    return path
