"""tf.Example records to Arrow batches.

Semantics:
    - A key that is absent, or whose feature has no kind, is null. An empty list is an
      empty list. Keys outside of the schema are skipped, their values unseen.
    - A scalar column needs exactly one value, a fixed-size list column its size.
    - The kind must be the one of the type; nothing is converted except integers, which
      must fit into their type, and strings, which must be UTF-8.
    - Records are read as the C++ parser of protocol buffers reads them, with the same
      values. Unlike the Python parser, an entry with unknown fields is not dropped.
"""

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.errors import ExampleDecodeError
from featurekit.io.example_columns import Kind, is_list, require_kind
from featurekit.kernels import example_canonical as canonical
from featurekit.kernels import example_decode as kernels
from featurekit.kernels import varint, wire
from featurekit.kernels.arrow_buffers import address, read_only
from featurekit.kernels.memory import BLOCK

BoolArray: TypeAlias = npt.NDArray[np.bool_]
ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]
# The data; begins, ends, sinces and counts as the kernels know them; and the index of
# each record's first value, with the total at the end.
Found: TypeAlias = tuple[ByteArray, IntArray, IntArray, IntArray, IntArray, IntArray]

_KINDS: dict[Kind, int] = {
    "bytes_list": kernels.BYTES_LIST,
    "float_list": kernels.FLOAT_LIST,
    "int64_list": kernels.INT64_LIST,
}
_NO_OFFSETS: IntArray = np.empty(0, np.int64)
_KIND_NAMES = {number: name for name, number in _KINDS.items()}

_PROBLEMS = {
    varint.TRUNCATED: ("TRUNCATED", "a field reaches beyond the end of its message"),
    varint.BAD_VARINT: ("BAD_VARINT", "an integer takes more than 10 bytes"),
    varint.BAD_LENGTH: ("BAD_LENGTH", "a length is 2 GiB or more"),
    wire.BAD_TAG: ("BAD_TAG", "a field has a number or wire type that do not exist"),
    wire.BAD_GROUP: ("BAD_GROUP", "the end of a group does not match its start"),
    wire.DEPTH: ("DEPTH", "groups are nested more than 100 deep"),
    kernels.BAD_PACKED_FLOATS: (
        "BAD_PACKED_FLOATS",
        "the size of packed floats is not a multiple of 4",
    ),
    kernels.INVALID_UTF8: ("INVALID_UTF8", "a key is not UTF-8"),
}


class _Records:
    """The records of one call, and how to say where something is wrong with them."""

    def __init__(
        self,
        data: ByteArray,
        starts: IntArray,
        lengths: IntArray,
        file: str | None,
        first_record: int,
    ) -> None:
        self.data = data
        self.starts = starts
        self.lengths = lengths
        self.file = file
        self.first_record = first_record

    def __len__(self) -> int:
        return len(self.starts)

    def refuse(
        self, record: int, code: str, message: str, *, at: int = -1, **details: Any
    ) -> NoReturn:
        """Raises for a record; ``at`` is a position in the buffer, -1 if unknown."""
        raise ExampleDecodeError(
            message,
            code=code,
            file=self.file,
            record=self.first_record + record,
            offset=at - int(self.starts[record]) if at >= 0 else None,
            **details,
        )


