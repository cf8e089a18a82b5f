"""The definition of what hides ids by chance, in plain Python."""

from typing import Any

from featurekit.backends.philox_reference import words
from featurekit.plan import ops


def mask_ids(op: ops.MaskIds, ids: Any, key: int, num_ids: int) -> tuple[int, ...]:
    """Padded ids of which some are hidden, or those that were."""
    found = []
    for place, at in enumerate(ids):
        choice, action, drawn, _ = words(key, place, op.seed)
        chosen = at >= op.first and choice < op.chosen_below
        hidden = at
        if action < op.masked_below:
            hidden = op.mask
        elif action < op.random_below:
            hidden = op.first + drawn * (num_ids - op.first) // ops.WORD
        found.append(
            (at if op.targets else hidden) if chosen else at * (not op.targets)
        )
    return tuple(found)


def hide_id(op: ops.HideId, key: int, shown: int | None = None) -> int:
    """One id where the row is chosen, another one where it is not."""
    if words(key, op.place, op.seed)[0] < op.hidden_below:
        return op.mask
    found = op.shown if shown is None else shown
    assert found is not None
    return found
