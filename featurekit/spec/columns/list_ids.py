"""Lists of ids, and what they end in."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from featurekit.spec import steps as s
from featurekit.spec.columns.bags import PaddedIdsColumn, WeightedIdsColumn
from featurekit.spec.columns.base import WeightedBag
from featurekit.spec.columns.categorical import DenseColumn
from featurekit.spec.columns.list_column import ListColumn
from featurekit.spec.columns.text import TermsColumn

if TYPE_CHECKING:
    from featurekit.spec.columns.list_numbers import NumericsColumn


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
        from featurekit.spec.columns.list_numbers import NumericsColumn

        if not isinstance(weights, NumericsColumn):
            raise self._bad("weighted", "weights must be a list of numbers", weights)
        return WeightedIdsColumn(WeightedBag(self, weights))
