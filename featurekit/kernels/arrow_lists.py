"""Arrow columns of lists, whatever their layout, as elements and where lists begin."""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from featurekit.kernels.arrow_buffers import (
    bitmap,
    filled_numbers,
    read_only,
    validity,
)

BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]

NO_LISTS_MISSING = read_only(np.empty(0, np.bool_))
"""`Lists.valid` where every list is there."""


class Lists(NamedTuple):
    """The lists of a column.

    Args:
        offsets: int64, one more than rows: row r holds the elements from offsets[r] to
            offsets[r + 1]; it begins with 0, and a missing list holds none.
        valid: Which lists are not missing: bool, or of length 0 if none is.
        elements: The elements of all lists, and no others.
    """

    offsets: IntArray
    valid: BoolArray
    elements: pa.Array


def is_list_like(kind: pa.DataType) -> bool:
    """Whether a column of the type has a list in each row."""
    return bool(
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
    )


def list_parts(array: pa.Array) -> Lists:
    """The lists of a column, of any layout and offset.

    >>> found = list_parts(pa.array([[7], [1, 2], None, [], [3]]).slice(1))
    >>> found.offsets.tolist(), found.elements.to_pylist()
    ([0, 2, 2, 2, 3], [1, 2, 3])
    """
    offsets = np.zeros(len(array) + 1, np.int64)
    np.cumsum(filled_numbers(pc.list_value_length(array)), out=offsets[1:])
    return Lists(read_only(offsets), validity(array), array.flatten())


def as_lists(column: pa.Array) -> Lists:
    """The lists of a column; a single value is a list of one, missing or not."""
    if is_list_like(column.type):
        return list_parts(column)
    offsets = read_only(np.arange(len(column) + 1))
    return Lists(offsets, NO_LISTS_MISSING, column)


def elements_of(column: pa.Array) -> pa.Array:
    """The elements of all lists of a column; other columns as they are."""
    return column.flatten() if is_list_like(column.type) else column


def list_array(
    offsets: IntArray, elements: pa.Array, valid: BoolArray | None = None
) -> pa.Array:
    """A column of large lists; `list_parts` gives what it was made of."""
    starts = pa.py_buffer(np.ascontiguousarray(offsets))
    if valid is not None and not len(valid):
        valid = None
    return pa.Array.from_buffers(
        pa.large_list(elements.type),
        len(offsets) - 1,
        [bitmap(valid), starts],
        children=[elements],
    )


def rows_of(offsets: IntArray) -> IntArray:
    """For each element the row that holds it."""
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
