"""How much each id of a vocabulary weighs: inverse document frequencies."""

import math
from collections.abc import Mapping

from featurekit.plan.statistics import DocumentFrequencies


def term_weights(
    found: DocumentFrequencies,
    num_ids: int,
    ids: Mapping[bytes | int, int] | None,
    *,
    smooth: bool,
) -> tuple[float, ...]:
    """One weight for each id.

    Args:
        found: What was counted: ids, or the tokens of a learned vocabulary.
        num_ids: How many ids there are.
        ids: The ids of the tokens; None where ids were counted.
        smooth: Whether one document more, with every term, is added.

    >>> counted = DocumentFrequencies((0, 2), (3, 1), 3)
    >>> [round(one, 4) for one in term_weights(counted, 3, None, smooth=True)]
    [1.0, 2.3863, 1.6931]
    """
    counted: dict[bytes | int, int] = {}
    counted.update(zip(found.tokens, found.counts, strict=True))
    if ids is not None:
        counted = {at: counted.get(token, 0) for token, at in ids.items()}
    frequencies = [counted.get(at, 0) for at in range(num_ids)]
    return tuple(_weight(found.documents, count, smooth) for count in frequencies)


def _weight(documents: int, count: int, smooth: bool) -> float:
    if smooth:
        return math.log((1 + documents) / (1 + count)) + 1.0
    return math.log(documents / max(1, count)) + 1.0
