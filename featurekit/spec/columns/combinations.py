"""Combinations of values that a user gives, as the vocabulary of a cross holds them."""

from collections.abc import Iterable
from typing import TypeAlias

from featurekit.spec.columns.base import BaseColumn, Cross
from featurekit.spec.columns.list_tokens import StringsColumn
from featurekit.spec.columns.tokens import IntegerColumn, StringColumn
from featurekit.spec.netstrings import join_netstrings, split_combination

Combination: TypeAlias = tuple[str | int, ...] | str | bytes
"""A value for each column, or their netstrings, as a vocabulary file has them."""


def is_text(column: BaseColumn) -> bool:
    """Whether a column of a cross has texts, not integers or ids."""
    return isinstance(column, StringColumn | StringsColumn)


def given_combinations(
    crossed: BaseColumn, combinations: Iterable[Combination] | None
) -> tuple[bytes, ...] | None:
    """The combinations as netstrings, each checked; None where none are given.

    Raises:
        SpecError: A combination has not one value of its type for each column.
    """
    if combinations is None:
        return None
    if isinstance(combinations, str | bytes):
        message = "tokens must be a list of combinations"
        raise crossed._bad("vocabulary", message, combinations)
    return tuple(_encoded(crossed, one) for one in combinations)


def check_num_oov(crossed: BaseColumn, num_oov: int) -> None:
    """Refuses more ids than one for unknown combinations.

    Raises:
        SpecError: It is neither 0 nor 1.
    """
    if num_oov not in (0, 1):
        message = "num_oov of a cross must be 0 or 1"
        raise crossed._bad("vocabulary", message, num_oov)


def _encoded(crossed: BaseColumn, combination: Combination) -> bytes:
    assert isinstance(crossed.source, Cross)
    columns = crossed.source.columns
    values: tuple[object, ...]
    try:
        if isinstance(combination, str | bytes):
            data = combination.encode() if isinstance(combination, str) else combination
            values = split_combination(data, list(map(is_text, columns)))
        else:
            values = tuple(combination)
        pairs = list(zip(columns, values, strict=True))
    except (TypeError, ValueError):
        message = f"a combination has {len(columns)} values, or a netstring for each"
        raise crossed._bad("vocabulary", message, combination) from None
    return join_netstrings(_checked(column, value) for column, value in pairs)


def _checked(column: BaseColumn, value: object) -> bytes | int:
    """The value as a vocabulary of its column alone takes it."""
    if is_text(column):
        return StringColumn(column.source)._encode(value)
    (found,) = IntegerColumn(column.source)._check_all([value])  # type: ignore[list-item]
    return found
