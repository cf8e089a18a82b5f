"""Attention that compares each query with each key."""

from typing import Any

import keras
from keras import ops

from featurekit.layers.visible_keys import causal_mask, visible_count

SHORT, SHORT_ODD = 64, 256
"""Below, JAX is faster with stored scores than with cuDNN's kernel, on an H100; odd
lengths have to be masked for it."""


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
    if _stores_scores(query, key, value):
        if causal:
            mask = causal_mask(key.shape[1])[None, None]
        return _by_scores(query, key, value, mask)
    if keras.config.backend() == "jax" and None not in (query.shape[1], key.shape[1]):
        return _fused(query, key, value, mask, causal=causal)
    return ops.dot_product_attention(query, key, value, mask=mask, is_causal=causal)


def _stores_scores(query: Any, key: Any, value: Any) -> bool:
    """Whether no kernel of the backend is asked."""
    if value.shape[-1] != key.shape[-1]:
        return True  # kernels take values as wide as keys alone
    if keras.config.backend() != "jax" or None in (query.shape[1], key.shape[1]):
        return False
    longest = max(query.shape[1], key.shape[1])
    odd = query.shape[1] % 2 or key.shape[1] % 2
    return bool(longest < (SHORT_ODD if odd else SHORT))


def _by_scores(query: Any, key: Any, value: Any, mask: Any) -> Any:
    queries = ops.transpose(query * query.shape[-1] ** -0.5, (0, 2, 1, 3))
    scores = ops.matmul(queries, ops.transpose(key, (0, 2, 3, 1)))
    scores = ops.cast(scores, keras.backend.result_type(scores.dtype, "float32"))
    if mask is not None:
        scores = ops.where(mask, scores, -1e30)
    return weighted(ops.cast(_softmax(scores), value.dtype), value)


def _softmax(scores: Any) -> Any:
    """Keras warns of the softmax of one."""
    if scores.shape[-1] == 1:
        return ops.ones_like(scores)
    return ops.softmax(scores, axis=-1)


def _fused(query: Any, key: Any, value: Any, mask: Any, *, causal: bool) -> Any:
    """The kernel of cuDNN: trains on even lengths, masks have a row for each query."""
    queries, keys = query.shape[1], key.shape[1]
    more_queries, more_keys = queries % 2, keys % 2
    if mask is None and more_keys and not causal:
        mask = ops.ones((1, 1, queries, keys), dtype="bool")
    if mask is not None:
        mask = ops.broadcast_to(mask, (*mask.shape[:2], queries, keys))
        mask = ops.pad(mask, [[0, 0], [0, 0], [0, more_queries], [0, more_keys]])
    query = _longer(query, more_queries)
    key, value = _longer(key, more_keys), _longer(value, more_keys)
    found = ops.dot_product_attention(query, key, value, mask=mask, is_causal=causal)
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
