"""Lists that belong together: several facts about each step of one sequence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns.bags import PaddedIdsColumn
from featurekit.spec.columns.base import Aligned
from featurekit.spec.columns.categorical import CategoricalColumn, DenseColumn
from featurekit.spec.columns.list_ids import IdsColumn
from featurekit.spec.columns.list_numbers import NumericsColumn
from featurekit.spec.columns.numbers import NumericColumn
from featurekit.spec.inputs import Input, check_name

Member: TypeAlias = IdsColumn | NumericsColumn


@dataclass(frozen=True, slots=True, repr=False)
class Sequence:
    """Lists of one length in each row: element i of all of them is step i.

    `sequence[name]` is one of the lists, checked against the others; `pad` makes
    features of all of them. Both may be mixed.
    """

    names: tuple[str, ...]
    columns: tuple[Member, ...]
    dropped: bool = False

    def __getitem__(self, name: str) -> Any:
        """One of the lists, as a column of its kind."""
        if name not in self.names:
            raise SpecError(
                "the sequence has no such list",
                code="SPEC_UNKNOWN_REFERENCE",
                got=name,
                expected=", ".join(self.names),
            )
        source = Aligned(self.names, self.columns, name, self.dropped)
        return type(source.chosen)(source)

    def __repr__(self) -> str:
        return str(self[self.names[0]].source).rpartition("[")[0]

    def missing_as_empty(self) -> "Sequence":
        """Takes each list that is missing as one without elements."""
        made = tuple(column.missing_as_empty() for column in self.columns)
        return Sequence(self.names, made, self.dropped)

    def drop_missing(self) -> "Sequence":
        """Leaves out the steps of which any list lacks its element, in all lists."""
        return Sequence(self.names, self.columns, True)

    def pad(
        self,
        length: int,
        *,
        side: s.Side = "right",
        truncate: s.Side = "right",
        mask: str | None = None,
    ) -> dict[str, PaddedIdsColumn | DenseColumn]:
        """All lists, cut and padded alike: features, by the names of the lists.

        Args:
            length: Steps per row.
            side: Where the padding goes. Defaults to "right", behind the steps.
            truncate: Which end of a longer sequence is cut off. Defaults to "right".
            mask: Name of one more feature: 1.0 where there is a step, 0.0 where there
                is padding. Defaults to none.
        """
        ends: dict[str, PaddedIdsColumn | DenseColumn] = {
            name: self[name].pad(length, side=side, truncate=truncate)
            for name in self.names
        }
        if mask is not None:
            if mask in ends:
                raise SpecError(
                    "a list of the sequence has the name of the mask",
                    code="SPEC_DUPLICATE_NAME",
                    feature=mask,
                )
            ends[mask] = self[self.names[0]].mask(length, side=side)
        return ends

    def mask(self, length: int, *, side: s.Side = "right") -> DenseColumn:
        """Where `pad(length)` has steps: 1.0 there, and 0.0 where it pads."""
        return self[self.names[0]].mask(length, side=side)  # type: ignore[no-any-return]

    def length(
        self, *, maximum: int | None = None
    ) -> NumericColumn | CategoricalColumn:
        """How many steps there are, as `length` of each of the lists."""
        return self[self.names[0]].length(maximum=maximum)  # type: ignore[no-any-return]


def sequence(lists: Mapping[str, Member]) -> Sequence:
    """Lists that belong together step by step, such as items and their prices.

    Args:
        lists: By name, lists of numbers or ids. What is done to elements comes before;
            what ends a list is done to all by `pad`, or to one as `sequence["name"]`.

    Semantics:
        - Lists of different lengths: the row is rejected, with all lengths.
        - Missing lists: missing together they are one missing sequence; one alone
          rejects the row. `missing_as_empty` takes each as an empty list.
        - Missing element: the row is rejected where that list is used.
          `drop_missing` leaves the step out of all lists, those that are not used too.
        - `pad(length, side=, truncate=, mask=)`: one policy for all; with `mask`, a
          feature of this name says where steps are. `length`, `mask`: as of a list.
        - Statistics: learned by each list from its own elements, before they are
          aligned.

    Example:
        >>> import featurekit as fk
        >>> visits = fk.sequence(
        ...     {
        ...         "item": fk.strings("items").vocabulary(["a", "b"]),
        ...         "price": fk.numerics("prices").clip(0, 100),
        ...     }
        ... )
        >>> features = visits.drop_missing().pad(3, mask="visited")
        >>> rows = {"items": [["a", "b", "b"]], "prices": [[5.0, None, 7.0]]}
        >>> {name: fk.preview(column, rows) for name, column in features.items()}
        {'item': [[1, 2, 0]], 'price': [[5.0, 7.0, 0.0]], 'visited': [[1.0, 1.0, 0.0]]}
    """
    if not isinstance(lists, Mapping) or not lists:
        raise SpecError(
            "a sequence is a mapping of names to lists",
            code="SPEC_BAD_VALUE",
            got=lists,
        )
    for name, column in lists.items():
        check_name(name, "the name of a list")
        _check_member(name, column)
    return Sequence(tuple(lists), tuple(lists.values()))


def _check_member(name: str, column: object) -> None:
    message, hint = None, None
    if not isinstance(column, Member):
        message = "a sequence holds lists of numbers or ids"
        hint = "give texts and integers ids, and end lists after they are aligned"
    elif not isinstance(column.source, Input):
        message = "a list of one sequence cannot be in another one"
    elif any(isinstance(step, s.DropMissing) for step in column.steps):
        message = "drop_missing of one list would shift it against the others"
        hint = "drop_missing() the sequence"
    if message is not None:
        raise SpecError(
            message, code="SPEC_BAD_VALUE", feature=name, got=column, hint=hint
        )
