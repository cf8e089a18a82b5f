"""Values that a user names, checked."""

from collections.abc import Iterable
from typing import TypeVar

from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.inputs import MARKER

V = TypeVar("V", float, int, str)


def given_values(
    column: BaseColumn, values: Iterable[V], kind: type[V]
) -> tuple[V, ...]:
    """The values as a tuple; raises SpecError unless all are of the column's kind."""
    if isinstance(values, str | bytes):
        raise column._bad("missing_values", "values must be a list", values)
    found = tuple(values)
    for value in found:
        accepted = (int, float) if kind is float else (kind,)
        if isinstance(value, bool) or not isinstance(value, accepted):
            message = f"a value must be of type {kind.__name__}"
            raise column._bad("missing_values", message, value)
        if isinstance(value, int) and not -(2**63) < value < 2**63:
            raise column._bad("missing_values", "a value exceeds 64 bits", value)
        if isinstance(value, str) and not _is_text(value):
            raise column._bad("missing_values", "a value is not UTF-8", value)
    return found


def _is_text(value: str) -> bool:
    try:
        return not value.encode().startswith(MARKER)
    except UnicodeEncodeError:
        return False
