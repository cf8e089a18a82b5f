"""Numbers and the ids of their keys, on the host."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.backends.host import instructions as at
from featurekit.backends.host.instructions import word
from featurekit.kernels.array_views import doubles_at, integers_at
from featurekit.kernels.jit import kernel

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]


@kernel
def bucketize_by_key(
    code: int, x: FloatArray, ids: IntArray, y: IntArray, valid: BoolArray
) -> None:
    """The buckets of numbers among the boundaries of their keys.

    Args:
        code: Address of the instruction.
        x: The numbers.
        ids: The keys; anything in refused rows.
        y: Receives the buckets.
        valid: Which rows have a result; of length 0 if all have.
    """
    keys = word(code, at.THIRD)
    starts = integers_at(word(code, at.SECOND), keys + 1)
    boundaries = doubles_at(word(code, at.FIRST), starts[keys])
    for i in range(len(x)):
        y[i] = 0
        if not 0 <= ids[i] < keys:
            if len(valid):
                valid[i] = False
            continue
        first = starts[ids[i]]
        low, high = first, starts[ids[i] + 1]
        while low < high:
            middle = (low + high) >> 1
            if x[i] < boundaries[middle]:  # never for NaN, which passes all of them
                high = middle
            else:
                low = middle + 1
        y[i] = low - first
