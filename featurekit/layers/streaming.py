"""Causal attention token by token, with the weights that `attend` gives all at once."""

from typing import Any

from keras import ops

from featurekit.layers.attend import KINDS, Kind, State
from featurekit.layers.linear_attention import divide, feature_map
from featurekit.layers.quadratic_attention import (
    relu2_weights,
    softmax_values,
    weighted,
)


def start_stream(
    kind: Kind,
    batch: int,
    heads: int,
    width: int,
    value_width: int,
    *,
    length: int,
    dtype: str = "float32",
) -> State:
    """The state before the first token.

    Args:
        kind: As in `attend`.
        batch: Number of streams.
        heads: Number of heads.
        width: Numbers per key.
        value_width: Numbers per value.
        length: The most tokens that "softmax" and "relu2" can see; the tokens of a
            chunk for "mixed_chunk"; of no meaning for "linear".
        dtype: Of keys and values that are kept. Defaults to "float32".

    Returns:
        Named tensors, whose shapes stay as they are.

    Raises:
        ValueError: The kind is not known.

    Example:
        >>> sorted(start_stream("linear", 1, 2, 8, 8, length=0))
        ['sums']
    """
    if kind not in KINDS:
        raise ValueError(
            f"Invalid value for argument `kind`. Expected one of {KINDS}. "
            f"Received: kind={kind!r}"
        )
    if kind == "linear":
        return {"sums": ops.zeros((batch, heads, width, value_width + 1))}
    state = {
        "key": ops.zeros((batch, length, heads, width), dtype),
        "value": ops.zeros((batch, length, heads, value_width), dtype),
        "count": ops.zeros((), "int32"),
    }
    if kind == "mixed_chunk":
        state["far_key"] = ops.zeros((batch, length, heads, width), dtype)
        state["sums"] = ops.zeros((batch, heads, width, value_width))
    return state


def attend_next(
    query: Any,
    key: Any,
    value: Any,
    state: State,
    *,
    kind: Kind,
    far: tuple[Any, Any] | None = None,
) -> tuple[Any, State]:
    """The values for the next token of each stream, and the state behind it.

    Args:
        query: Shape (batch, 1, heads, width).
        key: Shape (batch, 1, heads, width).
        value: Shape (batch, 1, heads, value width).
        state: Of `start_stream`, or of the token before.
        kind: As in `attend`.
        far: As in `attend`.

    Returns:
        Shape (batch, 1, heads, value width); and the new state. Behind as many tokens
        as the state can hold, "softmax" and "relu2" forget the oldest.

    Example:
        >>> import numpy as np
        >>> token = np.ones((1, 1, 2, 8), "float32")
        >>> state = start_stream("softmax", 1, 2, 8, 8, length=4)
        >>> found, state = attend_next(token, token, token, state, kind="softmax")
        >>> int(state["count"])
        1
    """
    if kind == "linear":
        return _next_linear(query, key, value, state)
    if kind == "mixed_chunk":
        return _next_mixed(query, key, value, state, far or (query, key))
    length = state["key"].shape[1]
    place = state["count"] % length
    keys = _put(state["key"], key, place)
    values = _put(state["value"], value, place)
    seen = ops.minimum(state["count"] + 1, length)
    there = ops.arange(length) < seen
    if kind == "softmax":
        found = softmax_values(query, keys, values, there[None, None, None, :])
    else:
        weights = relu2_weights(query, keys) * ops.cast(there, query.dtype)
        found = weighted(weights, values) / ops.cast(seen, value.dtype)
    return found, {"key": keys, "value": values, "count": state["count"] + 1}


def _put(kept: Any, new: Any, place: Any) -> Any:
    start = (0, place, 0, 0)
    return ops.slice_update(kept, start, ops.cast(new, kept.dtype))


def _next_linear(query: Any, key: Any, value: Any, state: State) -> tuple[Any, State]:
    queries = ops.cast(feature_map(query), "float32")
    keys = ops.cast(feature_map(key), "float32")
    values = ops.cast(value, "float32")
    values = ops.concatenate([values, ops.ones_like(values[..., :1])], axis=-1)
    sums = state["sums"] + ops.einsum("bnhd,bnhe->bhde", keys, values)
    found = divide(ops.einsum("bnhd,bhde->bnhe", queries, sums))
    return ops.cast(found, value.dtype), {"sums": sums}


def _next_mixed(
    query: Any, key: Any, value: Any, state: State, far: tuple[Any, Any]
) -> tuple[Any, State]:
    chunk = state["key"].shape[1]
    place = state["count"] % chunk
    earlier = state["count"] - place
    keys = _put(state["key"], key, place)
    values = _put(state["value"], value, place)
    far_keys = _put(state["far_key"], far[1], place)
    there = ops.cast(ops.arange(chunk) <= place, query.dtype)
    weights = relu2_weights(query, keys) * there
    found = weighted(weights, values) / ops.cast(place + 1, value.dtype)
    known = state["sums"] / ops.cast(ops.maximum(earlier, 1), "float32")
    scaled = far[0] * query.shape[-1] ** -0.5
    found = found + ops.einsum("bnhd,bhde->bnhe", scaled, ops.cast(known, query.dtype))
    # A chunk joins the sums when it is full.
    full = ops.cast(ops.equal(place, chunk - 1), "float32")
    joined = ops.einsum(
        "bchd,bche->bhde", ops.cast(far_keys, "float32"), ops.cast(values, "float32")
    )
    return found, {
        "key": keys,
        "value": values,
        "far_key": far_keys,
        "sums": state["sums"] + full * joined,
        "count": state["count"] + 1,
    }
