"""Builds columns from data, through the methods that users call."""

import inspect
import operator
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns import (
    Aligned,
    BinaryColumn,
    Boxes,
    Column,
    Cross,
    Expression,
    Grouped,
    IdsColumn,
    IntegerColumn,
    IntegersColumn,
    Masked,
    NumericColumn,
    NumericsColumn,
    PaddedIdsColumn,
    Source,
    StringColumn,
    StringsColumn,
    TargetEncoding,
    TimestampColumn,
    VectorColumn,
    WeightedBag,
    boxes,
    cross,
    join,
    maximum,
    minimum,
    sequence,
    where,
)
from featurekit.spec.columns.categorical import CategoricalColumn
from featurekit.spec.columns.hidden import Hidden
from featurekit.spec.columns.mask_features import chance
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
    elif isinstance(source, Aligned):
        column = _align(source)
    elif isinstance(source, Masked):
        column = _mask(source)
    elif isinstance(source, Hidden):
        column = _hide(source)
    elif isinstance(source, Grouped):
        column = _group(source)
    elif isinstance(source, TargetEncoding):
        column = _encode_target(source)
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
        if source.size is not None:
            column = VectorColumn(source)
    for step in steps:
        column = _apply(column, step)
    return column  # type: ignore[no-any-return]


def _align(source: Aligned) -> Column:
    lists = dict(zip(source.names, source.columns, strict=True))
    if len(lists) < len(source.names):
        raise SpecError(
            "two lists of a sequence have one name",
            code="SPEC_DUPLICATE_NAME",
            got=source.names,
        )
    found = sequence(lists)  # type: ignore[arg-type]
    if source.dropped:
        found = found.drop_missing()
    return found[source.member]  # type: ignore[no-any-return]


def _mask(source: Masked) -> Column:
    if not isinstance(source.ids, PaddedIdsColumn):
        raise SpecError(
            f"mask_tokens cannot follow {source.ids!r}", code="SPEC_UNKNOWN_OP"
        )
    found = source.ids.mask_tokens(
        source.token,
        key=source.keys,  # type: ignore[arg-type]
        seed=source.seed,
        rate=source.rate,
        masked=source.masked,
        randomized=source.randomized,
    )
    return found.targets if source.targets else found.inputs


def _hide(source: Hidden) -> Column:
    drawn: Any = {"key": source.keys, "rate": source.rate, "seed": source.seed}
    if source.ids is None:
        return chance(source.name, **drawn)
    if not isinstance(source.ids, CategoricalColumn):
        raise SpecError(f"hide cannot follow {source.ids!r}", code="SPEC_UNKNOWN_OP")
    return source.ids.hide(source.token or "", source.name, **drawn)


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


def _group(source: Grouped) -> Column:
    found: Any = None
    method = getattr(source.value, source.step.method, None)
    if method is not None:
        options = {"unseen": source.unseen, "max_keys": source.max_keys}
        given = []
        if isinstance(source.step, s.QuantileBuckets):
            given.append(source.step.num_buckets)
        found = _call(method, source.step, *given, by=source.key, **options)
    if found is None or found.source != source:
        raise SpecError(
            f"{source.step.method} by a key cannot follow {source.value!r}",
            code="SPEC_UNKNOWN_OP",
            got=source,
        )
    return found  # type: ignore[no-any-return]


def _encode_target(source: TargetEncoding) -> Column:
    if not isinstance(source.category, StringColumn | IntegerColumn):
        raise SpecError(
            f"target_encoding cannot follow {source.category!r}",
            code="SPEC_UNKNOWN_OP",
        )
    return source.category.target_encoding(
        target=source.target,  # type: ignore[arg-type]
        smoothing="auto" if source.smoothing is None else source.smoothing,
        folds=source.folds,
        max_keys=source.max_keys,
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
        case s.Image() | s.Resize():
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
        case s.Casefold() | s.Lower() | s.Strip():
            return method()
        case s.Normalize(form=form):
            return method(form)
        case s.Split(separator=separator):
            return method(separator)
        case s.Ngrams(least=least, most=most, separator=separator):
            return method(least, most, separator=separator)
        case s.TfIdf(smooth=smooth):
            return method(smooth=smooth)
        case s.Wordpiece():
            return method(
                step.tokens,
                unknown=step.unknown,
                prefix=step.prefix,
                max_chars=step.max_chars,
            )
        case s.CountEncoding(frequency=frequency, max_size=max_size):
            return method(frequency=frequency, max_size=max_size)
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
        case s.Identity(num_ids=count, default=default):
            return method(count, default=default)
        case s.MissingValues(values=values):
            return method(values)
        case s.Embedding():
            return _call(method, step, step.dim, **_embedding_arguments(step))
        case s.Binarize(threshold=threshold):
            return method(threshold)
        case s.Shift(offset=offset):
            return method(offset)
        case s.Difference(lag=lag):
            return method(lag)
        case s.Rolling(size=size, kind=kind):
            return getattr(method(size), kind)()
        case s.Mask(length=length, side=side):
            return method(length, side=side)


def _vocabulary_arguments(step: s.Vocabulary) -> dict[str, Any]:
    return {
        "tokens": step.tokens,
        "max_size": step.max_size,
        "min_count": step.min_count,
        "num_oov": step.num_oov,
        "reserved": step.reserved,
        "oov": "before" if step.oov_first else "after",
        "missing_id": step.missing_id or None,
        "shared": step.shared,
        "default": step.default,
    }


def _embedding_arguments(step: s.Embedding) -> dict[str, Any]:
    return {
        "combiner": step.combiner,
        "max_norm": step.max_norm,
        "table": step.table,
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
