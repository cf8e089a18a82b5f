"""Columns: typed, fluent, frozen declarations of one feature each.

A column is a source and the steps applied to it. Every method returns a new column of
the kind that the result has, so an editor offers only what can follow: `.embedding`
exists on ids, `.log1p` on numbers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.inputs import Input, NanPolicy, check_zone


@dataclass(frozen=True, slots=True)
class Cross:
    """Several columns taken together; their order decides the value."""

    columns: "tuple[Column, ...]"

    def __str__(self) -> str:
        return f"fk.cross({', '.join(map(repr, self.columns))})"


@dataclass(frozen=True, slots=True, repr=False)
class _Column:
    source: Input | Cross
    steps: tuple[s.Step, ...] = ()

    def __repr__(self) -> str:
        return f"{self.source}{''.join(map(str, self.steps))}"

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The source columns that are read, each once, in order of appearance."""
        if isinstance(self.source, Input):
            return (self.source,)
        found: dict[Input, None] = {}
        for column in self.source.columns:
            found.update(dict.fromkeys(column.inputs))
        return tuple(found)

    def _step(
        self, step: type[s.Step], *args: Any, **kwargs: Any
    ) -> tuple[s.Step, ...]:
        """The steps so far and one more; a bad argument is located."""
        try:
            added = step(*args, **kwargs)
        except SpecError as error:
            names = ", ".join(item.name for item in self.inputs)
            raise SpecError(
                f"{step.method}: {error.message}",
                code=error.code,
                column=names,
                got=error.got,
                expected=error.expected,
                hint=error.hint,
            ) from None
        return (*self.steps, added)

    def _bad(self, method: str, message: str, got: object) -> SpecError:
        return SpecError(
            f"{method}: {message}",
            code="SPEC_BAD_VALUE",
            column=", ".join(item.name for item in self.inputs),
            got=got,
        )


@dataclass(frozen=True, slots=True, repr=False)
class EmbeddingColumn(_Column):
    """Ids for which a model trains one vector each. Output: int64 ids."""


@dataclass(frozen=True, slots=True, repr=False)
class DenseColumn(_Column):
    """A float32 vector of fixed width, ready for a model."""


@dataclass(frozen=True, slots=True, repr=False)
class CategoricalColumn(_Column):
    """Ids from 0 to a known number. Output: int64, shape (batch,)."""

    def one_hot(self) -> DenseColumn:
        """A float32 vector that is 1.0 at the id and 0.0 elsewhere.

        Semantics:
            - Missing: the row is rejected, unless an earlier `fill` replaced it.
            - Out of range: cannot occur; ids come from a step with a known range.
            - Output: float32, shape (batch, num_ids).
        """
        return DenseColumn(self.source, self._step(s.OneHot))

    def embedding(self, dim: int) -> EmbeddingColumn:
        """Declares a trainable vector of `dim` numbers for each id.

        The records and the preprocessing hold the id; the vector is built by the model.
        """
        return EmbeddingColumn(self.source, self._step(s.Embedding, dim))


