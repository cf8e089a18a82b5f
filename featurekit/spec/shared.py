"""Vocabularies that several columns have together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns import Column
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.inputs import Input, element_dtype


@dataclass(frozen=True, slots=True)
class SharedVocabulary:
    """One vocabulary of several columns.

    Args:
        step: How all of them declare it.
        columns: What is looked up in it, each once.
    """

    step: s.Vocabulary
    columns: tuple[BaseColumn, ...]


def shared_vocabularies(columns: Iterable[Column]) -> dict[str, SharedVocabulary]:
    """The shared vocabularies of some columns, by name.

    Raises:
        SpecError: Two columns declare one vocabulary in two ways.
    """
    found: dict[str, dict[str, BaseColumn]] = {}
    steps: dict[str, s.Vocabulary] = {}
    for column, step in _declarations(columns):
        name = step.shared or ""
        known = found.setdefault(name, {})
        first = next(iter(known.values()), column)
        if steps.setdefault(name, step) != step or _dtype(first) != _dtype(column):
            raise SpecError(
                f"two columns declare the shared vocabulary {name!r} in two ways",
                code="SPEC_SHARED_VOCABULARY",
                column=column.inputs[0].name,
                got=f"{_dtype(column)} {step}",
                expected=f"{_dtype(first)} {steps[name]}",
                hint="declare it alike, or give it two names",
            )
        known.setdefault(repr(column), column)
    return {
        name: SharedVocabulary(steps[name], tuple(known.values()))
        for name, known in found.items()
    }


def _dtype(column: BaseColumn) -> str:
    """Of what is looked up: elements of lists and single values share tokens."""
    dtype = column.inputs[0].dtype
    return element_dtype(dtype) or dtype


def _declarations(
    columns: Iterable[Column],
) -> Iterator[tuple[BaseColumn, s.Vocabulary]]:
    """Every shared vocabulary, with what is looked up in it; also within operands."""
    for column in columns:
        if not isinstance(column.source, Input):
            yield from _declarations(column.source.columns)
        for end, step in enumerate(column.steps):
            if isinstance(step, s.Vocabulary) and step.shared is not None:
                yield BaseColumn(column.source, column.steps[:end]), step
