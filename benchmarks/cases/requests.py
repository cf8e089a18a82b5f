"""Requests of a serving benchmark, and the time that a SavedModel takes to load."""

import time
from collections.abc import Callable
from itertools import cycle, pairwise
from typing import Any

import pyarrow as pa

from benchmarks.cases import tables
from benchmarks.work import Settings, Work

NUM_REQUESTS = 64


def serialized(settings: Settings, *, floats: bool = False) -> list[list[bytes]]:
    """Requests of raw rows as serialized tf.Examples, without the label.

    Args:
        settings: The case's.
        floats: Whether numbers are sent as floats, as a spec may declare them.
    """
    from featurekit.io.example import encode_payloads

    size = settings.options.get("batch", 1)
    rows = tables.batches(tables.criteo_file(settings.rows))[0].drop_columns(["label"])
    if floats:
        rows = rows.cast(
            pa.schema(
                [
                    field.with_type(pa.float32())
                    if pa.types.is_integer(field.type)
                    else field
                    for field in rows.schema
                ]
            )
        )
    buffer, offsets = encode_payloads(rows)
    data = buffer.tobytes()
    records = [data[start:end] for start, end in pairwise(offsets)]
    return grouped(records, size)


def grouped(rows: list[Any], size: int) -> list[list[Any]]:
    """Requests of `size` rows, taken around if there are few."""
    taken = cycle(rows)
    return [[next(taken) for _ in range(size)] for _ in range(NUM_REQUESTS)]


def dicts(settings: Settings) -> list[list[dict[str, Any]]]:
    """The same requests as lists of dicts."""
    rows = tables.batches(tables.criteo_file(settings.rows))[0].drop_columns(["label"])
    size = settings.options.get("batch", 1)
    return grouped(rows.slice(0, NUM_REQUESTS * size).to_pylist(), size)


def saved_model(path: str, signature: str, requests: list[list[bytes]]) -> Work:
    """Calls of a signature with one argument, from bytes to tensors."""
    import tensorflow as tf

    started = time.perf_counter()
    loaded = tf.saved_model.load(path)
    call = loaded.signatures[signature]
    seconds = time.perf_counter() - started
    (argument,) = call.structured_input_signature[1]
    run = caller(
        lambda request: call(**{argument: tf.constant(request)}), cycle(requests)
    )
    # The model must outlive this function: a signature does not hold its tables.
    run.loaded = loaded  # type: ignore[attr-defined]
    return Work(run, len(requests[0]), extra={"load": seconds})


def caller(answer: Callable[[Any], Any], requests: Any) -> Callable[[], Any]:
    """Answers the next request at each call."""

    def run() -> Any:
        return answer(next(requests))

    return run
