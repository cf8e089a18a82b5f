"""Builds columns from data, through the methods that users call."""

import inspect
import operator
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns import (
    BinaryColumn,
    Boxes,
    Column,
    Cross,
    Expression,
    IdsColumn,
    IntegerColumn,
    IntegersColumn,
    NumericColumn,
    NumericsColumn,
    Source,
    StringColumn,
    StringsColumn,
    TimestampColumn,
    WeightedBag,
    boxes,
    cross,
    join,
    maximum,
    minimum,
    where,
)
from featurekit.spec.inputs import check_zone

_OPERATORS: dict[str, Callable[..., Column]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "minimum": minimum,
    "maximum": maximum,
    "less_than": NumericColumn.less_than,
    "less_equal": NumericColumn.less_equal,
    "greater_than": NumericColumn.greater_than,
    "greater_equal": NumericColumn.greater_equal,
    "where": where,
}

_KINDS: dict[str, Any] = {
    "float32": NumericColumn,
    "int64": IntegerColumn,
    "string": StringColumn,
    "timestamp": TimestampColumn,
    "list<float32>": NumericsColumn,
    "list<int64>": IntegersColumn,
    "list<string>": StringsColumn,
    "bytes": BinaryColumn,
}


def rebuild(source: Source, steps: Iterable[s.Step]) -> Column:
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
    elif isinstance(source, Boxes):
        column = _boxes(source)
    elif isinstance(source, Expression):
        column = _express(source)
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


def _boxes(source: Boxes) -> Column:
    if len(source.size) not in (0, 2):
        raise SpecError("boxes have two sizes, or none", code="SPEC_BAD_VALUE")
    sizes: dict[str, Any] = dict(zip(("height", "width"), source.size, strict=False))
    coordinates: Any = source.coordinates
    labels: Any = source.labels
    return boxes(coordinates, format=source.format, labels=labels, **sizes)


def _express(source: Expression) -> Column:
    if source.operator == "join":
        return join(*source.columns, separator=source.separator or "")  # type: ignore[arg-type]
    if source.operator not in _OPERATORS:
        raise SpecError(
            "unknown operator",
            code="SPEC_UNKNOWN_OP",
            got=source.operator,
            expected=", ".join([*_OPERATORS, "join"]),
        )
    try:
        found = _OPERATORS[source.operator](*source.operands)
        if found.source == source:
            return found
    except (TypeError, AttributeError):
        pass  # other operands than the function has, or of other kinds
    raise SpecError(
        f"{source.operator} does not take these operands",
        code="SPEC_BAD_VALUE",
        got=source.operands,
    )


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
        case s.TimePart() | s.OneHot() | s.Log1p() | s.Cyclic() | s.Robust():
            return method()
        case s.MissingAsEmpty() | s.DropMissing() | s.MultiHot() | s.Counts():
            return method()
        case s.Aggregate():
            return method()
        case s.MissingAsZeros():
            return method()
        case s.Tensor() | s.Rescale() | s.PadBoxes() | s.PadLabels() | s.BoxMask():
            return _call(method, step, **tensor_arguments(step))
        case s.Length(maximum=maximum):
            return method(maximum=maximum)
        case s.Pad(length=length, side=side, truncate=truncate, value=value):
            filled = {} if value is None else {"value": value}
            return method(length, side=side, truncate=truncate, **filled)
        case s.IsMissing() | s.Boolean():
            return method()
        case s.FillMean() | s.FillMedian() | s.FillMode():
            return method()
        case s.Winsorize(lower=lower, upper=upper):
            return method(lower=lower, upper=upper)
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


def tensor_arguments(step: s.Step) -> dict[str, Any]:
    """The arguments of a step on tensors, which are those of its method."""
    return {field.name: getattr(step, field.name) for field in fields(step)}


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
