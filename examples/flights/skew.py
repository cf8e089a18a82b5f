"""Do batch conversion, tf.data and the served graph agree, bit for bit?

`python -m examples.flights.skew` compares all features of all 336,776 flights, those
without a label included, computed three times:

- records: converted by batch on the host, written as TFRecord, and read back;
- tf.data: the FeatureLayer, mapped over the raw columns in a tf.data pipeline;
- SavedModel: the FeatureLayer, saved, and loaded again by plain TensorFlow.

Every value is compared as its bits. Exits with 1 if one of them differs.
"""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table

import featurekit as fk
from examples.flights.data import write_flights
from examples.flights.records import SPEC
from featurekit.backends.missing import to_tensors
from featurekit.io.adapter import open_source
from featurekit.io.casting import cast_batch
from featurekit.spec.load import load_spec

BATCH_SIZE = 4096
Arrays = dict[str, np.ndarray]


def raw_tensors(spec: fk.FeatureSpec, flights: Path) -> Arrays:
    """All rows of the columns that the features read, as TensorFlow takes them."""
    dtypes = {one.name: one.dtype for one in spec.serving_inputs}
    zones = {n.name: n.time_zone for n in spec.serving_inputs if n.time_zone}
    batches = [
        cast_batch(raw, dtypes, zones, file=task.file)
        for task in open_source(flights).plan_tasks()
        for raw in task.read_raw(list(dtypes))
    ]
    parts = [to_tensors(batch) for batch in batches]
    return {name: np.concatenate([part[name] for part in parts]) for name in dtypes}


def from_records(
    spec: fk.FeatureSpec, stats: fk.Stats, flights: Any, folder: Path
) -> Arrays:
    """The features as batch conversion writes them."""
    fk.convert(spec, stats, flights, folder, overwrite=True)
    return fk.load(folder).to_numpy()


def from_pipeline(features: Any, columns: Arrays) -> Arrays:
    """The features as a function of tensors computes them in a tf.data pipeline."""
    data = tf.data.Dataset.from_tensor_slices(columns).batch(BATCH_SIZE).map(features)
    parts = list(data.as_numpy_iterator())
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def save_and_load(layer: Any, columns: Arrays, folder: Path) -> Any:
    """The layer after a round trip through the disk, as a function of tensors."""
    signature = {
        name: tf.TensorSpec([None], tf.as_dtype(array.dtype), name=name)
        for name, array in columns.items()
    }
    module = tf.Module()
    module.layer = layer
    module.features = tf.function(layer, input_signature=[signature])
    tf.saved_model.save(module, str(folder))
    return tf.saved_model.load(str(folder)).features


def differing_bits(left: np.ndarray, right: np.ndarray) -> int:
    """How many bits of two equally shaped arrays are not the same."""
    if left.dtype != right.dtype or left.shape != right.shape:
        raise SystemExit(f"{left.dtype}{left.shape} against {right.dtype}{right.shape}")
    changed = left.reshape(-1).view(np.uint8) ^ right.reshape(-1).view(np.uint8)
    return int(np.bitwise_count(changed).sum())


def compare(found: Mapping[str, Arrays]) -> tuple[Table, int]:
    """A row per feature; and the differing bits of all."""
    first, *others = found
    table = Table(title=f"Bits that differ from {first}")
    table.add_column("feature")
    for name in ("type", "values", *others):
        table.add_column(name, justify="right")
    totals = dict.fromkeys(others, 0)
    values = 0
    for feature, array in found[first].items():
        bits = {name: differing_bits(array, found[name][feature]) for name in others}
        for name, count in bits.items():
            totals[name] += count
        values += array.size
        shown = [f"{bits[name]:,}" for name in others]
        table.add_row(feature, str(array.dtype), f"{array.size:,}", *shown)
    table.add_section()
    shown = [f"{totals[name]:,}" for name in others]
    table.add_row("all", "", f"{values:,}", *shown)
    return table, sum(totals.values())


def main() -> int:
    """Computes all three, and prints the table."""
    parser = argparse.ArgumentParser(description="Compares three computations.")
    parser.add_argument("--output", type=Path, default=Path("build/flights"))
    output = parser.parse_args().output
    console = Console()
    flights = output / "flights.parquet"
    rows = write_flights(flights)
    demo = load_spec(SPEC)
    stats = fk.analyze(demo, flights)
    # No label: it would drop the flights that never arrived.
    spec = fk.FeatureSpec(demo.features)
    console.print(f"{rows:,} flights, {len(spec.features)} features")
    found = {"records": from_records(spec, stats, flights, output / "skew" / "records")}
    columns = raw_tensors(spec, flights)
    layer = fk.keras.FeatureLayer(spec, stats)
    found["tf.data"] = from_pipeline(layer, columns)
    loaded = save_and_load(layer, columns, output / "skew" / "saved_model")
    found["SavedModel"] = from_pipeline(loaded, columns)
    if {len(next(iter(one.values()))) for one in found.values()} != {rows}:
        raise SystemExit("not all flights were computed")
    table, differing = compare(found)
    console.print(table)
    console.print(f"{differing:,} bits differ")
    return int(differing > 0)


if __name__ == "__main__":
    raise SystemExit(main())
