"""Builds columns from data, through the methods that users call."""

from collections.abc import Iterable
from typing import Any

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns import (
    Column,
    Cross,
    IdsColumn,
    IntegerColumn,
    IntegersColumn,
    NumericColumn,
    NumericsColumn,
    StringColumn,
    StringsColumn,
    TimestampColumn,
    WeightedBag,
    cross,
)
from featurekit.spec.inputs import Input, check_zone

_KINDS: dict[str, Any] = {
    "float32": NumericColumn,
    "int64": IntegerColumn,
    "string": StringColumn,
    "timestamp": TimestampColumn,
    "list<float32>": NumericsColumn,
    "list<int64>": IntegersColumn,
    "list<string>": StringsColumn,
}


def rebuild(source: Input | Cross | WeightedBag, steps: Iterable[s.Step]) -> Column:
    """Builds a column by calling each step's method, as a user would.

    Whatever a user cannot write is refused here too, so a spec that was read from a
    file is as valid as one written in Python.
    """
    column: Any
    if isinstance(source, Cross):
        column = cross(*source.columns)
    elif isinstance(source, WeightedBag):
        if not isinstance(source.ids, IdsColumn):
            raise SpecError(
                f"weighted cannot follow {source.ids!r}", code="SPEC_UNKNOWN_OP"
            )
        column = source.ids.weighted(source.weights)  # type: ignore[arg-type]
    else:
        if source.dtype not in _KINDS:
            raise SpecError(
                "unknown dtype",
                code="SPEC_UNKNOWN_DTYPE",
                column=source.name,
                got=source.dtype,
                expected=", ".join(_KINDS),
            )
        if source.dtype == "timestamp":
            check_zone(source.time_zone or "", source.name)
        column = _KINDS[source.dtype](source)
    for step in steps:
        column = _apply(column, step)
    return column  # type: ignore[no-any-return]


def _apply(column: Any, step: s.Step) -> Any:
    name = step.method
    if isinstance(step, s.TimePart | s.Aggregate):
        name = step.part if isinstance(step, s.TimePart) else step.kind
    method = getattr(column, name, None)
    if method is None:
        raise SpecError(
            f"{name} cannot follow {column!r}", code="SPEC_UNKNOWN_OP", got=name
        )
    match step:
        case s.TimePart() | s.OneHot() | s.Log1p():
            return method()
        case s.MissingAsEmpty() | s.DropMissing() | s.MultiHot() | s.Counts():
            return method()
        case s.Aggregate():
            return method()
        case s.Length(maximum=maximum):
            return method(maximum=maximum)
        case s.Pad(length=length, side=side, truncate=truncate, value=value):
            filled = {} if value is None else {"value": value}
            return method(length, side=side, truncate=truncate, **filled)
        case s.Standardize(mean=mean, std=std):
            return method(mean=mean, std=std)
        case s.MinMax(minimum=minimum, maximum=maximum):
            return method(minimum=minimum, maximum=maximum)
        case s.Vocabulary():
            return method(
                step.tokens,
                max_size=step.max_size,
                min_count=step.min_count,
                num_oov=step.num_oov,
            )
        case s.Fill(value=value):
            return method(value)
        case s.Clip(low=low, high=high):
            return method(low, high)
        case s.Buckets(boundaries=boundaries):
            return method(boundaries)
        case s.QuantileBuckets(num_buckets=count) | s.HashBuckets(num_buckets=count):
            return method(count)
        case s.GreaterEqual(threshold=threshold):
            return method(threshold)
        case s.Identity(num_ids=count):
            return method(count)
        case s.Embedding(dim=dim):
            return method(dim)
