"""Attention that compares each query with each key."""

from typing import Any

import keras
from keras import ops

from featurekit.layers.visible_keys import causal_mask, visible_count

SHORT = 256
"""Below, it is faster to store the scores of an odd length than to mask one more."""


def attend_softmax(query: Any, key: Any, value: Any, *, causal: bool, mask: Any) -> Any:
    """See `featurekit.layers.attend`; the backend's own kernel does the work."""
    wide = None if mask is None else mask[:, None, None, :]
    if wide is not None and causal:
        wide = wide & causal_mask(key.shape[1])[None, None]
    elif causal and value.shape[-1] != key.shape[-1]:
        wide = causal_mask(key.shape[1])[None, None]
    found = softmax_values(query, key, value, wide, causal=causal and wide is None)
    if mask is None:
        return found
    # Kernels give the mean of all values to a query whose keys are all masked.
    count = visible_count(key.shape[1], causal=causal, mask=mask)
    return ops.where((count > 0)[:, :, None, None], found, ops.zeros_like(found))


def softmax_values(
    query: Any, key: Any, value: Any, mask: Any, *, causal: bool = False
) -> Any:
    """Values weighted by softmax; the mask is (1 or batch, 1, 1 or queries, keys)."""
    if value.shape[-1] == key.shape[-1]:
        return _fused(query, key, value, mask, causal=causal)
    # Kernels take values as wide as keys alone.
    queries = ops.transpose(query * query.shape[-1] ** -0.5, (0, 2, 1, 3))
    scores = ops.matmul(queries, ops.transpose(key, (0, 2, 3, 1)))
    scores = ops.cast(scores, "float32")
    if mask is not None:
        scores = ops.where(mask, scores, -1e30)
    return weighted(ops.cast(ops.softmax(scores, axis=-1), value.dtype), value)


def _fused(query: Any, key: Any, value: Any, mask: Any, *, causal: bool) -> Any:
    """What the backend's kernel gives; where it asks for them, of even lengths."""
    queries, keys = query.shape[1], key.shape[1]
    options = {"is_causal": causal}
    if keras.config.backend() != "jax" or queries is None or keys is None:
        return ops.dot_product_attention(query, key, value, mask=mask, **options)
    # cuDNN trains on even lengths, and takes masks with a row for each query, alone.
    more_queries, more_keys = queries % 2, keys % 2
    if mask is None and (more_queries or more_keys) and max(queries, keys) < SHORT:
        options["flash_attention"] = False
        return ops.dot_product_attention(query, key, value, **options)
    if mask is None and more_keys and not causal:
        mask = ops.ones((1, 1, queries, keys), dtype="bool")
    if mask is not None:
        mask = ops.broadcast_to(mask, (*mask.shape[:2], queries, keys))
        mask = ops.pad(mask, [[0, 0], [0, 0], [0, more_queries], [0, more_keys]])
    query = _longer(query, more_queries)
    key, value = _longer(key, more_keys), _longer(value, more_keys)
    found = ops.dot_product_attention(query, key, value, mask=mask, **options)
    return found[:, :queries] if more_queries else found


def _longer(tokens: Any, more: int) -> Any:
    return ops.pad(tokens, [[0, 0], [0, more], [0, 0], [0, 0]]) if more else tokens


def attend_relu2(query: Any, key: Any, value: Any, *, causal: bool, mask: Any) -> Any:
    """See `featurekit.layers.attend`."""
    length = key.shape[1]
    weights = relu2_weights(query, key)
    # Masked behind the activation: in front of it a bias would come back to life.
    if causal:
        weights = weights * ops.cast(causal_mask(length), weights.dtype)
    if mask is not None:
        weights = weights * ops.cast(mask, weights.dtype)[:, None, None, :]
    count = visible_count(length, causal=causal, mask=mask)
    found = weighted(weights, value)
    return found / ops.cast(ops.maximum(count, 1.0), found.dtype)[:, :, None, None]


def relu2_weights(query: Any, key: Any) -> Any:
    """relu(q k / sqrt(width))², shape (batch, heads, queries, keys)."""
    scale = query.shape[-1] ** -0.5
    queries = ops.transpose(query * scale, (0, 2, 1, 3))
    scores = ops.matmul(queries, ops.transpose(key, (0, 2, 3, 1)))
    return ops.square(ops.relu(scores))


def weighted(weights: Any, value: Any) -> Any:
    """Sums of values, shape (batch, queries, heads, value width)."""
    found = ops.matmul(weights, ops.transpose(value, (0, 2, 1, 3)))
    return ops.transpose(found, (0, 2, 1, 3))
