"""Ids that are hidden by chance, on the host."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.backends.host import instructions as at
from featurekit.backends.host.instructions import word
from featurekit.kernels.jit import kernel
from featurekit.kernels.philox import random_words

IntArray: TypeAlias = npt.NDArray[np.int64]


@kernel
def hide_ids(code: int, keys: IntArray, ids: IntArray, found: IntArray) -> None:
    """The ids, or in rows that are chosen the one that hides them.

    Args:
        code: Address of the instruction.
        keys: Of the rows.
        ids: The ids.
        found: Receives the result.
    """
    seed, place = np.uint64(word(code, at.FIRST)), np.uint64(word(code, at.SECOND))
    below, mask = np.uint64(word(code, at.THIRD)), word(code, at.FOURTH)
    for row in range(len(keys)):
        choice = random_words(np.uint64(keys[row]), place, seed)[0]
        found[row] = mask if choice < below else ids[row]
