"""What the ops of lists mean: one row at a time, in plain Python."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from featurekit.backends.values_reference import (
    Reject,
    Value,
    round_to_float32,
    to_float32,
)
from featurekit.plan import ops


def cross_lists(
    values: Sequence[Any], cross: Callable[[Sequence[Any]], int | None]
) -> Value:
    """The id of each combination, the last input running fastest."""
    if None in values:
        return ()
    chosen = (there(one) if isinstance(one, tuple) else (one,) for one in values)
    return tuple(cross(one) for one in itertools.product(*chosen))


def take_list(found: Any, missing: ops.MissingList) -> Value:
    """The list; a missing one is what the op says."""
    if found is not None or missing == "keep":
        return found  # type: ignore[no-any-return]
    if missing == "refuse":
        raise Reject
    return ()


def there(found: Sequence[Any]) -> list[Any]:
    """The elements that are not missing."""
    return [entry for entry in found if entry is not None]


def require_size(found: list[float], size: int) -> tuple[float, ...]:
    """The numbers, of which there are so many."""
    if len(found) != size:
        raise Reject
    return tuple(found)


def pad(
    found: list[Any], length: int, side: str, truncate: str, value: float
) -> tuple[Any, ...]:
    """The list in one length."""
    kept = found[:length] if truncate == "right" else found[-length:]
    padding = [value] * (length - len(kept))
    return tuple(kept + padding if side == "right" else padding + kept)


def aggregate(found: list[float], kind: str) -> float | None:
    """One number for all; the extremes have no negative zero."""
    total = 0.0
    for number in found:
        total += number
    if kind == "sum":
        return total
    if not found:
        return None
    if kind == "mean":
        return total / len(found)
    if any(map(math.isnan, found)):
        return math.nan
    return (min(found) if kind == "min" else max(found)) or 0.0


def weigh_terms(ids: Sequence[int | None], weights: Sequence[float]) -> Value:
    """How often each id occurs, times its weight."""
    counted = (ids.count(at) * weight for at, weight in enumerate(weights))
    return tuple(map(round_to_float32, counted))


def sum_weights(ids: Any, weights: Any, depth: int) -> Value:
    """The weights of each id, summed in order; a pair needs both to count."""
    if len(ids) != len(weights):
        raise Reject
    totals = [0.0] * depth
    for at, weight in zip(ids, weights, strict=True):
        if at is not None and weight is not None:
            totals[at] += weight
    return tuple(map(to_float32, totals))


def pad_weighted(ids: Any, weights: Any, op: ops.PadWeighted) -> Value:
    """The ids or the weights of the pairs of which both are there, in one length."""
    if len(ids) != len(weights):
        raise Reject
    pairs = [
        (at + 1, weight)
        for at, weight in zip(ids, weights, strict=True)
        if at is not None and weight is not None
    ]
    shape = op.length, op.side, op.truncate
    if op.part == "ids":
        return pad([at for at, _ in pairs], *shape, 0)
    return pad([weight for _, weight in pairs], *shape, 0.0)
