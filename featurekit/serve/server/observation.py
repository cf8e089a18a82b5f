"""Rows go to whoever watches the data.

A thread of its own does that: serving does not wait for it.
"""

import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

import pyarrow as pa

from featurekit.serve.server.loaded_version import Arrays, LoadedVersion
from featurekit.serve.server.signatures import Signature

if TYPE_CHECKING:
    from featurekit.serve.drift import DriftReport, FeatureRates, Sketches

_LOG = logging.getLogger("featurekit.serve")
_MAX_REQUESTS = 256
_MAX_ROWS = 32_768
REPORT_SECONDS = 5.0
"""A report is not made again within this time, however often it is asked for."""


class Observer(Protocol):
    """Who watches the rows of one version. Used from several threads."""

    def observe_examples(self, examples: Sequence[bytes]) -> None:
        """Takes serialized tf.Examples of raw columns."""

    def observe_columns(self, batch: pa.RecordBatch) -> None:
        """Takes raw columns."""

    @property
    def undecodable(self) -> int:
        """Rows that could not be read."""

    def totals(self) -> "Sketches":
        """Counts of all other rows."""

    def rates(self) -> "Mapping[str, FeatureRates]":
        """By feature what was missing or unknown lately."""

    def report(self) -> "DriftReport":
        """How far the rows are from those of training."""


MakeObserver = Callable[[Path], Observer]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of one request; None of a version that has just become current."""

    model: LoadedVersion
    signature: Signature | None = None
    inputs: Arrays | None = None

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values()))) if self.inputs else 0


class Observation:
    """Hands rows to the observer of their version.

    Args:
        make: Makes the observer of a version from its folder; None watches nothing.

    Attributes:
        unobserved: Rows that were not watched, by the reason: "busy" where they came
            faster than they are watched, "signature" where it reads neither raw columns
            nor tf.Examples of them, "failed" where watching failed.
    """

    def __init__(self, make: MakeObserver | None) -> None:
        self._make = make
        self._observers: WeakKeyDictionary[LoadedVersion, Observer | None] = (
            WeakKeyDictionary()
        )
        self._reports: WeakKeyDictionary[Observer, tuple[float, DriftReport]] = (
            WeakKeyDictionary()
        )
        self._queue: queue.Queue[_Rows | None] = queue.Queue()
        self._waiting_rows = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.unobserved = Counter({"busy": 0, "signature": 0, "failed": 0})

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

    def begin(self, model: LoadedVersion) -> None:
        """Watches a version from now on."""
        if self._make is not None:
            self._queue.put(_Rows(model))

    def put(self, model: LoadedVersion, signature: Signature, inputs: Arrays) -> None:
        """Takes the rows of a request."""
        if self._thread is None:
            return
        rows = _Rows(model, signature, inputs)
        if not (signature.takes_examples or signature.is_of_columns):
            self._leave_out("signature", len(rows))
            return
        with self._lock:
            waiting = self._waiting_rows + len(rows)
            is_full = self._waiting_rows > 0 and waiting > _MAX_ROWS
            if not is_full and self._queue.qsize() < _MAX_REQUESTS:
                self._waiting_rows = waiting
                self._queue.put(rows)
                return
        self._leave_out("busy", len(rows))

    def _leave_out(self, reason: str, rows: int) -> None:
        with self._lock:
            self.unobserved[reason] += rows

    def of(self, model: LoadedVersion | None) -> Observer | None:
        """Who watches a version; None if nobody does, or not yet."""
        return None if model is None else self._observers.get(model)

    def report(self, model: LoadedVersion | None) -> "DriftReport | None":
        """The report on a version, a few seconds old at most."""
        observer = self.of(model)
        if observer is None:
            return None
        at, found = self._reports.get(observer, (0.0, None))
        if found is None or monotonic() - at > REPORT_SECONDS:
            found = observer.report()
            self._reports[observer] = monotonic(), found
        return found

    def _run(self) -> None:
        while (rows := self._queue.get()) is not None:
            try:
                if not self._observe(rows):
                    self._leave_out("failed", len(rows))
            except Exception:
                # Watching must not end because of rows that it cannot read.
                _LOG.exception("rows could not be observed")
                self._leave_out("failed", len(rows))
            with self._lock:
                self._waiting_rows -= len(rows)
            del rows  # a version leaves memory with its last user

    def _observe(self, rows: _Rows) -> bool:
        """Hands the rows on; False if nobody can watch their version."""
        observer = self._observer(rows.model)
        if observer is None or rows.signature is None or rows.inputs is None:
            return observer is not None
        if rows.signature.takes_examples:
            (examples,) = rows.inputs.values()
            observer.observe_examples(list(examples))
        else:
            observer.observe_columns(rows.model.rows.from_tensors(rows.inputs))
        return True

    def _observer(self, model: LoadedVersion) -> Observer | None:
        if model not in self._observers:
            assert self._make is not None
            self._observers[model] = None  # it is said once only if this fails
            self._observers[model] = self._make(model.path)
        return self._observers[model]
