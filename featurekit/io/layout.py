"""How columns lie in a tf.Example: one feature for each, or packed by type.

A parser pays for every feature of a record, whatever it holds. "packed" puts the ids of
a record into one feature, and its floats into another; label and weight stay features
of their own. The columns are the same in both layouts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.errors import DatasetError
from featurekit.io.manifest import OutputColumn

Layout: TypeAlias = Literal["named", "packed"]
LAYOUTS = ("named", "packed")
Arrays: TypeAlias = dict[str, npt.NDArray[Any]]


def check_layout(layout: str) -> None:
    """Raises ValueError unless the layout is known."""
    if layout not in LAYOUTS:
        raise ValueError(f"layout must be 'named' or 'packed', got {layout!r}")


def place_columns(
    columns: Sequence[OutputColumn], layout: Layout
) -> tuple[OutputColumn, ...]:
    """The columns with their places in a record.

    In "packed", features lie in `int64` or `float32`, in their order.

    >>> ids = [OutputColumn(name, "int64", "feature") for name in "ab"]
    >>> [(c.feature_key, c.offset) for c in place_columns(ids, "packed")]
    [('int64', 0), ('int64', 1)]
    """
    if layout == "named":
        return tuple(columns)
    filled = {"int64": 0, "float32": 0}
    placed = []
    for column in columns:
        if column.role == "feature":
            offset = filled[column.dtype]
            filled[column.dtype] += column.size
            column = replace(column, feature_key=column.dtype, offset=offset)
        placed.append(column)
    return tuple(placed)


def check_places(layout: str, columns: Sequence[OutputColumn]) -> None:
    """Refuses places that this code cannot read; they come from a file.

    Raises:
        DatasetError: BAD_LAYOUT: an unknown layout, or packed columns that do not lie
            one behind the other.
    """
    named = {column.name for column in columns if column.feature_key is None}
    filled: dict[str, tuple[str, int]] = {}
    sound = layout in LAYOUTS
    for column in columns:
        key = column.feature_key
        if key is not None:
            dtype, end = filled.get(key, (column.dtype, 0))
            sound &= (dtype, end) == (column.dtype, column.offset) and key not in named
            filled[key] = dtype, end + column.size
    if not sound or (layout == "named") != (not filled):
        raise DatasetError(
            "the manifest has a layout of records that cannot be read",
            code="BAD_LAYOUT",
            got=layout,
            expected="named, or packed with columns one behind the other",
            hint="convert the data again",
        )


def stored_widths(columns: Sequence[OutputColumn]) -> dict[str, int | None]:
    """The features of a record, and their numbers of values; None is a scalar.

    >>> ids = [OutputColumn(name, "int64", "feature") for name in "ab"]
    >>> stored_widths(place_columns(ids, "packed"))
    {'int64': 2}
    """
    widths: dict[str, int | None] = {}
    for column in columns:
        if column.feature_key is None:
            widths[column.name] = column.width
        else:
            widths[column.feature_key] = column.size + (
                widths.get(column.feature_key) or 0
            )
    return widths


def stored_schema(columns: Sequence[OutputColumn]) -> pa.Schema:
    """What a record holds, as Arrow types."""
    dtypes = {column.feature_key or column.name: column.dtype for column in columns}
    return pa.schema(
        [
            (key, arrow_type(dtypes[key], width))
            for key, width in stored_widths(columns).items()
        ]
    )


def arrow_type(dtype: str, width: int | None) -> pa.DataType:
    """The Arrow type of a column of scalars, or of rows of numbers."""
    kind = pa.int64() if dtype == "int64" else pa.float32()
    return kind if width is None else pa.list_(kind, width)


def pack(batch: pa.RecordBatch, columns: Sequence[OutputColumn]) -> pa.RecordBatch:
    """A batch of outputs as records hold them; as it is, if they are not packed.

    >>> ids = [OutputColumn(name, "int64", "feature") for name in "ab"]
    >>> batch = pa.record_batch({"a": [1, 3], "b": [2, 4]})
    >>> pack(batch, place_columns(ids, "packed")).to_pydict()
    {'int64': [[1, 2], [3, 4]]}
    """
    if all(column.feature_key is None for column in columns):
        return batch
    schema = stored_schema(columns)
    rows = batch.num_rows
    packed: Arrays = {}
    for column in columns:
        key = column.feature_key
        if key is None:
            continue
        if key not in packed:
            width = schema.field(key).type.list_size
            packed[key] = np.empty((rows, width), column.dtype)
        found = to_numpy(batch.column(column.name), column)
        packed[key][:, place(column)] = found.reshape(rows, column.size)
    arrays = [
        _fixed_size_list(packed[field.name], field.type)
        if field.name in packed
        else batch.column(field.name)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, names=schema.names)


def unpack(batch: pa.RecordBatch, columns: Sequence[OutputColumn]) -> pa.RecordBatch:
    """The columns of records; the inverse of `pack`.

    >>> ids = [OutputColumn(name, "int64", "feature") for name in "ab"]
    >>> placed = place_columns(ids, "packed")
    >>> batch = pa.record_batch({"a": [1, 3], "b": [2, 4]})
    >>> unpack(pack(batch, placed), placed).equals(batch)
    True
    """
    if all(column.feature_key is None for column in columns):
        return batch
    found = unpack_arrays(batch, columns)
    arrays = [_arrow(found[column.name], column) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, [column.name for column in columns])


def unpack_arrays(batch: pa.RecordBatch, columns: Sequence[OutputColumn]) -> Arrays:
    """The columns of records as NumPy arrays, views of the batch where they can be."""
    matrices: Arrays = {}
    for column in columns:
        if column.feature_key is not None and column.feature_key not in matrices:
            values = batch.column(column.feature_key)
            flat = np.asarray(values.flatten().to_numpy(False))
            matrices[column.feature_key] = flat.reshape(-1, values.type.list_size)
    return {column.name: _values(batch, matrices, column) for column in columns}


def _values(
    batch: pa.RecordBatch,
    matrices: Mapping[str, npt.NDArray[Any]],
    column: OutputColumn,
) -> npt.NDArray[Any]:
    if column.feature_key is None:
        return to_numpy(batch.column(column.name), column)
    part = matrices[column.feature_key][:, place(column)]
    return part[:, 0] if column.width is None else part


def place(column: OutputColumn) -> slice:
    """Where a packed column lies among the values of its feature."""
    start = column.offset or 0
    return slice(start, start + column.size)


def to_numpy(array: pa.Array, column: OutputColumn) -> npt.NDArray[Any]:
    """The values of an Arrow column: shape (rows,), or (rows, width)."""
    if column.width is None:
        return np.asarray(array.to_numpy(zero_copy_only=False))
    return np.asarray(array.flatten().to_numpy(False)).reshape(-1, column.width)


def _arrow(values: npt.NDArray[Any], column: OutputColumn) -> pa.Array:
    contiguous = np.ascontiguousarray(values)
    if column.width is None:
        return pa.array(contiguous)
    return _fixed_size_list(contiguous, arrow_type(column.dtype, column.width))


def _fixed_size_list(matrix: npt.NDArray[Any], dtype: pa.DataType) -> pa.Array:
    values = pa.array(matrix.reshape(-1))
    return pa.FixedSizeListArray.from_arrays(values, type=dtype)
