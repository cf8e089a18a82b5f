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

from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.errors import RowError, SourceError
from featurekit.io.example_columns import FlatColumn, flatten
from featurekit.io.example_decoder import decode_examples as decode_examples
from featurekit.kernels import example_encode as kernels
from featurekit.kernels.arrow_buffers import read_only
from featurekit.kernels.tfrecord_frame import FOOTER_BYTES, HEADER_BYTES, seal_frames
from featurekit.kernels.varint import write_varint

ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]

MAX_PAYLOAD_BYTES = 256 * 2**20
# Columns are written block by block of rows, so that a block's records stay in cache.
BLOCK_ROWS = 2048


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
    buffer, starts, lengths = _encode(
        batch, HEADER_BYTES, FOOTER_BYTES, file, first_row
    )
    seal_frames(buffer, starts, lengths)
    return buffer


def encode_payloads(
    batch: pa.RecordBatch, *, file: str | None = None, first_row: int = 0
) -> tuple[ByteArray, IntArray]:
    """Encodes each row as a tf.Example, without frames; see `encode_examples`.

    Returns:
        buffer: The serialized records, one after another, uint8.
        offsets: int64, one more than rows; row r is buffer[offsets[r]:offsets[r + 1]].
    """
    buffer, starts, _ = _encode(batch, 0, 0, file, first_row)
    return buffer, np.append(starts, np.int64(len(buffer)))


def _encode(
    batch: pa.RecordBatch, before: int, after: int, file: str | None, first_row: int
) -> tuple[ByteArray, IntArray, IntArray]:
    """The payloads with room before and after each, their starts, and their lengths."""
    columns = _sorted_columns(batch, file, first_row)
    keys = [_key_field(column.name) for column in columns]
    sizes = np.zeros(batch.num_rows, np.int64)
    kept = [_add_sizes(c, len(k), sizes) for c, k in zip(columns, keys, strict=True)]
    lengths = kernels.payload_sizes(sizes)
    _check_lengths(lengths, file, first_row)
    starts = before + np.cumsum(lengths + before + after) - lengths - before - after
    total = int(lengths.sum()) + batch.num_rows * (before + after)
    out = np.empty(total, np.uint8)
    cursors = np.empty(batch.num_rows, np.int64)
    kernels.write_header(out, sizes, starts, cursors)
    for first in range(0, batch.num_rows, BLOCK_ROWS):
        rows = first, min(first + BLOCK_ROWS, batch.num_rows)
        for column, key, inner in zip(columns, keys, kept, strict=True):
            _write(column, key, inner, rows, out, cursors)
    return out, starts, lengths


def _sorted_columns(
    batch: pa.RecordBatch, file: str | None, first_row: int
) -> list[FlatColumn]:
    names = sorted(batch.schema.names, key=_map_order)
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


def _map_order(name: str) -> bytes:
    """Sorts as protobuf's Python runtime: 0xff is above every byte of UTF-8."""
    return name.encode() + b"\xff"


def _key_field(name: str) -> ByteArray:
    """The key of a map entry as it stands in every record: tag, length, bytes."""
    key = name.encode()
    field = np.empty(len(key) + 11, np.uint8)
    field[0] = 0x0A
    start = write_varint(field, 1, np.uint64(len(key)))
    field[start : start + len(key)] = np.frombuffer(key, np.uint8)
    return read_only(field[: start + len(key)])


def _add_sizes(column: FlatColumn, key_size: int, sizes: IntArray) -> IntArray:
    """Adds a column's part to the record sizes; returns what the writer needs again."""
    inner = np.empty(len(sizes), np.int64)
    rows = column.offsets, column.valid
    if column.kind == "int64_list":
        kernels.size_int64(column.values, *rows, key_size, inner, sizes)
    elif column.kind == "float_list":
        kernels.size_float32(*rows, key_size, sizes)
    else:
        kernels.size_bytes(column.starts, column.stops, *rows, key_size, inner, sizes)
    return inner


def _write(
    column: FlatColumn,
    key: ByteArray,
    inner: IntArray,
    rows: tuple[int, int],
    out: ByteArray,
    cursors: IntArray,
) -> None:
    target = out, cursors, rows, key
    values, by_row = column.values, (column.offsets, column.valid)
    if column.kind == "int64_list":
        kernels.write_int64(*target, values, *by_row, inner)
    elif column.kind == "float_list":
        kernels.write_float32(*target, values, *by_row)
    else:
        spans = column.starts, column.stops
        kernels.write_bytes(*target, values, *spans, *by_row, inner)


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
