"""The tables of Unicode as arrays, for the executors that look up many code points.

A table has two stages: 256 code points in a row are a page, and equal pages, most of
which say nothing, are stored once.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.arrow_buffers import read_only
from featurekit.plan.unicode_tables import (
    HANGUL,
    TRAILS,
    TextMapping,
    decompose_hangul,
    unicode_tables,
)

IntArray: TypeAlias = npt.NDArray[np.int32]
LongArray: TypeAlias = npt.NDArray[np.int64]

NUM_POINTS = 0x110000
PAGE_BITS = 8
LENGTH_BITS = 5  # the longest mapping has 18 code points
FOLLOWS = 256
"""Of a property: whether the code point may be the second of two that are composed."""


class PointTable(NamedTuple):
    """A number for each code point p: values[pages[p >> 8] << 8 | p & 255]."""

    pages: IntArray
    values: IntArray


class MappingArrays(NamedTuple):
    """What each code point becomes by itself.

    Args:
        table: 0 where it stays itself; else (start << 5) + length, in `points`.
        points: The code points of all mappings, one after another; int32.
    """

    table: PointTable
    points: IntArray


class CompositionArrays(NamedTuple):
    """How marks are ordered, and what two code points become.

    Args:
        properties: The combining class, plus FOLLOWS.
        pairs: (first << 21) + second, increasing; int64.
        composed: For each pair what it becomes; int32.
    """

    properties: PointTable
    pairs: LongArray
    composed: IntArray


def _table(values: Mapping[int, int]) -> PointTable:
    flat = np.zeros(NUM_POINTS, np.int32)
    flat[[*values]] = [*values.values()]
    pages, where = np.unique(
        flat.reshape(-1, 1 << PAGE_BITS), axis=0, return_inverse=True
    )
    return PointTable(
        read_only(where.reshape(-1).astype(np.int32)), read_only(pages.reshape(-1))
    )


@cache
def mapping_arrays(change: TextMapping) -> MappingArrays:
    """The mapping of a change."""
    found = dict(unicode_tables().mapping(change))
    if change.startswith("NF"):
        found |= {point: decompose_hangul(point) for point in HANGUL}
    entries, points = {}, [0]
    for point, values in found.items():
        entries[point] = (len(points) << LENGTH_BITS) + len(values)
        points += values
    return MappingArrays(_table(entries), read_only(np.array(points, np.int32)))


@cache
def composition_arrays() -> CompositionArrays:
    """What the normal forms need besides a mapping."""
    tables = unicode_tables()
    pairs = dict(tables.composed)
    for syllable in HANGUL:
        *_, trail = found = decompose_hangul(syllable)
        before = syllable - (trail - TRAILS) if len(found) == 3 else found[0]
        pairs[before, trail] = syllable
    properties = dict(tables.classes)
    for _, second in pairs:
        properties[second] = properties.get(second, 0) | FOLLOWS
    ordered = sorted((first << 21) + second for first, second in pairs)
    composed = [pairs[key >> 21, key & 0x1FFFFF] for key in ordered]
    return CompositionArrays(
        _table(properties),
        read_only(np.array(ordered, np.int64)),
        read_only(np.array(composed, np.int32)),
    )
