"""Crosses of lists on the host: ids of all combinations of the values of a row."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow.types as pt

from featurekit.kernels.arrow_buffers import filled_numbers, nulls, read_only
from featurekit.kernels.arrow_lists import Lists
from featurekit.kernels.farmhash import fingerprint_cat64, fingerprint_strings
from featurekit.kernels.jit import kernel
from featurekit.plan import ops

HashArray: TypeAlias = npt.NDArray[np.uint64]
IntArray: TypeAlias = npt.NDArray[np.int64]


def cross_lists(
    op: ops.CrossHash, inputs: Sequence[Lists]
) -> tuple[IntArray, IntArray]:
    """The ids of all combinations.

    Args:
        op: What is computed.
        inputs: The last of them runs fastest.

    Returns:
        offsets: Where the combinations of each row begin.
        ids: Their ids.
    """
    marks = [_marks(one) for one in inputs]
    # By input, how many combinations of the later ones a row has.
    later = [np.ones(len(marks[0][0]) - 1, np.int64)]
    for starts, _ in reversed(marks):
        later.insert(0, later[0] * np.diff(starts))
    offsets = np.zeros(len(later[0]) + 1, np.int64)
    np.cumsum(later[0], out=offsets[1:])
    folded = np.full(offsets[-1], op.start, np.uint64)
    for (starts, marked), repeats in zip(marks, later[1:], strict=True):
        _fold(starts, marked, read_only(repeats), read_only(offsets), folded)
    return read_only(offsets), (folded % np.uint64(op.num_buckets)).astype(np.int64)


def _marks(one: Lists) -> tuple[IntArray, HashArray]:
    """FarmHash64 of texts, integers themselves; of the values that are there."""
    if pt.is_integer(one.elements.type):
        marks = filled_numbers(one.elements).view(np.uint64)
    else:
        marks = fingerprint_strings(one.elements)
    there = ~nulls(one.elements)
    before = np.zeros(len(there) + 1, np.int64)
    np.cumsum(there, out=before[1:])
    return read_only(before[one.offsets]), read_only(marks[there])


@kernel
def _fold(
    starts: IntArray,
    marks: HashArray,
    repeats: IntArray,
    offsets: IntArray,
    folded: HashArray,
) -> None:
    """Folds one more input into all combinations.

    Args:
        starts: Where the values of each row begin.
        marks: The values.
        repeats: How often each is repeated before the next one comes.
        offsets: Where the combinations of each row begin.
        folded: What was folded so far; receives the result.
    """
    for row in range(len(repeats)):
        size = starts[row + 1] - starts[row]
        for i in range(offsets[row], offsets[row + 1]):
            place = (i - offsets[row]) // repeats[row] % size
            folded[i] = fingerprint_cat64(folded[i], marks[starts[row] + place])
