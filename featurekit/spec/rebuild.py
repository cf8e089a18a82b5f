"""Builds columns from data, through the methods that users call."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns import (
    Column,
    Cross,
    IntegerColumn,
    NumericColumn,
    StringColumn,
    TimestampColumn,
    cross,
)
from featurekit.spec.inputs import Input, check_zone


def rebuild(source: Input | Cross, steps: Iterable[s.Step]) -> Column:
    """Builds a column by calling each step's method, as a user would.

    Whatever a user cannot write is refused here too, so a spec that was read from a
    file is as valid as one written in Python.
    """
    column: Any
    if isinstance(source, Cross):
        column = cross(*source.columns)
    else:
        kinds = {
            "float32": NumericColumn,
            "int64": IntegerColumn,
            "string": StringColumn,
            "timestamp": TimestampColumn,
        }
        if source.dtype not in kinds:
            raise SpecError(
                "unknown dtype",
                code="SPEC_UNKNOWN_DTYPE",
                column=source.name,
                got=source.dtype,
                expected=", ".join(kinds),
            )
        if source.dtype == "timestamp":
            check_zone(source.time_zone or "", source.name)
        column = kinds[source.dtype](source)
    for step in steps:
        column = _apply(column, step)
    return column  # type: ignore[no-any-return]


def _apply(column: Any, step: s.Step) -> Any:
    name = step.part if isinstance(step, s.TimePart) else step.method
    method = getattr(column, name, None)
    if method is None:
        raise SpecError(
            f"{name} cannot follow {column!r}", code="SPEC_UNKNOWN_OP", got=name
        )
    match step:
        case s.TimePart() | s.OneHot() | s.Log1p():
            return method()
        case s.Standardize(mean=mean, std=std):
            return method(mean=mean, std=std)
        case s.MinMax(minimum=minimum, maximum=maximum):
            return method(minimum=minimum, maximum=maximum)
        case s.Vocabulary():
            return _call(method, step, **_vocabulary_arguments(step))
        case s.HashBuckets(num_buckets=count):
            arguments = {"key": step.key or None, "hash_key": step.hash_key}
            return _call(method, step, count, **arguments)
        case s.Fill(value=value):
            return method(value)
        case s.Clip(low=low, high=high):
            return method(low, high)
        case s.Buckets(boundaries=boundaries):
            return method(boundaries)
        case s.QuantileBuckets(num_buckets=count):
            return method(count)
        case s.GreaterEqual(threshold=threshold):
            return method(threshold)
        case s.Identity(num_ids=count):
            return method(count)
        case s.Embedding(dim=dim):
            return method(dim)


def _vocabulary_arguments(step: s.Vocabulary) -> dict[str, Any]:
    return {
        "tokens": step.tokens,
        "max_size": step.max_size,
        "min_count": step.min_count,
        "num_oov": step.num_oov,
        "reserved": step.reserved,
        "oov": "before" if step.oov_first else "after",
        "missing_id": step.missing_id,
        "shared": step.shared,
    }


def _call(method: Callable[..., Any], step: s.Step, *args: Any, **kwargs: Any) -> Any:
    """Calls a method with the arguments that are given, if it has them."""
    given = {name: value for name, value in kwargs.items() if value is not None}
    try:
        inspect.signature(method).bind(*args, **given)
    except TypeError as error:
        raise SpecError(
            f"{step.method}: {error}", code="SPEC_UNKNOWN_OP", got=str(step)
        ) from None
    return method(*args, **given)
