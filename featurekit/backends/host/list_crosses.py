"""Crosses of lists on the host: ids of all combinations of the values of a row."""

from collections.abc import Sequence
from functools import reduce
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow.types as pt

from featurekit.kernels.arrow_buffers import filled_numbers, nulls
from featurekit.kernels.arrow_lists import Lists
from featurekit.kernels.combinations import combinations
from featurekit.kernels.farmhash import fingerprint_cat64_arrays, fingerprint_strings
from featurekit.plan import ops

HashArray: TypeAlias = npt.NDArray[np.uint64]
IntArray: TypeAlias = npt.NDArray[np.int64]


def cross_lists(
    op: ops.BaseCross, inputs: Sequence[Lists]
) -> tuple[IntArray, IntArray]:
    """The ids of all combinations.

    Args:
        op: What is computed.
        inputs: The last of them runs fastest.

    Returns:
        offsets: Where the combinations of each row begin.
        ids: Their ids.
    """
    starts, marks = zip(*map(_marks, inputs), strict=True)
    offsets, places = combinations(starts)
    chosen = (mark[place] for mark, place in zip(marks, places, strict=True))
    if isinstance(op, ops.CombineIds):
        first, second = chosen
        return offsets, (first * np.uint64(op.size) + second).view(np.int64)
    assert isinstance(op, ops.CrossHash)
    folded = np.full(offsets[-1], op.start, np.uint64)
    folded = reduce(fingerprint_cat64_arrays, chosen, folded)
    return offsets, (folded % np.uint64(op.num_buckets)).astype(np.int64)


def _marks(one: Lists) -> tuple[IntArray, HashArray]:
    """Of the values that are there, FarmHash64 of texts, and integers themselves."""
    if pt.is_integer(one.elements.type):
        marks = filled_numbers(one.elements).view(np.uint64)
    else:
        marks = fingerprint_strings(one.elements)
    there = ~nulls(one.elements)
    before = np.zeros(len(there) + 1, np.int64)
    np.cumsum(there, out=before[1:])
    return before[one.offsets], marks[there]
