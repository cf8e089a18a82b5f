"""Writing a dataset so that readers see none, the old one, or the whole new one.

    out/
        manifest.json           written last; replaced in one step
        <run id>/               all files of one dataset
            train-00000-of-00003.tfrecord
            rejected-00001-of-00003.jsonl
            spec.pb  stats.pb
            receipts/00000.pb   one per finished task; gone after publication
            spilled-00000-of-00003.frames, …  of a shuffle; gone after publication
        .lock

The run id is a hash of everything that decides the bytes, so a rerun after a crash
finds the receipts of its own earlier attempt, and never those of another job. Files are
removed by name: those of a replaced manifest, unfinished ones (`.partial`), and, once a
dataset is visible, what runs have written here that were begun but never published.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from uuid import uuid4

import numpy as np

from featurekit.errors import (
    DatasetError,
    DatasetIncompleteError,
    OutputBusyError,
    OutputExistsError,
)
from featurekit.io.manifest import Manifest, Receipt
from featurekit.io.os_errors import located_os_errors
from featurekit.kernels.crc32c import crc32c_extended
from featurekit.spec.splits import SPILLED

MANIFEST = "manifest.json"
_LOCK = ".lock"
_PARTIAL = ".partial"
_REPLACED = "replaced.json"
_DESCRIPTIONS = ("spec.pb", "stats.pb")
_RECEIPTS = "receipts"
_RUN_ID = re.compile(r"[0-9a-f]{16}")
_NUMBERED = r"-\d{5,}-of-\d{5,}"
_SHARD = re.compile(rf".+{_NUMBERED}\.(tfrecord|tfrecord\.gz|jsonl)")
_SPILL = re.compile(rf"{SPILLED}.*{_NUMBERED}\.(frames|index)")
_MANIFEST_PARTIAL = re.compile(rf"{re.escape(MANIFEST)}\.[0-9a-f]{{32}}\{_PARTIAL}")


def write_atomically(path: Path, data: bytes) -> None:
    """Writes a file that appears complete or not at all."""
    with new_file(path) as file:
        file.write(data)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when the block ends without an exception."""
    # A unique name: a cluster may run a task twice at once.
    partial = path.with_name(f"{path.name}.{uuid4().hex}{_PARTIAL}")
    with located_os_errors(path):
        try:
            with partial.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


