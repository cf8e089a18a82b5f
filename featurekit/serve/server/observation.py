"""Answered rows go to whoever watches the data.

A thread of its own does that: serving does not wait for it.
"""

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from featurekit.serve.server.loaded_version import LoadedVersion

_LOG = logging.getLogger("featurekit.serve")
_MAX_QUEUED = 256


class Observer(Protocol):
    """Who watches the rows of one version."""

    def observe_examples(self, examples: Sequence[bytes]) -> None:
        """Takes serialized tf.Examples of raw columns."""

    def rates(self) -> Mapping[str, Any]:
        """By feature what was missing or unknown."""

    def report(self) -> Any:
        """How far the rows are from those of training."""


MakeObserver = Callable[[Path], Observer]


class Observation:
    """Hands rows to the observer of their version.

    Args:
        make: Makes the observer of a version from its folder; None watches nothing.

    Semantics:
        - Where rows come faster than they are watched, some are left out, and counted.
    """

    def __init__(self, make: MakeObserver | None) -> None:
        self._make = make
        self._observers: WeakKeyDictionary[LoadedVersion, Observer] = (
            WeakKeyDictionary()
        )
        self._queue: queue.Queue[tuple[LoadedVersion, Any] | None] = queue.Queue(
            _MAX_QUEUED
        )
        self._thread: threading.Thread | None = None
        self.left_out = 0

    def start(self) -> None:
        """Starts the thread, if anything is watched."""
        if self._make is not None:
            self._thread = threading.Thread(
                target=self._run, name="observation", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Ends the thread, after the rows that it has."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()

    def put(self, model: LoadedVersion, examples: Any) -> None:
        """Takes the rows of a request."""
        if self._thread is None:
            return
        try:
            self._queue.put_nowait((model, examples))
        except queue.Full:
            self.left_out += len(examples)

    def of(self, model: LoadedVersion | None) -> Observer | None:
        """Who watches a version; None before its first rows."""
        return None if model is None else self._observers.get(model)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            model, examples = item
            try:
                self._observer(model).observe_examples(list(examples))
            except Exception:
                # Watching must not end because of rows that it cannot read.
                _LOG.exception("rows could not be observed")
            del item, model, examples  # a version leaves memory with its last user

    def _observer(self, model: LoadedVersion) -> Observer:
        found = self._observers.get(model)
        if found is None:
            assert self._make is not None
            found = self._observers[model] = self._make(model.path)
        return found
