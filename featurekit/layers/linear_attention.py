"""Attention whose cost is linear in the length."""

from typing import Any

from keras import ops

from featurekit.layers.chunks import before, into_chunks, out_of_chunks
from featurekit.layers.visible_keys import causal_mask, keep


def feature_map(tensor: Any) -> Any:
    """elu(x) + 1: positive, so that sums of weights are."""
    return ops.elu(tensor) + 1.0


def attend_linear(
    query: Any, key: Any, value: Any, *, causal: bool, mask: Any, chunk: int
) -> Any:
    """See `featurekit.layers.attend`; sums over tokens are float32."""
    queries = ops.cast(feature_map(query), "float32")
    # Absent keys are left out behind the map, which makes 1 of 0.
    keys = keep(ops.cast(feature_map(key), "float32"), mask)
    values = ops.cast(value, "float32")
    # A further value of 1 for each key: its weighted sum is the sum of the weights.
    values = ops.concatenate([values, ops.ones_like(values[..., :1])], axis=-1)
    if causal:
        sums = _causal_sums(queries, keys, values, chunk)
    else:
        sums = ops.einsum(
            "bnhd,bhde->bnhe", queries, ops.einsum("bmhd,bmhe->bhde", keys, values)
        )
    return ops.cast(divide(sums), value.dtype)


def divide(sums: Any) -> Any:
    """Weighted values by the sum of their weights, which is the last; 0 by 0 is 0."""
    total = sums[..., -1:]
    return sums[..., :-1] / ops.where(total > 0.0, total, ops.ones_like(total))


def _causal_sums(queries: Any, keys: Any, values: Any, chunk: int) -> Any:
    length = queries.shape[1]
    chunk = min(chunk, length)
    queries, keys, values = (into_chunks(one, chunk) for one in (queries, keys, values))
    states = before(ops.einsum("bgchd,bgche->bghde", keys, values))
    scores = ops.einsum("bgqhd,bgkhd->bghqk", queries, keys)
    scores = scores * ops.cast(causal_mask(chunk), scores.dtype)
    inside = ops.einsum("bghqk,bgkhe->bgqhe", scores, values)
    across = ops.einsum("bgqhd,bghde->bgqhe", queries, states)
    return out_of_chunks(inside + across, length)
