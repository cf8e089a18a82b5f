"""The outputs of a batch as Arrow columns, without a copy of what was computed."""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.host.program import Computed, Copied, Output
from featurekit.kernels.arrow_buffers import (
    arrow_array,
    binary_array,
    filled_numbers,
    validity,
)

BoolArray: TypeAlias = npt.NDArray[np.bool_]
ByteArray: TypeAlias = npt.NDArray[np.uint8]

_TYPES = {
    "float32": pa.float32(),
    "float64": pa.float64(),
    "int64": pa.int64(),
    "timestamp": pa.int64(),
}


class OutputBuilder:
    """Cuts the memory of the outputs into columns.

    Args:
        outputs: The outputs of a program, by name.
    """

    def __init__(self, outputs: Mapping[str, Output]) -> None:
        self._outputs = dict(outputs)
        computed = [one for one in outputs.values() if isinstance(one, Computed)]
        self._types = sorted({_TYPES[one.dtype] for one in computed}, key=str)
        self._columns = [(one, self._plain(one)) for one in outputs.values()]
        # Only the type of text depends on the batch.
        self._struct = None
        if len(computed) == len(outputs):
            fields = [(name, _arrow_type(one)) for name, one in outputs.items()]
            self._struct = pa.struct(fields)

    def build(
        self, batch: pa.RecordBatch, memory: ByteArray, kept: BoolArray | None
    ) -> pa.RecordBatch:
        """The outputs of the accepted rows.

        Args:
            batch: The source.
            memory: What the interpreter wrote; accepted rows come first everywhere.
            kept: Which rows were accepted; None if all were.
        """
        rows = batch.num_rows
        count = rows if kept is None else int(np.count_nonzero(kept))
        buffer = pa.py_buffer(memory)
        # A slice of an array costs half of what an array costs.
        whole = [
            pa.Array.from_buffers(
                kind, memory.size // (kind.bit_width // 8), [None, buffer], 0
            )
            for kind in self._types
        ]
        arrays = [
            whole[plain[0]].slice(plain[1] * rows, count)
            if plain
            else _unusual(one, batch, memory, kept, count)
            for one, plain in self._columns
        ]
        if self._struct is None:
            return pa.RecordBatch.from_arrays(arrays, names=list(self._outputs))
        # A struct takes its children as they are, which is faster by far.
        struct = pa.StructArray.from_buffers(
            self._struct, count, [None], 0, children=arrays
        )
        return pa.RecordBatch.from_struct_array(struct)

    def _plain(self, one: Output) -> tuple[int, int] | None:
        """The position of a type, and the start of the numbers in values per row."""
        if isinstance(one, Copied) or one.width is not None or one.valid is not None:
            return None
        kind = _TYPES[one.dtype]
        return self._types.index(kind), one.before // (kind.bit_width // 8)


def _arrow_type(one: Output) -> pa.DataType:
    assert isinstance(one, Computed)
    kind = _TYPES[one.dtype]
    return kind if one.width is None else pa.list_(kind, one.width)


def _unusual(
    one: Output,
    batch: pa.RecordBatch,
    memory: ByteArray,
    kept: BoolArray | None,
    count: int,
) -> pa.Array:
    """A vector, a column with nulls, or what is copied."""
    if isinstance(one, Copied):
        return _copied(one, batch, kept)
    rows, kind = batch.num_rows, _TYPES[one.dtype]
    data = pa.py_buffer(memory[one.before * rows :])
    if one.width is not None:
        flat = pa.Array.from_buffers(kind, count * one.width, [None, data], 0)
        return pa.FixedSizeListArray.from_arrays(flat, one.width)
    assert one.valid is not None
    valid = memory[one.valid * rows : one.valid * rows + count]
    bits = pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(kind, count, [bits, data])


def _copied(one: Copied, batch: pa.RecordBatch, kept: BoolArray | None) -> pa.Array:
    column = batch.column(one.column)
    if one.dtype == "string":
        column = _as_bytes(column, one.fill)
    return column if kept is None else column.filter(arrow_array(kept))


def _as_bytes(array: pa.Array, fill: bytes | None) -> pa.Array:
    """Text as large_binary, or as a dictionary of it, filled where it is missing."""
    if not isinstance(array, pa.DictionaryArray):
        plain = array.cast(pa.large_binary())
        return plain if fill is None else plain.fill_null(binary_array([fill])[0])
    entries = array.dictionary.cast(pa.large_binary())
    if not len(entries):
        return _as_bytes(pa.nulls(len(array), pa.binary()), fill)
    if len(entries) > len(array):
        # A short slice of a long dictionary: its own rows are less work.
        return _as_bytes(entries.take(array.indices), fill)
    valid = validity(array)
    codes = filled_numbers(array.indices).astype(np.int64, copy=False)
    if not len(valid):
        return pa.DictionaryArray.from_arrays(arrow_array(codes), entries)
    if fill is None:
        return pa.DictionaryArray.from_arrays(arrow_array(codes, valid), entries)
    entries = pa.concat_arrays([entries, binary_array([fill])])
    filled = np.where(valid, codes, len(entries) - 1)
    return pa.DictionaryArray.from_arrays(arrow_array(filled), entries)
