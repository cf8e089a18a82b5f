"""Arrow arrays of values that a decoder has put into NumPy arrays."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.io.example_columns import is_list
from featurekit.kernels.arrow_buffers import bitmap

BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]


def value_width(dtype: pa.DataType) -> int:
    """How many values a row has: 1, the size of a fixed-size list, or -1 for a list."""
    if pa.types.is_fixed_size_list(dtype):
        return int(dtype.list_size)
    return -1 if is_list(dtype) else 1


def is_text(dtype: pa.DataType) -> bool:
    """Whether the type is text, which has to be UTF-8."""
    return bool(
        pa.types.is_string(dtype)
        or pa.types.is_large_string(dtype)
        or pa.types.is_string_view(dtype)
    )


def integer_limits(dtype: pa.DataType) -> tuple[int, int]:
    """The least and the largest integer of a type, within int64."""
    if pa.types.is_boolean(dtype):
        return 0, 1
    if pa.types.is_unsigned_integer(dtype):
        return 0, min(2**dtype.bit_width, 2**63) - 1
    half = 2 ** (dtype.bit_width - 1)
    return -half, half - 1


def out_of_range(dtype: pa.DataType, numbers: IntArray) -> BoolArray:
    """Which integers a type does not hold."""
    low, high = integer_limits(dtype)
    if (low, high) == (-(2**63), 2**63 - 1):
        return np.zeros(1, np.bool_)
    return np.asarray((numbers < low) | (numbers > high))


def encode_dictionary(values: pa.Array, dtype: pa.DataType) -> pa.Array:
    """The values as the dictionary type says, if it is one."""
    if pa.types.is_dictionary(dtype):
        return values.dictionary_encode().cast(dtype)
    return values


def build_array(
    dtype: pa.DataType, count: int, valid: BoolArray | None, *buffers: pa.Buffer
) -> pa.Array:
    """An array of memory that it keeps alive."""
    return pa.Array.from_buffers(dtype, count, [bitmap(valid), *buffers])


def build_list(
    dtype: pa.DataType, values: pa.Array, firsts: IntArray, valid: BoolArray
) -> pa.Array:
    """A list column of its values, and of each row's first among them."""
    buffers = [bitmap(valid)]
    if not pa.types.is_fixed_size_list(dtype):
        large = pa.types.is_large_list(dtype)
        buffers.append(pa.py_buffer(firsts if large else firsts.astype(np.int32)))
    return pa.Array.from_buffers(dtype, len(valid), buffers, children=[values])
