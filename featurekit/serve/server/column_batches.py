"""The tensors of raw columns as a record batch: `to_tensors`, the other way round."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.missing import (
    END_FLOAT_BITS,
    END_INTEGER,
    END_TEXT,
    MISSING_FLOAT_BITS,
    MISSING_INTEGER,
    MISSING_TEXT,
    NO_LIST_FLOAT_BITS,
    NO_LIST_INTEGER,
    NO_LIST_TEXT,
)

Array = npt.NDArray[Any]
_MISSING = (MISSING_FLOAT_BITS, MISSING_INTEGER, MISSING_TEXT)
_END = (END_FLOAT_BITS, END_INTEGER, END_TEXT)
_NO_LIST = (NO_LIST_FLOAT_BITS, NO_LIST_INTEGER, NO_LIST_TEXT)


def to_batch(tensors: Mapping[str, Array]) -> pa.RecordBatch:
    """The columns, with nulls for what is marked as missing; texts are bytes."""
    return pa.record_batch(
        {
            name: _list_column(one) if one.ndim == 2 else _column(one)
            for name, one in tensors.items()
        }
    )


def _column(values: Array) -> pa.Array:
    kind = pa.large_binary() if values.dtype == object else None
    return pa.array(values, kind, mask=_is(values, _MISSING))


def _list_column(matrix: Array) -> pa.Array:
    """A list for each row of a matrix."""
    without = np.any(_is(matrix[:, :1], _NO_LIST), axis=1, keepdims=True)
    there = ~_is(matrix, _END) & ~without
    offsets = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    return pa.LargeListArray.from_arrays(
        pa.array(offsets, pa.int64()),
        _column(matrix[there]),
        mask=pa.array(without[:, 0]),
    )


def _is(values: Array, markers: tuple[int, int, bytes]) -> npt.NDArray[np.bool_]:
    """Where a tensor holds the marker of its dtype."""
    as_float, as_integer, as_text = markers
    if values.dtype == np.float32:
        return np.asarray(np.ascontiguousarray(values).view(np.uint32) == as_float)
    marker = as_integer if values.dtype == np.int64 else as_text
    return np.asarray(values == marker, np.bool_)
