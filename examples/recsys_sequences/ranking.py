"""How well an item is told from others that a person did not rate."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

NEGATIVES = 100
TOP = 10

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


def draw_candidates(
    target: Ints, rated: Sequence[Ints], ids: Mapping[int, int], seed: int
) -> Ints:
    """The item that came next, and 100 that the person never rated.

    Args:
        target: By person, the id of the item that came next.
        rated: By person, all items of theirs, the held out ones as well.
        ids: By item its id, of all items that training has seen.
        seed: Decides the draw.

    Returns:
        Ids of shape (people, 101); the target is the first.
    """
    chance = np.random.default_rng(seed)
    items = np.fromiter(ids, np.int64)
    rows = []
    for mine in rated:
        others = np.setdiff1d(items, mine)
        drawn = chance.choice(others, NEGATIVES, replace=False)
        rows.append([ids[item] for item in drawn.tolist()])
    return np.c_[target, np.array(rows)]


def ranking(score: Floats, candidates: Ints) -> dict[str, float]:
    """Hit rate and discounted gain of the target among the first ten candidates.

    Args:
        score: By person, of each id.
        candidates: As of `draw_candidates`. Others with the target's score count as
            better: a model that scores all alike has no hits.

    Reference:
        He et al., "Neural Collaborative Filtering", 2017, section 4.1.
    """
    found = np.take_along_axis(score, candidates, axis=1)
    rank = np.sum(found[:, 1:] >= found[:, :1], axis=1)
    hit = rank < TOP
    return {
        f"hr@{TOP}": float(hit.mean()),
        f"ndcg@{TOP}": float(np.mean(hit / np.log2(rank + 2))),
    }
