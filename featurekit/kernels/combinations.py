"""All combinations of the values of several lists, row by row."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.arrow_buffers import read_only
from featurekit.kernels.jit import kernel

IntArray: TypeAlias = npt.NDArray[np.int64]


def combinations(starts: Sequence[IntArray]) -> tuple[IntArray, list[IntArray]]:
    """The cartesian product of the lists of each row, the last list running fastest.

    Args:
        starts: By list, where the values of each row begin; one more than rows.

    Returns:
        offsets: Where the combinations of each row begin.
        places: By list, which of its values each combination has.

    Example:
        >>> offsets, places = combinations([np.array([0, 2, 3]), np.array([0, 2, 2])])
        >>> offsets.tolist(), [one.tolist() for one in places]
        ([0, 4, 4], [[0, 0, 1, 1], [0, 1, 0, 1]])
    """
    # By list, how many combinations of the later ones a row has.
    later = [np.ones(len(starts[0]) - 1, np.int64)]
    for one in reversed(starts):
        later.insert(0, later[0] * np.diff(one))
    offsets = np.zeros(len(later[0]) + 1, np.int64)
    np.cumsum(later[0], out=offsets[1:])
    offsets = read_only(offsets)
    pairs = zip(starts, later[1:], strict=True)
    places = [_places(read_only(one), read_only(rest), offsets) for one, rest in pairs]
    return offsets, places


@kernel
def _places(starts: IntArray, repeats: IntArray, offsets: IntArray) -> IntArray:
    """Which value each combination has; it is repeated before the next one comes."""
    places = np.empty(offsets[-1], np.int64)
    for row in range(len(repeats)):
        at = offsets[row]
        while at < offsets[row + 1]:
            for value in range(starts[row], starts[row + 1]):
                places[at : at + repeats[row]] = value
                at += repeats[row]
    return places
