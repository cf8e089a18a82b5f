"""Arrow columns as the flat arrays that the tf.Example encoder reads."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.errors import DTypeMismatchError, RowError
from featurekit.kernels.arrow_buffers import (
    fixed_width,
    is_string_like,
    read_only,
    string_spans,
    validity,
)
from featurekit.kernels.example_encode import (
    BYTES_LIST,
    FLOAT_LIST,
    INT64_LIST,
    first_null_element,
    total_size,
)

BoolArray: TypeAlias = npt.NDArray[np.bool_]
ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]
Kind: TypeAlias = Literal["bytes_list", "float_list", "int64_list"]
KINDS: dict[Kind, int] = {
    "bytes_list": BYTES_LIST,
    "float_list": FLOAT_LIST,
    "int64_list": INT64_LIST,
}
"""The kinds by the tag of their field in a Feature message."""

_NONE: IntArray = read_only(np.empty(0, np.int64))
_NO_BOOLS: BoolArray = read_only(np.empty(0, np.bool_))
_NO_CODES: npt.NDArray[np.int32] = read_only(np.empty(0, np.int32))

ENCODABLE = (
    "an integer, bool, float32, string, binary or dictionary column, or a list of those"
)


@dataclass(frozen=True, slots=True)
class FlatColumn:
    """The values of a column in one run, and which row holds which.

    Attributes:
        name: The name of the column.
        kind: The list of tf.train.Feature that holds such values.
        values: int64 values; or float32 values; or the bytes that strings are cut from.
        spans: Where each string starts and the one before it stops, int32 or int64; of
            length 0 for numbers.
        codes: int32; the strings of a dictionary, by value; of length 0 without one.
        offsets: int64, one more than rows: row r holds the values from offsets[r] to
            offsets[r + 1]; of length 0 if each row holds one.
        valid: Which rows are not null: bool, or of length 0 if all are.
        num_values: How many values there are.
        num_bytes: The size of all strings, at least.
    """

    name: str
    kind: Kind
    values: npt.NDArray[Any]
    spans: npt.NDArray[Any]
    codes: npt.NDArray[np.int32]
    offsets: IntArray
    valid: BoolArray
    num_values: int
    num_bytes: int


def is_list(dtype: pa.DataType) -> bool:
    """Whether the type is one of the list types that become more than one value."""
    return bool(
        pa.types.is_list(dtype)
        or pa.types.is_large_list(dtype)
        or pa.types.is_fixed_size_list(dtype)
    )


def example_kind(dtype: pa.DataType) -> Kind | None:
    """The kind of list that holds values of a type without loss; None if none does.

    >>> example_kind(pa.list_(pa.int32()))
    'int64_list'
    """
    if is_list(dtype):
        return None if is_list(dtype.value_type) else example_kind(dtype.value_type)
    if pa.types.is_dictionary(dtype):
        return example_kind(dtype.value_type)
    if is_string_like(dtype) or pa.types.is_fixed_size_binary(dtype):
        return "bytes_list"
    if pa.types.is_integer(dtype) or pa.types.is_boolean(dtype):
        return "int64_list"
    return "float_list" if pa.types.is_float32(dtype) else None


def require_kind(name: str, dtype: pa.DataType) -> Kind:
    """The kind of list for a column.

    Raises:
        DTypeMismatchError: No kind holds the values without loss.
    """
    kind = example_kind(dtype)
    if kind is not None:
        return kind
    inner = dtype.value_type if is_list(dtype) else dtype
    floating = pa.types.is_floating(inner) or pa.types.is_decimal(inner)
    raise DTypeMismatchError(
        "a tf.Example cannot hold this column as it is",
        column=name,
        got=str(dtype),
        expected=ENCODABLE,
        hint="cast it to float32, which rounds" if floating else "cast it first",
    )


def flatten(
    name: str, array: pa.Array, *, file: str | None, first_row: int
) -> FlatColumn:
    """The flat form of a column.

    Args:
        name: The name of the column.
        array: Its values, one per row.
        file: The source of the rows, for error messages.
        first_row: The index of the first row in it, for error messages.

    Raises:
        DTypeMismatchError: A tf.Example cannot hold the type.
        RowError: A list holds a null (NULL_ELEMENT), or an integer does not fit into
            int64 (INT_OVERFLOW).
    """
    kind = require_kind(name, array.type)
    valid = validity(array)
    offsets = _NONE
    values = array
    if is_list(array.type):
        values, offsets = _list_values(array)
        _check_elements(name, values, offsets, valid, file, first_row)
    data: npt.NDArray[Any]
    if kind == "bytes_list":
        # Of the values, not of the lists: the code of a null may be any number.
        used = validity(values) if len(offsets) else valid
        data, spans, codes, num_bytes = _strings(values, used)
    else:
        spans, codes, num_bytes = _NONE, _NO_CODES, 0
        if kind == "float_list":
            data = fixed_width(_plain(values), np.float32)
        else:
            data = _widened(name, _plain(values), offsets, file, first_row)
    return FlatColumn(
        name, kind, data, spans, codes, offsets, valid, len(values), num_bytes
    )


def _plain(values: pa.Array) -> pa.Array:
    if isinstance(values, pa.DictionaryArray):
        return values.dictionary_decode()
    return values


def _list_values(array: pa.Array) -> tuple[pa.Array, IntArray]:
    """The elements that a list column uses, and each row's first among them."""
    if pa.types.is_fixed_size_list(array.type):
        offsets = (np.arange(len(array) + 1) + array.offset) * array.type.list_size
    elif len(array) == 0:
        offsets = np.zeros(1, np.int64)
    else:
        offsets = array.offsets.to_numpy().astype(np.int64)
    first, last = int(offsets[0]), int(offsets[-1])
    values = array.values.slice(first, last - first)
    return values, read_only(offsets - first)


