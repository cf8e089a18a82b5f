"""Many requests, one call: what a call costs is mostly not the rows.

One thread calls TensorFlow. While it is busy requests gather, and the next call takes
all that fit; a request that finds it idle is called at once.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from featurekit.errors import FeatureKitError, RequestError
from featurekit.serve.graph_errors import graph_error, named_row
from featurekit.serve.server.loaded_version import Arrays, LoadedVersion

_LOG = logging.getLogger("featurekit.serve")


@dataclass(frozen=True, slots=True)
class BatchingOptions:
    """How requests are joined.

    Args:
        max_batch_size: Rows of one call. A larger request is a call of its own.
        latency_budget: Seconds that a request waits for others, where the last call
            already answered several. Defaults to 2 ms.
        max_queued_rows: Rows that wait; beyond them requests are turned away.
    """

    max_batch_size: int = 256
    latency_budget: float = 0.002
    max_queued_rows: int = 16_384


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    model: LoadedVersion
    signature: str
    inputs: Arrays
    rows: int
    answer: "asyncio.Future[Arrays]"
    since: float = field(default_factory=perf_counter)

    @property
    def group(self) -> tuple[Any, ...]:
        """Requests of one group can be joined: one graph, and rows of one shape."""
        shapes = tuple(array.shape[1:] for array in self.inputs.values())
        return id(self.model), self.signature, tuple(self.inputs), shapes

    @property
    def records(self) -> list[bytes]:
        """The rows, where they are serialized."""
        (first, *others) = self.inputs.values()
        serialized = self.model.signatures[self.signature].text_input is not None
        return [] if others or not serialized else first.tolist()


Result: TypeAlias = Arrays | FeatureKitError


class Batcher:
    """Calls the graph for requests of the event loop that it is made in.

    Args:
        options: How requests are joined.
        on_batch: Is told the requests and rows of every call.
    """

    def __init__(
        self,
        options: BatchingOptions,
        on_batch: Callable[[int, int], None] = lambda requests, rows: None,
    ) -> None:
        self._options = options
        self._on_batch = on_batch
        self._waiting: deque[_Request] = deque()
        self._thread = ThreadPoolExecutor(1, "tensorflow")
        self._busy = False
        self._worker: asyncio.Task[None] | None = None
        self._last_joined = False
        self.queued_rows = 0

    async def call(
        self, model: LoadedVersion, signature: str, inputs: Arrays, rows: int
    ) -> Arrays:
        """The outputs for some rows.

        Raises:
            RowError: A row is refused; only the request that holds it is.
            RequestError: Too many rows wait already (QUEUE_FULL).
        """
        limit = self._options.max_queued_rows
        if self.queued_rows and self.queued_rows + rows > limit:
            raise RequestError(
                "the server is busy: too many rows wait",
                code="QUEUE_FULL",
                expected=f"at most {limit} waiting rows",
                hint="send the request again a little later",
            )
        loop = asyncio.get_running_loop()
        request = _Request(model, signature, inputs, rows, loop.create_future())
        self._waiting.append(request)
        self.queued_rows += rows
        if not self._busy:
            self._busy = True
            self._worker = loop.create_task(self._work())
        return await request.answer

    def close(self) -> None:
        """Ends the thread, after its call."""
        self._thread.shutdown()

    async def _work(self) -> None:
        """Calls until no request waits."""
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                await self._gather()
                batch = self._take()
                if not batch:
                    continue
                self._last_joined = len(batch) > 1
                self._on_batch(len(batch), sum(one.rows for one in batch))
                results = await loop.run_in_executor(self._thread, answer, batch)
                for request, result in zip(batch, results, strict=True):
                    _settle(request.answer, result)
        finally:
            self._busy = False

    async def _gather(self) -> None:
        """Waits for more requests, if that is worth it and the budget allows it."""
        if not self._last_joined or self.queued_rows >= self._options.max_batch_size:
            return
        waited = perf_counter() - self._waiting[0].since
        left = self._options.latency_budget - waited
        if left > 0:
            await asyncio.sleep(left)

    def _take(self) -> list[_Request]:
        """The requests of the next call, the oldest first; those gone are left out."""
        taken: list[_Request] = []
        kept: deque[_Request] = deque()
        rows = 0
        while self._waiting:
            request = self._waiting.popleft()
            if request.answer.done():  # its client hung up
                self.queued_rows -= request.rows
                continue
            fits = not taken or (
                request.group == taken[0].group
                and rows + request.rows <= self._options.max_batch_size
            )
            if not fits:
                kept.append(request)
                continue
            taken.append(request)
            rows += request.rows
            self.queued_rows -= request.rows
        self._waiting = kept
        return taken


def _settle(answer: "asyncio.Future[Arrays]", result: Result) -> None:
    if answer.done():
        return
    if isinstance(result, FeatureKitError):
        answer.set_exception(result)
    else:
        answer.set_result(result)


def answer(batch: Sequence[_Request]) -> list[Result]:
    """What each request gets; one that is refused takes no other with it."""
    results: dict[int, Result] = {}
    left = list(range(len(batch)))
    while left:
        together = [batch[index] for index in left]
        found = _answer_together(together)
        if isinstance(found, list):
            results |= zip(left, found, strict=True)
            break
        # The request at fault is called alone, the others once more together.
        at_fault = left.pop(found)
        results[at_fault] = _answer_alone(batch[at_fault])
    return [results[index] for index in range(len(batch))]


def _answer_together(batch: Sequence[_Request]) -> list[Result] | int:
    """The results of one call; or, if it is refused, which request is at fault."""
    if len(batch) == 1:
        return [_answer_alone(batch[0])]
    first = batch[0]
    try:
        inputs = {
            name: np.concatenate([one.inputs[name] for one in batch])
            for name in first.inputs
        }
        return _split(batch, first.model.call(first.signature, inputs))
    except tf.errors.OpError as error:
        row = named_row(error.message)
        stops = np.cumsum([one.rows for one in batch])
        if row is not None and row < stops[-1]:
            return int(np.searchsorted(stops, row, side="right"))
    except Exception:
        # Whatever else it is, the calls of single requests say it.
        _LOG.exception("a call of %d requests failed", len(batch))
    return [_answer_alone(one) for one in batch]


def _answer_alone(request: _Request) -> Result:
    try:
        return request.model.call(request.signature, request.inputs)
    except tf.errors.OpError as error:
        return graph_error(error, request.records)
    except Exception as error:
        # The request fails, the thread goes on. A traceback shows no values.
        _LOG.exception("a call failed")
        return RequestError(f"the call failed: {type(error).__name__}", code="INTERNAL")


def _split(batch: Sequence[_Request], found: Arrays) -> list[Result]:
    """Each request's rows of the outputs."""
    total = sum(one.rows for one in batch)
    if any(not array.ndim or len(array) != total for array in found.values()):
        return [_answer_alone(one) for one in batch]
    results: list[Result] = []
    start = 0
    for request in batch:
        stop = start + request.rows
        results.append({name: array[start:stop] for name, array in found.items()})
        start = stop
    return results
