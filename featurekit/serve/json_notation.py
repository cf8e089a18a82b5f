"""Rows in the notation that `serving_json` reads."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from featurekit.spec.inputs import Input

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_json_rows(batch: pa.RecordBatch, inputs: Iterable[Input]) -> list[str]:
    """One flat JSON object per row of cast columns; missing values are null.

    Args:
        batch: float32, int64 and text columns, as casting leaves them.
        inputs: What they are; a time becomes ISO 8601 text in UTC.

    Example:
        >>> batch = pa.record_batch({"t": [0], "x": pa.array([0.1], pa.float32())})
        >>> to_json_rows(batch, [Input("t", "timestamp"), Input("x", "float32")])
        ['{"t": "1970-01-01T00:00:00+00:00", "x": 0.10000000149011612}']
    """
    times = {one.name for one in inputs if one.dtype == "timestamp"}
    return [
        json.dumps({name: _plain(value, name in times) for name, value in row.items()})
        for row in batch.to_pylist()
    ]


def _plain(value: Any, is_time: bool) -> Any:
    if value is None or not is_time:
        return value
    return (_EPOCH + timedelta(microseconds=value)).isoformat()
