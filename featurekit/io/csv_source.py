"""CSV files as a source: fields are text until the spec's dtype parses them."""

import csv
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BufferedIOBase, TextIOWrapper
from typing import ClassVar, NoReturn

import pyarrow as pa
import pyarrow.csv as pacsv

from featurekit.errors import CorruptSourceError, EmptySourceError, SourceError
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
_COLUMNS_ERROR = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """How CSV text is read. UTF-8, with or without a byte order mark.

    Args:
        delimiter: The character between fields. Defaults to a comma, and to a tab
            for files named ``.tsv``.
        null_values: Unquoted fields that mean missing, in every column. Defaults to
            the empty field alone, so that the text ``NA`` stays text.
        quoted_nulls: Whether a quoted field may be one of `null_values`, for files
            that quote every field. Defaults to False.
        block_bytes: The bytes parsed at a time, and the limit of one row. Defaults
            to 8 MiB.
    """

    delimiter: str | None = None
    null_values: tuple[str, ...] = ("",)
    quoted_nulls: bool = False
    block_bytes: int = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """One file and its header."""

    version: FileVersion
    header: tuple[str, ...]

    @classmethod
    def of(cls, version: FileVersion, options: CsvOptions) -> "CsvFile":
        """Reads the header and the first block.

        Raises:
            CorruptSourceError: the file is empty, or is not text.
            SourceError: DUPLICATE_COLUMN or CSV_SYNTAX.
        """
        _refuse_other_formats(version)
        stream = _Counted(version)
        try:
            header = tuple(_reader(stream, version, options).schema.names)
        except _READ_ERRORS as error:
            _raise_located(error, version, options, stream)
        finally:
            stream.close()
        require_unique(header, file=version.file)
        return cls(version=version, header=header)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvSource:
    """Rows of one or more CSV files with a header line.

    Args:
        files: The files, in the order of their rows.
        options: How the text is read.
    """

    files: tuple[CsvFile, ...]
    options: CsvOptions = field(default_factory=CsvOptions)

    @classmethod
    def of(
        cls, versions: Iterable[FileVersion], options: CsvOptions | None = None
    ) -> "CsvSource":
        """Reads the headers."""
        options = options or CsvOptions()
        files = tuple(CsvFile.of(version, options) for version in versions)
        if not files:
            raise EmptySourceError("the list of files is empty")
        return cls(files=files, options=options)

    def column_types(self) -> pa.Schema:
        """The columns of the first file; every field is binary until it is cast."""
        return pa.schema([(name, pa.binary()) for name in self.files[0].header])

    def check(
        self, columns: Mapping[str, str], timezones: Mapping[str, str] | None = None
    ) -> None:
        """Checks the header of every file; see `Source.check`."""
        for one in self.files:
            schema = pa.schema([(name, pa.binary()) for name in one.header])
            file = one.version.file
            check_schema(schema, columns, timezones, file=file, text=True)

    def plan_tasks(self, *, rows_per_task: int = ROWS_PER_TASK) -> list["CsvTask"]:
        """One task per file: where a row begins is only known from the start.

        Args:
            rows_per_task: Accepted for the protocol; CSV files are not split.
        """
        require_positive(rows_per_task=rows_per_task)
        return [
            CsvTask(
                index=index,
                file=one.version.file,
                first_row=0,
                num_rows=None,
                version=one.version,
                header=one.header,
                options=self.options,
            )
            for index, one in enumerate(self.files)
        ]

    def num_bytes(self) -> int:
        """The size of the files."""
        return sum(file.version.size for file in self.files)

    def fingerprint(self) -> str:
        """SHA-256 over the name, size and content of every file, and the options."""
        parts = []
        for one in self.files:
            with open(one.version.path, "rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            parts.append([os.path.basename(one.version.path), one.version.size, digest])
        options = self.options
        rules = [options.delimiter, options.null_values, options.quoted_nulls]
        text = json.dumps(["csv", parts, rules], ensure_ascii=True)
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTask(Task):
    """A whole CSV file; see `Task`.

    Args:
        version: The file as it was planned.
        header: The names of its columns.
        options: How the text is read.
    """

    text: ClassVar[bool] = True

    version: FileVersion
    header: tuple[str, ...]
    options: CsvOptions

    def read_raw(
        self, columns: Sequence[str], *, batch_rows: int = BATCH_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """Reads the fields as binary; missing ones are null.

        Raises:
            SourceError: CSV_SYNTAX with the line, or SOURCE_CHANGED.
            CorruptSourceError: compressed data is damaged.
            MissingColumnError: a column is not in the header.
        """
        require_positive(batch_rows=batch_rows)
        self.version.require_unchanged()
        require_columns(self.header, columns, file=self.file)
        stream = _Counted(self.version)
        try:
            reader = _reader(
                stream, self.version, self.options, columns, width=len(self.header)
            )
            for batch in reader:
                for start in range(0, batch.num_rows, batch_rows):
                    yield batch.slice(start, batch_rows).select(list(columns))
        except _READ_ERRORS as error:
            self.version.require_unchanged()
            _raise_located(error, self.version, self.options, stream)
        finally:
            stream.close()
        self.version.require_unchanged()
        if stream.num_quotes % 2:
            _refuse_open_quote(self.version, self.options)


class _Counted(BufferedIOBase):
    """A file, decompressed by its suffix, that counts the quotes that pass.

    The last line ends in a line break, written or not.

    An odd number at the end means that a quoted field may never have been closed:
    the CSV parser takes the rest of the file for that field without complaint.
    """

    def __init__(self, version: FileVersion) -> None:
        super().__init__()
        self.num_quotes = 0
        self._last = b"\n"
        self._stream = _open_binary(version)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        block = self._read_full(size)
        self.num_quotes += block.count(b'"')
        full = size is not None and 0 <= size <= len(block)
        ended = not full and (block or self._last)[-1:] != b"\n"
        # The parser takes a header without a line break for an empty file.
        block = block + b"\n" if ended else block
        self._last = block[-1:] or self._last
        return block

    def _read_full(self, size: int | None) -> bytes:
        """Up to `size` bytes; fewer only at the end, also for compressed files."""
        if size is None or size < 0:
            return bytes(self._stream.read())
        parts = []
        while size:
            part = self._stream.read(size)
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _open_binary(version: FileVersion) -> pa.NativeFile:
    return pa.input_stream(version.path, compression="detect")


def _delimiter(version: FileVersion, options: CsvOptions) -> str:
    if options.delimiter is not None:
        return options.delimiter
    return "\t" if ".tsv" in os.path.basename(version.path).lower() else ","


def _reader(
    stream: _Counted,
    version: FileVersion,
    options: CsvOptions,
    columns: Sequence[str] | None = None,
    *,
    width: int = 2,
) -> pacsv.CSVStreamingReader:
    convert: dict[str, object] = {}
    if columns is not None:
        convert["include_columns"] = list(columns)
        convert["column_types"] = dict.fromkeys(columns, pa.binary())
    return pacsv.open_csv(
        stream,
        read_options=pacsv.ReadOptions(
            use_threads=False, block_size=options.block_bytes
        ),
        parse_options=pacsv.ParseOptions(
            delimiter=_delimiter(version, options),
            newlines_in_values=True,
            # In a file of one column an empty line is a row with a missing value.
            ignore_empty_lines=width > 1,
        ),
        convert_options=pacsv.ConvertOptions(
            check_utf8=False,
            null_values=list(options.null_values),
            strings_can_be_null=True,
            quoted_strings_can_be_null=options.quoted_nulls,
            **convert,
        ),
    )


def _refuse_other_formats(version: FileVersion) -> None:
    with open(version.path, "rb") as stream:
        magic = stream.read(4)
    if magic in (b"", b"\xef\xbb\xbf"):
        raise CorruptSourceError(
            "the file is empty", file=version.file, expected="a header line"
        )
    if magic == b"PAR1":
        raise CorruptSourceError(
            "the file is named CSV but holds Parquet",
            file=version.file,
            hint="rename it to .parquet",
        )
    if magic[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise CorruptSourceError(
            "the file is UTF-16", file=version.file, expected="UTF-8"
        )


def _raise_located(
    error: Exception, version: FileVersion, options: CsvOptions, stream: _Counted
) -> NoReturn:
    """Turns a reader's error into one that names the line."""
    if isinstance(error, UnicodeDecodeError):
        raise CorruptSourceError(
            "the header is not UTF-8", file=version.file, hint="convert it to UTF-8"
        ) from error
    reason = " ".join(str(error).split())
    match = _COLUMNS_ERROR.search(reason)
    if match:
        number, wanted, found = (int(part) for part in match.groups())
        if stream.num_quotes % 2:
            _refuse_open_quote(version, options)
        line = _line_of_record(version, options, number)
        raise SourceError(
            f"line {line} has {found} fields",
            code="CSV_SYNTAX",
            file=version.file,
            row=max(number - 2, 0),
            expected=f"{wanted} fields, as in the header",
            hint="quote fields that contain the delimiter or a line break",
        ) from error
    if "straddl" in reason:
        _refuse_open_quote(version, options)
        raise SourceError(
            f"a row is longer than {options.block_bytes} bytes",
            code="CSV_SYNTAX",
            file=version.file,
            hint="look for an unclosed quote, or pass a larger block_bytes",
        ) from error
    if "Empty CSV" in reason or "CSV parse" in reason:
        raise SourceError(reason[:200], code="CSV_SYNTAX", file=version.file) from error
    raise CorruptSourceError(
        f"cannot be read: {reason[:200]}", file=version.file
    ) from error


def _line_of_record(
    version: FileVersion, options: CsvOptions, number: int | None
) -> int:
    """The first line, from 1, of the record `number`, from 1; slow, for messages.

    Args:
        version: The file.
        options: How the text is read.
        number: The record, the header being 1; None reads to the end.

    Raises:
        SourceError: CSV_SYNTAX where a strict reading of the file fails earlier, as
            at a quoted field that is never closed.
    """
    limit = csv.field_size_limit(2**31 - 1)
    line, position = 1, 0
    try:
        with (
            _open_binary(version) as stream,
            TextIOWrapper(
                stream, encoding="utf-8-sig", errors="replace", newline=""
            ) as text,
        ):
            rows = csv.reader(text, delimiter=_delimiter(version, options), strict=True)
            for row in rows:
                position += bool(row)
                if position == number:
                    return line
                line = rows.line_num + 1
    except csv.Error as error:
        raise SourceError(
            f"line {line}: {error}",
            code="CSV_SYNTAX",
            file=version.file,
            hint="close the quoted field, and double the quotes inside of it",
        ) from error
    finally:
        csv.field_size_limit(limit)
    return line


def _refuse_open_quote(version: FileVersion, options: CsvOptions) -> None:
    """Raises CSV_SYNTAX when a strict reading of the file finds an open quote."""
    _line_of_record(version, options, None)