@dataclass(frozen=True, slots=True, repr=False)
class NumericColumn(_Column):
    """A real number. Output: float32, shape (batch,).

    Values are computed in float64 and rounded once to float32, so that every executor
    gives the same bits at any batch size.
    """

    def fill(self, value: float) -> "NumericColumn":
        """Replaces missing values.

        Semantics:
            - Missing: becomes `value`. A NaN is missing under `nan="missing"`.
            - NaN: kept under `nan="keep"`.
            - Output: the same type, never missing.
        """
        s.check_finite(value, f"{self!r}: fill value")
        return NumericColumn(self.source, self._step(s.Fill, float(value)))

    def clip(self, low: float, high: float) -> "NumericColumn":
        """Limits values to [low, high]; either may be infinite.

        Semantics:
            - Missing: stays missing.
            - NaN: stays NaN.
            - Infinite: becomes the bound.
        """
        return NumericColumn(self.source, self._step(s.Clip, low, high))

    def log1p(self) -> "NumericColumn":
        """Replaces x by log(1 + x), rounded to float32.

        Semantics:
            - Missing: stays missing.
            - NaN: stays NaN.
            - Below -1: the row is rejected.
            - -1 becomes -inf, +inf stays +inf.
        """
        return NumericColumn(self.source, self._step(s.Log1p))

    def standardize(
        self, *, mean: float | None = None, std: float | None = None
    ) -> "NumericColumn":
        """Replaces x by (x - mean) / std, with the population standard deviation.

        Args:
            mean: Subtracted from x. Defaults to the mean of the training rows.
            std: Divides the difference. Defaults to that of the training rows.

        Semantics:
            - Missing: stays missing; the statistics skip it.
            - NaN, infinite: pass through; the statistics skip them.
            - Constant column (std 0): x - mean, so 0.0 on the constant.
        """
        return NumericColumn(self.source, self._step(s.Standardize, mean=mean, std=std))

    def min_max(
        self, *, minimum: float | None = None, maximum: float | None = None
    ) -> "NumericColumn":
        """Replaces x by (x - minimum) / (maximum - minimum).

        Args:
            minimum: Mapped to 0. Defaults to the smallest training value.
            maximum: Mapped to 1. Defaults to the largest training value.

        Semantics:
            - Missing: stays missing; the statistics skip it.
            - Out of range: extrapolates, below 0 or above 1. Clip first to avoid it.
            - Constant column: x - minimum, so 0.0 on the constant.
        """
        return NumericColumn(
            self.source, self._step(s.MinMax, minimum=minimum, maximum=maximum)
        )

    def buckets(self, boundaries: Iterable[float]) -> CategoricalColumn:
        """The number of boundaries that are <= x: left-closed buckets.

        Args:
            boundaries: Strictly increasing finite numbers, compared in float64.

        Semantics:
            - Missing: stays missing.
            - NaN: the last bucket, as in `tf.raw_ops.Bucketize`; only under
              `nan="keep"`.
            - -inf: bucket 0. +inf: the last bucket.
            - Output: int64 in [0, len(boundaries)].
        """
        return CategoricalColumn(
            self.source, self._step(s.Buckets, _floats(boundaries))
        )

    def quantile_buckets(self, num_buckets: int) -> CategoricalColumn:
        """Buckets between learned quantiles, about equally full.

        Equal boundaries are merged, so there may be fewer than `num_buckets` buckets.

        Semantics:
            - Missing: stays missing; the statistics skip it.
            - NaN, infinite: as `buckets`; the statistics skip them.
            - Output: int64 in [0, num_buckets).
        """
        return CategoricalColumn(
            self.source, self._step(s.QuantileBuckets, num_buckets)
        )

    def greater_equal(self, threshold: float) -> CategoricalColumn:
        """1 where x >= threshold, else 0: a binary label, or a feature.

        Semantics:
            - Missing: stays missing.
            - NaN: 0.
            - Output: int64, 0 or 1.
        """
        return CategoricalColumn(self.source, self._step(s.GreaterEqual, threshold))


def _floats(values: Iterable[float]) -> tuple[float, ...]:
    # A bool stays one, so that the step's own check names it.
    return tuple(float(v) if type(v) is int else v for v in values)


