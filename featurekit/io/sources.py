"""What a source of rows is: it knows its columns, and splits itself into tasks."""

import difflib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import pyarrow as pa

from featurekit.errors import MissingColumnError, SourceError
from featurekit.io.casting import cast_batch, check_type

ROWS_PER_TASK = 65536
BATCH_ROWS = 32768


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(ABC):
    """A range of rows of one file, small enough for one worker. Picklable.

    Args:
        index: The position in the plan, from 0.
        file: The file as the user named it, or a name such as ``<dict>``.
        first_row: The first row in the file, from 0.
        num_rows: How many rows, or None where only reading tells (CSV).
    """

    index: int
    file: str
    first_row: int
    num_rows: int | None

    text: ClassVar[bool] = False
    """Whether values are fields of a text file, to be parsed by the casts."""

    @abstractmethod
    def read_raw(
        self, columns: Sequence[str], *, batch_rows: int = BATCH_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """Reads the columns as the source stores them, in row order.

        Raises:
            SourceError: a column is missing, the file is damaged or has changed.
        """

    def read(
        self,
        columns: Mapping[str, str],
        timezones: Mapping[str, str] | None = None,
        *,
        batch_rows: int = BATCH_ROWS,
    ) -> Iterator[pa.RecordBatch]:
        """Reads and casts the columns.

        Args:
            columns: Declared dtype per column name; see `casting.cast_column`.
            timezones: The IANA zone of naive timestamps, per column name.
            batch_rows: The most rows of one batch. Defaults to 32768.

        Yields:
            Batches with exactly these columns, in this order.

        Raises:
            SourceError, RowError: as `read_raw` and `casting.cast_column`.
        """
        row = self.first_row
        for batch in self.read_raw(tuple(columns), batch_rows=batch_rows):
            yield cast_batch(
                batch,
                columns,
                timezones or {},
                file=self.file,
                first_row=row,
                text=self.text,
            )
            row += batch.num_rows

    def describe(self) -> str:
        """The task in a few words, such as ``a.parquet rows 0-65535``."""
        if self.num_rows is None:
            return f"{self.file} from row {self.first_row}"
        return f"{self.file} rows {self.first_row}-{self.first_row + self.num_rows - 1}"


@runtime_checkable
class Source(Protocol):
    """Rows that can be read in tasks, in any process. Frozen, picklable."""

    def column_types(self) -> pa.Schema:
        """The columns as stored, before any cast; CSV fields are binary."""

    def plan_tasks(self, *, rows_per_task: int = ROWS_PER_TASK) -> Sequence[Task]:
        """Splits the rows; the same source gives the same tasks, always.

        Args:
            rows_per_task: Units of the source (row groups, slices) are joined until
                a task holds this many rows. Defaults to 65536.
        """

    def fingerprint(self) -> str:
        """The identity of the data: ``sha256:`` and 64 hexadecimal digits."""

    def num_bytes(self) -> int:
        """The size of the files, or of the memory that the columns take."""

    def check(
        self, columns: Mapping[str, str], timezones: Mapping[str, str] | None = None
    ) -> None:
        """Refuses, before any row is read, columns that the source cannot give.

        Raises:
            MissingColumnError: a column is not there.
            DTypeMismatchError: a type can never become the declared dtype.
            SourceError: TZ_REQUIRED.
        """


def check_schema(
    schema: pa.Schema,
    columns: Mapping[str, str],
    timezones: Mapping[str, str] | None,
    *,
    file: str,
    text: bool = False,
) -> None:
    """Checks the columns against one schema; see `Source.check`."""
    require_columns(schema.names, columns, file=file)
    for name, dtype in columns.items():
        kind = schema.field(name).type
        check_type(kind, dtype, column=name, file=file, text=text)
        naive = pa.types.is_timestamp(kind) and kind.tz is None
        if dtype == "timestamp" and naive and name not in (timezones or {}):
            raise SourceError(
                f"a column of type {kind} has no time zone",
                code="TZ_REQUIRED",
                file=file,
                column=name,
                hint="declare the zone, as in timestamp(..., tz='Europe/Paris')",
            )


def require_columns(
    available: Sequence[str], wanted: Iterable[str], *, file: str
) -> None:
    """Refuses a request for columns that are not available.

    Raises:
        MissingColumnError: with the nearest names.
    """
    known = set(available)
    for name in wanted:
        if name in known:
            continue
        near = difflib.get_close_matches(name, available, n=3, cutoff=0.6)
        folded = [found for found in available if found.lower() == name.lower()]
        near = list(dict.fromkeys(folded + near))
        shown = ", ".join(repr(found) for found in near or list(available)[:10])
        raise MissingColumnError(
            f"there is no column {name!r}",
            file=file,
            column=name,
            hint=f"did you mean {shown}?" if near else f"the columns are {shown}",
        )


def require_unique(names: Sequence[str], *, file: str) -> None:
    """Refuses a source that names a column twice.

    Raises:
        SourceError: DUPLICATE_COLUMN.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise SourceError(
                f"the column {name!r} appears {names.count(name)} times",
                code="DUPLICATE_COLUMN",
                file=file,
                column=name,
                hint="rename or drop the repeated column",
            )
        seen.add(name)


def require_positive(**numbers: int) -> None:
    """Refuses sizes below 1.

    Raises:
        SourceError: BAD_ARGUMENT.
    """
    for name, value in numbers.items():
        if value < 1:
            raise SourceError(
                f"{name} must be at least 1", code="BAD_ARGUMENT", got=value
            )
