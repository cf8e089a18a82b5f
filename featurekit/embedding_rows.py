"""Moving the rows of a trained embedding to the ids of a changed vocabulary."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.errors import SpecError
from featurekit.plan.id_meanings import IdMeaning

Array: TypeAlias = npt.NDArray[Any]
Initializer: TypeAlias = Callable[[tuple[int, int]], Any]


@dataclass(frozen=True)
class RowMap:
    """Where each row of an old table goes in a new one.

    Args:
        new_ids: For each old id the new id that means the same, or -1; int64,
            shape (old ids,).
        num_ids: The number of new ids.
    """

    new_ids: npt.NDArray[np.int64]
    num_ids: int

    @property
    def dropped(self) -> npt.NDArray[np.int64]:
        """The old ids that mean nothing any more."""
        return np.flatnonzero(self.new_ids < 0)

    @property
    def added(self) -> npt.NDArray[np.int64]:
        """The new ids that meant nothing before."""
        return np.setdiff1d(np.arange(self.num_ids), self.new_ids)

    def __str__(self) -> str:
        kept = len(self.new_ids) - len(self.dropped)
        moved = int(np.sum(self.new_ids != np.arange(len(self.new_ids))))
        return (
            f"{kept} rows kept, {moved - len(self.dropped)} of them moved; "
            f"{len(self.dropped)} dropped, {len(self.added)} added"
        )


def row_map(old: Sequence[IdMeaning], new: Sequence[IdMeaning]) -> RowMap:
    """Finds for each old id the new one that means the same.

    Args:
        old: `fk.id_meanings` of the spec and statistics that a model was trained with.
        new: The same of those that it will be trained with.

    Semantics:
        - A token keeps its row also where it becomes a reserved one, or ceases to be.
        - Unknown values: rows are kept where their number stays, as a value then hashes
          to the same of them.

    Raises:
        SpecError: An entry is no meaning of an id.

    Example:
        >>> import featurekit as fk
        >>> old = fk.FeatureSpec({"s": fk.string("s").vocabulary(["a", "b"])})
        >>> new = fk.FeatureSpec({"s": fk.string("s").vocabulary(["a", "b", "c"])})
        >>> rows = fk.row_map(fk.id_meanings(old, "s"), fk.id_meanings(new, "s"))
        >>> rows.new_ids.tolist(), str(rows)
        ([0, 1, 3], '3 rows kept, 1 of them moved; 0 dropped, 1 added')
    """
    for entry in (*old, *new):
        if not isinstance(entry, IdMeaning):
            raise SpecError(
                "ids are compared by what they mean",
                code="SPEC_BAD_VALUE",
                got=entry,
                expected="what fk.id_meanings gives",
            )
    places = {_identity(meaning): meaning.id for meaning in new}
    found = [places.get(_identity(meaning), -1) for meaning in old]
    return RowMap(np.array(found, np.int64), len(new))


def _identity(meaning: IdMeaning) -> tuple[str, object]:
    kind = "token" if meaning.kind == "reserved" else meaning.kind
    return kind, meaning.value


def warm_start(
    table: Any, rows: RowMap, initializer: Initializer | npt.ArrayLike
) -> Array:
    """The table of a new embedding, with the rows that an old one has trained.

    Args:
        table: The old table, shape (old ids, dim).
        rows: Where its rows go.
        initializer: What the rows of new ids are: an array of shape (new ids, dim),
            such as the table of a new model, or what makes one of a shape, such as a
            Keras initializer.

    Returns:
        Shape (new ids, dim), of the old table's dtype. Every old row that is kept has
        the bits that it had.

    Raises:
        SpecError: The shapes do not fit.

    Example:
        >>> import featurekit as fk
        >>> old = fk.FeatureSpec({"s": fk.string("s").vocabulary(["a", "b"])})
        >>> new = fk.FeatureSpec({"s": fk.string("s").vocabulary(["a", "b", "c"])})
        >>> rows = fk.row_map(fk.id_meanings(old, "s"), fk.id_meanings(new, "s"))
        >>> fk.warm_start([[1.0], [2.0], [9.0]], rows, np.zeros).tolist()
        [[1.0], [2.0], [0.0], [9.0]]
    """
    trained = np.asarray(table)
    if trained.ndim != 2 or len(trained) != len(rows.new_ids):
        raise SpecError(
            "the table does not have a row for each old id",
            code="EMBEDDING_SHAPE",
            got=trained.shape,
            expected=f"({len(rows.new_ids)}, dim)",
        )
    shape = rows.num_ids, trained.shape[1]
    fresh = initializer(shape) if callable(initializer) else initializer
    found = np.array(fresh, trained.dtype)
    if found.shape != shape:
        raise SpecError(
            "the initial rows have another shape",
            code="EMBEDDING_SHAPE",
            got=found.shape,
            expected=str(shape),
        )
    kept = rows.new_ids >= 0
    found[rows.new_ids[kept]] = trained[kept]
    return found
