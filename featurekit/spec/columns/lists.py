"""Columns of lists: what is done to each element, and what a list ends in.

What is done to an element is what a column of single values does to its value: the
steps are the same, and so are the checks of their arguments.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self, overload

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn, WeightedBag
from featurekit.spec.columns.categorical import (
    CategoricalColumn,
    DenseColumn,
    EmbeddingColumn,
)
from featurekit.spec.columns.numbers import NumericColumn
from featurekit.spec.columns.tensors import TensorColumn
from featurekit.spec.columns.tokens import IntegerColumn, StringColumn
from featurekit.spec.columns.vocabularies import OovPlace


@dataclass(frozen=True, slots=True, repr=False)
class ListColumn(BaseColumn):
    """A list per row: what lists of all types share.

    Semantics:
        - Missing list (null): the row is rejected where the list becomes a vector; a
          number that it becomes is missing. `missing_as_empty` changes both.
        - Empty list: has no elements, and is never missing.
        - Missing element (null in a list): the row is rejected, unless `fill` replaced
          the element or `drop_missing` left it out.
    """

    def missing_as_empty(self) -> Self:
        """Takes a missing list as a list without elements.

        Example:
            >>> import featurekit as fk
            >>> t = fk.strings("t").vocabulary(["a", "b"])
            >>> fk.preview(t.missing_as_empty().counts(), {"t": [None, ["a"]]})
            [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]

        Elsewhere:
            - TensorFlow's parser of tf.Examples does this to every list, unasked.
        """
        return type(self)(self.source, self._step(s.MissingAsEmpty))

    def drop_missing(self) -> Self:
        """Leaves missing elements out; those behind them move up.

        Semantics:
            - All elements missing: an empty list. Missing list: stays missing.
            - `length` does not count what was left out.

        Example:
            >>> import featurekit as fk
            >>> t = fk.strings("t").vocabulary(["a", "b"])
            >>> fk.preview(t.drop_missing().counts(), {"t": [["a", None], ["b"]]})
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]

        Elsewhere:
            - `tf.feature_column` leaves out empty texts and -1, always.
        """
        return type(self)(self.source, self._step(s.DropMissing))

    @overload
    def length(self) -> NumericColumn: ...
    @overload
    def length(self, *, maximum: int) -> CategoricalColumn: ...
    def length(
        self, *, maximum: int | None = None
    ) -> NumericColumn | CategoricalColumn:
        """How many elements the list has.

        Args:
            maximum: Where given, the length is an id, and of a longer list this number,
                as of a list that `pad(maximum)` cuts. Defaults to a real number.

        Semantics:
            - Missing list: missing. Empty list: 0.
            - Output: a number; with `maximum` int64 in [0, maximum], shape (batch,).

        Example:
            >>> import featurekit as fk
            >>> fk.preview(fk.strings("t").length(maximum=3), {"t": [["a"] * 5, []]})
            [3, 0]

        Elsewhere:
            - The second tensor of sequence columns of `tf.feature_column`;
              `tf.RaggedTensor.row_lengths`.
        """
        steps = self._step(s.Length, maximum=maximum)
        if maximum is None:
            return NumericColumn(self.source, steps)
        return CategoricalColumn(self.source, steps)

    def _check_tensor(self, shape: object) -> None:
        gone = s.DropMissing | s.MissingAsEmpty
        if any(isinstance(step, gone) for step in self.steps):
            message = "elements that are left out have no place; use missing_as_zeros"
            raise self._bad("tensor", message, shape)

    def _check_fill(self, value: object) -> None:
        if any(isinstance(step, s.DropMissing) for step in self.steps):
            raise self._bad("fill", "missing elements were left out before", value)


@dataclass(frozen=True, slots=True, repr=False)
class PaddedIdsColumn(BaseColumn):
    """Ids of lists of one length. Output: int64, shape (batch, length)."""

    def embedding(self, dim: int) -> EmbeddingColumn:
        """Declares a trainable vector of `dim` numbers for each id.

        The records hold the padded ids; a model takes the mean of the vectors of those
        that are no padding.
        """
        return EmbeddingColumn(self.source, self._step(s.Embedding, dim))


@dataclass(frozen=True, slots=True, repr=False)
class IdsColumn(ListColumn):
    """A list of ids from 0 to a known number; a feature once it is ended."""

    def pad(
        self, length: int, *, side: s.Side = "right", truncate: s.Side = "right"
    ) -> PaddedIdsColumn:
        """The ids plus one, cut and padded with 0 to one length.

        As with `mask_zero=True` of Keras, 0 is the padding and no id: what was id 0 is
        1. So `ids > 0` is the mask.

        Args:
            length: Ids per row.
            side: Where the padding goes. Defaults to "right", behind the ids.
            truncate: Which end of a longer list is cut off. Defaults to "right".

        Semantics:
            - Missing list: the row is rejected, unless `missing_as_empty` came before.
            - Empty list: zeros alone.
            - Output: int64 in [0, num_ids], shape (batch, length).

        Example:
            >>> import featurekit as fk
            >>> t = fk.strings("t").vocabulary(["a", "b"])
            >>> fk.preview(t.pad(3), {"t": [["a", "b", "c", "a"], ["b"], []]})
            [[1, 2, 3], [2, 0, 0], [0, 0, 0]]

        Elsewhere:
            - `keras.utils.pad_sequences`, which pads with an id, and on the left;
              `output_sequence_length` of `keras.layers.TextVectorization`.
        """
        steps = self._step(s.Pad, length, side=side, truncate=truncate)
        return PaddedIdsColumn(self.source, steps)

    def multi_hot(self) -> DenseColumn:
        """A float32 vector that is 1.0 at each id of the list, and 0.0 elsewhere.

        Semantics:
            - Repeated ids: 1.0, as `keras.layers.CategoryEncoding` in "multi_hot".
            - Missing list: the row is rejected, unless `missing_as_empty` came before.
            - Empty list: zeros alone.
            - Output: float32, shape (batch, num_ids).

        Example:
            >>> import featurekit as fk
            >>> t = fk.strings("t").vocabulary(["a", "b"])
            >>> fk.preview(t.multi_hot(), {"t": [["a", "c", "a"], []]})
            [[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]

        Elsewhere:
            - `keras.layers.CategoryEncoding(output_mode="multi_hot")`;
              `MultiLabelBinarizer` of scikit-learn, which leaves unknown labels out.
        """
        return DenseColumn(self.source, self._step(s.MultiHot))

    def counts(self) -> DenseColumn:
        """A float32 vector of how often each id is in the list.

        As `tf.feature_column.indicator_column`.

        Semantics:
            - Missing list: the row is rejected, unless `missing_as_empty` came before.
            - Empty list: zeros alone.
            - Output: float32, shape (batch, num_ids).

        Example:
            >>> import featurekit as fk
            >>> t = fk.strings("t").vocabulary(["a", "b"])
            >>> fk.preview(t.counts(), {"t": [["a", "c", "a"], []]})
            [[2.0, 0.0, 1.0], [0.0, 0.0, 0.0]]

        Elsewhere:
            - `tf.feature_column.indicator_column`; in Keras
              `CategoryEncoding(output_mode="count")`.
        """
        return DenseColumn(self.source, self._step(s.Counts))

    def weighted(self, weights: "NumericsColumn") -> DenseColumn:
        """A float32 vector that holds at each id the sum of its weights.

        As `tf.feature_column.indicator_column` of a weighted categorical column.

        Args:
            weights: A list of numbers, one for each id.

        Semantics:
            - Repeated ids: weights are summed in float64, in the order of the list, and
              rounded once; a sum beyond float32 rejects the row.
            - Zero and negative weights: summed like any other.
            - Lists of different lengths: the row is rejected.
            - `drop_missing` on either: an id without weight, or a weight without id, is
              left out.
            - Missing list: the row is rejected, unless `missing_as_empty` came before.
            - Output: float32, shape (batch, num_ids).

        Example:
            >>> import featurekit as fk
            >>> t = fk.strings("t").vocabulary(["a", "b"])
            >>> bag = t.weighted(fk.numerics("w"))
            >>> fk.preview(bag, {"t": [["a", "b", "a"]], "w": [[0.5, 1.0, 2.0]]})
            [[2.5, 1.0, 0.0]]

        Elsewhere:
            - `tf.feature_column.weighted_categorical_column`, which sums in float32,
              in no stated order.
        """
        if not isinstance(weights, NumericsColumn):
            raise self._bad("weighted", "weights must be a list of numbers", weights)
        return DenseColumn(WeightedBag(self, weights))


@dataclass(frozen=True, slots=True, repr=False)
class StringsColumn(ListColumn):
    """A list of texts; a feature once it has ids and is ended."""

    @property
    def _each(self) -> StringColumn:
        return StringColumn(self.source, self.steps)

    def fill(self, value: str) -> "StringsColumn":
        """Replaces missing elements by a text; a missing list stays missing.

        Example:
            >>> import featurekit as fk
            >>> t = fk.strings("t").fill("?").vocabulary(["a", "?"])
            >>> fk.preview(t.counts(), {"t": [["a", None]]})
            [[1.0, 1.0, 0.0]]
        """
        self._check_fill(value)
        return StringsColumn(self.source, self._each.fill(value).steps)

    def vocabulary(
        self,
        tokens: Iterable[str] | None = None,
        *,
        max_size: int | None = None,
        min_count: int = 1,
        num_oov: int = 1,
        reserved: Iterable[str] = (),
        oov: OovPlace = "after",
        missing_id: bool = False,
        shared: str | None = None,
    ) -> IdsColumn:
        """`StringColumn.vocabulary` of each element; every element counts.

        Semantics:
            - Unknown, empty text, order of learned tokens: as in single values.
            - With `num_oov=0` one unknown element rejects the row.
        """
        if missing_id:
            self._check_fill(missing_id)
        found = self._each.vocabulary(
            tokens,
            max_size=max_size,
            min_count=min_count,
            num_oov=num_oov,
            reserved=reserved,
            oov=oov,
            missing_id=missing_id,
            shared=shared,
        )
        return IdsColumn(self.source, found.steps)

    def hash_buckets(self, num_buckets: int, *, key: Iterable[int] = ()) -> IdsColumn:
        """`StringColumn.hash_buckets` of each element."""
        found = self._each.hash_buckets(num_buckets, key=key)
        return IdsColumn(self.source, found.steps)


@dataclass(frozen=True, slots=True, repr=False)
class IntegersColumn(ListColumn):
    """A list of 64-bit integers; a feature once it has ids and is ended.

    The three smallest integers are reserved, see `featurekit.backends.missing`: a row
    that holds one is rejected.
    """

    @property
    def _each(self) -> IntegerColumn:
        return IntegerColumn(self.source, self.steps)

    def fill(self, value: int) -> "IntegersColumn":
        """Replaces missing elements by an integer; a missing list stays missing."""
        self._check_fill(value)
        return IntegersColumn(self.source, self._each.fill(value).steps)

    def vocabulary(
        self,
        tokens: Iterable[int] | None = None,
        *,
        max_size: int | None = None,
        min_count: int = 1,
        num_oov: int = 1,
        reserved: Iterable[int] = (),
        oov: OovPlace = "after",
        missing_id: bool = False,
        shared: str | None = None,
    ) -> IdsColumn:
        """`IntegerColumn.vocabulary` of each element; every element counts."""
        if missing_id:
            self._check_fill(missing_id)
        found = self._each.vocabulary(
            tokens,
            max_size=max_size,
            min_count=min_count,
            num_oov=num_oov,
            reserved=reserved,
            oov=oov,
            missing_id=missing_id,
            shared=shared,
        )
        return IdsColumn(self.source, found.steps)

    def hash_buckets(self, num_buckets: int, *, key: Iterable[int] = ()) -> IdsColumn:
        """`IntegerColumn.hash_buckets` of each element."""
        found = self._each.hash_buckets(num_buckets, key=key)
        return IdsColumn(self.source, found.steps)

    def tensor(self, shape: Sequence[int]) -> TensorColumn:
        """The integers of a list as a tensor, row-major: `NumericsColumn.tensor`.

        Semantics:
            - Missing element, or another number of elements: the row is rejected.
            - Output: int64, after `rescale` float32, shape (batch, *shape).

        Example:
            >>> import featurekit as fk
            >>> x = fk.integers("x").tensor((1, 2))
            >>> fk.preview(x, {"x": [[1, 2**53 + 1]]})
            [[[1, 9007199254740993]]]
        """
        self._check_tensor(shape)
        return TensorColumn(self.source, self._step(s.Tensor, shape))

    def identity(self, num_ids: int) -> IdsColumn:
        """The integers themselves; one outside of [0, num_ids) rejects the row.

        Example:
            >>> import featurekit as fk
            >>> i = fk.integers("i").identity(3)
            >>> fk.preview(i.counts(), {"i": [[0, 2, 2], [3]]})
            [[1.0, 0.0, 2.0], 'refused: OUT_OF_RANGE']
        """
        return IdsColumn(self.source, self._each.identity(num_ids).steps)


@dataclass(frozen=True, slots=True, repr=False)
class NumericsColumn(ListColumn):
    """A list of real numbers; a feature once it is ended.

    What a NaN means is said by `nan`: under "missing" the element is missing, under
    "error" it rejects the row, under "keep" it stays.
    """

    @property
    def _each(self) -> NumericColumn:
        return NumericColumn(self.source, self.steps)

    def fill(self, value: float) -> "NumericsColumn":
        """Replaces missing elements by a number; a missing list stays missing.

        Example:
            >>> import featurekit as fk
            >>> x = fk.numerics("x")
            >>> fk.preview(x.fill(0.0).pad(2), {"x": [[1.0, None]]})
            [[1.0, 0.0]]
        """
        self._check_fill(value)
        return NumericsColumn(self.source, self._each.fill(value).steps)

    def clip(self, low: float, high: float) -> "NumericsColumn":
        """`NumericColumn.clip` of each element."""
        return NumericsColumn(self.source, self._each.clip(low, high).steps)

    def log1p(self) -> "NumericsColumn":
        """`NumericColumn.log1p` of each element."""
        return NumericsColumn(self.source, self._each.log1p().steps)

    def standardize(
        self, *, mean: float | None = None, std: float | None = None
    ) -> "NumericsColumn":
        """`NumericColumn.standardize` of each element; every element counts."""
        found = self._each.standardize(mean=mean, std=std)
        return NumericsColumn(self.source, found.steps)

    def min_max(
        self, *, minimum: float | None = None, maximum: float | None = None
    ) -> "NumericsColumn":
        """`NumericColumn.min_max` of each element; every element counts."""
        found = self._each.min_max(minimum=minimum, maximum=maximum)
        return NumericsColumn(self.source, found.steps)

    def buckets(self, boundaries: Iterable[float]) -> IdsColumn:
        """`NumericColumn.buckets` of each element."""
        return IdsColumn(self.source, self._each.buckets(boundaries).steps)

    def quantile_buckets(self, num_buckets: int) -> IdsColumn:
        """`NumericColumn.quantile_buckets` of each element; every element counts."""
        return IdsColumn(self.source, self._each.quantile_buckets(num_buckets).steps)

    def pad(
        self,
        length: int,
        *,
        side: s.Side = "right",
        truncate: s.Side = "right",
        value: float = 0.0,
    ) -> DenseColumn:
        """The numbers, cut and padded to one length.

        Args:
            length: Numbers per row.
            side: Where the padding goes. Defaults to "right", behind the numbers.
            truncate: Which end of a longer list is cut off. Defaults to "right".
            value: The padding, rounded to float32. Defaults to 0.0.

        Semantics:
            - Missing list: the row is rejected, unless `missing_as_empty` came before.
            - Empty list: padding alone.
            - Output: float32, shape (batch, length).

        Example:
            >>> import featurekit as fk
            >>> x = fk.numerics("x")
            >>> fk.preview(x.pad(3, value=-1.0), {"x": [[1.0, 2.0, 3.0, 4.0], [5.0]]})
            [[1.0, 2.0, 3.0], [5.0, -1.0, -1.0]]

        Elsewhere:
            - `keras.utils.pad_sequences`, whose default makes integers of the numbers.
        """
        steps = self._step(s.Pad, length, side=side, truncate=truncate, value=value)
        return DenseColumn(self.source, steps)

    def tensor(self, shape: Sequence[int]) -> TensorColumn:
        """The numbers of a list as a tensor, row-major, after the steps before.

        Args:
            shape: The shape of one row, such as (16, 768).

        Semantics:
            - Missing list: the row is rejected, unless `missing_as_zeros` follows.
            - Another number of elements than the shape takes: the row is rejected;
              `pad` is for lists of any length.
            - Missing element: the row is rejected, unless `fill` replaced it.
            - NaN: as the column says. Infinite: stays infinite.
            - Output: float32, shape (batch, *shape).

        Example:
            >>> import featurekit as fk
            >>> x = fk.numerics("x").tensor((2, 1))
            >>> fk.preview(x, {"x": [[1.0, 2.0], [3.0]]})
            [[[1.0], [2.0]], 'refused: TENSOR_SIZE']

        Elsewhere:
            - `tf.io.FixedLenFeature(shape)`; `shape=` of
              `tf.feature_column.numeric_column`.
        """
        self._check_tensor(shape)
        return TensorColumn(self.source, self._step(s.Tensor, shape))

    def sum(self) -> NumericColumn:
        """The sum of the numbers, in float64 from left to right.

        Semantics:
            - Missing list: missing. Empty list: 0.0.
            - NaN, under `nan="keep"`: gives NaN.

        Example:
            >>> import featurekit as fk
            >>> x = fk.numerics("x")
            >>> fk.preview(x.sum(), {"x": [[1.0, 2.0], []]})
            [3.0, 0.0]

        Elsewhere:
            - `tf.reduce_sum` of a RaggedTensor, in float32.
        """
        return NumericColumn(self.source, self._step(s.Aggregate, "sum"))

    def mean(self) -> NumericColumn:
        """The `sum` of the numbers divided by their number.

        Semantics:
            - Missing list, empty list: missing.
            - NaN, under `nan="keep"`: gives NaN.

        Example:
            >>> import featurekit as fk
            >>> x = fk.numerics("x")
            >>> fk.preview(x.mean().fill(-1.0), {"x": [[1.0, 2.0], []]})
            [1.5, -1.0]

        Elsewhere:
            - `tf.reduce_mean` of a RaggedTensor gives NaN for an empty list.
        """
        return NumericColumn(self.source, self._step(s.Aggregate, "mean"))

    def min(self) -> NumericColumn:
        """The smallest number; a zero has no sign.

        Semantics:
            - Missing list, empty list: missing.
            - NaN, under `nan="keep"`: gives NaN.

        Example:
            >>> import featurekit as fk
            >>> x = fk.numerics("x")
            >>> fk.preview(x.min().fill(0.0), {"x": [[1.0, -2.0], []]})
            [-2.0, 0.0]

        Elsewhere:
            - `tf.reduce_min` of a RaggedTensor: the largest float32 for an empty list.
        """
        return NumericColumn(self.source, self._step(s.Aggregate, "min"))

    def max(self) -> NumericColumn:
        """The largest number; a zero has no sign.

        Semantics:
            - Missing list, empty list: missing.
            - NaN, under `nan="keep"`: gives NaN.

        Example:
            >>> import featurekit as fk
            >>> x = fk.numerics("x")
            >>> fk.preview(x.max().fill(0.0), {"x": [[1.0, -2.0], []]})
            [1.0, 0.0]

        Elsewhere:
            - `tf.reduce_max` of a RaggedTensor: the least float32 for an empty list,
              and for one of -inf alone.
        """
        return NumericColumn(self.source, self._step(s.Aggregate, "max"))
