"""Which keys a query sees, and how many."""

from typing import Any

from keras import ops


def causal_mask(length: int) -> Any:
    """bool, shape (length, length): True where the key is not behind the query."""
    places = ops.arange(length)
    return places[:, None] >= places[None, :]


def visible_count(length: Any, *, causal: bool, mask: Any) -> Any:
    """float32: how many keys each query sees.

    Args:
        length: Number of keys.
        causal: Whether a query sees the keys up to its own place alone.
        mask: bool, shape (batch, keys); None where all are there.

    Returns:
        Shape (1 or batch, 1 or keys).
    """
    if mask is not None:
        there = ops.cast(mask, "float32")
        if causal:
            return ops.cumsum(there, axis=1)
        return ops.sum(there, axis=1, keepdims=True)
    if causal:
        return ops.cast(ops.arange(1, length + 1), "float32")[None, :]
    return ops.full((1, 1), length, dtype="float32")


def keep(tensor: Any, mask: Any) -> Any:
    """The tensor of shape (batch, keys, heads, width), with zeros for absent keys."""
    if mask is None:
        return tensor
    there = ops.cast(mask, tensor.dtype)[:, :, None, None]
    return tensor * there
