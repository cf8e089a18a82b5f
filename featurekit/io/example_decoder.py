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

from typing import Any, NoReturn, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.errors import ExampleDecodeError
from featurekit.io.canonical_decoder import read_canonical
from featurekit.io.decoded_arrays import (
    build_array,
    build_list,
    encode_dictionary,
    integer_limits,
    is_text,
    out_of_range,
    value_width,
)
from featurekit.io.example_columns import KINDS, Kind, is_list, require_kind
from featurekit.kernels import example_decode as kernels
from featurekit.kernels import varint, wire
from featurekit.kernels.arrow_buffers import read_only

BoolArray: TypeAlias = npt.NDArray[np.bool_]
ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]
# The data; begins, ends, sinces and counts as the kernels know them; and the index of
# each record's first value, with the total at the end.
Found: TypeAlias = tuple[ByteArray, IntArray, IntArray, IntArray, IntArray, IntArray]

_KIND_NAMES = {number: name for name, number in KINDS.items()}

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
    batch = read_canonical(records.data, records.starts, records.lengths, schema)
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
    width = value_width(field.type)
    sinces, counts = np.empty_like(begins), np.empty_like(begins)
    code, record, detail, size = kernels.measure_column(
        records.data, begins, ends, KINDS[kind], width, sinces, counts
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
    return values if scalar else build_list(field.type, values, firsts, valid)


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
            expected=str(value_width(field.type)),
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
        return build_array(pa.float32(), count, valid, pa.py_buffer(raw))
    numbers = np.zeros(count, np.int64)
    kernels.emit_int64(*found, numbers)
    target = dtype.value_type if pa.types.is_dictionary(dtype) else dtype
    _check_range(records, field, target, numbers, firsts)
    wide = build_array(pa.int64(), count, valid, pa.py_buffer(numbers))
    return encode_dictionary(wide.cast(target), dtype)


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
    text = is_text(target)
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
    return encode_dictionary(
        build_array(wide, count, valid, *buffers).cast(target), dtype
    )


def _check_range(
    records: _Records,
    field: pa.Field,
    dtype: pa.DataType,
    numbers: IntArray,
    firsts: IntArray,
) -> None:
    outside = out_of_range(dtype, numbers)
    if outside.any():
        bad = int(np.argmax(outside))
        low, high = integer_limits(dtype)
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
