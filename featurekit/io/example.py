"""Arrow batches to tf.Example records.

Semantics:
    - One feature per column, keyed by the column's name. The bytes are those of
      ``tf.train.Example.SerializeToString(deterministic=True)`` in Python: keys are
      sorted by their UTF-8 bytes, but where one key begins with another, the longer one
      comes first.
    - Integers and bools become int64_list, float32 becomes float_list bit for bit,
      strings and binaries become bytes_list. A scalar is a list of one value.
    - A null, scalar or list, has no key. An empty list has a key and an empty list of
      its kind. A null inside of a list is an error.
    - float64 and other types that would lose something are refused.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.errors import RowError, SourceError
from featurekit.io.example_columns import KINDS, FlatColumn, flatten
from featurekit.io.example_decoder import decode_examples as decode_examples
from featurekit.kernels import example_encode as kernels
from featurekit.kernels.arrow_buffers import address
from featurekit.kernels.memory import BLOCK as _BLOCK
from featurekit.kernels.tfrecord_frame import FRAME_BYTES
from featurekit.kernels.varint import write_varint

ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]

MAX_PAYLOAD_BYTES = 256 * 2**20
# A key of n bytes: tags, and lengths of entry, feature, list and packed values.
_AROUND_KEY = 4 + 4 * 5
_MOST_BEFORE_KEY = 1 + 10
_PER_STRING = 1 + 5
_PER_RECORD = FRAME_BYTES + 1 + 10


def encode_examples(
    batch: pa.RecordBatch, *, file: str | None = None, first_row: int = 0
) -> ByteArray:
    """Encodes each row as one framed TFRecord that holds a tf.Example.

    Args:
        batch: Columns of integers, bools, float32, strings, binaries, dictionaries, and
            lists of those.
        file: The source of the rows, for error messages.
        first_row: The index of the batch's first row in it, for error messages.

    Returns:
        The frames of all rows, uint8; append them to a TFRecord file as they are.

    Raises:
        DTypeMismatchError: A column has a type that a tf.Example cannot hold.
        RowError: A null inside of a list (NULL_ELEMENT), an integer beyond int64
            (INT_OVERFLOW), or a record above 256 MiB (RECORD_TOO_LARGE).
        SourceError: Two columns have one name (DUPLICATE_COLUMN).

    >>> encode_examples(pa.record_batch({"x": [1, 2]})).size
    60
    """
    return ExampleEncoder().encode(batch, file=file, first_row=first_row)[0]


def encode_payloads(
    batch: pa.RecordBatch, *, file: str | None = None, first_row: int = 0
) -> tuple[ByteArray, IntArray]:
    """Encodes each row as a tf.Example, without frames; see `encode_examples`.

    Returns:
        buffer: The serialized records, one after another, uint8.
        offsets: int64, one more than rows; row r is buffer[offsets[r]:offsets[r + 1]].
    """
    encoder = ExampleEncoder(framed=False)
    return encoder.encode(batch, file=file, first_row=first_row)


class ExampleEncoder:
    """Encodes batch after batch; keeps what batches of one schema share.

    Args:
        framed: Whether each record becomes a TFRecord frame. Defaults to True.
    """

    def __init__(self, *, framed: bool = True) -> None:
        self.framed = framed
        self._shape: tuple[tuple[str, str], ...] | None = None
        self._buffer: ByteArray = np.empty(0, np.uint8)

    def encode(
        self, batch: pa.RecordBatch, *, file: str | None = None, first_row: int = 0
    ) -> tuple[ByteArray, IntArray]:
        """Encodes each row; see `encode_examples`.

        Returns:
            The records of all rows, one behind the other, valid until the next call;
            and int64, one more than rows: where each payload starts, and the end.
        """
        columns = _sorted_columns(batch, file, first_row)
        self._prepare(columns)
        if columns:
            self._table[:, _DESCRIBED] = [_described(column) for column in columns]
        rows = batch.num_rows
        starts, lengths = np.empty(rows + 1, np.int64), np.empty(rows, np.int64)
        self._reserve(columns, batch.num_rows)
        end = kernels.write_records(
            self._buffer, rows, self.framed, self._table, starts, lengths
        )
        starts[rows] = end
        _check_lengths(lengths, file, first_row)
        return self._buffer[:end], starts

    def _reserve(self, columns: Sequence[FlatColumn], rows: int) -> None:
        size = rows * _PER_RECORD + kernels.SLACK
        for column in columns:
            size += rows * (len(column.name.encode()) + _MOST_BEFORE_KEY + _AROUND_KEY)
            width = {"int64_list": 10, "float_list": 4}.get(column.kind, _PER_STRING)
            size += column.num_values * width + column.num_bytes
        if size > len(self._buffer):
            self._buffer = np.empty(size, np.uint8)

    def _prepare(self, columns: Sequence[FlatColumn]) -> None:
        """Builds the headers, unless those of the batch before are the same."""
        shape = tuple((column.name, column.kind) for column in columns)
        if shape == self._shape:
            return
        fields = [_key_field(column.name) for column in columns]
        strides = [-(-(len(key) + _AROUND_KEY) // _BLOCK) * _BLOCK for key in fields]
        self._headers = np.zeros((sum(strides), kernels.MAX_HEADER_VALUE), np.uint8)
        self._sizes = np.zeros((len(columns), kernels.MAX_HEADER_VALUE), np.int64)
        self._keys = np.concatenate([np.empty(0, np.uint8), *fields])
        self._table = np.zeros((len(columns), kernels.LINE // 8), np.int64)
        key, header = self._keys.ctypes.data, self._headers.ctypes.data
        for index, (column, field) in enumerate(zip(columns, fields, strict=True)):
            line = self._table[index]
            line[kernels.KIND // 8] = KINDS[column.kind]
            line[kernels.KEY // 8], line[kernels.KEY_SIZE // 8] = key, len(field)
            line[kernels.HEADERS // 8] = header
            line[kernels.STRIDE // 8] = strides[index]
            line[kernels.SIZES // 8] = self._sizes[index].ctypes.data
            key += len(field)
            header += strides[index] * kernels.MAX_HEADER_VALUE
        kernels.write_headers(self._table)
        self._shape = shape


_DESCRIBED = [
    kernels.VALID // 8,
    kernels.OFFSETS // 8,
    kernels.VALUES // 8,
    kernels.END // 8,
    kernels.SPANS // 8,
    kernels.SPAN_BYTES // 8,
    kernels.CODES // 8,
    kernels.FORM // 8,
]


def _described(column: FlatColumn) -> list[int]:
    """Where a column's values are, as the entries `_DESCRIBED` of its line say it."""
    values = address(column.values)
    return [
        address(column.valid) if len(column.valid) else 0,
        address(column.offsets) if len(column.offsets) else 0,
        values,
        values + column.values.nbytes,
        address(column.spans) if len(column.spans) else 0,
        column.spans.itemsize,
        address(column.codes) if len(column.codes) else 0,
        _form(column),
    ]


