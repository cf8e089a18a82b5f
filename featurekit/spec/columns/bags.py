"""Columns of bags: ids of one length per row, which a model combines to one vector."""

from dataclasses import dataclass

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn, WeightedBag
from featurekit.spec.columns.categorical import DenseColumn, EmbeddingColumn
from featurekit.spec.columns.masking import MaskableColumn


@dataclass(frozen=True, slots=True, repr=False)
class PaddedIdsColumn(MaskableColumn):
    """Ids of lists of one length. Output: int64, shape (batch, length)."""

    def embedding(
        self,
        dim: int | None = None,
        *,
        combiner: s.Combiner = "mean",
        max_norm: float | None = None,
        table: str | None = None,
    ) -> EmbeddingColumn:
        """Declares a trainable vector for each id; a row has those of its ids combined.

        The records hold the padded ids, and the weights where there are any; a model
        combines the vectors w·e of the ids that are no padding, as
        `tf.nn.safe_embedding_lookup_sparse` does.

        Args:
            dim: Width of a vector. Defaults to `fk.suggest_dim` of the number of ids
                that the compiled plan has, the padding not counted.
            combiner: "sum", Σw·e; "mean", Σw·e / Σw; "sqrtn", Σw·e / √Σw². Without
                weights w is 1. Defaults to "mean".
            max_norm: Vectors that are longer are scaled down to this length, each
                before they are combined. Defaults to any length.
            table: As in `CategoricalColumn.embedding`.

        Semantics:
            - Empty list: a vector of zeros.
            - Repeated ids: each counts.
            - Weights that are zero, negative or NaN: the id is left out, save by "sum",
              which takes every weight as it is.
            - Output: int64 in [0, num_ids], shape (batch, length); of a weighted column
              also float32 weights, shape (batch, length), under the name of the feature
              and "_weights".

        Example:
            >>> import featurekit as fk
            >>> t = fk.strings("t").vocabulary(["a", "b"])
            >>> bag = t.pad(3).embedding(8, combiner="sqrtn")
            >>> fk.model_inputs(fk.FeatureSpec({"tags": bag}))[0]["combiner"]
            'sqrtn'

        Elsewhere:
            - `tf.feature_column.embedding_column`, whose default is "mean" as well;
              `EmbeddingBag` of PyTorch, which takes weights for "sum" only.
        """
        steps = self._step(
            s.Embedding,
            dim,
            combiner=None if combiner == "mean" else combiner,
            max_norm=max_norm,
            table=table,
        )
        return EmbeddingColumn(self.source, steps)


@dataclass(frozen=True, slots=True, repr=False)
class WeightedIdsColumn(DenseColumn):
    """A list of ids with a weight each, as a vector of the weight of every id."""

    def pad(
        self, length: int, *, side: s.Side = "right", truncate: s.Side = "right"
    ) -> PaddedIdsColumn:
        """The ids as `IdsColumn.pad` has them, and their weights in the same places.

        A record holds the weights under the name of the feature and "_weights".

        Args:
            length: Ids per row.
            side: Where the padding goes. Defaults to "right", behind the ids.
            truncate: Which end of a longer list is cut off. Defaults to "right".

        Semantics:
            - Padding: id 0 with weight 0.0.
            - Lists of different lengths: the row is rejected.
            - `drop_missing` on either: an id without weight, or a weight without id, is
              left out.
            - Weight beyond float32: the row is rejected.
            - Missing list: the row is rejected, unless `missing_as_empty` came before.
            - Output: int64 in [0, num_ids] and float32, both of shape (batch, length).

        Example:
            >>> import featurekit as fk
            >>> t = fk.strings("t").vocabulary(["a", "b"])
            >>> bag = t.weighted(fk.numerics("w")).pad(3)
            >>> spec = fk.FeatureSpec({"bag": bag})
            >>> list(fk.compile(spec).output_types)
            ['bag', 'bag_weights']

        Elsewhere:
            - `tf.feature_column.weighted_categorical_column`, whose ids and weights are
              two sparse tensors.
        """
        steps = self._step(s.Pad, length, side=side, truncate=truncate)
        return PaddedIdsColumn(self.source, steps)


def weights_key(name: str, column: BaseColumn) -> str | None:
    """The record key of the weights of a feature; None if it has none apart."""
    weighted = isinstance(column.source, WeightedBag) and column.steps
    return f"{name}_weights" if weighted else None
