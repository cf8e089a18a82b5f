"""The step that makes ids of tokens, as all columns append it."""

from typing import Any, Literal, TypeAlias

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.columns.categorical import CategoricalColumn

OovPlace: TypeAlias = Literal["before", "after"]
"""Where the ids of unknown tokens are: before those of the vocabulary, or after."""


def with_vocabulary(
    column: BaseColumn,
    tokens: s.Tokens | None,
    *,
    oov: OovPlace,
    missing_id: bool,
    **options: Any,
) -> CategoricalColumn:
    """The column with a vocabulary, of which all arguments are checked."""
    if oov not in ("before", "after"):
        raise column._bad("vocabulary", "oov must be 'before' or 'after'", oov)
    if not isinstance(missing_id, bool):
        raise column._bad("vocabulary", "missing_id must be a bool", missing_id)
    if missing_id and any(isinstance(step, s.Fill) for step in column.steps):
        raise SpecError(
            "vocabulary: no value is missing after fill, so missing_id has no use",
            code="SPEC_BAD_VALUE",
            column=", ".join(item.name for item in column.inputs),
            got=column,
            hint="remove one of the two",
        )
    step = column._step(
        s.Vocabulary,
        tokens,
        oov_first=oov == "before",
        missing_id=missing_id,
        **options,
    )
    return CategoricalColumn(column.source, step)
