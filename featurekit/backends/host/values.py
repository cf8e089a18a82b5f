"""The values of a plan in memory: NumPy arrays, and text as Arrow bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.kernels.arrow_buffers import fixed_width, read_only, validity
from featurekit.kernels.farmhash import fingerprint_strings

BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]
FloatArray: TypeAlias = npt.NDArray[np.float64]
HashArray: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Text:
    """A column of text: each entry once, and which entry each row has.

    Args:
        entries: binary or large_binary; what lies at nulls does not matter.
        codes: Entry of each row, int64, shape (rows,), in range also where the row is
            null; None if row i is entry i.
    """

    entries: pa.Array
    codes: IntArray | None = None

    @cached_property
    def fingerprints(self) -> HashArray:
        """FarmHash64 of each entry, computed once however many ops ask."""
        return read_only(fingerprint_strings(self.entries))

    def spread(self, per_entry: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """From one value per entry to one per row."""
        return per_entry if self.codes is None else per_entry[self.codes]

    def fill(self, value: bytes, valid: BoolArray) -> "Text":
        """The text with a value where `valid` is False."""
        if self.codes is None:
            scalar = pa.scalar(value, self.entries.type)
            return Text(self.entries.fill_null(scalar))
        added = pa.array([value], self.entries.type)
        codes = np.where(valid, self.codes, len(self.entries))
        return Text(pa.concat_arrays([self.entries, added]), codes)


@dataclass(frozen=True)
class Column:
    """One value of the plan for all rows of a batch.

    Args:
        values: float32, float64 or int64, shape (rows,) or (rows, width), or text;
            anything where `valid` is False and in rows that an op refused.
        valid: Which rows have a value, shape (rows,); None if all have.
    """

    values: npt.NDArray[Any] | Text
    valid: BoolArray | None = None

    @property
    def array(self) -> npt.NDArray[Any]:
        """The values of a column of numbers."""
        assert not isinstance(self.values, Text)
        return self.values

    @property
    def text(self) -> Text:
        """The values of a column of text."""
        assert isinstance(self.values, Text)
        return self.values


Result: TypeAlias = tuple[Column, BoolArray | None]
"""A column, and the rows that the op refuses; None if it refuses none."""

Step: TypeAlias = Callable[..., Result]
"""An op made ready to run on the columns of its inputs."""


def both_valid(left: BoolArray | None, right: BoolArray | None) -> BoolArray | None:
    """Rows that are valid in both."""
    if left is None or right is None:
        return right if left is None else left
    return left & right


def present(mask: BoolArray, valid: BoolArray | None) -> BoolArray:
    """The rows of the mask that have a value."""
    return mask if valid is None else mask & valid


def read_numbers(array: pa.Array) -> Column:
    """A float32 or int64 column of a batch, without a copy."""
    dtype = np.float32 if pa.types.is_float32(array.type) else np.int64
    if not len(array):
        return Column(read_only(np.empty(0, dtype)))
    return Column(fixed_width(array, dtype), _valid(array))


def read_text(array: pa.Array) -> Column:
    """A column of text of a batch, in any layout."""
    valid = _valid(array)
    if not isinstance(array, pa.DictionaryArray):
        return Column(Text(_as_binary(array)), valid)
    entries = array.dictionary
    if not len(entries):
        return Column(Text(pa.nulls(len(array), pa.binary())), valid)
    if len(entries) > len(array):
        # A short slice of a long dictionary: its own rows are less work.
        return Column(Text(_as_binary(entries.take(array.indices))), valid)
    codes = array.indices
    if codes.null_count:
        codes = codes.fill_null(0)
    wide = read_only(codes.to_numpy().astype(np.int64, copy=False))
    return Column(Text(_as_binary(entries), wide), valid)


def to_arrow(column: Column) -> pa.Array:
    """A column as Arrow: numbers, fixed_size_list<float32>, or bytes."""
    if isinstance(column.values, Text):
        return _text_to_arrow(column.values, column.valid)
    values = column.values
    if values.ndim == 2:
        flat = pa.array(values.ravel(), from_pandas=False)
        return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    mask = None if column.valid is None else ~column.valid
    return pa.array(values, mask=mask, from_pandas=False)


def take(column: Column, rows: IntArray) -> Column:
    """The column at some rows."""
    valid = None if column.valid is None else column.valid[rows]
    if not isinstance(column.values, Text):
        return Column(column.values[rows], valid)
    text = column.values
    if text.codes is None:
        return Column(Text(text.entries.take(pa.array(rows))), valid)
    return Column(Text(text.entries, text.codes[rows]), valid)


def _text_to_arrow(text: Text, valid: BoolArray | None) -> pa.Array:
    entries = text.entries.cast(pa.large_binary())
    if text.codes is None:
        return entries
    mask = None if valid is None else ~valid
    return pa.DictionaryArray.from_arrays(pa.array(text.codes, mask=mask), entries)


def _valid(array: pa.Array) -> BoolArray | None:
    valid = validity(array)
    return valid if len(valid) else None


def _as_binary(array: pa.Array) -> pa.Array:
    if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        return array
    if pa.types.is_string(array.type):
        return array.cast(pa.binary())
    return array.cast(pa.large_binary())