class SummedFile:
    """A file that is written from front to back, and its checksum meanwhile.

    Args:
        path: Its final name.
        file: Where the bytes go; closed by whoever opened it.

    Attributes:
        size: Bytes written.
        crc32c: Their CRC-32C.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.size = 0
        self.crc32c = 0
        self._file = file

    def write(self, data: bytes | memoryview) -> int:
        """Writes; returns how many bytes were taken."""
        taken = self._file.write(data)
        array = np.frombuffer(data, np.uint8, taken)
        self.crc32c = int(crc32c_extended(self.crc32c, array))
        self.size += taken
        return taken

    def flush(self) -> None:
        """Passes on what is buffered."""
        self._file.flush()


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def file_crc32c(path: Path) -> int:
    """CRC32C of a whole file."""
    if not path.stat().st_size:
        return 0
    data = np.memmap(path, np.uint8, "r")
    return int(crc32c_extended(0, data))


class RunFolder:
    """The folder of one run, as a worker sees it. Picklable.

    Args:
        root: The dataset's folder.
        run_id: The run.
        num_tasks: How many tasks the run has.
    """

    def __init__(self, root: Path, run_id: str, num_tasks: int) -> None:
        self.root = root
        self.run_id = run_id
        self.num_tasks = num_tasks

    @property
    def path(self) -> Path:
        """The folder."""
        return self.root / self.run_id

    def file(self, kind: str, task: int, suffix: str) -> Path:
        """The path of a task's file of one kind."""
        return self.path / f"{kind}-{task:05d}-of-{self.num_tasks:05d}{suffix}"

    def _receipt(self, task: int, stage: str) -> Path:
        return self.path / _RECEIPTS / f"{stage}{task:05d}.pb"

    def save_receipt(self, receipt: Receipt, stage: str = "") -> None:
        """Marks a task, or a stage of it, as done: its files are complete and named."""
        write_atomically(self._receipt(receipt.task, stage), receipt.to_proto())

    def find_receipt(self, task: int, stage: str = "") -> Receipt | None:
        """The receipt of an earlier attempt whose files are all still there."""
        path = self._receipt(task, stage)
        if not path.is_file():
            return None
        receipt = Receipt.from_proto(path.read_bytes())
        for shard in receipt.shards:
            file = self.root / shard.path
            if not file.is_file() or file.stat().st_size != shard.bytes:
                return None
        return receipt

    def remove(self) -> None:
        """Removes the files that a run writes, finished or not."""
        if not self.path.is_dir():
            return
        for entry in self.path.iterdir():
            # A task that was killed before its receipt has left shards, too.
            own = entry.name in (*_DESCRIPTIONS, _REPLACED)
            if own or _SHARD.fullmatch(entry.name):
                entry.unlink(missing_ok=True)
        # Last, as they tell that the run was not finished.
        self.remove_receipts()
        _remove_if_empty(self.path)

    def remove_receipts(self) -> None:
        """Removes what only a resumed run needs, and unfinished files."""
        for entry in self.path.iterdir() if self.path.is_dir() else ():
            if _SPILL.fullmatch(entry.name):
                entry.unlink(missing_ok=True)
        receipts = self.path / _RECEIPTS
        for folder in (receipts, self.path):
            if not folder.is_dir():
                continue
            for entry in folder.iterdir():
                is_receipt = folder == receipts and entry.suffix == ".pb"
                if is_receipt or entry.suffix == _PARTIAL:
                    entry.unlink(missing_ok=True)
        _remove_if_empty(receipts)


class OutputDirectory:
    """The dataset's folder, held by one job at a time.

    Args:
        run: The run that will be written.
        overwrite: Replace another dataset that is already there. Defaults to False.

    Attributes:
        finished: The manifest, if this very run is complete already.
    """

    def __init__(self, run: RunFolder, *, overwrite: bool = False) -> None:
        self.run = run
        self.overwrite = overwrite
        self.finished: Manifest | None = None
        self._lock: BinaryIO | None = None
        self._created = False

    def __enter__(self) -> Self:
        root = self.run.root
        self._created = not root.exists()
        if root.exists() and not root.is_dir():
            raise DatasetError(
                "the output is a file", code="OUTPUT_NOT_A_FOLDER", file=str(root)
            )
        with located_os_errors(root):
            root.mkdir(parents=True, exist_ok=True)
        self._acquire()
        try:
            self._prepare()
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._release()

    def _prepare(self) -> None:
        found = read_manifest(self.run.root)
        if found is not None and found.run_id == self.run.run_id:
            if _all_there(self.run.root, found):
                self.finished = found
                if _is_unfinished(self.run.path):
                    _clean(self.run)
        elif found is not None and not self.overwrite:
            raise OutputExistsError(
                "the folder holds another dataset",
                file=str(self.run.root),
                hint="choose another folder, or pass overwrite=True",
            )
        if self.finished is None:
            if found is not None and _RUN_ID.fullmatch(found.run_id):
                # Its job may have been killed after it was published.
                _finish_replacement(RunFolder(self.run.root, found.run_id, 0))
            with located_os_errors(self.run.path):
                (self.run.path / _RECEIPTS).mkdir(parents=True, exist_ok=True)

    def _acquire(self) -> None:
        path = self.run.root / _LOCK
        with located_os_errors(path):
            lock = path.open("ab")
        try:
            _lock_file(lock)
            # An abandoned run removes its lock: then this one locks nothing.
            if not os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                raise FileNotFoundError(path)
        except OSError:
            lock.close()
            raise OutputBusyError(
                "another job is writing to this folder",
                file=str(self.run.root),
                hint="wait for it, or choose another folder",
            ) from None
        self._lock = lock

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()  # which unlocks
            self._lock = None

    def publish(self, manifest: Manifest) -> None:
        """Makes the dataset visible, then removes what it replaces.

        Raises:
            DatasetError: Rows are not accounted for, or the folder cannot be written.
            DatasetIncompleteError: Files are gone that tasks have written.
        """
        manifest.accounting.check()
        if not _all_there(self.run.root, manifest):
            raise DatasetIncompleteError(
                "files that tasks have written are gone",
                file=str(self.run.path),
                hint="let one job at a time write to this folder, and run it again",
            )
        target = self.run.root / MANIFEST
        old = read_manifest(self.run.root)
        if old is not None and old.run_id != self.run.run_id:
            # Remembered, so that a crash before the removal loses no track of it.
            write_atomically(self.run.path / _REPLACED, target.read_bytes())
        write_atomically(target, manifest.to_json().encode())
        _clean(self.run)

    def abandon(self) -> None:
        """Removes the files of a run that cannot be finished, and folders left empty.

        A dataset that is visible, also that of an earlier run, stays as it is.
        """
        found = read_manifest(self.run.root)
        if found is not None and found.run_id == self.run.run_id:
            return
        self.run.remove()
        root = self.run.root
        if self._created and [entry.name for entry in root.iterdir()] == [_LOCK]:
            # Windows keeps open files; an empty folder harms nobody.
            with suppress(PermissionError):
                (root / _LOCK).unlink()
                root.rmdir()


