"""Records as writers write them, to Arrow batches in one pass.

What the kernel does not recognize is left to `example_decoder`, which reads whatever
the format allows, and says what is wrong.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.io.decoded_arrays import (
    build_array,
    build_list,
    encode_dictionary,
    is_text,
    out_of_range,
    value_width,
)
from featurekit.io.example_columns import KINDS, Kind, is_list, require_kind
from featurekit.kernels import example_canonical as kernels
from featurekit.kernels.arrow_buffers import address, read_only
from featurekit.kernels.example_decode import first_invalid_utf8
from featurekit.kernels.memory import BLOCK

BoolArray: TypeAlias = npt.NDArray[np.bool_]
ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]

_STRING_BYTES = 32
"""How long strings are, as long as nothing is known of them."""
_MOST_ROOM = 2**31
"""Bytes that strings get room for, at most."""
_NO_OFFSETS: IntArray = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class _Template:
    """What all calls for one schema share.

    Args:
        fields: Name, type, and kind of list of each column.
        keys: The names, which the table points to.
        table: The table of the kernel, without the memory of a call.
        string_bytes: For each column, how long its strings may well be on average.
    """

    fields: tuple[tuple[pa.Field, Kind], ...]
    keys: tuple[ByteArray, ...]
    table: IntArray
    string_bytes: list[int]


@lru_cache(maxsize=64)
def _template(schema: pa.Schema) -> _Template | None:
    """The template of a schema; None if `example_canonical` cannot read it."""
    fields = tuple((field, require_kind(field.name, field.type)) for field in schema)
    if not all(_has_width(field.type, kind) for field, kind in fields):
        return None
    table = np.zeros((len(fields), kernels.LINE // 8), np.int64)
    keys = []
    for line, (field, kind) in zip(table, fields, strict=True):
        key = np.frombuffer(field.name.encode() + b"\0" * 8, np.uint8)
        keys.append(key)
        line[kernels.KIND // 8] = KINDS[kind]
        line[kernels.WIDTH // 8] = value_width(field.type)
        line[kernels.KEY // 8] = address(key)
        line[kernels.KEY_SIZE // 8] = len(key) - 8
        line[kernels.KEY_WORD // 8] = key[:8].view(np.int64)[0]
    return _Template(fields, tuple(keys), table, [_STRING_BYTES] * len(fields))


class _Scratch(threading.local):
    """Memory that a thread needs during a call, kept for its next one.

    Fresh memory costs a page fault for every 4 KiB, which is more than filling it.
    """

    MOST_KEPT = 2**26

    def __init__(self) -> None:
        self._words: IntArray = np.empty(0, np.int64)

    def take(self, words: int) -> IntArray:
        """So many int64, which hold anything."""
        if words <= len(self._words):
            return self._words[:words]
        found = np.empty(words, np.int64)
        if found.nbytes <= self.MOST_KEPT:
            self._words = found
        return found


_scratch = _Scratch()


def read_canonical(
    data: ByteArray, starts: IntArray, lengths: IntArray, schema: pa.Schema
) -> pa.RecordBatch | None:
    """Decodes records as writers write them; see `decode_examples`.

    Returns:
        The batch; None if any record is written in another way, or does not fit.
    """
    template = _template(schema)
    if template is None:
        return None
    rows, size = len(starts), int(lengths.sum())
    records = data, starts, lengths
    likely = [min(size, rows * one) + BLOCK for one in template.string_bytes]
    columns, count = _read_columns(records, template, likely)
    if count < rows and any(
        one.may_be_full(count, int(lengths[count])) for one in columns
    ):
        if size > _MOST_ROOM // len(columns):
            return None
        # Strings are longer than before; all of them together fit into the records.
        columns, count = _read_columns(records, template, [size + BLOCK] * len(columns))
    if count < rows:
        return None
    for index, one in enumerate(columns):
        usual = 2 * one.string_size // max(1, rows)
        template.string_bytes[index] = max(template.string_bytes[index], usual)
    arrays = [one.array() for one in columns]
    if any(array is None for array in arrays):
        return None
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def read_numbers(
    data: ByteArray,
    starts: IntArray,
    lengths: IntArray,
    schema: pa.Schema,
    targets: Mapping[str, npt.NDArray[Any]],
) -> bool:
    """Decodes columns of numbers into arrays that there are already.

    Args:
        data: uint8.
        starts: Where records start.
        lengths: Their lengths; all within `data`.
        schema: int64 and float32, or fixed-size lists of those.
        targets: For each, an array of its type, shape (rows,) or (rows, width). Rows
            may lie apart, the values of one do not.

    Returns:
        Whether it is done; if not, the arrays hold anything, and the general reader has
        to say what is wrong, if anything is.
    """
    template = _template(schema)
    if template is None:
        return False
    rows, table = len(starts), template.table.copy()
    flags = -(-rows // 8)
    valid = _scratch.take(flags * len(table)).view(np.bool_).reshape(len(table), -1)
    for line, field, present in zip(table, schema, valid, strict=True):
        target = targets[field.name]
        line[kernels.VALUES // 8] = address(target)
        line[kernels.STRIDE // 8] = target.strides[0]
        line[kernels.VALID // 8] = address(present)
    done = kernels.read_records(data, starts, lengths, table)
    return done == rows and bool(valid[:, :rows].all())


def _read_columns(
    records: tuple[ByteArray, IntArray, IntArray],
    template: _Template,
    room: list[int],
) -> tuple[list["_Canonical"], int]:
    """The columns, and how many records were read; `room` is in bytes, for strings."""
    rows, table = len(records[1]), template.table.copy()
    words = [
        -(-rows // 8) + (rows + 1 + -(-size // 8) if kind == "bytes_list" else 0)
        for (_, kind), size in zip(template.fields, room, strict=True)
    ]
    scratch = _scratch.take(sum(words))
    columns = []
    at = 0
    for line, (field, kind), count in zip(table, template.fields, words, strict=True):
        columns.append(_Canonical(rows, field, kind, scratch[at : at + count], line))
        at += count
    count = kernels.read_records(*records, table)
    return columns, count


def _has_width(dtype: pa.DataType, kind: Kind) -> bool:
    """Whether a column is of those that `example_canonical` reads."""
    width = value_width(dtype)
    return width >= 0 and (kind != "bytes_list" or not is_list(dtype))


class _Canonical:
    """The memory that one column is read into, and its line in the table."""

    def __init__(
        self, rows: int, field: pa.Field, kind: Kind, scratch: IntArray, line: IntArray
    ) -> None:
        self.field = field
        self.kind = kind
        self.width = value_width(field.type)
        self.values: npt.NDArray[Any]
        if kind == "bytes_list":
            flags = -(-rows // 8)
            self.values = scratch[flags + rows + 1 :].view(np.uint8)
            self.offsets = scratch[flags : flags + rows + 1]
            self.offsets[0] = 0
            line[kernels.ROOM // 8] = len(self.values)
            line[kernels.OFFSETS // 8] = address(self.offsets)
        else:
            dtype = np.float32 if kind == "float_list" else np.int64
            self.values = np.empty(rows * self.width, dtype)
            line[kernels.STRIDE // 8] = self.values.itemsize * self.width
        self.valid = scratch[: -(-rows // 8)].view(np.bool_)[:rows]
        line[kernels.VALUES // 8] = address(self.values)
        line[kernels.VALID // 8] = address(self.valid)

    @property
    def string_size(self) -> int:
        """The bytes of all strings."""
        return int(self.offsets[-1]) if self.kind == "bytes_list" else 0

    def may_be_full(self, record: int, length: int) -> bool:
        """Whether a record was not read because a string had no room."""
        if self.kind != "bytes_list":
            return False
        return int(self.offsets[record]) + length + BLOCK > len(self.values)

    def array(self) -> pa.Array | None:
        """The values; None where the general reader has to say what is wrong."""
        if not self.field.nullable and not self.valid.all():
            return None
        scalar = not is_list(self.field.type)
        dtype = self.field.type if scalar else self.field.type.value_type
        valid = self.valid if scalar else np.repeat(self.valid, self.width)
        values = self._values(dtype, valid)
        if values is None or scalar:
            return values
        return build_list(self.field.type, values, _NO_OFFSETS, self.valid)

    def _values(self, dtype: pa.DataType, valid: BoolArray) -> pa.Array | None:
        if self.kind == "bytes_list":
            return self._strings(dtype)
        count = len(self.values)
        buffer = pa.py_buffer(self.values)
        if self.kind == "float_list":
            return build_array(pa.float32(), count, valid, buffer)
        target = dtype.value_type if pa.types.is_dictionary(dtype) else dtype
        if out_of_range(target, self.values).any():
            return None
        return encode_dictionary(
            build_array(pa.int64(), count, valid, buffer).cast(target), dtype
        )

    def _strings(self, dtype: pa.DataType) -> pa.Array | None:
        size = self.string_size
        data = read_only(self.values[:size].copy())
        ascii_only = kernels.is_ascii(data, size)
        target = dtype.value_type if pa.types.is_dictionary(dtype) else dtype
        text = is_text(target)
        unsure = text and not ascii_only
        if unsure and first_invalid_utf8(data, self.offsets) >= 0:
            return None
        if pa.types.is_fixed_size_binary(target) or size > 2**31 - 1:
            return None
        small = pa.types.is_string(target) or pa.types.is_binary(target)
        offsets = self.offsets.astype(np.int32 if small else np.int64)  # a copy
        kind = target
        if not small:
            kind = pa.large_string() if text else pa.large_binary()
        buffers = pa.py_buffer(offsets), pa.py_buffer(data)
        found = build_array(kind, len(self.valid), self.valid, *buffers)
        return encode_dictionary(found.cast(target), dtype)
