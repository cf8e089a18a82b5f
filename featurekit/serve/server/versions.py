"""Which versions are loaded, and which one answers.

The newest version that proves itself is current. The one before stays loaded, so that
going back takes no time. A version leaves memory after its last request.
"""

import gc
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from featurekit.errors import ArtifactError, FeatureKitError, RequestError
from featurekit.serve.server.failures import not_ready
from featurekit.serve.server.loaded_version import LoadedVersion
from featurekit.serve.server.version_states import (
    State,
    VersionStatus,
    content_of,
    find_versions,
)

_LOG = logging.getLogger("featurekit.serve")
Load = Callable[[int, Path], LoadedVersion]


def load(number: int, path: Path) -> LoadedVersion:
    """Loads and warms up a version."""
    found = LoadedVersion(number, path)
    found.warm_up()
    return found


@dataclass(slots=True)
class _Slot:
    """A loaded version, and how many requests use it."""

    model: LoadedVersion
    requests: int = 0


@dataclass(slots=True)
class _Refused:
    """A version that is not loaded, and what its folder held when that was decided."""

    content: object
    error: FeatureKitError | None = None
    note: str = ""


@dataclass(slots=True)
class _Loaded:
    current: _Slot | None = None
    previous: _Slot | None = None
    leaving: list[_Slot] = field(default_factory=list)

    def slots(self) -> list[_Slot]:
        found = [self.current, self.previous, *self.leaving]
        return [one for one in found if one is not None]


class Versions:
    """The versions of one model.

    Args:
        folder: The folder of versions, or one version.
        load: Makes a version from its number and folder.
        on_change: Is called with a version after it became current.

    Semantics:
        - Safe to use from several threads. `refresh` loads in the thread that calls it.
        - A version that is refused is tried again only after its folder has changed: it
          may have been half copied.
        - A version that was rolled back is not loaded again.
    """

    def __init__(
        self,
        folder: Path,
        load: Load = load,
        on_change: Callable[[LoadedVersion], None] = lambda model: None,
    ) -> None:
        self.folder = folder
        self._load = load
        self._on_change = on_change
        self._lock = threading.Lock()
        self._loaded = _Loaded()
        self._refused: dict[int, _Refused] = {}
        self._loading: int | None = None

    @contextmanager
    def lease(
        self, number: int | None = None, label: str | None = None
    ) -> Iterator[LoadedVersion]:
        """The version for a request; it stays in memory until the block ends.

        Args:
            number: Which version. Defaults to the current one.
            label: "current" or "previous", instead of a number.

        Raises:
            RequestError: It is not loaded (NO_SUCH_VERSION, NOT_READY).
        """
        with self._lock:
            slot = self._find(number, label)
            slot.requests += 1
        try:
            yield slot.model
        finally:
            with self._lock:
                slot.requests -= 1

    def _find(self, number: int | None, label: str | None) -> _Slot:
        loaded = self._loaded
        if loaded.current is None:
            raise not_ready()
        if number is None and label in (None, "current"):
            return loaded.current
        named: dict[object, _Slot] = {
            slot.model.number: slot
            for slot in (loaded.current, loaded.previous)
            if slot is not None
        }
        if loaded.previous is not None:
            named["previous"] = loaded.previous
        wanted = number if number is not None else label
        if wanted not in named:
            raise RequestError(
                "the version is not loaded",
                code="NO_SUCH_VERSION",
                got=wanted,
                expected=", ".join(map(str, named)),
            )
        return named[wanted]

    @property
    def current(self) -> LoadedVersion | None:
        """The version that answers."""
        slot = self._loaded.current
        return slot.model if slot else None

    @property
    def loaded(self) -> list[LoadedVersion]:
        """The versions in memory, the current one first."""
        with self._lock:
            return [slot.model for slot in self._loaded.slots()]

    @property
    def loaded_numbers(self) -> tuple[int, ...]:
        """All versions in memory, the current one first."""
        with self._lock:
            return tuple(slot.model.number for slot in self._loaded.slots())

    def refresh(self) -> None:
        """Looks for a newer version, and loads it; drops those that are done."""
        for number, path in sorted(find_versions(self.folder).items(), reverse=True):
            current = self.current
            if current is not None and number <= current.number:
                break
            if self._is_refused(number, path):
                continue
            if self._try(number, path):
                break
        self._drop_unused()

    def _is_refused(self, number: int, path: Path) -> bool:
        refused = self._refused.get(number)
        if refused is None:
            return False
        return refused.error is None or refused.content == content_of(path)

    def _try(self, number: int, path: Path) -> bool:
        """Loads a version and makes it current; else notes why not."""
        content = content_of(path)
        self._loading = number
        try:
            model = self._load(number, path)
        except Exception as error:
            # Whatever is wrong with a version: the others keep serving.
            found = _as_artifact_error(error, path)
            _LOG.warning("version %d is refused: %s", number, found)
            self._refused[number] = _Refused(content, found)
            return False
        finally:
            self._loading = None
        with self._lock:
            self._refused.pop(number, None)
            loaded = self._loaded
            if loaded.previous is not None:
                loaded.leaving.append(loaded.previous)
            loaded.previous, loaded.current = loaded.current, _Slot(model)
        _LOG.info("version %d is current", number)
        self._on_change(model)
        return True

    def roll_back(self) -> int:
        """Makes the previous version current, at once; returns its number.

        Raises:
            RequestError: None is loaded (NO_PREVIOUS_VERSION).
        """
        with self._lock:
            loaded = self._loaded
            if loaded.previous is None or loaded.current is None:
                raise RequestError(
                    "no previous version is loaded",
                    code="NO_PREVIOUS_VERSION",
                    hint="only the version before the last change can be restored",
                )
            gone = loaded.current
            note = f"rolled back to version {loaded.previous.model.number}"
            self._refused[gone.model.number] = _Refused(None, note=note)
            loaded.leaving.append(gone)
            loaded.current, loaded.previous = loaded.previous, None
            model = loaded.current.model
        _LOG.info("version %d: %s", gone.model.number, note)
        self._on_change(model)
        return model.number

    def _drop_unused(self) -> None:
        """Frees the versions that left and have no request any more."""
        with self._lock:
            leaving = self._loaded.leaving
            done = [one for one in leaving if not one.requests]
            self._loaded.leaving = [one for one in leaving if one.requests]
        if done:
            del done, leaving
            gc.collect()

    def statuses(self) -> list[VersionStatus]:
        """All versions that are loaded, loading or refused, the newest first."""
        with self._lock:
            loaded = self._loaded
            found = {
                slot.model.number: VersionStatus(slot.model.number, State.AVAILABLE)
                for slot in (loaded.current, loaded.previous)
                if slot is not None
            }
            for slot in loaded.leaving:
                number = slot.model.number
                found.setdefault(number, VersionStatus(number, State.UNLOADING))
            for number, refused in list(self._refused.items()):
                status = VersionStatus(number, State.END, refused.error, refused.note)
                found.setdefault(number, status)
            if self._loading is not None:
                number = self._loading
                found[number] = VersionStatus(number, State.LOADING)
        return [found[number] for number in sorted(found, reverse=True)]


def _as_artifact_error(error: Exception, path: Path) -> FeatureKitError:
    if isinstance(error, FeatureKitError):
        return error
    reason = " ".join(str(error).split())[:200]
    return ArtifactError(
        f"the version cannot be loaded: {type(error).__name__}: {reason}",
        file=str(path),
    )
