"""What the functions of `tf.feature_column` declare, as plain data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from featurekit.spec import steps as s

Combiner: TypeAlias = Literal["mean", "sqrtn", "sum"]


@dataclass(frozen=True, slots=True)
class NumericColumn:
    """A number, or a vector of them.

    Args:
        key: The source column.
        shape: Of the vector.
        default: Of a row without one; None where there is none.
        dtype: As it is parsed.
    """

    key: str
    shape: tuple[int, ...]
    default: float | None
    dtype: str

    @property
    def name(self) -> str:
        """The name of the feature."""
        return self.key


@dataclass(frozen=True, slots=True)
class BucketizedColumn:
    """The bucket of a number."""

    source: NumericColumn
    boundaries: tuple[float, ...]

    @property
    def name(self) -> str:
        """The name of the feature."""
        return f"{self.source.name}_bucketized"


@dataclass(frozen=True, slots=True)
class CategoricalColumn:
    """Texts or integers that become ids.

    Args:
        key: The source column.
        dtype: "string" or "int64".
        step: What makes ids of them.
        is_sequence: Whether their order counts.
    """

    key: str
    dtype: str
    step: s.HashBuckets | s.Identity | s.Vocabulary
    is_sequence: bool = False

    @property
    def name(self) -> str:
        """The name of the feature."""
        return self.key


@dataclass(frozen=True, slots=True)
class CrossedColumn:
    """All combinations of several columns; a string is the text of a source column."""

    keys: "tuple[str | CategoricalColumn | BucketizedColumn, ...]"
    hash_bucket_size: int
    hash_key: int | None

    @property
    def name(self) -> str:
        """The name of the feature."""
        names = (key if isinstance(key, str) else key.name for key in self.keys)
        return "_X_".join(sorted(names))


@dataclass(frozen=True, slots=True)
class WeightedColumn:
    """Ids, and a weight for each."""

    ids: "CategoricalColumn | CrossedColumn"
    weight_key: str
    dtype: str

    @property
    def name(self) -> str:
        """The name of the feature."""
        return f"{self.ids.name}_weighted_by_{self.weight_key}"


Ids: TypeAlias = CategoricalColumn | BucketizedColumn | CrossedColumn | WeightedColumn


@dataclass(frozen=True, slots=True)
class IndicatorColumn:
    """How often each id occurs."""

    ids: Ids

    @property
    def name(self) -> str:
        """The name of the feature."""
        return f"{self.ids.name}_indicator"


@dataclass(frozen=True, slots=True)
class FirstVectors:
    """Where the vectors of an embedding come from, before any training.

    Args:
        initializer: Makes an array of a shape, as initializers of Keras do.
        checkpoint: Path of a TensorFlow checkpoint; None with an initializer.
        tensor: The name of the table in it.
    """

    initializer: Callable[[tuple[int, int]], Any] | None = None
    checkpoint: str | None = None
    tensor: str | None = None


@dataclass(frozen=True, slots=True)
class EmbeddingColumn:
    """A trained vector for each id; those of a row are combined.

    Args:
        ids: The ids.
        dimension: Numbers per vector.
        combiner: What is made of the vectors of a row.
        max_norm: The longest vector; None for any.
        table: The name of a table that several columns have together; None for its own.
        first: What the vectors are before training; None for the model's usual.
    """

    ids: Ids
    dimension: int
    combiner: Combiner
    max_norm: float | None
    table: str | None = None
    first: FirstVectors | None = None

    @property
    def name(self) -> str:
        """The name of the feature."""
        kind = "embedding" if self.table is None else "shared_embedding"
        return f"{self.ids.name}_{kind}"


@dataclass(frozen=True, slots=True)
class SequenceNumericColumn:
    """Numbers whose order counts."""

    key: str
    padding: float
    dtype: str

    @property
    def name(self) -> str:
        """The name of the feature."""
        return self.key


FeatureColumn: TypeAlias = (
    NumericColumn
    | BucketizedColumn
    | IndicatorColumn
    | EmbeddingColumn
    | SequenceNumericColumn
)
"""What can be a feature."""

AnyColumn: TypeAlias = FeatureColumn | Ids