@dataclass(frozen=True, slots=True, repr=False)
class StringColumn(_Column):
    """Text, as UTF-8. A feature only after `vocabulary`, `hash_buckets` or a cross."""

    def fill(self, value: str) -> "StringColumn":
        """Replaces missing values by a text; an empty text is not missing."""
        if not isinstance(value, str):
            raise self._bad("fill", "a string column is filled with text", value)
        return StringColumn(self.source, self._step(s.Fill, value))

    def vocabulary(
        self,
        tokens: Iterable[str] | None = None,
        *,
        max_size: int | None = None,
        min_count: int = 1,
        num_oov: int = 1,
    ) -> CategoricalColumn:
        """The index of the text in a vocabulary, given or learned.

        Learned vocabularies are ordered by count, then by bytes, both descending.

        Args:
            tokens: The vocabulary in id order. Defaults to learning it.
            max_size: Keep at most this many learned tokens. Defaults to all.
            min_count: Keep learned tokens that occur at least this often.
                Defaults to 1.
            num_oov: Ids after the vocabulary for unknown text, chosen by hash. With 0
                an unknown text rejects the row. Defaults to 1.

        Semantics:
            - Missing: stays missing.
            - Empty text: a token like any other.
            - Unknown: len(tokens) + FarmHash64(text) mod num_oov.
            - Output: int64 in [0, len(tokens) + num_oov).
        """
        given = None
        if tokens is not None:
            if isinstance(tokens, str | bytes):
                raise self._bad("vocabulary", "tokens must be a list of texts", tokens)
            given = tuple(self._encode(token) for token in tokens)
        return CategoricalColumn(
            self.source,
            self._step(s.Vocabulary, given, max_size, min_count, num_oov),
        )

    def _encode(self, token: object) -> bytes:
        if isinstance(token, bytes):
            return token
        if not isinstance(token, str):
            raise self._bad("vocabulary", "a token must be text", token)
        try:
            return token.encode()
        except UnicodeEncodeError:
            raise self._bad("vocabulary", "a token is not UTF-8", token) from None

    def hash_buckets(self, num_buckets: int) -> CategoricalColumn:
        """FarmHash64 of the text modulo `num_buckets`; needs no statistics.

        The same ids as `tf.strings.to_hash_bucket_fast`.

        Semantics:
            - Missing: stays missing.
            - Empty text: hashed like any other.
            - Output: int64 in [0, num_buckets).
        """
        return CategoricalColumn(self.source, self._step(s.HashBuckets, num_buckets))


