"""The memory of Arrow arrays as NumPy arrays, which is what kernels read.

All views are read-only, also those of memory that could be written: a kernel is
compiled once per kind of argument, and this leaves one kind.

Nothing here gives Arrow a Python value: at the first one it imports pandas, which takes
longer than to convert a small file.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

BoolArray: TypeAlias = npt.NDArray[np.bool_]
ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]

_NO_BYTES = np.empty(0, np.uint8)
_NO_BYTES.flags.writeable = False
_ALL_VALID = np.empty(0, np.bool_)
_ALL_VALID.flags.writeable = False


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A contiguous, read-only view of the array (a copy if it is not contiguous)."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def address(array: npt.NDArray[Any]) -> int:
    """Where an array's memory is; several times faster than `array.ctypes.data`."""
    return int(array.__array_interface__["data"][0])


def is_string_like(dtype: pa.DataType) -> bool:
    """Whether the type holds text or bytes of varying length."""
    return bool(
        pa.types.is_string(dtype)
        or pa.types.is_large_string(dtype)
        or pa.types.is_binary(dtype)
        or pa.types.is_large_binary(dtype)
        or pa.types.is_string_view(dtype)
        or pa.types.is_binary_view(dtype)
    )


def validity(array: pa.Array) -> BoolArray:
    """Which values are not null: bool, one per value, or of length 0 if all are.

    A dictionary array's value is null, too, where it points to a null.
    """
    if isinstance(array, pa.DictionaryArray) and array.dictionary.null_count:
        valid = validity(array.dictionary)[filled_numbers(array.indices)]
        return read_only(valid & ~nulls(array.indices))
    if not array.null_count:
        return _ALL_VALID
    bitmap = array.buffers()[0]
    if bitmap is None:  # an array of type null
        return read_only(np.zeros(len(array), np.bool_))
    return _unpack(bitmap, array)


def nulls(array: pa.Array) -> BoolArray:
    """Which values are null: bool, one per value; see `validity`."""
    valid = validity(array)
    return ~valid if len(valid) else np.zeros(len(array), np.bool_)


def booleans(array: pa.BooleanArray) -> BoolArray:
    """The values of a column of booleans, False where it is null."""
    values = array.buffers()[1]
    if values is None:
        return np.zeros(len(array), np.bool_)
    valid = validity(array)
    found = _unpack(values, array)
    return found & valid if len(valid) else found


def _unpack(bitmap: pa.Buffer, array: pa.Array) -> BoolArray:
    """The bits of an array; several times faster than Arrow's own way to booleans."""
    stop = array.offset + len(array)
    bits = np.frombuffer(bitmap, np.uint8, count=-(-stop // 8))
    flags = np.unpackbits(bits, count=stop, bitorder="little")
    return read_only(flags[array.offset :].view(np.bool_))


def fixed_width(array: pa.Array, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """The values of a column of numbers; what lies at nulls is undefined."""
    buffer = array.buffers()[1]
    if buffer is None:
        return read_only(np.zeros(len(array), dtype))
    values = np.frombuffer(buffer, dtype, count=array.offset + len(array))
    return read_only(values[array.offset :])


def filled_numbers(array: pa.Array, fill: int = 0) -> npt.NDArray[Any]:
    """The values of a column of numbers, nulls replaced."""
    values = fixed_width(array, _number_dtype(array.type))
    valid = validity(array)
    if not len(valid):
        return values
    return np.where(valid, values, values.dtype.type(fill))


def _number_dtype(kind: pa.DataType) -> np.dtype[Any]:
    letter = "f" if pa.types.is_floating(kind) else "i"
    if pa.types.is_unsigned_integer(kind):
        letter = "u"
    return np.dtype(f"{letter}{kind.bit_width // 8}")


def bitmap(valid: BoolArray | None) -> pa.Buffer | None:
    """The first buffer of an array; None if no value is null."""
    if valid is None or valid.all():
        return None
    return pa.py_buffer(np.packbits(valid, bitorder="little"))


def arrow_array(values: npt.NDArray[Any], valid: BoolArray | None = None) -> pa.Array:
    """An array of numbers or booleans, null where they are not valid."""
    kind, count = pa.from_numpy_dtype(values.dtype), len(values)
    if pa.types.is_boolean(kind):
        values = np.packbits(values, bitorder="little")
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, count, [bitmap(valid), data])


def binary_array(values: Sequence[bytes]) -> pa.LargeBinaryArray:
    """An array of bytes, none of them null."""
    offsets = np.zeros(len(values) + 1, np.int64)
    np.cumsum([len(value) for value in values], out=offsets[1:])
    buffers = pa.py_buffer(offsets), pa.py_buffer(b"".join(values))
    return pa.Array.from_buffers(pa.large_binary(), len(values), [None, *buffers])


def string_buffers(array: pa.Array) -> tuple[ByteArray, IntArray]:
    """As `string_spans`, with offsets of int64 whatever the array has."""
    data, offsets = string_spans(array)
    return data, read_only(offsets.astype(np.int64, copy=False))


def string_spans(array: pa.Array) -> tuple[ByteArray, npt.NDArray[Any]]:
    """The bytes of a string-like array, and where each value starts.

    Returns:
        data: uint8, all bytes of the array, possibly more than the slice uses.
        offsets: int32 or int64, one more than values; value i is
            data[offsets[i]:offsets[i+1]].
    """
    if pa.types.is_string_view(array.type) or pa.types.is_binary_view(array.type):
        array = array.cast(pa.large_binary())
    large = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    _, offset_buffer, data_buffer = array.buffers()
    if len(array) == 0 or offset_buffer is None:
        return _NO_BYTES, read_only(np.zeros(len(array) + 1, np.int64))
    width = np.int64 if large else np.int32
    stop = array.offset + len(array) + 1
    offsets = np.frombuffer(offset_buffer, width, count=stop)[array.offset :]
    if data_buffer is None or data_buffer.size == 0:
        data = _NO_BYTES
    else:
        data = np.frombuffer(data_buffer, np.uint8)
    return read_only(data), read_only(offsets)