def _form(column: FlatColumn) -> int:
    """What the kernel need not ask for every row."""
    if len(column.offsets):
        return kernels.UNUSUAL
    if column.kind != "bytes_list":
        return kernels.NULLABLE_NUMBERS if len(column.valid) else kernels.NUMBERS
    usual = not len(column.codes) and column.spans.itemsize == 4
    return kernels.TEXTS if usual and not len(column.valid) else kernels.UNUSUAL


def _sorted_columns(
    batch: pa.RecordBatch, file: str | None, first_row: int
) -> list[FlatColumn]:
    names = sorted(batch.schema.names, key=map_order)
    for name, following in pairwise(names):
        if name == following:
            raise SourceError(
                "two columns have one name",
                code="DUPLICATE_COLUMN",
                file=file,
                column=name,
            )
    return [
        flatten(name, batch.column(name), file=file, first_row=first_row)
        for name in names
    ]


def map_order(name: str) -> bytes:
    """Sorts as protobuf's Python runtime: 0xff is above every byte of UTF-8."""
    return name.encode() + b"\xff"


def _key_field(name: str) -> ByteArray:
    """The key of a map entry as it stands in every record: tag, length, bytes."""
    key = name.encode()
    field = np.empty(len(key) + _MOST_BEFORE_KEY, np.uint8)
    field[0] = 0x0A
    start = write_varint(field, 1, np.uint64(len(key)))
    field[start : start + len(key)] = np.frombuffer(key, np.uint8)
    return field[: start + len(key)]


def _check_lengths(lengths: IntArray, file: str | None, first_row: int) -> None:
    if not len(lengths) or lengths.max() <= MAX_PAYLOAD_BYTES:
        return
    row = int(np.argmax(lengths > MAX_PAYLOAD_BYTES))
    raise RowError(
        "a row is too large for a record",
        code="RECORD_TOO_LARGE",
        file=file,
        row=first_row + row,
        got=int(lengths[row]),
        expected=f"at most {MAX_PAYLOAD_BYTES} bytes",
    )
