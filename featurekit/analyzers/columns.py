"""From Arrow columns of any layout to the plain values that accumulators count."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from featurekit.analyzers.base import ValueType
from featurekit.errors import DTypeMismatchError, RowError
from featurekit.kernels.arrow_buffers import filled_numbers, read_only

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]


def null_count(column: pa.Array) -> int:
    """Rows without a value; for dictionaries, also those that point at a null."""
    if pa.types.is_dictionary(column.type) and column.dictionary.null_count:
        present = column.dictionary.is_valid().take(column.indices)
        return len(column) - int(present.true_count)
    return int(column.null_count)


def floats(column: pa.Array) -> Floats:
    """The values of a column of numbers as float64, without nulls; read-only.

    Integers beyond 2^53 are rounded to the nearest float64.
    """
    column = _present(column)
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        raise mismatch(column.type, "number")
    return read_only(filled_numbers(column).astype(np.float64, copy=False))


def integers(column: pa.Array) -> Integers:
    """The values of a column of integers as int64, without nulls; read-only."""
    return filled_numbers(integer_array(_present(column)))


def integer_array(column: pa.Array) -> pa.Array:
    """The column as an int64 array."""
    if not pa.types.is_integer(column.type):
        raise mismatch(column.type, "integer")
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid as error:
        raise RowError(
            "an integer is too large",
            code="INTEGER_RANGE",
            got=pc.max(column).as_py(),
            expected="at most 2^63 - 1",
        ) from error


def bytes_array(column: pa.Array) -> pa.Array:
    """The column as a large_binary array."""
    kind = column.type
    if not (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary_view(kind)
    ):
        raise mismatch(kind, "string")
    return column.cast(pa.large_binary())


def mismatch(received: pa.DataType, value_type: ValueType) -> DTypeMismatchError:
    """The error for a column that cannot be counted as the value type."""
    accepted = {
        "number": "a float or integer type",
        "integer": "an integer type",
        "string": "a string or binary type",
    }
    return DTypeMismatchError(
        f"the column cannot be counted as {value_type}",
        got=str(received),
        expected=accepted[value_type],
    )


def _present(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_null(column.type):
        return pa.nulls(0, pa.int64())
    return column.drop_null() if column.null_count else column