def decode_examples(
    buffer: ByteArray,
    starts: IntArray,
    lengths: IntArray,
    schema: pa.Schema,
    *,
    file: str | None = None,
    first_record: int = 0,
) -> pa.RecordBatch:
    """Decodes serialized tf.Examples into one batch.

    Args:
        buffer: uint8; the records may be anywhere in it.
        starts: Where each record starts, int64.
        lengths: How long each record is in bytes, int64.
        schema: The columns to read: integer, bool, float32, string, binary, dictionary,
            or a list of those. The name of a column is its key.
        file: The source of the records, for error messages.
        first_record: The index of the first record in it, for error messages.

    Returns:
        A batch of the schema, one row per record.

    Raises:
        ExampleDecodeError: A record is malformed (TRUNCATED, BAD_VARINT, BAD_LENGTH,
            BAD_TAG, BAD_GROUP, DEPTH, BAD_PACKED_FLOATS), or does not fit the schema
            (WRONG_KIND, LENGTH_MISMATCH, OUT_OF_RANGE, INVALID_UTF8, MISSING_VALUE).
            ``offset`` counts from the start of the record.
        DTypeMismatchError: The schema has a type that no tf.Example holds.
    """
    records = _records(buffer, starts, lengths, file, first_record)
    names = sorted(set(schema.names), key=str.encode)
    if len(names) != len(schema.names):
        raise ValueError("two columns of the schema have one name")
    batch = _read_canonical(records, schema)
    if batch is not None:
        return batch
    kinds = [require_kind(field.name, field.type) for field in schema]
    begins, ends = _locate(records, names)
    columns = []
    for field, kind in zip(schema, kinds, strict=True):
        at = names.index(field.name)
        columns.append(_column(records, field, kind, begins[at], ends[at]))
    if not columns:  # a batch without columns has no rows, so there is nothing to fill
        return pa.RecordBatch.from_arrays([], schema=schema)
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _records(
    buffer: ByteArray,
    starts: IntArray,
    lengths: IntArray,
    file: str | None,
    first_record: int,
) -> _Records:
    starts, lengths = np.asarray(starts, np.int64), np.asarray(lengths, np.int64)
    if len(starts) != len(lengths):
        raise ValueError("starts and lengths are one per record")
    outside = (starts < 0) | (lengths < 0) | (lengths > len(buffer) - starts)
    if outside.any():
        raise ValueError(f"record {int(np.argmax(outside))} lies outside of the buffer")
    return _Records(
        read_only(buffer), read_only(starts), read_only(lengths), file, first_record
    )


@dataclass(frozen=True, slots=True)
class _Template:
    """What all calls for one schema share.

    Args:
        fields: Name, type, and kind of list of each column.
        keys: The names, which the table points to.
        table: The table of the kernel, without the memory of a call.
    """

    fields: tuple[tuple[pa.Field, Kind], ...]
    keys: tuple[ByteArray, ...]
    table: IntArray


