"""The rows whose features and outputs are stored with a model."""

from typing import Any

import numpy as np
import pyarrow as pa

from featurekit.backends.host.executor import HostBackend
from featurekit.io.adapter import read_columns
from featurekit.kernels.arrow_buffers import nulls
from featurekit.kernels.arrow_lists import (
    is_list_like,
    list_array,
    list_parts,
    rows_of,
)
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.serve.drawn_rows import drawn_rows
from featurekit.serve.edge_rows import edge_rows, together
from featurekit.spec.feature_spec import FeatureSpec

GIVEN_ROWS = 64
DRAWN_ROWS = 128


def golden_inputs(spec: FeatureSpec, stats: Stats, rows: Any) -> pa.RecordBatch:
    """Cast columns of rows that the plan accepts.

    Args:
        spec: The declaration.
        stats: Its statistics.
        rows: Rows of the user, of which the first 64 are used; None for no such rows.

    Returns:
        Rows of unusual values, drawn ones, and those of the user at the end.
    """
    plan = compile_spec(spec, stats, serving=True)
    parts = [edge_rows(plan), drawn_rows(plan, DRAWN_ROWS)]
    if rows is not None:
        backend, wanted = HostBackend(plan), GIVEN_ROWS
        for batch in read_columns(spec, rows, list(plan.columns)):
            batch = _sayable(batch)
            kept = backend.run(batch).accepted_rows[:wanted]
            parts.append(_plain_text(batch.take(pa.array(kept))))
            wanted -= len(kept)
            if wanted == 0:
                break
    return together(parts)


def _plain_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch without dictionaries."""
    return pa.record_batch(
        {name: _decoded(batch.column(name)) for name in batch.schema.names}
    )


def _decoded(column: pa.Array) -> pa.Array:
    if is_list_like(column.type):
        offsets, valid, elements = list_parts(column)
        return list_array(offsets, _decoded(elements), valid)
    if pa.types.is_dictionary(column.type):
        return column.dictionary.take(column.indices)
    return column


def _sayable(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows that a tf.Example can say: no element of a list is missing."""
    kept = np.ones(batch.num_rows, np.bool_)
    for column in batch.columns:
        if is_list_like(column.type):
            offsets, _, elements = list_parts(column)
            kept[rows_of(offsets)[nulls(elements)]] = False
    return batch.take(pa.array(np.flatnonzero(kept)))
