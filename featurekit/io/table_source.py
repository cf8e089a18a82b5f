"""An Arrow table in memory as a source: a task carries its own slice."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from featurekit.errors import CorruptSourceError, DTypeMismatchError, FeatureKitError
from featurekit.io.cast_strings import as_bytes, is_bytes, is_text, layout_problem
from featurekit.io.sources import (
    BATCH_ROWS,
    ROWS_PER_TASK,
    Task,
    check_schema,
    require_columns,
    require_positive,
    require_unique,
)
from featurekit.kernels.arrow_buffers import binary_array, filled_numbers, nulls

_DIGEST_ROWS = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    """Rows in memory.

    Args:
        table: The columns.
        name: What to call the data in messages, such as ``<dict>``.
        unreadable: Columns that could not become Arrow, with the error that is
            raised when one is asked for. Defaults to none.
    """

    table: pa.Table
    name: str = "<table>"
    unreadable: Mapping[str, FeatureKitError] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        table: pa.Table,
        *,
        name: str = "<table>",
        unreadable: Mapping[str, FeatureKitError] | None = None,
    ) -> "TableSource":
        """Checks the names, and the memory of every column in full.

        A column whose memory is invalid becomes unreadable: nothing touches it again.

        Raises:
            SourceError: DUPLICATE_COLUMN; or the error of a column, when none is left
                that can be read.
        """
        require_unique([*table.column_names, *(unreadable or {})], file=name)
        broken = dict(unreadable or {})
        for column in table.column_names:
            error = _problem(table.column(column), column, name)
            if error is not None:
                broken[column] = error
        kept = [column for column in table.column_names if column not in broken]
        if broken and not kept:
            # Without any column the number of rows would be lost as well.
            raise next(iter(broken.values()))
        return cls(
            table=table.select(kept).replace_schema_metadata(None),
            name=name,
            unreadable=broken,
        )

    def column_types(self) -> pa.Schema:
        """The readable columns."""
        return self.table.schema

    def check(
        self, columns: Mapping[str, str], timezones: Mapping[str, str] | None = None
    ) -> None:
        """Checks the columns; see `Source.check`."""
        for column in columns:
            if column in self.unreadable:
                raise self.unreadable[column]
        check_schema(self.table.schema, columns, timezones, file=self.name)

    def plan_tasks(self, *, rows_per_task: int = ROWS_PER_TASK) -> list["TableTask"]:
        """Slices of `rows_per_task` rows."""
        require_positive(rows_per_task=rows_per_task)
        starts = range(0, self.table.num_rows, rows_per_task)
        return [
            TableTask(
                index=index,
                file=self.name,
                first_row=start,
                num_rows=min(rows_per_task, self.table.num_rows - start),
                table=self.table.slice(start, rows_per_task),
                unreadable=self.unreadable,
            )
            for index, start in enumerate(starts)
        ]

    def num_bytes(self) -> int:
        """The memory that the columns take."""
        return int(self.table.nbytes)

    def fingerprint(self) -> str:
        """SHA-256 over names, types and values.

        Chunks, offsets, text layouts, dictionaries and the bytes below nulls do not
        count: equal tables have equal fingerprints. (Columns that no spec can read,
        such as lists, count as they are laid out.)
        """
        digest = hashlib.sha256(f"table {self.table.num_rows}".encode())
        for column in self.table.column_names:
            digest.update(repr(column).encode())
            for start in range(0, self.table.num_rows, _DIGEST_ROWS):
                part = self.table.column(column).slice(start, _DIGEST_ROWS)
                for piece in _column_bytes(part):
                    digest.update(piece)
        return "sha256:" + digest.hexdigest()

    def __reduce__(self) -> tuple[object, ...]:
        return _restore_source, (_to_ipc(self.table), self.name, dict(self.unreadable))


@dataclass(frozen=True, slots=True, kw_only=True)
class TableTask(Task):
    """A slice of a table; see `Task`.

    Args:
        table: The slice.
        unreadable: Errors of columns that could not become Arrow.
    """

    table: pa.Table
    unreadable: Mapping[str, FeatureKitError] = field(default_factory=dict)

    def read_raw(
        self, columns: Sequence[str], *, batch_rows: int = BATCH_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """Gives the columns in batches of `batch_rows` rows, the last one shorter."""
        require_positive(batch_rows=batch_rows)
        for column in columns:
            if column in self.unreadable:
                raise self.unreadable[column]
        require_columns(self.table.column_names, columns, file=self.file)
        chosen = self.table.select(list(columns))
        for start in range(0, chosen.num_rows, batch_rows):
            part = chosen.slice(start, batch_rows)
            yield pa.RecordBatch.from_arrays(
                [_one_array(part.column(name)) for name in columns],
                names=list(columns),
            )

    def __reduce__(self) -> tuple[object, ...]:
        # A pickled slice of a table would carry the buffers of the whole table.
        state = (self.index, self.file, self.first_row, _to_ipc(self.table))
        return _restore_task, (*state, dict(self.unreadable))


def _to_ipc(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        for batch in table.to_batches():
            # Chunks of one column may have different dictionaries; the stream
            # format replaces a dictionary between batches.
            writer.write_batch(batch)
    return bytes(sink.getvalue())


def _from_ipc(content: bytes) -> pa.Table:
    with pa.ipc.open_stream(content) as reader:
        return reader.read_all()


def _restore_source(
    content: bytes, name: str, unreadable: Mapping[str, FeatureKitError]
) -> TableSource:
    return TableSource(table=_from_ipc(content), name=name, unreadable=unreadable)


def _restore_task(
    index: int,
    file: str,
    first_row: int,
    content: bytes,
    unreadable: Mapping[str, FeatureKitError],
) -> TableTask:
    table = _from_ipc(content)
    return TableTask(
        index=index,
        file=file,
        first_row=first_row,
        num_rows=table.num_rows,
        table=table,
        unreadable=unreadable,
    )


def _problem(column: pa.ChunkedArray, name: str, file: str) -> FeatureKitError | None:
    if isinstance(column.type, pa.BaseExtensionType):
        return DTypeMismatchError(
            f"the extension type {column.type} is not supported",
            file=file,
            column=name,
            hint="convert the column to its storage type",
        )
    for chunk in column.chunks:
        problem = layout_problem(chunk)
        if problem is not None:
            return CorruptSourceError(
                f"an Arrow array is invalid: {problem}", file=file, column=name
            )
    return None


def _plain_values(array: pa.Array) -> pa.Array:
    """The array without dictionary, its text as large_binary."""
    if isinstance(array, pa.DictionaryArray):
        return _plain_values(array.dictionary).take(array.indices)
    if is_text(array.type) or is_bytes(array.type):
        return as_bytes(array).cast(pa.large_binary())
    return array


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    """The chunks as one array, of the same type where Arrow can join them."""
    if column.num_chunks == 1:
        return column.chunk(0)
    if column.num_chunks == 0:
        return pa.nulls(0, column.type)
    chunks = column.chunks
    kind = column.type.value_type if pt.is_dictionary(column.type) else column.type
    if not (is_text(kind) or is_bytes(kind)):
        if pt.is_dictionary(column.type):
            chunks = [chunk.dictionary.take(chunk.indices) for chunk in chunks]
        return pa.concat_arrays(chunks)
    # 64-bit offsets: the joined text may exceed 2 GiB, and may be bad UTF-8.
    joined = pa.concat_arrays([_plain_values(chunk) for chunk in chunks])
    if is_bytes(kind):
        return joined
    buffers = joined.buffers()
    return pa.Array.from_buffers(
        pa.large_string(), len(joined), buffers, offset=joined.offset
    )


def _column_bytes(column: pa.ChunkedArray) -> Iterator[bytes]:
    """A canonical serialization of a part of one column."""
    array = _one_array(column)
    text = is_text(array.type) or pt.is_dictionary(array.type)
    array = _plain_values(array)
    text = text and is_bytes(array.type)
    yield ("text" if text else str(array.type)).encode()
    if pt.is_null(array.type):
        return
    yield (~nulls(array)).tobytes()
    kind = array.type
    if is_bytes(kind):
        array = array.fill_null(binary_array([b""])[0])
        yield pc.binary_length(array).to_numpy(zero_copy_only=False).tobytes()
        offsets = np.frombuffer(array.buffers()[1], np.int64)
        first, last = offsets[array.offset], offsets[array.offset + len(array)]
        if last > first:
            yield memoryview(array.buffers()[2])[first:last].tobytes()
        return
    if pt.is_temporal(kind) and not pt.is_interval(kind):
        array = array.view(pa.int32() if kind.bit_width == 32 else pa.int64())
    elif pt.is_boolean(kind):
        array = array.cast(pa.uint8())
    if pt.is_integer(array.type) or pt.is_floating(array.type):
        yield filled_numbers(array).tobytes()
        return
    batch = pa.RecordBatch.from_arrays([array], names=["value"])
    yield _to_ipc(pa.Table.from_batches([batch]))
