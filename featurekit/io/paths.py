"""From what a user writes to the files that are meant: paths, patterns, folders."""

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from featurekit.errors import DuplicateSourceError, EmptySourceError, SourceError

PARQUET_SUFFIXES = (".parquet", ".parq", ".pq")
CSV_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".csv.zst", ".tsv.zst")
SUFFIXES = PARQUET_SUFFIXES + CSV_SUFFIXES


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVersion:
    """A file as it was when it was found.

    Args:
        file: The path as the user wrote it, or as the pattern matched it.
        path: The absolute path.
        size: Bytes.
        mtime_ns: Time of the last change, in nanoseconds.
    """

    file: str
    path: str
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, file: str) -> "FileVersion":
        """The version of the file now."""
        status = os.stat(file)
        return cls(
            file=file,
            path=os.path.abspath(file),
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
        )

    def require_unchanged(self) -> None:
        """Refuses a file that is gone, or has another size or time of change.

        Raises:
            SourceError: SOURCE_CHANGED.
        """
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            found = "removed"
        else:
            if (status.st_size, status.st_mtime_ns) == (self.size, self.mtime_ns):
                return
            found = f"{status.st_size} bytes"
        raise SourceError(
            "the file changed while it was in use",
            code="SOURCE_CHANGED",
            file=self.file,
            got=found,
            expected=f"{self.size} bytes, not modified since the job was planned",
            hint="run again when nothing writes to the source",
        )


def resolve_paths(
    given: Sequence[str | os.PathLike[str]], *, allow_duplicates: bool = False
) -> list[FileVersion]:
    """Finds the files that paths, patterns and folders mean.

    A path that exists is taken literally, whatever characters it holds. Otherwise
    ``*``, ``?``, ``[...]`` and ``**`` are a pattern. A folder means the Parquet files
    below it, or else the CSV files below it; names that begin with ``.`` or ``_`` are
    skipped there. The order is that of the arguments, and by name within one.

    Args:
        given: Paths, patterns and folders.
        allow_duplicates: Whether one file may be named twice. Defaults to False.

    Returns:
        The files, at least one.

    Raises:
        EmptySourceError: an argument matches nothing.
        DuplicateSourceError: two names lead to one file, also through a link.
        SourceError: the path is no regular file, is remote, or is a partitioned
            folder, whose columns in folder names would be lost.
    """
    if not given:
        raise EmptySourceError("the list of files is empty")
    files = [file for one in given for file in _expand(os.fspath(one))]
    versions = [_version(file) for file in files]
    if not allow_duplicates:
        _require_distinct(versions)
    return versions


def _version(file: str) -> FileVersion:
    if not os.path.isfile(file):
        raise SourceError(
            "not a regular file",
            code="NOT_A_FILE",
            file=file,
            expected="a file or a folder",
        )
    return FileVersion.of(file)


def _expand(text: str) -> list[str]:
    for name in (text, os.path.expanduser(text)):
        if os.path.isdir(name):
            return _folder(name)
        if os.path.lexists(name):
            return [name]
    if "://" in text:
        raise SourceError(
            "remote files are not read",
            code="REMOTE_PATH",
            file=text,
            expected="a local path",
            hint="mount or copy the files, or pass a pyarrow dataset",
        )
    matches = sorted(glob.glob(os.path.expanduser(text), recursive=True))
    files = [name for name in matches if not os.path.isdir(name)]
    if not files:
        # Some writers make a folder named like a file: x.parquet/part-0.parquet.
        folders = [name for name in matches if name.lower().endswith(SUFFIXES)]
        files = [file for folder in folders for file in _folder(folder)]
    if not files:
        pattern = glob.has_magic(text)
        raise EmptySourceError(
            "no file matches the pattern" if pattern else "no such file or folder",
            file=text,
            hint="check the path; it is relative to the current folder"
            if not os.path.isabs(text)
            else "check the path",
        )
    return files


def _folder(folder: str) -> list[str]:
    names = sorted(
        str(path)
        for path in Path(folder).rglob("*")
        if path.name.lower().endswith(SUFFIXES)
        and path.is_file()
        and not any(
            part.startswith((".", "_")) for part in path.relative_to(folder).parts
        )
    )
    found = _ending(names, PARQUET_SUFFIXES) or _ending(names, CSV_SUFFIXES)
    if not found:
        raise EmptySourceError("the folder holds no Parquet or CSV file", file=folder)
    for name in found:
        inside = Path(name).relative_to(folder).parts[:-1]
        if any("=" in part for part in inside):
            raise SourceError(
                "columns stored in folder names are not read",
                code="PARTITIONED_FOLDER",
                file=name,
                hint="pass pyarrow.dataset.dataset(folder, partitioning='hive'), or"
                " a pattern such as 'folder/**/*.parquet' to do without them",
            )
    return found


def _ending(names: Iterable[str], suffixes: tuple[str, ...]) -> list[str]:
    return [name for name in names if name.lower().endswith(suffixes)]


def _require_distinct(versions: Iterable[FileVersion]) -> None:
    seen: dict[tuple[int, int], str] = {}
    for version in versions:
        status = os.stat(version.path)
        identity = (status.st_dev, status.st_ino)
        if identity in seen:
            raise DuplicateSourceError(
                "the file is named twice; its rows would count double",
                file=version.file,
                got=seen[identity],
                hint="remove one, or pass allow_duplicates=True",
            )
        seen[identity] = version.file
