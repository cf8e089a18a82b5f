"""Columns of ids, and of what is made of ids."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn

if TYPE_CHECKING:
    from featurekit.spec.columns.masking import KeyColumn


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

        Example:
            >>> import featurekit as fk
            >>> column = fk.string("s").vocabulary(["a", "b"]).one_hot()
            >>> fk.preview(column, {"s": ["b", "?"]})
            [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]

        Elsewhere:
            - `tf.feature_column.indicator_column`, `keras.layers.CategoryEncoding`:
              zeros for an id that is out of range.
        """
        return DenseColumn(self.source, self._step(s.OneHot))

    def cyclic(self) -> DenseColumn:
        """The point of a circle: sine and cosine of 2π·id/num_ids.

        The last id is as near to the first as any id to the next: for hours, weekdays
        and months. Both numbers are constants of the plan for each id.

        Semantics:
            - Missing: the row is rejected, unless an earlier `fill` replaced it.
            - Quarters of the circle are exact: 0.0, 1.0 and -1.0.
            - At most 65,536 ids; more are refused when the spec is compiled.
            - Output: float32, shape (batch, 2): sine, cosine.

        Example:
            >>> import featurekit as fk
            >>> fk.timestamp("t").hour().cyclic()
            fk.timestamp('t', tz='UTC').hour().cyclic()
        """
        return DenseColumn(self.source, self._step(s.Cyclic))

    def embedding(
        self,
        dim: int | None = None,
        *,
        max_norm: float | None = None,
        table: str | None = None,
    ) -> EmbeddingColumn:
        """Declares a trainable vector of `dim` numbers for each id.

        The records and the preprocessing hold the id; the vector is built by the model.

        Args:
            dim: Width of a vector. Defaults to `fk.suggest_dim` of the number of ids
                that the compiled plan has. Give it where a vocabulary may grow: the
                vectors of another width cannot be kept.
            max_norm: Vectors that are longer are scaled down to this length when they
                are read. Defaults to any length.
            table: Features of one table have the same vectors; they need one number of
                ids, and one width. Defaults to the shared vocabulary, if there is one.

        Semantics:
            - Missing: the row is rejected, unless an earlier `fill` replaced it.
            - Output: int64 in [0, num_ids), shape (batch,).

        Example:
            >>> import featurekit as fk
            >>> column = fk.string("s").vocabulary(["a", "b"]).embedding(8)
            >>> fk.preview(column, {"s": ["b", "a"]})
            [1, 0]

        Elsewhere:
            - `tf.feature_column.embedding_column`, `keras.layers.Embedding`.
        """
        steps = self._step(s.Embedding, dim, max_norm=max_norm, table=table)
        return EmbeddingColumn(self.source, steps)

    def hide(
        self,
        token: str | int,
        name: str,
        *,
        key: "KeyColumn | Iterable[KeyColumn]",
        rate: float,
        seed: int = 0,
    ) -> "CategoricalColumn":
        """A reserved token in some rows, by chance; `mask_features` uses it.

        Args:
            token: A reserved token of the vocabulary, such as "[MASK]".
            name: What the choice is for: another name makes another one.
            key: The column or columns that tell rows apart.
            rate: How likely a row is chosen.
            seed: Another one makes another choice. Defaults to 0.

        Semantics:
            - Rows are chosen as by `fk.chance` of the same arguments.
            - Missing: stays missing, also in rows that are chosen.
            - Missing key: the row is rejected.
            - Output: int64 in [0, num_ids), shape (batch,), as before.

        Example:
            >>> import featurekit as fk
            >>> ids = fk.string("s").vocabulary(["a", "b"], reserved=["[MASK]"])
            >>> ids = ids.hide("[MASK]", "s", key=fk.integer("id"), rate=0.5)
            >>> fk.preview(ids, {"id": [1, 2, 3, 4], "s": ["a", "b", "a", "b"]})
            [0, 2, 1, 0]
        """
        from featurekit.spec.columns.mask_features import hide

        return hide(self, token, name, key=key, rate=rate, seed=seed)


@dataclass(frozen=True, slots=True, repr=False)
class BooleanColumn(CategoricalColumn):
    """Ids 0 for False and 1 for True: a flag, or what a comparison gives."""

    def fill(self, value: bool) -> "BooleanColumn":
        """Replaces missing values by True or False.

        Semantics:
            - Missing: becomes the value.
            - Output: int64, 0 or 1, never missing.
        """
        if not isinstance(value, bool | int) or value not in (0, 1):
            raise self._bad("fill", "a boolean is filled with True or False", value)
        return replace(self, steps=self._step(s.Fill, bool(value)))

    def is_missing(self) -> "BooleanColumn":
        """1 where there is no value, else 0; never missing itself.

        Semantics:
            - Missing: 1. True, False: 0.
            - Output: int64, 0 or 1.
        """
        return replace(self, steps=self._step(s.IsMissing))