def _clean(visible: RunFolder) -> None:
    """Removes from the output what is not part of the dataset that is visible."""
    _finish_replacement(visible)
    for entry in visible.root.iterdir():
        if _MANIFEST_PARTIAL.fullmatch(entry.name):
            entry.unlink(missing_ok=True)
        elif entry.name != visible.run_id and _is_unfinished(entry):
            RunFolder(visible.root, entry.name, 0).remove()
    # Last, as they tell that the job was killed before it had done all this.
    visible.remove_receipts()


def _finish_replacement(visible: RunFolder) -> None:
    journal = visible.path / _REPLACED
    if journal.is_file():
        replaced = Manifest.from_json(journal.read_text(encoding="utf-8"))
        if replaced.run_id != visible.run_id:
            _remove_dataset(visible.root, replaced)
        journal.unlink()


def _is_unfinished(folder: Path) -> bool:
    """Whether a run was begun here; the end of its job removes the receipts."""
    if not _RUN_ID.fullmatch(folder.name) or not folder.is_dir():
        return False
    return (folder / _RECEIPTS).is_dir() or not any(folder.iterdir())


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def read_manifest(root: Path) -> Manifest | None:
    """The manifest of a dataset's folder; None if there is none.

    Raises:
        DatasetIncompleteError: It cannot be read.
        VersionTooNewError: A newer featurekit wrote it.
    """
    path = root / MANIFEST
    if not path.is_file():
        return None
    return Manifest.from_json(path.read_text(encoding="utf-8"), file=str(path))


def _all_there(root: Path, manifest: Manifest) -> bool:
    return all(
        (root / shard.path).is_file()
        and (root / shard.path).stat().st_size == shard.bytes
        for shard in manifest.shards
    )


def _remove_dataset(root: Path, manifest: Manifest) -> None:
    names = [shard.path for shard in manifest.shards]
    names += [f"{manifest.run_id}/{name}" for name in _DESCRIPTIONS]
    for name in names:
        path = root / name
        # A manifest is data: it may not lead out of its folder.
        if path.resolve().is_relative_to(root.resolve()):
            path.unlink(missing_ok=True)
    folder = root / manifest.run_id
    if folder.resolve().is_relative_to(root.resolve()):
        _remove_if_empty(folder)


def _lock_file(file: BinaryIO) -> None:
    """Locks the file until it is closed, also by a crash.

    Raises:
        OSError: Another process holds it.
    """
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        return
    import fcntl

    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
