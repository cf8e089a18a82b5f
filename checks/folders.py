"""The content of a folder, to compare."""

import hashlib
from pathlib import Path

FOLDER = "a folder"


def content(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file by its path, folders too; the lock is left out."""
    return {
        path.relative_to(folder).as_posix(): _digest(path)
        for path in sorted(folder.rglob("*"))
        if path.name != ".lock"
    }


def digest(folder: Path) -> str:
    """SHA-256 over the paths and the bytes of all files."""
    lines = [f"{found} {name}\n" for name, found in content(folder).items()]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _digest(path: Path) -> str:
    if path.is_dir():
        return FOLDER
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
