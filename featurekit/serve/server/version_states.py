"""The states of a version, by the names that TensorFlow Serving gives them."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from featurekit.errors import FeatureKitError
from featurekit.serve.artifact import DESCRIPTION


class State(StrEnum):
    """Where a version stands."""

    LOADING = "LOADING"
    AVAILABLE = "AVAILABLE"
    UNLOADING = "UNLOADING"
    END = "END"


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """What is known of a version.

    Args:
        number: The version.
        state: Where it stands.
        error: Why it is refused; None if it is not.
        note: What else is to be said, such as that it was rolled back.
    """

    number: int
    state: State
    error: FeatureKitError | None = None
    note: str = ""

    def as_dict(self) -> dict[str, object]:
        """As TensorFlow Serving's REST interface writes it."""
        return {
            "version": str(self.number),
            "state": str(self.state),
            "status": {
                "error_code": "FAILED_PRECONDITION" if self.error else "OK",
                "error_message": self.message,
            },
        }

    @property
    def message(self) -> str:
        """Why the version is not served, in words."""
        if self.error is None:
            return self.note
        # The folder of the server is left out.
        return f"[{self.error.code}] {self.error.message}" + (
            f" — file={Path(self.error.file).name}" if self.error.file else ""
        )


def find_versions(folder: Path) -> dict[int, Path]:
    """The versions in a folder; or the folder itself, if it is one."""
    if (folder / DESCRIPTION).is_file():
        return {int(folder.name) if _is_version(folder.name) else 1: folder}
    try:
        entries = list(folder.iterdir())
    except OSError:
        return {}
    return {
        int(one.name): one for one in entries if _is_version(one.name) and one.is_dir()
    }


def model_name(folder: Path) -> str:
    """The name of the model in a folder: that of the folder of versions."""
    folder = folder.absolute()
    is_version = (folder / DESCRIPTION).is_file() and _is_version(folder.name)
    return folder.parent.name if is_version else folder.name


def content_of(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Sizes and times of the files of a folder: what changes while it is copied."""
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            status = path.stat()
        except OSError:  # gone meanwhile
            continue
        found.append((str(path), status.st_size, status.st_mtime_ns))
    return tuple(found)


def _is_version(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) < 19
