"""First fit: each item goes into the earliest bin that has room for it."""

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import kernel


@kernel
def first_fit(
    sizes: npt.NDArray[np.int64], capacity: int
) -> npt.NDArray[np.int64]:  # pragma: no cover - compiled
    """The bin of each item, in order; bins are numbered as they are opened.

    Args:
        sizes: Of each item, from 1 to `capacity`.
        capacity: Of each bin.
    """
    # A tree over all bins that could be needed: a node knows the most room of the bins
    # below it, so the earliest bin with room is found from the top, in log(n) steps.
    leaves = 1
    while leaves < len(sizes):
        leaves *= 2
    room = np.full(2 * leaves, capacity, np.int64)
    bins = np.empty(len(sizes), np.int64)
    for item in range(len(sizes)):
        node = 1
        while node < leaves:
            node *= 2
            if room[node] < sizes[item]:
                node += 1
        bins[item] = node - leaves
        room[node] -= sizes[item]
        while node > 1:
            node //= 2
            room[node] = max(room[2 * node], room[2 * node + 1])
    return bins
