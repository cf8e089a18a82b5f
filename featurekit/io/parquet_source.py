"""Parquet files as a source: a task is a range of row groups of one file."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as pt

from featurekit.errors import CorruptSourceError, EmptySourceError, SourceError
from featurekit.io.cast_strings import is_bytes, is_text
from featurekit.io.paths import FileVersion
from featurekit.io.sources import (
    BATCH_ROWS,
    ROWS_PER_TASK,
    Task,
    check_schema,
    require_columns,
    require_positive,
    require_unique,
)

_READ_ERRORS = (pa.ArrowException, OSError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetFile:
    """The footer of one file.

    Args:
        version: The file as it was when the footer was read.
        schema: The Arrow schema of the columns.
        group_rows: The rows of each row group.
        digest: SHA-256 of the footer, which holds the offset, size and statistics
            of every column chunk.
    """

    version: FileVersion
    schema: pa.Schema
    group_rows: tuple[int, ...]
    digest: str

    @classmethod
    def of(cls, version: FileVersion) -> "ParquetFile":
        """Reads the footer.

        Raises:
            CorruptSourceError: the file is not Parquet, or its footer is damaged.
            SourceError: DUPLICATE_COLUMN.
        """
        with _opened(version) as opened:
            metadata = opened.metadata
            schema = opened.schema_arrow.remove_metadata()
            rows = [
                metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)
            ]
        require_unique(schema.names, file=version.file)
        return cls(
            version=version,
            schema=schema,
            group_rows=tuple(rows),
            digest=_footer_digest(version),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetSource:
    """Rows of one or more Parquet files with the same column types.

    Args:
        files: The files, in the order of their rows.
    """

    files: tuple[ParquetFile, ...]

    @classmethod
    def of(cls, versions: Iterable[FileVersion]) -> "ParquetSource":
        """Reads the footers and compares the column types.

        Raises:
            SourceError: SCHEMA_MISMATCH when two files disagree on a type.
        """
        files = tuple(ParquetFile.of(version) for version in versions)
        if not files:
            raise EmptySourceError("the list of files is empty")
        _require_same_types(files)
        return cls(files=files)

    def column_types(self) -> pa.Schema:
        """The columns of the first file."""
        return self.files[0].schema

    def check(
        self, columns: Mapping[str, str], timezones: Mapping[str, str] | None = None
    ) -> None:
        """Checks the columns of every file; see `Source.check`."""
        for file in self.files:
            check_schema(file.schema, columns, timezones, file=file.version.file)

    def plan_tasks(self, *, rows_per_task: int = ROWS_PER_TASK) -> list["ParquetTask"]:
        """Joins consecutive row groups of one file up to `rows_per_task` rows."""
        require_positive(rows_per_task=rows_per_task)
        tasks: list[ParquetTask] = []
        for file in self.files:
            first_row = 0
            for groups in _ranges(file.group_rows, rows_per_task):
                num_rows = sum(file.group_rows[group] for group in groups)
                if num_rows:
                    tasks.append(
                        ParquetTask(
                            index=len(tasks),
                            file=file.version.file,
                            version=file.version,
                            first_row=first_row,
                            num_rows=num_rows,
                            groups=groups,
                        )
                    )
                first_row += num_rows
        return tasks

    def num_bytes(self) -> int:
        """The size of the files."""
        return sum(file.version.size for file in self.files)

    def fingerprint(self) -> str:
        """SHA-256 over the name, size and footer digest of every file."""
        parts = [
            [os.path.basename(file.version.path), file.version.size, file.digest]
            for file in self.files
        ]
        text = json.dumps(["parquet", parts], ensure_ascii=True)
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetTask(Task):
    """Consecutive row groups of one Parquet file; see `Task`.

    Args:
        version: The file as it was planned.
        groups: The row groups.
    """

    version: FileVersion
    groups: tuple[int, ...]

    def read_raw(
        self, columns: Sequence[str], *, batch_rows: int = BATCH_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """Reads the columns, checksums verified and dictionaries kept.

        Raises:
            CorruptSourceError: with row group and column.
            SourceError: SOURCE_CHANGED when the file is not the planned one.
            MissingColumnError: a column is not in this file.
        """
        require_positive(batch_rows=batch_rows)
        self.version.require_unchanged()
        with _opened(self.version) as plain:
            require_columns(plain.schema_arrow.names, columns, file=self.file)
            encoded = _dictionary_columns(plain, columns, self.groups)
        with _opened(self.version, encoded) as opened:
            for group in self.groups:
                yield from self._read_group(opened, group, columns, batch_rows)
        self.version.require_unchanged()

    def _read_group(
        self,
        opened: pq.ParquetFile,
        group: int,
        columns: Sequence[str],
        batch_rows: int,
    ) -> Iterator[pa.RecordBatch]:
        batches = opened.iter_batches(
            batch_rows, row_groups=[group], columns=list(columns), use_threads=False
        )
        while True:
            try:
                batch = next(batches, None)
            except _READ_ERRORS as error:
                self.version.require_unchanged()
                self._raise_corrupt(opened, group, columns, error)
            if batch is None:
                return
            yield batch.select(list(columns))

    def _raise_corrupt(
        self,
        opened: pq.ParquetFile,
        group: int,
        columns: Sequence[str],
        error: Exception,
    ) -> NoReturn:
        raise CorruptSourceError(
            f"row group {group} cannot be read: {_reason(error)}",
            file=self.file,
            column=_damaged_column(opened, group, columns),
            hint="restore the file from its source",
        ) from error


def _opened(version: FileVersion, encoded: Sequence[str] = ()) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(
            version.path,
            read_dictionary=list(encoded),
            page_checksum_verification=True,
        )
    except _READ_ERRORS as error:
        raise CorruptSourceError(
            f"not a readable Parquet file: {_reason(error)}", file=version.file
        ) from error


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _footer_digest(version: FileVersion) -> str:
    with open(version.path, "rb") as stream:
        stream.seek(-8, os.SEEK_END)
        length = int.from_bytes(stream.read(4), "little")
        stream.seek(-8 - length, os.SEEK_END)
        return hashlib.sha256(stream.read(length)).hexdigest()


def _ranges(group_rows: Sequence[int], target: int) -> Iterator[tuple[int, ...]]:
    """Consecutive groups, each range the shortest with at least `target` rows."""
    pending: list[int] = []
    rows = 0
    for group, count in enumerate(group_rows):
        pending.append(group)
        rows += count
        if rows >= target:
            yield tuple(pending)
            pending, rows = [], 0
    if pending:
        yield tuple(pending)


def _dictionary_columns(
    opened: pq.ParquetFile, columns: Sequence[str], groups: Sequence[int]
) -> list[str]:
    """The requested text columns whose first chunk is dictionary-encoded."""
    schema, metadata = opened.schema_arrow, opened.metadata
    wanted = {
        name
        for name in columns
        if is_text(schema.field(name).type) or is_bytes(schema.field(name).type)
        if not pt.is_fixed_size_binary(schema.field(name).type)
    }
    group = metadata.row_group(groups[0])
    chunks = (group.column(i) for i in range(group.num_columns))
    return [
        chunk.path_in_schema
        for chunk in chunks
        if chunk.path_in_schema in wanted and chunk.has_dictionary_page
    ]


def _damaged_column(
    opened: pq.ParquetFile, group: int, columns: Sequence[str]
) -> str | None:
    for column in columns:
        try:
            opened.read_row_group(group, columns=[column], use_threads=False)
        except _READ_ERRORS:
            return column
    return None


def _require_same_types(files: Sequence[ParquetFile]) -> None:
    first = files[0]
    types = {field.name: _logical(field.type) for field in first.schema}
    for other in files[1:]:
        for field in other.schema:
            known = types.get(field.name)
            found = _logical(field.type)
            if known is None or found == known or pa.null() in (found, known):
                continue
            raise SourceError(
                f"the type differs from that in {first.version.file}",
                code="SCHEMA_MISMATCH",
                file=other.version.file,
                column=field.name,
                got=str(field.type),
                expected=str(first.schema.field(field.name).type),
                hint="write the files with one schema",
            )


def _logical(kind: pa.DataType) -> pa.DataType:
    """The type without its layout: encodings of text are one type."""
    if pt.is_dictionary(kind):
        return _logical(kind.value_type)
    if is_text(kind):
        return pa.large_string()
    return pa.large_binary() if is_bytes(kind) else kind
