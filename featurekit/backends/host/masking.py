"""Values that are hidden by chance, on the host."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.kernels.arrow_buffers import filled_numbers, read_only
from featurekit.kernels.philox import fill_words
from featurekit.plan import ops

IntArray: TypeAlias = npt.NDArray[np.int64]


def mask_ids(op: ops.MaskIds, num_ids: int, ids: pa.Array, keys: IntArray) -> IntArray:
    """Padded ids of which some are hidden, or those that were; [rows, length]."""
    length = ids.type.list_size
    found = filled_numbers(ids.flatten()).reshape(-1, length)
    words = np.empty((*found.shape, 4), np.uint32)
    fill_words(read_only(keys), np.uint64(op.seed), words)
    choice, action, drawn = (words[:, :, at].astype(np.int64) for at in range(3))
    chosen = (found >= op.first) & (choice < op.chosen_below)
    if op.targets:
        return np.where(chosen, found, 0)
    random = op.first + (drawn * (num_ids - op.first) >> 32)
    hidden = np.where(action < op.random_below, random, found)
    hidden = np.where(action < op.masked_below, op.mask, hidden)
    return np.where(chosen, hidden, found)
