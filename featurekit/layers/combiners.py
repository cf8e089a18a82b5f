"""Several vectors of a row as one: what the combiners of a bag compute."""

from typing import Any

from keras import ops

COMBINERS = ("sum", "mean", "sqrtn")


def combine(vectors: Any, ids: Any, weights: Any | None, combiner: str) -> Any:
    """The combined vectors of the ids that are no padding.

    Args:
        vectors: Shape (batch, length, dim).
        ids: Shape (batch, length); 0 is padding.
        weights: Shape (batch, length), floating; None is 1 for each id.
        combiner: "sum", Σw·e; "mean", Σw·e / Σw; "sqrtn", Σw·e / √Σw².

    Returns:
        Shape (batch, dim). Zeros where no id is left: "mean" and "sqrtn" leave out what
        has no positive weight, as `tf.nn.safe_embedding_lookup_sparse` does.
    """
    there = ids != 0
    if weights is None:
        weights = ops.ones_like(ids, dtype=vectors.dtype)
    weights = ops.cast(weights, vectors.dtype)
    if combiner != "sum":
        there = ops.logical_and(there, weights > 0)
    # Chosen, not multiplied by 0: what is left out may be NaN.
    weights = ops.where(there, weights, ops.zeros_like(weights))
    kept = ops.expand_dims(there, -1)
    vectors = ops.where(kept, vectors, ops.zeros_like(vectors))
    total = ops.sum(vectors * ops.expand_dims(weights, -1), axis=1)
    if combiner == "sum":
        return total
    amount = ops.sum(weights if combiner == "mean" else weights * weights, axis=1)
    # Before the root: its slope at 0 is infinite.
    amount = ops.where(ops.any(there, axis=1), amount, ops.ones_like(amount))
    scale = amount if combiner == "mean" else ops.sqrt(amount)
    return total / ops.expand_dims(scale, -1)


def clip_norms(vectors: Any, largest: Any) -> Any:
    """Vectors that are no longer than `largest`; their direction stays.

    Args:
        vectors: Shape (..., dim).
        largest: Broadcasts with shape (..., 1).
    """
    squares = ops.sum(vectors * vectors, axis=-1, keepdims=True)
    largest = ops.cast(largest, vectors.dtype)
    too_long = squares > largest * largest
    # The slope of a root at 0 is infinite: short vectors do not reach it.
    norms = ops.sqrt(ops.where(too_long, squares, ops.ones_like(squares)))
    return ops.where(too_long, vectors * (largest / norms), vectors)
