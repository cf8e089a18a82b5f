"""Columns of lists: what is done to each element, and what a list ends in.

What is done to an element is what a column of single values does to its value: the
steps are the same, and so are the checks of their arguments.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self, overload

from featurekit.spec import steps as s
from featurekit.spec.columns.bags import PaddedIdsColumn, WeightedIdsColumn
from featurekit.spec.columns.base import BaseColumn, WeightedBag
from featurekit.spec.columns.categorical import CategoricalColumn, DenseColumn
from featurekit.spec.columns.numbers import NumericColumn
from featurekit.spec.columns.tensors import TensorColumn
from featurekit.spec.columns.text import TermsColumn, TokensColumn
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

    def mask(self, length: int, *, side: s.Side = "right") -> DenseColumn:
        """Where `pad(length)` has elements: 1.0 there, and 0.0 where it pads.

        Args:
            length: As in `pad`.
            side: Where the padding goes, as in `pad`. Defaults to "right".

        Semantics:
            - Missing list: the row is rejected, unless `missing_as_empty` came before.
            - Empty list: zeros alone.
            - `drop_missing` came before: what was left out is not counted.
            - Output: float32, shape (batch, length).

        Example:
            >>> import featurekit as fk
            >>> fk.preview(fk.strings("s").mask(3), {"s": [["a", "b"], []]})
            [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
        """
        return DenseColumn(self.source, self._step(s.Mask, length, side=side))

    def _check_tensor(self, shape: object) -> None:
        gone = s.DropMissing | s.MissingAsEmpty
        if any(isinstance(step, gone) for step in self.steps):
            message = "elements that are left out have no place; use missing_as_zeros"
            raise self._bad("tensor", message, shape)

    def _check_fill(self, value: object) -> None:
        if s.pending_drop(self.steps):
            raise self._bad("fill", "missing elements were left out before", value)


@dataclass(frozen=True, slots=True, repr=False)
class IdsColumn(ListColumn, TermsColumn):
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

    def weighted(self, weights: "NumericsColumn") -> WeightedIdsColumn:
        """A float32 vector that holds at each id the sum of its weights.

        As `tf.feature_column.indicator_column` of a weighted categorical column. Where
        there are too many ids for a vector, `pad` follows: ids and weights apart.

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
        return WeightedIdsColumn(WeightedBag(self, weights))


@dataclass(frozen=True, slots=True, repr=False)
class ValuesColumn(ListColumn):
    """A list of what is no id yet."""

    def shift(self, offset: int) -> Self:
        """Moves each element `offset` places on; what no element came to is missing.

        As `Series.shift` of pandas and Polars, `LAG` and `LEAD` of SQL, within each
        list. `shift(1).fill(start)` is the input of an autoregressive model whose
        target is the list itself.

        Args:
            offset: 1 puts in each place the element before it, -1 the one after it.

        Semantics:
            - Length: stays the same. A missing list stays missing.
            - Missing element, NaN: moves like any other. A later `fill` cannot tell it
              from a place that was left, so `fill` or `drop_missing` it before.
            - `drop_missing` came before: neighbours are those that are left.

        Example:
            >>> import featurekit as fk
            >>> words = fk.strings("s").shift(1).fill("<s>")
            >>> column = words.vocabulary(["a", "b"], reserved=["<s>"]).pad(3)
            >>> fk.preview(column, {"s": [["a", "b", "b"], ["b"]]})
            [[1, 2, 3], [1, 0, 0]]
        """
        return type(self)(self.source, self._step(s.Shift, offset))


@dataclass(frozen=True, slots=True, repr=False)
class StringsColumn(ValuesColumn, TokensColumn):
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

    def missing_values(self, values: Iterable[str]) -> "StringsColumn":
        """`StringColumn.missing_values` of each element.

        Example:
            >>> import featurekit as fk
            >>> tags = fk.strings("t").missing_values([""]).drop_missing()
            >>> rows = {"t": [["a", "", "b"], [""]]}
            >>> fk.preview(tags.vocabulary(["a", "b"]).pad(2), rows)
            [[1, 2], [0, 0]]
        """
        found = self._each.missing_values(values)
        return StringsColumn(self.source, found.steps)

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
        default: s.DefaultId | None = None,
    ) -> IdsColumn:
        """`StringColumn.vocabulary` of each element; every element counts.

        Semantics:
            - Unknown, empty text, order of learned tokens: as in single values.
            - With `num_oov=0` one unknown element rejects the row; with
              `default="missing"` it is missing, so that `drop_missing` leaves it out.
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
            default=default,
        )
        return IdsColumn(self.source, found.steps)

    def hash_buckets(self, num_buckets: int, *, key: Iterable[int] = ()) -> IdsColumn:
        """`StringColumn.hash_buckets` of each element."""
        found = self._each.hash_buckets(num_buckets, key=key)
        return IdsColumn(self.source, found.steps)


@dataclass(frozen=True, slots=True, repr=False)
class IntegersColumn(ValuesColumn):
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

    def missing_values(self, values: Iterable[int]) -> "IntegersColumn":
        """`IntegerColumn.missing_values` of each element."""
        found = self._each.missing_values(values)
        return IntegersColumn(self.source, found.steps)

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
        default: s.DefaultId | None = None,
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
            default=default,
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

    def identity(
        self, num_ids: int, *, default: s.DefaultId | None = None
    ) -> IdsColumn:
        """The integers themselves; one outside of [0, num_ids) rejects the row.

        Args:
            num_ids: How many ids there are.
            default: As of `IntegerColumn.identity`.

        Example:
            >>> import featurekit as fk
            >>> i = fk.integers("i").identity(3)
            >>> fk.preview(i.counts(), {"i": [[0, 2, 2], [3]]})
            [[1.0, 0.0, 2.0], 'refused: OUT_OF_RANGE']
        """
        found = self._each.identity(num_ids, default=default)
        return IdsColumn(self.source, found.steps)


@dataclass(frozen=True, slots=True, repr=False)
class NumericsColumn(ValuesColumn):
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

    def missing_values(self, values: Iterable[float]) -> "NumericsColumn":
        """`NumericColumn.missing_values` of each element."""
        found = self._each.missing_values(values)
        return NumericsColumn(self.source, found.steps)

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

    def binarize(self, threshold: float) -> "NumericsColumn":
        """`NumericColumn.binarize` of each element, such as the pixels of an image."""
        return NumericsColumn(self.source, self._each.binarize(threshold).steps)

    def difference(self, lag: int = 1) -> "NumericsColumn":
        """Each number less the one `lag` places before it.

        As `Series.diff` of pandas, within each list.

        Args:
            lag: How far the other number is. Defaults to 1.

        Semantics:
            - The first `lag` elements: missing; see `fill` and `drop_missing`.
            - Missing element: missing, where either number is.
            - inf - inf: missing, as in expressions. NaN, under `nan="keep"`: NaN.
            - Output: a list of the same length, computed in float64.

        Example:
            >>> import featurekit as fk
            >>> column = fk.numerics("x").difference().fill(0.0).pad(3)
            >>> fk.preview(column, {"x": [[1.0, 4.0, 2.0], [5.0]]})
            [[0.0, 3.0, -2.0], [0.0, 0.0, 0.0]]
        """
        return NumericsColumn(self.source, self._step(s.Difference, lag))

    def rolling(self, size: int) -> "RollingWindow":
        """Windows of the last `size` numbers, that of each place among them.

        `rolling(size)` is followed by `sum()`, `mean()`, `min()` or `max()`, which
        gives one number for each window; as `Series.rolling` of pandas.

        Args:
            size: Numbers in a window.

        Semantics:
            - The first `size - 1` elements: missing, as their windows are not full; see
              `fill` and `drop_missing`.
            - Missing element: every window with it is missing.
            - Sums: from zero, in float64 from left to right in each window, so that no
              earlier number leaves a trace; a mean is the sum divided by `size`.
            - NaN, under `nan="keep"`: NaN in every window with it, and in no other.
            - `min`, `max`: a zero has no sign.
            - Output: a list of the same length.

        Example:
            >>> import featurekit as fk
            >>> column = fk.numerics("x").rolling(2).mean().drop_missing().pad(3)
            >>> fk.preview(column, {"x": [[1.0, 4.0, 2.0], [5.0]]})
            [[2.5, 3.0, 0.0], [0.0, 0.0, 0.0]]
        """
        self._step(s.Rolling, size)  # a bad size is refused here, not by what follows
        return RollingWindow(self, size)

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


@dataclass(frozen=True, slots=True)
class RollingWindow:
    """Windows of numbers that still need a function; see `NumericsColumn.rolling`.

    Args:
        column: The numbers.
        size: How many of them are in a window.
    """

    column: NumericsColumn
    size: int

    def sum(self) -> NumericsColumn:
        """The sum of each window."""
        return self._of("sum")

    def mean(self) -> NumericsColumn:
        """The mean of each window."""
        return self._of("mean")

    def min(self) -> NumericsColumn:
        """The smallest number of each window."""
        return self._of("min")

    def max(self) -> NumericsColumn:
        """The largest number of each window."""
        return self._of("max")

    def _of(self, kind: s.AggregateName) -> NumericsColumn:
        column = self.column
        return NumericsColumn(
            column.source, column._step(s.Rolling, self.size, kind=kind)
        )
