"""What the server counts, for Prometheus and for the page that shows it live."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, perf_counter
from typing import Any

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_RECENT = 4096


class Outcome:
    """What became of a request; "OK" until something else is set."""

    __slots__ = ("code",)

    def __init__(self) -> None:
        self.code = "OK"


class Metrics:
    """The metrics of one server, in a registry of its own.

    Semantics:
        - No label holds what a request says: methods and codes are those of the server.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        kinds = ("protocol", "method")
        self._requests = Counter(
            "featurekit_requests",
            "Requests that were answered, by the code of the answer.",
            (*kinds, "code"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "featurekit_request_seconds",
            "From the headers of a request to its answer.",
            kinds,
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._batch_rows = Histogram(
            "featurekit_batch_rows",
            "Rows of a call of the graph.",
            buckets=_SIZES,
            registry=self.registry,
        )
        self._batch_requests = Histogram(
            "featurekit_batch_requests",
            "Requests that one call of the graph answers.",
            buckets=_SIZES,
            registry=self.registry,
        )
        self.queued_rows = Gauge(
            "featurekit_queued_rows",
            "Rows that wait for a call of the graph.",
            registry=self.registry,
        )
        self.version = Gauge(
            "featurekit_model_version",
            "The version that answers.",
            registry=self.registry,
        )
        self._recent: deque[tuple[float, float]] = deque(maxlen=_RECENT)
        self._batches: deque[tuple[int, int]] = deque(maxlen=_RECENT)
        self._codes: dict[str, int] = {}

    @contextmanager
    def request(self, protocol: str, method: str) -> Iterator[Outcome]:
        """Counts the request that the block answers."""
        outcome, started = Outcome(), perf_counter()
        try:
            yield outcome
        finally:
            seconds = perf_counter() - started
            self._requests.labels(protocol, method, outcome.code).inc()
            self._seconds.labels(protocol, method).observe(seconds)
            self._recent.append((monotonic(), seconds))
            self._codes[outcome.code] = self._codes.get(outcome.code, 0) + 1

    def batch(self, requests: int, rows: int) -> None:
        """Counts a call of the graph."""
        self._batch_requests.observe(requests)
        self._batch_rows.observe(rows)
        self._batches.append((requests, rows))

    def live(self) -> dict[str, Any]:
        """The counts, and how the last requests went."""
        now = monotonic()
        recent = list(self._recent)
        lately = [seconds for at, seconds in recent if now - at <= 60]
        return {
            "requests": dict(self._codes),
            "requests_last_minute": len(lately),
            "latency_ms": _quantiles([1000 * one for one in lately]),
            "batch_requests": _quantiles([one for one, _ in self._batches]),
            "batch_rows": _quantiles([rows for _, rows in self._batches]),
        }


def _quantiles(values: list[Any]) -> dict[str, float]:
    if not values:
        return {}
    found = np.quantile(values, [0.5, 0.9, 0.99, 1.0])
    names = ("p50", "p90", "p99", "max")
    return {n: round(float(q), 3) for n, q in zip(names, found, strict=True)}
