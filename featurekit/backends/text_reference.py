"""The definition of what is done to text, by the tables, in plain Python."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from featurekit.plan import ops
from featurekit.plan.unicode_tables import (
    HANGUL,
    LEADS,
    NUM_TRAILS,
    NUM_VOWELS,
    TRAILS,
    VOWELS,
    CodePoints,
    TextMapping,
    decompose_hangul,
    unicode_tables,
)

WHITESPACE = b" \t\n\v\f\r"
"""The six characters of ASCII; what strips and splits text asks for no more."""


def text_mapper(change: TextMapping) -> Callable[[bytes], bytes | None]:
    """A function that changes a text; None where it is not UTF-8."""
    each = _mapping(change)

    def run(text: bytes) -> bytes | None:
        try:
            points = [*map(ord, text.decode())]
        except UnicodeDecodeError:
            return None
        if change in ("casefold", "lower"):
            found = [last for one in points for last in each.get(one, (one,))]
        else:
            found = _in_order([last for one in points for last in _split(one, each)])
            found = _compose(found) if change in ("NFC", "NFKC") else found
        return "".join(map(chr, found)).encode()

    return run


_mapping = cache(lambda change: unicode_tables().mapping(change))


def _split(point: int, each: Mapping[int, CodePoints]) -> CodePoints:
    return decompose_hangul(point) if point in HANGUL else each.get(point, (point,))


def _in_order(points: list[int]) -> list[int]:
    """Marks between two starters by their class; those of one class as they were."""
    classes = unicode_tables().classes
    found: list[int] = []
    marks: list[int] = []
    for point in points:
        if classes.get(point, 0):
            marks.append(point)
        else:
            found += [*sorted(marks, key=classes.__getitem__), point]
            marks = []
    return found + sorted(marks, key=classes.__getitem__)


def _compose(points: list[int]) -> list[int]:
    """Each starter with what follows it, unless something between blocks it."""
    classes = unicode_tables().classes
    found: list[int] = []
    starter, last_class = -1, 0
    for point in points:
        own = classes.get(point, 0)
        adjacent = starter == len(found) - 1
        if starter >= 0 and (adjacent or last_class < own):
            both = _pair(found[starter], point)
            if both is not None:
                found[starter] = both
                continue
        if own == 0:
            starter = len(found)
        last_class = own
        found.append(point)
    return found


def _pair(first: int, second: int) -> int | None:
    """What two code points are composed to."""
    lead, vowel, trail = first - LEADS, second - VOWELS, second - TRAILS
    if 0 <= lead < 19 and 0 <= vowel < NUM_VOWELS:
        return HANGUL.start + (lead * NUM_VOWELS + vowel) * NUM_TRAILS
    is_open = first in HANGUL and (first - HANGUL.start) % NUM_TRAILS == 0
    if is_open and 0 < trail < NUM_TRAILS:
        return first + trail
    return unicode_tables().composed.get((first, second))


def strip_text(text: bytes) -> bytes:
    """The text without whitespace at its ends."""
    return text.strip(WHITESPACE)


def split_text(text: bytes, separator: bytes | None) -> tuple[bytes, ...]:
    """The parts of a text; without a separator those between whitespace."""
    if separator is not None:
        return tuple(text.split(separator))
    for space in WHITESPACE:
        text = text.replace(bytes([space]), b" ")
    return tuple(part for part in text.split(b" ") if part)


def ngrams(
    tokens: list[bytes], least: int, most: int, separator: bytes
) -> tuple[bytes, ...]:
    """Joined runs of tokens, the short ones first, each length from left to right."""
    return tuple(
        separator.join(tokens[start : start + size])
        for size in range(least, most + 1)
        for start in range(len(tokens) - size + 1)
    )


def wordpiece_cutter(op: ops.CutWordpieces) -> Callable[[bytes], tuple[bytes, ...]]:
    """A function that cuts a token into pieces."""
    pieces = frozenset(op.vocabulary.tokens)
    unknown, prefix = (op.unknown.encode(),), op.prefix.encode()

    def cut(token: bytes) -> tuple[bytes, ...]:
        # Where characters begin: all bytes but those that go on with one.
        edges = [at for at, byte in enumerate(token) if byte & 0xC0 != 0x80 or not at]
        if len(edges) > op.max_chars:
            return unknown
        edges.append(len(token))
        found: list[bytes] = []
        start = 0
        while start < len(token):
            begins = prefix if start else b""
            ends = (end for end in reversed(edges) if end > start)
            fits = (end for end in ends if begins + token[start:end] in pieces)
            end = next(fits, None)
            if end is None:
                return unknown
            found.append(begins + token[start:end])
            start = end
        return tuple(found)

    return cut


def list_maker(
    op: ops.BaseTextLists,
) -> Callable[[Any], tuple[bytes, ...] | None]:
    """A function that makes a list of a text or of a list; of None it makes None.

    Elements that are missing are left out, as where a list ends.
    """
    make = _maker(op)
    return lambda found: None if found is None else make(found)


def _maker(op: ops.BaseTextLists) -> Callable[[Any], tuple[bytes, ...]]:
    match op:
        case ops.CutText(separator=separator):
            mark = None if separator is None else separator.encode()
            return lambda text: split_text(text, mark)
        case ops.JoinNgrams(least=least, most=most, separator=separator):
            between = separator.encode()
            return lambda found: ngrams(_there(found), least, most, between)
        case ops.CutWordpieces():
            cut = wordpiece_cutter(op)
            return lambda found: tuple(
                piece for token in _there(found) for piece in cut(token)
            )
    raise AssertionError(op)


def _there(found: tuple[bytes | None, ...]) -> list[bytes]:
    return [token for token in found if token is not None]
