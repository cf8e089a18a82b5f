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
from featurekit.io.older_records import OlderRecords
from featurekit.kernels.arrow_buffers import arrow_array, filled_numbers

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
        return tuple(replace(c, feature_key=None, offset=None) for c in columns)
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
    given = {column.name: batch.column(column.name) for column in columns}
    packed = [column for column in columns if column.feature_key is not None]
    stored = empty_arrays(packed, batch.num_rows)
    for name, target in column_views(stored, packed).items():
        target[:] = _to_numpy(given[name])
    found = given | {key: _to_arrow(matrix) for key, matrix in stored.items()}
    names = list(stored_widths(columns))
    return pa.RecordBatch.from_arrays([found[name] for name in names], names)


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
    found = column_arrays(stored_arrays(batch), columns)
    return pa.RecordBatch.from_arrays(
        [_to_arrow(found[column.name]) for column in columns],
        [column.name for column in columns],
    )


def stored_arrays(batch: pa.RecordBatch) -> Arrays:
    """The features of records as NumPy arrays: shape (rows,), or (rows, width)."""
    return {
        name: _to_numpy(batch.column(index))
        for index, name in enumerate(batch.schema.names)
    }


def empty_arrays(columns: Sequence[OutputColumn], rows: int) -> Arrays:
    """Room for the features of records."""
    dtypes = {column.feature_key or column.name: column.dtype for column in columns}
    return {
        key: np.empty(rows if width is None else (rows, width), dtypes[key])
        for key, width in stored_widths(columns).items()
    }


def column_views(stored: Mapping[str, Any], columns: Sequence[OutputColumn]) -> Arrays:
    """The columns in the features of records; nothing is copied.

    >>> ids = [OutputColumn(name, "int64", "feature") for name in "ab"]
    >>> placed = place_columns(ids, "packed")
    >>> column_views({"int64": np.array([[1, 2], [3, 4]])}, placed)["b"].tolist()
    [2, 4]
    """
    found = {}
    for column in columns:
        if column.feature_key is None:
            found[column.name] = stored[column.name]
        else:
            where = column.offset if column.width is None else place(column)
            found[column.name] = stored[column.feature_key][:, where]
    return found


def column_arrays(stored: Arrays, columns: Sequence[OutputColumn]) -> Arrays:
    """The columns of the features of records, each contiguous."""
    turned: Arrays = {}  # all scalars of a feature at once
    found = column_views(stored, columns)
    for column in columns:
        key = column.feature_key
        if key is None:
            continue
        if column.width is not None:
            found[column.name] = np.ascontiguousarray(found[column.name])
            continue
        if key not in turned:
            turned[key] = np.ascontiguousarray(stored[key].T)
        found[column.name] = turned[key][column.offset]
    return found


def newer_arrays(arrays: Arrays, older: OlderRecords | None, rows: int) -> Arrays:
    """The columns as a newer spec has them."""
    if older is None:
        return arrays

    def fill(column: OutputColumn, value: float) -> npt.NDArray[Any]:
        shape = rows if column.width is None else (rows, column.width)
        return np.full(shape, value, column.dtype)

    return older.apply(arrays, fill)


def as_newer(batch: pa.RecordBatch, older: OlderRecords) -> pa.RecordBatch:
    """A batch with the columns of a newer spec."""
    found = newer_arrays(stored_arrays(batch), older, batch.num_rows)
    return pa.RecordBatch.from_arrays(list(map(_to_arrow, found.values())), list(found))


def shaped(arrays: Arrays, columns: Sequence[OutputColumn]) -> Arrays:
    """The columns in their shapes.

    >>> pairs = OutputColumn("x", "int64", "feature", width=4, shape=(2, 2))
    >>> shaped({"x": np.zeros((3, 4))}, [pairs])["x"].shape
    (3, 2, 2)
    """
    shapes = {one.name: one.shape for one in columns if one.shape is not None}
    return {
        name: array.reshape(len(array), *shapes[name]) if name in shapes else array
        for name, array in arrays.items()
    }


def place(column: OutputColumn) -> slice:
    """Where a packed column lies among the values of its feature."""
    start = column.offset or 0
    return slice(start, start + column.size)


def _to_numpy(array: pa.Array) -> npt.NDArray[Any]:
    if not pa.types.is_fixed_size_list(array.type):
        return filled_numbers(array)
    return filled_numbers(array.flatten()).reshape(-1, array.type.list_size)


def _to_arrow(values: npt.NDArray[Any]) -> pa.Array:
    if values.ndim == 1:
        return arrow_array(values)
    return pa.FixedSizeListArray.from_arrays(
        arrow_array(values.reshape(-1)), values.shape[1]
    )
