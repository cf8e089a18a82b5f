"""What tf.io.parse_example needs to read the source of feature columns."""

from collections.abc import Iterable
from typing import Any

from featurekit.compat.columns import (
    AnyColumn,
    BucketizedColumn,
    CategoricalColumn,
    CrossedColumn,
    EmbeddingColumn,
    IndicatorColumn,
    NumericColumn,
    SequenceNumericColumn,
    WeightedColumn,
)
from featurekit.errors import MissingDependencyError, SpecError


def parse_spec(columns: Iterable[AnyColumn]) -> dict[str, Any]:
    """By source column, how TensorFlow parses it.

    Raises:
        SpecError: Two columns read one source column in two ways.
        MissingDependencyError: TensorFlow is not installed.
    """
    try:
        import tensorflow as tf
    except ImportError as error:
        raise MissingDependencyError("tensorflow", "tensorflow") from error
    found: dict[str, Any] = {}
    for column in columns:
        for key, parser in _parsers(column, tf.io).items():
            if found.setdefault(key, parser) != parser:
                raise SpecError(
                    "the column is read in two ways",
                    code="SPEC_KEY_CONFLICT",
                    column=key,
                    got=parser,
                    expected=found[key],
                )
    return found


def _parsers(column: AnyColumn, io: Any) -> dict[str, Any]:
    match column:
        case NumericColumn(key=key, shape=shape, default=default, dtype=dtype):
            filled = None if default is None else _filled(shape, default, dtype)
            return {key: io.FixedLenFeature(shape, dtype, filled)}
        case BucketizedColumn(source=source):
            return _parsers(source, io)
        case CategoricalColumn(key=key, dtype=dtype):
            return {key: io.VarLenFeature(dtype)}
        case SequenceNumericColumn(key=key, dtype=dtype):
            return {key: io.VarLenFeature(dtype)}
        case CrossedColumn(keys=keys):
            found: dict[str, Any] = {}
            for one in keys:
                if isinstance(one, str):
                    found[one] = io.VarLenFeature("string")
                else:
                    found |= _parsers(one, io)
            return found
        case WeightedColumn(ids=ids, weight_key=key, dtype=dtype):
            return {**_parsers(ids, io), key: io.VarLenFeature(dtype)}
        case IndicatorColumn(ids=ids) | EmbeddingColumn(ids=ids):
            return _parsers(ids, io)


def _filled(shape: tuple[int, ...], value: float, dtype: str) -> Any:
    """The default in the shape of the column, as nested tuples."""
    filled: Any = int(value) if dtype.startswith("int") else value
    for size in reversed(shape):
        filled = (filled,) * size
    return filled
