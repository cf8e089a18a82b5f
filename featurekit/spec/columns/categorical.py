"""Columns of ids, and of what is made of ids."""

from dataclasses import dataclass

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn


@dataclass(frozen=True, slots=True, repr=False)
class EmbeddingColumn(BaseColumn):
    """Ids for which a model trains one vector each. Output: int64 ids."""


@dataclass(frozen=True, slots=True, repr=False)
class DenseColumn(BaseColumn):
    """A float32 vector of fixed width, ready for a model."""


@dataclass(frozen=True, slots=True, repr=False)
class CategoricalColumn(BaseColumn):
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
