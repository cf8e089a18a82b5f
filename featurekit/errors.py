"""Every error that featurekit raises on purpose.

    FeatureKitError (ValueError)
    ├── SpecError                  the declaration is wrong; no data is read
    │   └── UnsafeSpecError        it asks for code, or a path outside its artefact
    ├── VersionTooNewError         written by a newer featurekit than this one
    ├── StatisticsError            statistics are missing, or of another spec
    ├── SourceError                an input is not there, or does not fit the spec
    │   ├── EmptySourceError
    │   ├── DuplicateSourceError
    │   ├── CorruptSourceError
    │   ├── MissingColumnError
    │   └── DTypeMismatchError
    ├── RowError                   a value of a row is not accepted
    ├── CorruptRecordError         a TFRecord file is damaged
    ├── ExampleDecodeError         a record is not the tf.Example expected
    ├── DatasetError               a dataset is incomplete, busy, or already there
    │   ├── DatasetIncompleteError
    │   ├── OutputExistsError
    │   ├── OutputBusyError
    │   └── OutputSpaceError
    ├── WorkerError                a process that ran a task died
    ├── ArtifactError              an exported model is damaged, or not itself
    ├── RequestError               a server does not answer the request
    └── MissingDependencyError     an optional package is not installed

A message says what is wrong, where, what was expected, what was received, and what
to do next, in one line of at most 500 characters.
"""

from contextlib import suppress

MAX_MESSAGE = 500
MAX_VALUE = 64


def show(value: object) -> str:
    """The value as a message shows it: its repr, cut to 64 characters."""
    if isinstance(value, bytes):
        # A field of a text file, as the user knows it.
        with suppress(UnicodeDecodeError):
            value = value.decode()
    text = repr(value)
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


class FeatureKitError(ValueError):
    """Base of all errors raised by featurekit.

    Args:
        message: What is wrong, and what was expected.
        code: A stable, greppable name of the problem. Defaults to the class's code.
        file: The file at fault.
        row: The row in that file, from 0.
        column: The source column at fault.
        feature: The feature of the spec at fault.
        record: The record in a TFRecord file, from 0.
        offset: The byte offset in the file or record.
        got: The offending value; shown as its repr, cut to 64 characters.
        expected: What would have been accepted.
        hint: What to do next.
    """

    default_code = "ERROR"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        file: str | None = None,
        row: int | None = None,
        column: str | None = None,
        feature: str | None = None,
        record: int | None = None,
        offset: int | None = None,
        got: object = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.message = " ".join(message.splitlines())
        self.code = code or self.default_code
        self.file = file
        self.row = row
        self.column = column
        self.feature = feature
        self.record = record
        self.offset = offset
        self.got = got
        self.expected = expected
        self.hint = hint
        super().__init__(self._render())

    @property
    def where(self) -> dict[str, object]:
        """The parts of the location that are known, in the order of a message."""
        parts = {
            "file": self.file,
            "row": self.row,
            "column": self.column,
            "feature": self.feature,
            "record": self.record,
            "offset": self.offset,
        }
        return {name: value for name, value in parts.items() if value is not None}

    def _render(self) -> str:
        text = f"[{self.code}] {self.message}"
        located = " ".join(f"{name}={value}" for name, value in self.where.items())
        if located:
            text += f" — {located}"
        details = []
        if self.got is not None:
            details.append(f"got {show(self.got)}")
        if self.expected is not None:
            details.append(f"expected {self.expected}")
        if details:
            text += f" ({', '.join(details)})"
        if self.hint:
            text += f". Hint: {self.hint}"
        return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"

    def in_file(self, file: str) -> None:
        """Names the file at fault, unless one is named already."""
        if self.file is None:
            self.file = file
            self.args = (self._render(),)

    def __reduce__(self) -> tuple[object, ...]:
        # Workers send errors to the process that started them, word for word.
        return _restore, (type(self), self.args, self.__dict__)

    def as_dict(self) -> dict[str, object]:
        """The error as plain data, for JSON output."""
        found: dict[str, object] = {"code": self.code, "message": self.message}
        found.update(self.where)
        if self.got is not None:
            found["got"] = show(self.got)
        if self.expected is not None:
            found["expected"] = self.expected
        if self.hint is not None:
            found["hint"] = self.hint
        return found


def _restore(
    cls: type[FeatureKitError], args: tuple[object, ...], state: dict[str, object]
) -> FeatureKitError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class SpecError(FeatureKitError):
    """The declaration is wrong; raised before any data is read."""

    default_code = "SPEC"


class UnsafeSpecError(SpecError):
    """The declaration asks for code, or for a path outside of its artefact."""

    default_code = "UNSAFE_SPEC"


class VersionTooNewError(FeatureKitError):
    """The message was written by a newer featurekit; nothing of it is used."""

    default_code = "VERSION_TOO_NEW"


class StatisticsError(FeatureKitError):
    """Statistics are missing, or belong to another declaration."""

    default_code = "STATISTICS"


class SourceError(FeatureKitError):
    """An input cannot be found or read, or does not fit the spec."""

    default_code = "SOURCE"


class EmptySourceError(SourceError):
    """Nothing matches the path or pattern."""

    default_code = "EMPTY_SOURCE"


class DuplicateSourceError(SourceError):
    """One file was named twice; its rows would count double."""

    default_code = "DUPLICATE_SOURCE"


class CorruptSourceError(SourceError):
    """A source file is damaged."""

    default_code = "CORRUPT_SOURCE"


class MissingColumnError(SourceError):
    """A column that the spec reads is not in the source."""

    default_code = "MISSING_COLUMN"


class DTypeMismatchError(SourceError):
    """A column has a type that cannot become the declared one."""

    default_code = "DTYPE_MISMATCH"


class RowError(FeatureKitError):
    """A row holds a value that the spec does not accept.

    Attributes:
        fault: What is wrong with the values, without their number.
        rows: All rows of the batch with the same fault; `row` is the first of them.
    """

    default_code = "ROW"
    fault: str = ""
    rows: tuple[int, ...] = ()


class CorruptRecordError(FeatureKitError):
    """A TFRecord file is damaged."""

    default_code = "CORRUPT_RECORD"


class ExampleDecodeError(FeatureKitError):
    """A record is intact, but is not the tf.Example that was expected."""

    default_code = "EXAMPLE_DECODE"


class DatasetError(FeatureKitError):
    """A dataset directory cannot be read or written."""

    default_code = "DATASET"


class DatasetIncompleteError(DatasetError):
    """The manifest names shards that are missing or differ."""

    default_code = "DATASET_INCOMPLETE"


class OutputExistsError(DatasetError):
    """The output directory already holds another dataset."""

    default_code = "OUTPUT_EXISTS"


class OutputBusyError(DatasetError):
    """Another job is writing to the output directory."""

    default_code = "OUTPUT_BUSY"


class OutputSpaceError(DatasetError):
    """The output device is full."""

    default_code = "OUTPUT_SPACE"


class WorkerError(FeatureKitError):
    """A process that ran a task died."""

    default_code = "WORKER_DIED"


class ArtifactError(FeatureKitError):
    """An exported model is damaged, or does not reproduce its golden vectors."""

    default_code = "ARTIFACT"


class RequestError(FeatureKitError):
    """A server does not answer the request; the code says why."""

    default_code = "REQUEST"


class MissingDependencyError(FeatureKitError, ImportError):
    """An optional package is not installed.

    Args:
        package: The package that could not be imported.
        extra: The extra of featurekit that installs it.
    """

    default_code = "MISSING_DEPENDENCY"

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed",
            hint=f'pip install "featurekit[{extra}]"',
        )
