"""Comparing what ONNX Runtime computes with what batch conversion computes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pyarrow as pa

from featurekit.backends.host.executor import HostBackend
from featurekit.errors import ArtifactError
from featurekit.io.adapter import read_columns
from featurekit.plan.graph import Plan
from featurekit.serve import golden
from featurekit.serve.edge_rows import edge_rows
from featurekit.serve.onnx.feeds import to_feeds
from featurekit.serve.onnx.preprocessing import ACCEPTED, Preprocessing
from featurekit.spec.feature_spec import FeatureSpec

GIVEN_ROWS = 64


def rows_to_check(spec: FeatureSpec, plan: Plan, rows: Any) -> pa.RecordBatch:
    """Rows of unusual values, rows that lack one column each, and given rows."""
    edges = edge_rows(plan)
    parts = [edges, *_lacking(edges)]
    wanted = GIVEN_ROWS
    if rows is not None:
        for batch in read_columns(spec, rows, list(plan.columns)):
            parts.append(_like(edges.schema, batch.slice(0, wanted)))
            wanted -= parts[-1].num_rows
            if wanted == 0:
                break
    return pa.Table.from_batches(parts).combine_chunks().to_batches()[0]


def _lacking(edges: pa.RecordBatch) -> list[pa.RecordBatch]:
    """The first row once for each column, without that column; or a row of nulls."""
    schema = edges.schema
    nulls = pa.record_batch([pa.nulls(1, field.type) for field in schema], schema)
    if not edges.num_rows:
        return [nulls]
    first = edges.slice(0, 1)
    return [
        first.set_column(at, field, nulls.column(at)) for at, field in enumerate(schema)
    ]


def _like(schema: pa.Schema, batch: pa.RecordBatch) -> pa.RecordBatch:
    """The columns in these types: text without dictionaries."""
    columns = [batch.column(field.name).cast(field.type) for field in schema]
    return pa.record_batch(columns, schema)


def check_features(made: Preprocessing, plan: Plan, batch: pa.RecordBatch) -> None:
    """Compares features bit for bit, and which rows are refused.

    Raises:
        ArtifactError: ONNX Runtime cannot load the graph, or computes something else.
    """
    found = run(made.model.SerializeToString(), to_feeds(batch, made))
    wanted = HostBackend(plan).run(batch)
    accepted = _check_accepted(found, wanted.accepted_rows, batch.num_rows)
    golden.compare_features(
        wanted.outputs,
        {name: found[tensor][accepted] for name, tensor in made.features.items()},
    )


def check_outputs(
    path: Path,
    made: Preprocessing,
    plan: Plan,
    batch: pa.RecordBatch,
    predict: Callable[[pa.RecordBatch], dict[str, Any]],
) -> dict[str, Any]:
    """Compares the outputs of a file with those of the model, within its tolerance.

    Args:
        path: The file.
        made: Says what its inputs are.
        plan: Says which rows are refused.
        batch: The rows.
        predict: The model, for rows that the plan accepts.

    Returns:
        The outputs of the accepted rows.

    Raises:
        ArtifactError: ONNX Runtime cannot load the file, or computes something else.
    """
    found = run(path, to_feeds(batch, made))
    rows = HostBackend(plan).run(batch).accepted_rows
    accepted = _check_accepted(found, rows, batch.num_rows)
    wanted = predict(batch.take(pa.array(rows)))
    kept = {name: found[name][accepted] for name in wanted}
    golden.compare_outputs(golden.outputs_to_arrow(wanted), kept)
    return kept


def run(model: Path | bytes, feeds: dict[str, Any]) -> dict[str, Any]:
    """All outputs by name.

    Raises:
        ArtifactError: ONNX Runtime cannot load the model, or fails on these rows.
    """
    source = model if isinstance(model, bytes) else str(model)
    try:
        session = ort.InferenceSession(source, providers=["CPUExecutionProvider"])
        names = [one.name for one in session.get_outputs()]
        return dict(zip(names, session.run(names, feeds), strict=True))
    except Exception as error:  # ONNX Runtime has no common class of errors
        reason = " ".join(str(error).split())
        raise ArtifactError(
            f"ONNX Runtime does not run the graph: {reason[:200]}",
            code="ONNX_RUNTIME",
            hint="export a SavedModel, and report the spec",
        ) from error


def _check_accepted(found: dict[str, Any], rows: Any, size: int) -> Any:
    wanted = np.zeros(size, np.bool_)
    wanted[rows] = True
    accepted = found[ACCEPTED]
    different = np.flatnonzero(accepted != wanted)
    if len(different):
        at = int(different[0])
        raise ArtifactError(
            "the ONNX graph does not refuse the rows that batch conversion refuses",
            code="GOLDEN_MISMATCH",
            feature=ACCEPTED,
            row=at,
            got=str(accepted[at]),
            expected=str(wanted[at]),
            hint="this runtime computes another result than the one that exported",
        )
    return accepted