@dataclass(frozen=True, slots=True, repr=False)
class IntegerColumn(_Column):
    """A 64-bit integer id, exact over the full range except -2**63.

    -2**63 is reserved: TensorFlow tensors carry no nulls, and it marks a missing
    integer there. A row that holds it is rejected.
    """

    def fill(self, value: int) -> "IntegerColumn":
        """Replaces missing values by an integer."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._bad("fill", "an integer column is filled with an int", value)
        if not -(2**63) < value < 2**63:
            raise self._bad("fill", "the value does not fit 64 bits", value)
        return IntegerColumn(self.source, self._step(s.Fill, value))

    def vocabulary(
        self,
        tokens: Iterable[int] | None = None,
        *,
        max_size: int | None = None,
        min_count: int = 1,
        num_oov: int = 1,
    ) -> CategoricalColumn:
        """The index of the integer in a vocabulary, given or learned.

        Learned vocabularies are ordered by count, then by number, both descending.
        Arguments and semantics are those of `StringColumn.vocabulary`; an unknown
        integer is hashed as its decimal text.
        """
        given = None
        if tokens is not None:
            given = tuple(tokens)
            for token in given:
                if isinstance(token, bool) or not isinstance(token, int):
                    raise self._bad("vocabulary", "a token must be an int", token)
                if not -(2**63) < token < 2**63:
                    raise self._bad("vocabulary", "a token exceeds 64 bits", token)
        return CategoricalColumn(
            self.source,
            self._step(s.Vocabulary, given, max_size, min_count, num_oov),
        )

    def hash_buckets(self, num_buckets: int) -> CategoricalColumn:
        """FarmHash64 of the decimal text modulo `num_buckets`.

        Semantics:
            - Missing: stays missing.
            - Output: int64 in [0, num_buckets).
        """
        return CategoricalColumn(self.source, self._step(s.HashBuckets, num_buckets))

    def identity(self, num_ids: int) -> CategoricalColumn:
        """The integer itself, which must be in [0, num_ids).

        Semantics:
            - Missing: stays missing.
            - Out of range, negative: the row is rejected.
            - Output: int64 in [0, num_ids).
        """
        return CategoricalColumn(self.source, self._step(s.Identity, num_ids))


@dataclass(frozen=True, slots=True, repr=False)
class TimestampColumn(_Column):
    """A point in time; its parts are those of the local time in its zone.

    Every part is an id counted from 0: January, Monday and the first day of a month or
    year are 0. Missing stays missing. Zone rules are copied into the plan for the years
    1900 to 2100; outside of them the nearest known offset holds.
    """

    def _part(self, part: s.TimePartName) -> CategoricalColumn:
        return CategoricalColumn(self.source, self._step(s.TimePart, part))

    def minute(self) -> CategoricalColumn:
        """Minute of the hour, 0 to 59."""
        return self._part("minute")

    def hour(self) -> CategoricalColumn:
        """Hour of the day, 0 to 23."""
        return self._part("hour")

    def day_of_week(self) -> CategoricalColumn:
        """Day of the week, Monday 0 to Sunday 6."""
        return self._part("day_of_week")

    def day_of_month(self) -> CategoricalColumn:
        """Day of the month, 0 to 30."""
        return self._part("day_of_month")

    def day_of_year(self) -> CategoricalColumn:
        """Day of the year, 0 to 365."""
        return self._part("day_of_year")

    def month(self) -> CategoricalColumn:
        """Month of the year, 0 to 11."""
        return self._part("month")


@dataclass(frozen=True, slots=True, repr=False)
class CrossColumn(_Column):
    """Several columns taken together; a feature after `hash_buckets`."""

    def hash_buckets(self, num_buckets: int) -> CategoricalColumn:
        """A hash of all values, in order, modulo `num_buckets`.

        The same ids as `tf.feature_column.crossed_column` and
        `keras.layers.HashedCrossing`: text enters by FarmHash64, an integer or id as
        itself, folded with FingerprintCat64 from 0xDECAFCAFFE.

        Semantics:
            - Missing: missing where any of the inputs is.
            - Output: int64 in [0, num_buckets).
        """
        return CategoricalColumn(self.source, self._step(s.HashBuckets, num_buckets))


Column: TypeAlias = (
    NumericColumn
    | StringColumn
    | IntegerColumn
    | TimestampColumn
    | CategoricalColumn
    | CrossColumn
    | DenseColumn
    | EmbeddingColumn
)


def numeric(name: str, *, nan: NanPolicy = "missing") -> NumericColumn:
    """A real number, read as float32.

    Args:
        name: Column name in the source.
        nan: What a NaN means. "missing" treats it as a missing value, "error" rejects
            the row, "keep" passes it on. Defaults to "missing". Statistics count NaN
            and null apart whatever the policy.

    Example:
        >>> import featurekit as fk
        >>> fk.numeric("delay").fill(0.0).clip(-60, 600).standardize()
        fk.numeric('delay').fill(0.0).clip(-60.0, 600.0).standardize()
    """
    return NumericColumn(Input(name, "float32", nan))


def integer(name: str) -> IntegerColumn:
    """A 64-bit integer id.

    Example:
        >>> import featurekit as fk
        >>> fk.integer("flight").hash_buckets(1000).embedding(8)
        fk.integer('flight').hash_buckets(1000).embedding(8)
    """
    return IntegerColumn(Input(name, "int64"))


def string(name: str) -> StringColumn:
    """A text.

    Example:
        >>> import featurekit as fk
        >>> fk.string("carrier").vocabulary(max_size=64).embedding(4)
        fk.string('carrier').vocabulary(max_size=64).embedding(4)
    """
    return StringColumn(Input(name, "string"))


def timestamp(name: str, *, tz: str = "UTC") -> TimestampColumn:
    """A point in time.

    Args:
        name: Column name in the source.
        tz: IANA time zone in which parts are taken, and in which timestamps without a
            zone are read. Defaults to "UTC".

    Example:
        >>> import featurekit as fk
        >>> fk.timestamp("time_hour", tz="America/New_York").hour().one_hot()
        fk.timestamp('time_hour', tz='America/New_York').hour().one_hot()
    """
    return TimestampColumn(Input(name, "timestamp", time_zone=check_zone(tz, name)))


def cross(*columns: Column) -> CrossColumn:
    """Several columns taken together.

    Args:
        *columns: Two or more string, integer or categorical columns.

    Example:
        >>> import featurekit as fk
        >>> fk.cross(fk.string("origin"), fk.string("dest")).hash_buckets(4000)
        fk.cross(fk.string('origin'), fk.string('dest')).hash_buckets(4000)
    """
    if len(columns) < 2:
        raise SpecError(
            "a cross takes two columns or more", code="SPEC_BAD_VALUE", got=columns
        )
    for column in columns:
        if not isinstance(column, StringColumn | IntegerColumn | CategoricalColumn):
            raise SpecError(
                "only string, integer and categorical columns can be crossed",
                code="SPEC_BAD_VALUE",
                got=column,
                hint="give numbers buckets first",
            )
    return CrossColumn(Cross(columns))
