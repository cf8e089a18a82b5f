"""Padded ids of which some are hidden, for models that learn to tell them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from featurekit.spec import steps as s
from featurekit.spec.columns.base import Aligned, BaseColumn, Masked, WeightedBag
from featurekit.spec.columns.hidden import Hidden
from featurekit.spec.columns.tokens import IntegerColumn, StringColumn

if TYPE_CHECKING:
    from featurekit.spec.columns.bags import PaddedIdsColumn

KeyColumn: TypeAlias = StringColumn | IntegerColumn


class MaskedIds(NamedTuple):
    """See `PaddedIdsColumn.mask_tokens`."""

    inputs: "PaddedIdsColumn"
    targets: "PaddedIdsColumn"


@dataclass(frozen=True, slots=True, repr=False)
class MaskableColumn(BaseColumn):
    """Padded ids, before a model has vectors for them."""

    def mask_tokens(
        self,
        token: str | int,
        *,
        key: KeyColumn | Iterable[KeyColumn],
        seed: int = 0,
        rate: float = 0.15,
        masked: float = 0.8,
        randomized: float = 0.1,
    ) -> MaskedIds:
        """Hides some ids, for a model that learns to tell them, as BERT does.

        Which ids are chosen is a function of `key`, `seed` and the place of the id: the
        same on every executor, for any number of workers, in any order of rows. To hide
        others in another epoch, convert with another seed.

        Gives two columns: `inputs`, the ids of which some are hidden, and `targets`,
        the ids that were chosen, with 0 in all other places. So `targets > 0` are the
        weights of the loss.

        Args:
            token: A reserved token of the vocabulary, such as "[MASK]".
            key: The column or columns that tell rows apart; rows that are equal in them
                hide the same places.
            seed: Another one makes another choice. Defaults to 0.
            rate: How likely an id is chosen. Defaults to 0.15.
            masked: Of the chosen ids, the share that becomes `token`. Defaults to 0.8.
            randomized: The share that becomes a random id; the rest stays as it is, and
                has to be told all the same. Defaults to 0.1.

        Semantics:
            - Padding and reserved tokens: never chosen; no random id is one of them.
            - Every place is chosen by itself: a row may have no chosen id.
            - Missing key: the row is rejected.
            - Shares are rounded to multiples of 2**-32. The words are those of
              Philox4x32-10 for the counter (place, 0, key, key) and the key `seed`.
            - Output: int64 in [0, num_ids], shape (batch, length), as of `pad`.

        Example:
            >>> import featurekit as fk
            >>> ids = fk.strings("s").vocabulary(list("abcdef"), reserved=["[MASK]"])
            >>> found = ids.pad(6).mask_tokens("[MASK]", key=fk.string("id"), rate=0.5)
            >>> rows = {"id": ["x", "y"], "s": [list("abcdef"), list("ace")]}
            >>> fk.preview(found.inputs, rows)
            [[2, 3, 1, 1, 6, 7], [2, 4, 1, 0, 0, 0]]
            >>> fk.preview(found.targets, rows)
            [[0, 0, 4, 5, 0, 0], [0, 4, 6, 0, 0, 0]]

        Elsewhere:
            - Collators of language models draw at random when a batch is made, so the
              same data gives other batches in each run.
        """
        from featurekit.spec.columns.bags import PaddedIdsColumn

        keys = (key,) if isinstance(key, BaseColumn) else tuple(key)
        self._check_mask(token, keys, seed, (rate, masked, randomized))
        drawn = token, seed, float(rate), float(masked), float(randomized)
        return MaskedIds(
            *(
                PaddedIdsColumn(Masked(self, keys, *drawn, targets))  # type: ignore[arg-type]
                for targets in (False, True)
            )
        )

    def _check_mask(
        self,
        token: str | int,
        keys: tuple[object, ...],
        seed: int,
        shares: tuple[float, ...],
    ) -> None:
        fits = [isinstance(one, StringColumn | IntegerColumn) for one in keys]
        if not keys or not all(fits):
            message = "the key has to be string or integer columns"
            raise self._bad("mask_tokens", message, keys)
        s.check_word(seed, "seed", minimum=0)
        for share in shares:
            s.check_finite(share, "a share")
            if not 0.0 <= share <= 1.0:
                raise self._bad("mask_tokens", "a share must be in [0, 1]", share)
        if shares[1] + shares[2] > 1.0:
            message = "masked and randomized are shares of one whole"
            raise self._bad("mask_tokens", message, shares[1:])
        reserved = self._reserved()
        if (token.encode() if isinstance(token, str) else token) not in reserved:
            message = "the token is not a reserved one of the vocabulary"
            raise self._bad("mask_tokens", message, token)

    def _reserved(self) -> s.Tokens:
        step = vocabulary_of(self)
        return () if step is None else step.reserved or ()


def vocabulary_of(column: BaseColumn) -> s.Vocabulary | None:
    """The vocabulary that gave a column its ids, before they were aligned or masked.

    Of weighted ids it is that of the ids.
    """
    alone = unwrapped(column)
    if isinstance(alone.source, WeightedBag):
        return vocabulary_of(alone.source.ids)
    found = (step for step in alone.steps if isinstance(step, s.Vocabulary))
    return next(found, None)


def unwrapped(column: BaseColumn) -> BaseColumn:
    """The column as if other lists did not stand beside it, and no id was hidden."""
    inner: BaseColumn
    match column.source:
        case Aligned() as aligned:
            inner = aligned.chosen
        case Masked() as masked:
            inner = masked.ids
        case Hidden(ids=BaseColumn() as ids):
            inner = ids
        case _:
            return column
    alone = unwrapped(inner)
    return replace(column, source=alone.source, steps=alone.steps + column.steps)
