"""Feature columns as featurekit columns."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from featurekit.compat.columns import (
    AnyColumn,
    BucketizedColumn,
    CategoricalColumn,
    CrossedColumn,
    EmbeddingColumn,
    FeatureColumn,
    Ids,
    IndicatorColumn,
    NumericColumn,
    SequenceNumericColumn,
    WeightedColumn,
)
from featurekit.errors import SpecError
from featurekit.plan.float32 import to_float32
from featurekit.spec import columns as fk
from featurekit.spec import steps as s


class Conversion:
    """Converts feature columns.

    Args:
        max_length: The most ids or numbers of a row; None where nothing needs it.
        keep_defaults: Whether "" and -1 are values.
    """

    def __init__(self, max_length: int | None, *, keep_defaults: bool) -> None:
        self.max_length = max_length
        self.keep_defaults = keep_defaults

    def features(self, columns: Iterable[FeatureColumn]) -> dict[str, fk.Column]:
        """The features by name, in the order of the names, as TensorFlow has them."""
        found: dict[str, fk.Column] = {}
        for column in sorted(columns, key=lambda one: _checked(one).name):
            for name, feature in self._named(column):
                if name in found:
                    raise SpecError(
                        "two feature columns have one name",
                        code="SPEC_DUPLICATE_NAME",
                        feature=name,
                    )
                found[name] = feature
        return found

    def _named(self, column: FeatureColumn) -> Iterator[tuple[str, fk.Column]]:
        match column:
            case NumericColumn():
                yield column.name, _number(column)
            case BucketizedColumn():
                yield column.name, self._ids(column).one_hot()
            case IndicatorColumn(ids=ids):
                _refuse_sequence(ids, "indicator_column")
                yield column.name, self._indicator(ids)
            case EmbeddingColumn(ids=ids):
                yield column.name, self._embedding(column)
                if isinstance(ids, CategoricalColumn) and ids.is_sequence:
                    length = self._ids(ids).length(maximum=self._length(column))
                    yield f"{column.name}_length", length
            case SequenceNumericColumn(key=key, padding=padding):
                numbers = _numbers(key)
                most = self._length(column)
                yield column.name, numbers.pad(most, value=padding)
                yield f"{column.name}_length", numbers.length(maximum=most)

    def _ids(self, column: Ids) -> Any:
        """A list of ids, or a single id where all that it is made of is single."""
        match column:
            case CategoricalColumn():
                return _with_ids(self._tokens(column), column.step)
            case BucketizedColumn(source=source, boundaries=boundaries):
                # TensorFlow holds boundaries in float32.
                return _scalar(source).buckets(map(to_float32, boundaries))
            case CrossedColumn(keys=keys):
                crossed = fk.cross(*map(self._crossed, keys))
                return crossed.hash_buckets(
                    column.hash_bucket_size, hash_key=column.hash_key
                )
            case WeightedColumn(ids=ids, weight_key=key):
                return self._ids(ids).weighted(_numbers(key))

    def _tokens(self, column: CategoricalColumn) -> Any:
        """The values of a column; those that stand for none are dropped."""
        if column.dtype == "string":
            texts = fk.strings(column.key).missing_as_empty().drop_missing()
            return texts if self.keep_defaults else texts.missing_values([""])
        integers = fk.integers(column.key).missing_as_empty().drop_missing()
        # Without a default, TensorFlow prunes -1 where it uses ids.
        is_pruned = column.step == s.Identity(getattr(column.step, "num_ids", 1))
        if self.keep_defaults and not is_pruned:
            return integers
        return integers.missing_values([-1])

    def _crossed(self, key: "str | CategoricalColumn | BucketizedColumn") -> fk.Column:
        if isinstance(key, str):
            return fk.strings(key).missing_as_empty().drop_missing()
        return self._ids(key)  # type: ignore[no-any-return]

    def _indicator(self, ids: Ids) -> fk.Column:
        found: Any = self._ids(ids)
        if isinstance(ids, WeightedColumn):
            return found  # type: ignore[no-any-return]
        is_list = isinstance(found, fk.IdsColumn)
        return found.counts() if is_list else found.one_hot()  # type: ignore[no-any-return]

    def _embedding(self, column: EmbeddingColumn) -> fk.Column:
        found: Any = self._ids(column.ids)
        options: dict[str, Any] = {"max_norm": column.max_norm, "table": column.table}
        if not isinstance(found, fk.CategoricalColumn):
            found = found.pad(self._length(column))
            options["combiner"] = column.combiner
        return found.embedding(column.dimension, **options)  # type: ignore[no-any-return]

    def _length(self, column: AnyColumn) -> int:
        if self.max_length is None:
            raise SpecError(
                "a bag or a sequence needs max_length: records hold rows of one length",
                code="SPEC_BAD_VALUE",
                feature=column.name,
                hint="features(columns, max_length=…); longer rows are cut",
            )
        return self.max_length


def _checked(column: object) -> FeatureColumn:
    if isinstance(column, FeatureColumn):
        return column
    raise SpecError(
        "a feature is made of a dense column",
        code="SPEC_BAD_VALUE",
        got=column,
        hint="wrap a categorical column in indicator_column or embedding_column",
    )


def _refuse_sequence(ids: Ids, what: str) -> None:
    if isinstance(ids, CategoricalColumn) and ids.is_sequence:
        raise SpecError(
            f"{what} does not take a sequence",
            code="SPEC_BAD_VALUE",
            column=ids.key,
            hint="use embedding_column, or a column that is no sequence",
        )


def _number(column: NumericColumn) -> fk.Column:
    if column.shape == (1,):
        return _scalar(column)
    if column.default is not None:
        raise SpecError(
            "a vector has no default_value",
            code="SPEC_BAD_VALUE",
            column=column.key,
            got=column.default,
            hint="fill the data, or declare a numeric_column for each number",
        )
    return fk.vector(column.key, math.prod(column.shape), nan="keep")


def _scalar(column: NumericColumn) -> fk.NumericColumn:
    if column.shape != (1,):
        raise SpecError(
            "only single numbers have buckets",
            code="SPEC_BAD_VALUE",
            column=column.key,
            got=column.shape,
            expected="shape=(1,)",
            hint="declare a numeric_column for each number",
        )
    found = fk.numeric(column.key, nan="keep")
    return found if column.default is None else found.fill(column.default)


def _numbers(key: str) -> fk.NumericsColumn:
    return fk.numerics(key, nan="keep").missing_as_empty().drop_missing()


def _with_ids(tokens: Any, step: s.HashBuckets | s.Identity | s.Vocabulary) -> Any:
    match step:
        case s.HashBuckets(num_buckets=count):
            return tokens.hash_buckets(count)
        case s.Identity(num_ids=count, default=default):
            return tokens.identity(count, default=default)
        case s.Vocabulary(tokens=known, num_oov=num_oov, default=default):
            return tokens.vocabulary(known, num_oov=num_oov, default=default)
