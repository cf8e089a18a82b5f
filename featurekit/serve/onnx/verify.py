"""Comparing what ONNX Runtime computes with what batch conversion computes."""

from typing import Any

import pyarrow as pa

from featurekit.backends.base import Transformed
from featurekit.backends.host.executor import HostBackend
from featurekit.io.adapter import read_columns
from featurekit.plan.graph import Plan
from featurekit.serve import golden
from featurekit.serve.edge_rows import edge_rows
from featurekit.serve.onnx.preprocessing import Preprocessing
from featurekit.serve.onnx.session import ACCEPTED, check_accepted, load, run
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


def check_features(
    made: Preprocessing, plan: Plan, batch: pa.RecordBatch
) -> Transformed:
    """Compares features bit for bit, and which rows are refused.

    Returns:
        What batch conversion makes of the rows.

    Raises:
        ArtifactError: ONNX Runtime cannot load the graph, or computes something else.
    """
    found = run(load(made.model.SerializeToString()), made.inputs.from_batch(batch))
    wanted = HostBackend(plan).run(batch)
    accepted = check_accepted(found[ACCEPTED], wanted.accepted_rows)
    golden.compare_features(
        wanted.outputs,
        {name: found[tensor][accepted] for name, tensor in made.features.items()},
    )
    return wanted