def _check_elements(
    name: str,
    values: pa.Array,
    offsets: IntArray,
    valid: BoolArray,
    file: str | None,
    first_row: int,
) -> None:
    value_valid = validity(values)
    if not len(value_valid):
        return
    row, element = first_null_element(offsets, valid, value_valid)
    if row >= 0:
        raise RowError(
            f"element {element} of a list is null, which a tf.Example cannot say",
            code="NULL_ELEMENT",
            file=file,
            row=first_row + row,
            column=name,
            hint="fill or drop nulls inside of lists",
        )


def _strings(
    values: pa.Array, valid: BoolArray
) -> tuple[ByteArray, npt.NDArray[Any], npt.NDArray[np.int32], int]:
    """The bytes of strings, where each starts, codes if any, and the size of all."""
    if isinstance(values, pa.DictionaryArray):
        data, spans, _, _ = _strings(values.dictionary, _NO_BOOLS)
        indices = values.indices
        if not pa.types.is_int32(indices.type):
            indices = indices.cast(pa.int32())
        codes = fixed_width(indices, np.int32)
        wide = read_only(spans.astype(np.int64, copy=False))
        return data, spans, codes, total_size(wide, codes, valid)
    if pa.types.is_fixed_size_binary(values.type):
        values = values.cast(pa.large_binary())
    data, spans = string_spans(values)
    return data, spans, _NO_CODES, int(spans[-1]) - int(spans[0])


def _widened(
    name: str, values: pa.Array, offsets: IntArray, file: str | None, first_row: int
) -> IntArray:
    try:
        wide = values.cast(pa.int64())
    except pa.ArrowInvalid:  # only uint64 has values that int64 lacks
        large = fixed_width(values, np.uint64) > np.uint64(2**63 - 1)
        if values.null_count:
            large &= validity(values)
        at = int(np.argmax(large))
        raise RowError(
            "an integer does not fit into int64, the only integers of a tf.Example",
            code="INT_OVERFLOW",
            file=file,
            row=first_row + (_row_of(offsets, at) if len(offsets) else at),
            column=name,
            got=values[at].as_py(),
            expected="at most 9223372036854775807",
            hint="encode it as a string",
        ) from None
    return fixed_width(wide, np.int64)


def _row_of(offsets: IntArray, value: int) -> int:
    return int(np.searchsorted(offsets, value, "right")) - 1
