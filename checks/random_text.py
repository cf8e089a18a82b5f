"""Random features of text, as code."""

from collections.abc import Callable
from typing import TypeAlias

from checks.random_draw import TEXTS, Draw

Make: TypeAlias = Callable[[Draw], str]
_CHANGES = (
    *(f".normalize({form!r})" for form in ("NFC", "NFD", "NFKC", "NFKD")),
    ".casefold()",
    ".lower()",
    ".strip()",
)
_PIECES = ["a", "##b", "x", "##x", "é", "日", "##本"]


def _changed(draw: Draw) -> str:
    """Code of a column of text."""
    code = f"fk.string({draw.name('s')})"
    if draw.chance(draw.fills):
        code += f".fill({draw.one(*TEXTS)!r})"
    return code + "".join(draw.one(*_CHANGES) for _ in range(draw.rng.randint(0, 3)))


def _tokens(draw: Draw) -> str:
    """Code of lists of tokens."""
    code = f"{_changed(draw)}.split({draw.one('', repr('a'), repr(' '))})"
    if draw.chance(draw.fills):
        code += ".missing_as_empty()"
    if draw.chance(0.3):
        code += draw.one(*_CHANGES)
    return code + draw.one(
        "", ".ngrams(1, 2)", ".ngrams(2, 3, separator='')", f".wordpiece({_PIECES!r})"
    )


def _ids(draw: Draw) -> str:
    known = draw.rng.sample(TEXTS, draw.rng.randint(1, 6))
    return _tokens(draw) + draw.one(
        f".vocabulary({known!r})", ".hash_buckets(30)", ".vocabulary()"
    )


def _hashed(draw: Draw) -> str:
    return f"{_changed(draw)}.hash_buckets(1000)"


def _ended(draw: Draw) -> str:
    return _ids(draw) + draw.one(".counts()", ".pad(3)", ".multi_hot()", ".tf_idf()")


def _length(draw: Draw) -> str:
    return f"{_tokens(draw)}.length(maximum=4)"


TEXT: tuple[Make, ...] = (_hashed, _ended, _length)
"""Features of text."""
