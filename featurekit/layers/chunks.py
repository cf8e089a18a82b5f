"""Tokens in chunks of one length, and what came before each chunk."""

from typing import Any

from keras import ops


def into_chunks(tensor: Any, chunk: int) -> Any:
    """(batch, length, ...) to (batch, chunks, chunk, ...), padded with zeros behind."""
    length = tensor.shape[1]
    behind = -length % chunk
    if behind:
        rest = [[0, 0]] * (len(tensor.shape) - 2)
        tensor = ops.pad(tensor, [[0, 0], [0, behind], *rest])
    return ops.reshape(
        tensor, (-1, (length + behind) // chunk, chunk, *tensor.shape[2:])
    )


def out_of_chunks(tensor: Any, length: int) -> Any:
    """(batch, chunks, chunk, ...) to (batch, length, ...)."""
    chunks, chunk, *rest = tensor.shape[1:]
    return ops.reshape(tensor, (-1, chunks * chunk, *rest))[:, :length]


def before(tensor: Any) -> Any:
    """The sum over all earlier chunks; zeros for the first.

    Sums are shifted. Subtracting each chunk from sums that include it would let its
    own tokens, also later ones, leave a trace in the last bits.
    """
    sums = ops.cumsum(tensor[:, :-1], axis=1)
    return ops.concatenate([ops.zeros_like(tensor[:, :1]), sums], axis=1)
