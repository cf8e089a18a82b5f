"""Arrow lists of any layout to large lists, whose elements are cast as columns are."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from featurekit.errors import CorruptSourceError, RowError
from featurekit.io.cast_numbers import RESERVED
from featurekit.io.origin import Origin
from featurekit.kernels.arrow_buffers import filled_numbers
from featurekit.kernels.arrow_lists import (
    IntArray,
    is_list_like,
    list_array,
    list_parts,
)

NUM_RESERVED = 3
"""The smallest int64, which are a missing element, an end, and a missing list."""


def to_lists(
    array: pa.Array, cast_elements: Callable[[pa.Array], pa.Array], origin: Origin
) -> pa.Array:
    """Casts the elements of lists.

    Args:
        array: list, large_list or fixed_size_list, or null.
        cast_elements: Casts a column of elements; a RowError of it has the positions
            of elements as rows.
        origin: Where the lists came from.

    Returns:
        large_list of what `cast_elements` gives. Missing lists stay missing, empty ones
        empty, and missing elements missing.

    Raises:
        RowError: As of `cast_elements`; RESERVED_VALUE for the integers that tensors of
            lists need for themselves.
    """
    if pt.is_null(array.type):
        elements = cast_elements(pa.nulls(0))
        return pa.nulls(len(array), pa.large_list(elements.type))
    _check_offsets(array, origin)
    offsets, valid, elements = list_parts(array)

    def refuse(elements: IntArray, error: RowError) -> None:
        bad = np.zeros(len(array), np.bool_)
        bad[np.searchsorted(offsets, elements, "right") - 1] = True
        origin.reject(
            bad,
            array,
            code=error.code,
            what=f"have elements that {error.fault}",
            expected=error.expected,
            hint=error.hint,
        )

    try:
        found = cast_elements(elements)
    except RowError as error:
        refuse(np.array(error.rows), error)
        raise
    if pt.is_int64(found.type):
        _check_reserved(found, refuse)
    return list_array(offsets, found, valid)


def is_castable(kind: pa.DataType, accepts: Callable[[pa.DataType], bool]) -> bool:
    """Whether a column of the type holds lists of what may be cast."""
    return is_list_like(kind) and accepts(kind.value_type)


def _check_offsets(array: pa.Array, origin: Origin) -> None:
    """Refuses lists that reach behind their elements; these are checked by themselves.

    Raises:
        CorruptSourceError: With the reason.
    """
    try:
        if pt.is_fixed_size_list(array.type):
            array.validate()
            return
        large = pt.is_large_list(array.type)
        pa.Array.from_buffers(
            pa.large_list(pa.null()) if large else pa.list_(pa.null()),
            len(array),
            array.buffers()[:2],
            offset=array.offset,
            children=[pa.nulls(len(array.values))],
        ).validate(full=True)
    except pa.ArrowInvalid as error:
        raise CorruptSourceError(
            f"an Arrow array is invalid: {error}",
            file=origin.file,
            column=origin.column,
        ) from None


def _check_reserved(
    elements: pa.Array, refuse: Callable[[IntArray, RowError], None]
) -> None:
    reserved = filled_numbers(elements) < RESERVED + NUM_RESERVED
    if not reserved.any():
        return
    error = RowError(
        "", code="RESERVED_VALUE", expected=f"int64 of at least -2**63 + {NUM_RESERVED}"
    )
    error.fault = "mark missing values and ends of lists in TensorFlow graphs"
    refuse(np.flatnonzero(reserved), error)
