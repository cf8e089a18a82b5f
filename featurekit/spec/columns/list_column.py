"""What all columns of lists have in common."""

from dataclasses import dataclass
from typing import Self, overload

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.columns.categorical import CategoricalColumn, DenseColumn
from featurekit.spec.columns.numbers import NumericColumn


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
