"""The trained model as a SavedModel, and one request to it."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import featurekit as fk


def export_model(model: Any, records: Path, flights: Path, target: Path) -> Any:
    """Exports the model with its preprocessing; returns the report.

    Args:
        model: The trained model.
        records: The dataset it was trained on; holds the spec and the statistics.
        flights: Raw rows, of which some become golden vectors; those of the months
            before validation are sketched, to be compared with what is served.
        target: The folder, replaced if an earlier run of the demo wrote it.
    """
    if target.exists():
        shutil.rmtree(target)
    dataset = fk.load(records)
    trained_until = pa.scalar(dataset.spec.split.starts[0], pa.timestamp("us", "UTC"))
    return fk.export(
        model,
        dataset.spec,
        dataset.stats,
        target,
        rows=flights,
        training=pq.read_table(flights, filters=[("time_hour", "<", trained_until)]),
        probability="sigmoid",
    )


def ask(target: Path, spec: fk.FeatureSpec, flights: Path) -> tuple[dict, float]:
    """Loads the export, and asks it about the last flight of the year.

    Returns:
        The request, raw values by column, and the probability of arriving late.
    """
    from featurekit.serve import load_model

    names = [one.name for one in spec.serving_inputs]
    source = pq.ParquetFile(flights)
    last = source.read_row_group(source.num_row_groups - 1, columns=names)
    request = last.slice(last.num_rows - 1).to_pydict()
    answer = load_model(target).predict(request)
    return request, float(answer["probabilities"].reshape(-1)[0])