@lru_cache(maxsize=64)
def _template(schema: pa.Schema) -> _Template | None:
    """The template of a schema; None if `example_canonical` cannot read it."""
    fields = tuple((field, require_kind(field.name, field.type)) for field in schema)
    if not all(_has_width(field.type, kind) for field, kind in fields):
        return None
    table = np.zeros((len(fields), canonical.LINE // 8), np.int64)
    keys = []
    for line, (field, kind) in zip(table, fields, strict=True):
        key = np.frombuffer(field.name.encode() + b"\0" * 8, np.uint8)
        keys.append(key)
        line[canonical.KIND // 8] = _KINDS[kind]
        line[canonical.WIDTH // 8] = _width(field.type)
        line[canonical.KEY // 8] = address(key)
        line[canonical.KEY_SIZE // 8] = len(key) - 8
        line[canonical.KEY_WORD // 8] = key[:8].view(np.int64)[0]
    return _Template(fields, tuple(keys), table)


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


def _read_canonical(records: _Records, schema: pa.Schema) -> pa.RecordBatch | None:
    """Records as writers write them; None if any is different, or does not fit."""
    template = _template(schema)
    if template is None:
        return None
    rows, table = len(records), template.table.copy()
    texts = sum(kind == "bytes_list" for _, kind in template.fields)
    flags = -(-rows // 8)
    scratch = _scratch.take(texts * (2 * rows + 1) + len(template.fields) * flags)
    columns = []
    at = 0
    for line, (field, kind) in zip(table, template.fields, strict=True):
        words = flags + (2 * rows + 1 if kind == "bytes_list" else 0)
        columns.append(_Canonical(rows, field, kind, scratch[at : at + words], line))
        at += words
    count = canonical.read_records(records.data, records.starts, records.lengths, table)
    if count < rows:
        return None
    arrays = [one.array(records) for one in columns]
    if any(array is None for array in arrays):
        return None
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _has_width(dtype: pa.DataType, kind: Kind) -> bool:
    """Whether a column is of those that `example_canonical` reads."""
    width = _width(dtype)
    return width >= 0 and (kind != "bytes_list" or not is_list(dtype))


class _Canonical:
    """The memory that one column is read into, and its line in the table."""

    def __init__(
        self, rows: int, field: pa.Field, kind: Kind, scratch: IntArray, line: IntArray
    ) -> None:
        self.field = field
        self.kind = kind
        self.width = _width(field.type)
        self.values: npt.NDArray[Any]
        if kind == "bytes_list":
            self.values, self.offsets = scratch[:rows], scratch[rows : 2 * rows + 1]
            self.offsets[0] = 0
            scratch = scratch[2 * rows + 1 :]
            line[canonical.OFFSETS // 8] = address(self.offsets)
        else:
            dtype = np.float32 if kind == "float_list" else np.int64
            self.values = np.empty(rows * self.width, dtype)
        self.valid = scratch.view(np.bool_)[:rows]
        line[canonical.VALUES // 8] = address(self.values)
        line[canonical.VALID // 8] = address(self.valid)

    def array(self, records: _Records) -> pa.Array | None:
        """The values; None where the general reader has to say what is wrong."""
        if not self.field.nullable and not self.valid.all():
            return None
        scalar = not is_list(self.field.type)
        dtype = self.field.type if scalar else self.field.type.value_type
        valid = self.valid if scalar else np.repeat(self.valid, self.width)
        values = self._values(records, dtype, valid)
        if values is None or scalar:
            return values
        return _list(self.field.type, values, _NO_OFFSETS, self.valid)

    def _values(
        self, records: _Records, dtype: pa.DataType, valid: BoolArray
    ) -> pa.Array | None:
        if self.kind == "bytes_list":
            return self._strings(records, dtype)
        count = len(self.values)
        buffer = pa.py_buffer(self.values)
        if self.kind == "float_list":
            return _array(pa.float32(), count, valid, buffer)
        target = dtype.value_type if pa.types.is_dictionary(dtype) else dtype
        if _out_of_range(target, self.values).any():
            return None
        return _as_dictionary(
            _array(pa.int64(), count, valid, buffer).cast(target), dtype
        )

    def _strings(self, records: _Records, dtype: pa.DataType) -> pa.Array | None:
        size = int(self.offsets[-1])
        data = np.empty(size + BLOCK, np.uint8)
        ascii_only = canonical.gather_strings(
            records.data, self.values, self.offsets, data
        )
        target = dtype.value_type if pa.types.is_dictionary(dtype) else dtype
        text = _is_text(target)
        unsure = text and not ascii_only
        if unsure and kernels.first_invalid_utf8(data[:size], self.offsets) >= 0:
            return None
        if pa.types.is_fixed_size_binary(target) or size > 2**31 - 1:
            return None
        small = pa.types.is_string(target) or pa.types.is_binary(target)
        offsets = self.offsets.astype(np.int32 if small else np.int64)  # a copy
        kind = target
        if not small:
            kind = pa.large_string() if text else pa.large_binary()
        buffers = pa.py_buffer(offsets), pa.py_buffer(data[:size])
        found = _array(kind, len(self.valid), self.valid, *buffers)
        return _as_dictionary(found.cast(target), dtype)


def _locate(records: _Records, names: list[str]) -> tuple[IntArray, IntArray]:
    """Where the entries of the sorted keys are: [keys, records], -1 if absent."""
    encoded = [name.encode() for name in names]
    keys = read_only(np.frombuffer(b"".join(encoded), np.uint8))
    bounds = read_only(np.cumsum([0, *map(len, encoded)], dtype=np.int64))
    begins = np.empty((len(names), len(records)), np.int64)
    ends = np.empty_like(begins)
    code, record, at = kernels.locate(
        records.data, records.starts, records.lengths, keys, bounds, begins, ends
    )
    if code:
        records.refuse(record, *_PROBLEMS[code], at=at)
    return begins, ends


def _column(
    records: _Records, field: pa.Field, kind: Kind, begins: IntArray, ends: IntArray
) -> pa.Array:
    """One column of the batch."""
    width = _width(field.type)
    sinces, counts = np.empty_like(begins), np.empty_like(begins)
    code, record, detail, size = kernels.measure_column(
        records.data, begins, ends, _KINDS[kind], width, sinces, counts
    )
    if code:
        _refuse_values(records, field, kind, code, record, detail)
    valid = counts >= 0
    if not field.nullable and not valid.all():
        records.refuse(
            int(np.argmin(valid)),
            "MISSING_VALUE",
            "a column that must have a value has none",
            column=field.name,
        )
    slots = np.maximum(counts, 0) if width < 0 else np.full(len(records), width)
    firsts = np.append(np.int64(0), np.cumsum(slots, dtype=np.int64))
    found = (records.data, begins, ends, sinces, counts, firsts)
    scalar = not is_list(field.type)
    inner = field.type if scalar else field.type.value_type
    _check_total(records, field, int(firsts[-1]), size)
    present = valid if scalar else None
    if width >= 0 and not scalar:  # what lies in the slots of a null list is null, too
        present = np.repeat(valid, width)
    values = _values(records, field, inner, kind, found, size, present)
    return values if scalar else _list(field.type, values, firsts, valid)


def _width(dtype: pa.DataType) -> int:
    if pa.types.is_fixed_size_list(dtype):
        return int(dtype.list_size)
    return -1 if is_list(dtype) else 1


def _check_total(records: _Records, field: pa.Field, count: int, size: int) -> None:
    """Refuses a batch whose 32-bit Arrow offsets would overflow."""
    if max(count, size) <= 2**31 - 1:
        return
    records.refuse(
        0,
        "BATCH_TOO_LARGE",
        "a column of the batch holds 2 GiB or 2**31 values or more",
        column=field.name,
        got=max(count, size),
        hint="decode fewer records at a time",
    )


def _refuse_values(
    records: _Records, field: pa.Field, kind: Kind, code: int, record: int, detail: int
) -> NoReturn:
    if code == kernels.WRONG_KIND:
        records.refuse(
            record,
            "WRONG_KIND",
            "a feature has another kind than its column",
            column=field.name,
            got=_KIND_NAMES[detail],
            expected=f"{kind} for {field.type}",
        )
    if code == kernels.LENGTH_MISMATCH:
        records.refuse(
            record,
            "LENGTH_MISMATCH",
            "a feature has another number of values than its column",
            column=field.name,
            got=detail,
            expected=str(_width(field.type)),
            hint="declare a list column if the number varies",
        )
    records.refuse(record, *_PROBLEMS[code], at=detail, column=field.name)


def _values(
    records: _Records,
    field: pa.Field,
    dtype: pa.DataType,
    kind: Kind,
    found: Found,
    size: int,
    valid: BoolArray | None,
) -> pa.Array:
    """The values of a column in one run, of the type of its elements."""
    firsts = found[-1]
    count = int(firsts[-1])
    if kind == "bytes_list":
        return _strings(records, field, dtype, found, size, valid)
    if kind == "float_list":
        raw = np.zeros(4 * count, np.uint8)
        kernels.emit_float32(*found, raw)
        return _array(pa.float32(), count, valid, pa.py_buffer(raw))
    numbers = np.zeros(count, np.int64)
    kernels.emit_int64(*found, numbers)
    target = dtype.value_type if pa.types.is_dictionary(dtype) else dtype
    _check_range(records, field, target, numbers, firsts)
    wide = _array(pa.int64(), count, valid, pa.py_buffer(numbers))
    return _as_dictionary(wide.cast(target), dtype)


def _strings(
    records: _Records,
    field: pa.Field,
    dtype: pa.DataType,
    found: Found,
    size: int,
    valid: BoolArray | None,
) -> pa.Array:
    firsts = found[-1]
    count = int(firsts[-1])
    data, offsets = np.empty(size, np.uint8), np.empty(count + 1, np.int64)
    kernels.emit_bytes(*found, data, offsets)
    target = dtype.value_type if pa.types.is_dictionary(dtype) else dtype
    text = _is_text(target)
    bad = kernels.first_invalid_utf8(data, offsets) if text else -1
    if bad >= 0:
        records.refuse(
            _record_of(firsts, bad),
            "INVALID_UTF8",
            "a string is not UTF-8",
            column=field.name,
            got=data[offsets[bad] : offsets[bad + 1]].tobytes(),
            hint="declare the column as binary",
        )
    _check_binary_width(records, field, target, offsets, firsts, valid)
    wide = pa.large_string() if text else pa.large_binary()
    buffers = pa.py_buffer(offsets), pa.py_buffer(data)
    return _as_dictionary(_array(wide, count, valid, *buffers).cast(target), dtype)


def _is_text(dtype: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(dtype)
        or pa.types.is_large_string(dtype)
        or pa.types.is_string_view(dtype)
    )


def _limits(dtype: pa.DataType) -> tuple[int, int]:
    """The least and the largest integer of a type, within int64."""
    if pa.types.is_boolean(dtype):
        return 0, 1
    limits = np.iinfo(dtype.to_pandas_dtype())
    return int(limits.min), min(int(limits.max), 2**63 - 1)


def _out_of_range(dtype: pa.DataType, numbers: IntArray) -> BoolArray:
    """Which integers a type does not hold."""
    low, high = _limits(dtype)
    if (low, high) == (-(2**63), 2**63 - 1):
        return np.zeros(1, np.bool_)
    return np.asarray((numbers < low) | (numbers > high))


def _check_range(
    records: _Records,
    field: pa.Field,
    dtype: pa.DataType,
    numbers: IntArray,
    firsts: IntArray,
) -> None:
    outside = _out_of_range(dtype, numbers)
    if outside.any():
        bad = int(np.argmax(outside))
        low, high = _limits(dtype)
        records.refuse(
            _record_of(firsts, bad),
            "OUT_OF_RANGE",
            f"an integer does not fit into {dtype}",
            column=field.name,
            got=int(numbers[bad]),
            expected=f"{low} to {high}",
        )


def _check_binary_width(
    records: _Records,
    field: pa.Field,
    dtype: pa.DataType,
    offsets: IntArray,
    firsts: IntArray,
    valid: BoolArray | None,
) -> None:
    if not pa.types.is_fixed_size_binary(dtype):
        return
    wrong = np.diff(offsets) != dtype.byte_width
    if valid is not None:
        wrong &= valid
    if wrong.any():
        bad = int(np.argmax(wrong))
        records.refuse(
            _record_of(firsts, bad),
            "LENGTH_MISMATCH",
            "a value has another number of bytes than its column",
            column=field.name,
            got=int(offsets[bad + 1] - offsets[bad]),
            expected=str(dtype.byte_width),
        )


def _record_of(firsts: IntArray, value: int) -> int:
    return int(np.searchsorted(firsts, value, "right")) - 1


def _as_dictionary(values: pa.Array, dtype: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(dtype):
        return values.dictionary_encode().cast(dtype)
    return values


def _array(
    dtype: pa.DataType, count: int, valid: BoolArray | None, *buffers: pa.Buffer
) -> pa.Array:
    return pa.Array.from_buffers(dtype, count, [_bitmap(valid), *buffers])


def _bitmap(valid: BoolArray | None) -> pa.Buffer | None:
    if valid is None or valid.all():
        return None
    return pa.py_buffer(np.packbits(valid, bitorder="little"))


def _list(
    dtype: pa.DataType, values: pa.Array, firsts: IntArray, valid: BoolArray
) -> pa.Array:
    buffers = [_bitmap(valid)]
    if not pa.types.is_fixed_size_list(dtype):
        large = pa.types.is_large_list(dtype)
        buffers.append(pa.py_buffer(firsts if large else firsts.astype(np.int32)))
    return pa.Array.from_buffers(dtype, len(valid), buffers, children=[values])
