"""Attention within chunks, and a linear one between them."""

from typing import Any

from keras import ops

from featurekit.layers.chunks import before, into_chunks, out_of_chunks
from featurekit.layers.visible_keys import causal_mask, keep


def attend_mixed_chunk(
    query: Any,
    key: Any,
    value: Any,
    *,
    causal: bool,
    mask: Any,
    chunk: int,
    far: tuple[Any, Any] | None,
) -> Any:
    """See `featurekit.layers.attend`; chunks are counted from the first token."""
    length = key.shape[1]
    if query.shape[1] != length:
        raise ValueError(
            "Attention in chunks needs one query per key. Received: "
            f"query.shape={tuple(query.shape)}, key.shape={tuple(key.shape)}"
        )
    chunk = min(chunk, length)
    far_query, far_key = (query, key) if far is None else far
    there = ops.ones_like(value[:, :, 0, 0], dtype="float32")
    if mask is not None:
        there = there * ops.cast(mask, "float32")
    parts = (query, key, keep(value, mask), far_query, keep(far_key, mask), there)
    query, key, value, far_query, far_key, there = (
        into_chunks(part, chunk) for part in parts
    )
    found = _inside(query, key, value, there, causal=causal)
    found = found + _between(far_query, far_key, value, there, causal=causal)
    return out_of_chunks(found, length)


def _inside(query: Any, key: Any, value: Any, there: Any, *, causal: bool) -> Any:
    """relu2 of the keys of a query's own chunk; values of absent keys are zeros."""
    scores = ops.einsum("bgqhd,bgkhd->bghqk", query * query.shape[-1] ** -0.5, key)
    weights = ops.square(ops.relu(scores))
    if causal:
        weights = weights * ops.cast(causal_mask(weights.shape[-1]), weights.dtype)
        count = ops.cumsum(there, axis=2)
    else:
        count = ops.sum(there, axis=2, keepdims=True)
    found = ops.einsum("bghqk,bgkhe->bgqhe", weights, value)
    return found / ops.cast(ops.maximum(count, 1.0), found.dtype)[..., None, None]


def _between(query: Any, key: Any, value: Any, there: Any, *, causal: bool) -> Any:
    """Of the keys of all earlier chunks, or of all chunks; sums are float32."""
    states = ops.einsum(
        "bgchd,bgche->bghde", ops.cast(key, "float32"), ops.cast(value, "float32")
    )
    count = ops.sum(there, axis=2)
    if causal:
        states, count = before(states), before(count)
    else:
        states = ops.sum(states, axis=1, keepdims=True)
        count = ops.sum(count, axis=1, keepdims=True)
    states = states / ops.maximum(count, 1.0)[:, :, None, None, None]
    scaled = query * query.shape[-1] ** -0.5
    if not causal:
        states = ops.repeat(states, query.shape[1], axis=1)
    return ops.einsum("bgqhd,bghde->bgqhe", scaled, ops.cast(states, query.dtype))
