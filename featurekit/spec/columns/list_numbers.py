"""Lists of numbers: what is done to each, and what they end in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from featurekit.spec import steps as s
from featurekit.spec.columns.categorical import DenseColumn
from featurekit.spec.columns.list_column import ValuesColumn
from featurekit.spec.columns.list_ids import IdsColumn
from featurekit.spec.columns.numbers import NumericColumn
from featurekit.spec.columns.tensors import TensorColumn


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
