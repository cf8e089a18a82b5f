"""One fault of the catalogue: what is wrong, and the error that has to say so.

The numbers are those of the project's catalogue of faults: S of the spec, D of the
data. Files are real, so that one table serves the library and the command line.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.running import write_parquet, write_spec

import featurekit as fk
from featurekit.errors import MAX_MESSAGE, FeatureKitError

AGE = '"age": fk.numeric("age").fill(0.0)'
MakeFile = Callable[[Path], Path]
MakeRows = Callable[[Path], Any]


@dataclass(frozen=True)
class Fault:
    """A fault, and its error.

    Args:
        id: The number in the catalogue, and the fault in words.
        code: The error's code.
        where: The location: those parts that must be there, with their values.
        says: Texts that the message contains.
        spec: Writes the spec to a folder.
        rows: Writes the rows to a folder; gives what is passed as source.
        convert_only: Whether it concerns records, which analysis does not make.
    """

    id: str
    code: str
    where: Mapping[str, Any] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    spec: MakeFile = lambda folder: write_spec(folder, AGE)
    rows: MakeRows = lambda folder: write_parquet(folder, {"age": [1.0, 2.0]})
    convert_only: bool = False

    def __str__(self) -> str:
        return self.id

    @property
    def number(self) -> str:
        return self.id.partition(" ")[0]

    def check(self, error: FeatureKitError) -> None:
        """Whether the error says what, where, and in few words."""
        assert error.code == self.code, error
        for name, value in self.where.items():
            got = getattr(error, name)
            assert (Path(got).name if name == "file" else got) == value, (name, error)
            assert f"{name}={getattr(error, name)}" in str(error)
        for text in self.says:
            assert text in str(error), (text, error)
        assert len(str(error)) <= MAX_MESSAGE
        assert "\n" not in str(error)


@dataclass(frozen=True)
class Result:
    """Something odd that is no fault: it has one right result.

    Args:
        id: The number in the catalogue, and the input in words.
        check: Gets an empty folder; asserts the result.
    """

    id: str
    check: Callable[[Path], None]

    def __str__(self) -> str:
        return self.id

    @property
    def number(self) -> str:
        return self.id.partition(" ")[0]


def features(code: str, **others: str) -> MakeFile:
    """A spec in Python with these features, and other arguments."""
    return lambda folder: write_spec(folder, code, **others)


def file(name: str, content: str | bytes) -> MakeFile:
    """A file of this content."""

    def write(folder: Path) -> Path:
        path = folder / name
        raw = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(raw)
        return path

    return write


def csv(content: str | bytes, name: str = "rows.csv") -> MakeFile:
    """Rows in a CSV file."""
    return file(name, content)


def parquet(**columns: Any) -> MakeFile:
    """Rows in a Parquet file."""
    return lambda folder: write_parquet(folder, columns)


def ids(folder: Path, column: Any, rows: Any) -> list[Any]:
    """The one feature of all rows, as a conversion writes it."""
    spec = fk.FeatureSpec({"out": column})
    fk.convert(spec, fk.analyze(spec, rows), rows, folder / "records")
    found: list[Any] = fk.load(folder / "records").to_numpy()["out"].tolist()
    return found
