"""Columns that are hard to compute: random bits, boundaries, odd text, clock changes.

Each column begins with the boundaries, so that a sample of the first rows has them.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from featurekit.plan.time_zones import offset_transitions

Rng: TypeAlias = np.random.Generator
MakeColumn: TypeAlias = Callable[[Rng, int], pa.Array]

NULLS = 0.02
LARGEST = 2**63 - 1
_ODD_FLOATS = [
    *(0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 0.1, 1e-3, 16777216.0, 1e30, -1e30),
    *(2.0**-126, 2.0**-127, 2.0**-149, 3.4028234663852886e38, np.inf, np.nan),
]
_ODD_TEXTS = [
    "",
    "\0",
    "a\0",
    "é",
    "e\u0301",
    "日本",
    "😀",
    "\u202e",
    "a b",
    "-1",
    "007",
]
# First and last code points of ranges: ASCII, Latin, CJK, emoji.
_RANGES = [(1, 127), (160, 600), (0x4E00, 0x9FFF), (0x1F300, 0x1F6FF)]


def floats(*boundaries: float) -> MakeColumn:
    """float32 of any bits, log-normal ones, and the boundaries with both neighbours."""

    def make(rng: Rng, rows: int) -> pa.Array:
        odd = np.array([*_ODD_FLOATS, *boundaries], np.float32)
        both = np.concatenate([odd, -odd])
        with np.errstate(over="ignore"):
            below = np.nextafter(both, np.float32(-np.inf))
            above = np.nextafter(both, np.float32(np.inf))
        bits = rng.integers(0, 2**32, rows // 2, np.uint32).view(np.float32)
        usual = rng.lognormal(0.0, 3.0, rows) * rng.choice([-1.0, 1.0], rows)
        rest = np.concatenate([bits, usual.astype(np.float32)])
        return _column(
            rng, rows, np.concatenate([both, below, above]), rest, pa.float32()
        )

    return make


def integers(*boundaries: int) -> MakeColumn:
    """int64 of any bits, small ones, and boundaries with both neighbours."""

    def make(rng: Rng, rows: int) -> pa.Array:
        powers = [2**at for at in range(63)] + [10**at for at in range(19)]
        odd = [0, LARGEST - 1, *powers, *boundaries]
        near = np.array([sign * one + step for one in odd for sign in (1, -1)
                         for step in (-1, 0, 1)], np.int64)  # fmt: skip
        rest = np.concatenate(
            [
                rng.integers(-LARGEST, LARGEST, rows // 2),
                rng.integers(-3, 12, rows // 2),
            ]
        )
        return _column(rng, rows, near, rest, pa.int64())

    return make


def texts(*words: str) -> MakeColumn:
    """Text of 0 to 100 characters of several scripts, and the words."""

    def make(rng: Rng, rows: int) -> pa.Array:
        known = [*_ODD_TEXTS, *words]
        known += [word * count for word in ("x", "é") for count in (7, 8, 16, 32, 64)]
        return _nulls(rng, pa.array(_texts(rng, rows, known), pa.string()))

    return make


def _texts(rng: Rng, rows: int, known: Sequence[str]) -> list[str]:
    lengths = np.minimum(rng.geometric(0.06, rows) - 1, 100)
    first, last = np.array(_RANGES)[rng.integers(0, len(_RANGES), lengths.sum())].T
    marks = (first + rng.random(len(first)) * (last - first)).astype("<u4")
    letters = marks.tobytes().decode("utf-32-le")
    ends = np.cumsum(lengths)
    found = [letters[end - size : end] for end, size in zip(ends, lengths, strict=True)]
    for at in np.flatnonzero(rng.random(rows) < 0.4).tolist():
        found[at] = known[int(rng.integers(len(known)))]
    found[: len(known)] = known
    return found[:rows]


def lists(
    elements: MakeColumn, *, sizes: int = 0, longest: int = 4, shortest: int = 0
) -> MakeColumn:
    """Lists of a few elements, some of which are missing, as are some lists.

    Args:
        elements: Makes the elements.
        sizes: Decides the sizes of the lists: columns with the same have the same.
        longest: The most elements.
        shortest: The fewest.
    """

    def make(rng: Rng, rows: int) -> pa.Array:
        sized = np.random.default_rng([sizes, rows]) if sizes else rng
        lengths = sized.integers(shortest, longest + 1, rows)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        missing = sized.random(rows) < NULLS
        values = elements(rng, int(offsets[-1]))
        if pa.types.is_int64(values.type):
            # The three smallest mark ends of lists in tensors; casting refuses them.
            values = pc.max_element_wise(values, 3 - 2**63, skip_nulls=False)
        return pa.ListArray.from_arrays(
            pa.array(offsets), values, mask=pa.array(missing)
        )

    return make


def instants(zone: str) -> MakeColumn:
    """Microseconds since 1970: of 1900 to 2100, any, and around clock changes."""

    def make(rng: Rng, rows: int) -> pa.Array:
        changes = np.array(offset_transitions(zone)[0], np.int64) * 1_000_000
        near = np.concatenate([changes + step for step in (-1, 0, 1)])
        rest = np.concatenate(
            [
                rng.integers(-2_208_988_800, 4_102_444_800, rows // 2) * 1_000_000
                + rng.integers(0, 1_000_000, rows // 2),
                rng.integers(-LARGEST, LARGEST, rows // 2),
            ]
        )
        return _column(rng, rows, near, rest, pa.int64())

    return make


def _column(
    rng: Rng,
    rows: int,
    first: npt.NDArray[Any],
    rest: npt.NDArray[Any],
    kind: pa.DataType,
) -> pa.Array:
    rng.shuffle(rest)
    values = np.concatenate([first, np.resize(rest, rows)])[:rows]
    return _nulls(rng, pa.array(values, kind, from_pandas=False))


def _nulls(rng: Rng, column: pa.Array) -> pa.Array:
    mask = pa.array(rng.random(len(column)) < NULLS)
    return pc.if_else(mask, pa.scalar(None, column.type), column)
