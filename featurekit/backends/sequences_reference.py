"""The definition of the ops that make a list of a list, in plain Python.

An element is None where it is missing.
"""

from collections.abc import Callable, Sequence
from typing import Any


def shift(found: Sequence[Any], offset: int) -> tuple[Any, ...]:
    """The element `offset` places before each."""
    places = (at - offset for at in range(len(found)))
    return tuple(found[at] if 0 <= at < len(found) else None for at in places)


def difference(
    found: Sequence[Any], lag: int, subtract: Callable[[float, float], Any]
) -> tuple[Any, ...]:
    """Each number less the one `lag` places before it."""
    pairs = zip(found, shift(found, lag), strict=True)
    return tuple(None if None in pair else subtract(*pair) for pair in pairs)


def roll(
    found: Sequence[Any], size: int, aggregate: Callable[[list[float]], Any]
) -> tuple[Any, ...]:
    """The aggregate of each number and the `size` - 1 before it."""
    windows: list[list[Any]] = [
        list(found[at + 1 - size : at + 1]) if at + 1 >= size else [None]
        for at in range(len(found))
    ]
    return tuple(None if None in one else aggregate(one) for one in windows)


def align(lists: Sequence[Sequence[Any]], drop: bool) -> tuple[Any, ...]:
    """The first list, of the places where all have an element if `drop` is set."""
    steps = zip(*lists, strict=True)
    return tuple(step[0] for step in steps if not drop or None not in step)
