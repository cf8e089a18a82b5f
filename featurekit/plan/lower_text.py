"""From steps on text to ops."""

from typing import TypeAlias, assert_never

from featurekit.plan import ops
from featurekit.plan.unicode_tables import unicode_version
from featurekit.spec import steps as s

TextStep: TypeAlias = s.Normalize | s.Casefold | s.Lower | s.Strip
ListStep: TypeAlias = s.Split | s.Ngrams | s.Wordpiece


def text_op(step: TextStep) -> ops.MapText | ops.StripText:
    """What makes another text of a text."""
    match step:
        case s.Normalize(form=form):
            return ops.MapText(form, unicode_version())
        case s.Casefold():
            return ops.MapText("casefold", unicode_version())
        case s.Lower():
            return ops.MapText("lower", unicode_version())
        case s.Strip():
            return ops.StripText()
        case _:
            assert_never(step)


def list_op(
    step: ListStep, missing: ops.MissingList
) -> ops.CutText | ops.JoinNgrams | ops.CutWordpieces:
    """What makes a list of a text, or another list of a list.

    Args:
        step: The step.
        missing: What the list of a missing text is.
    """
    match step:
        case s.Split(separator=separator):
            return ops.CutText(separator, missing)
        case s.Ngrams(least=least, most=most, separator=separator):
            return ops.JoinNgrams(least, most, separator)
        case s.Wordpiece(tokens=tokens, unknown=unknown, prefix=prefix):
            pieces = ops.VocabularyTable(tokens)
            return ops.CutWordpieces(pieces, unknown, prefix, step.max_chars)
        case _:
            assert_never(step)
