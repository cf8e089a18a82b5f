"""Multi-head self-attention over a short, unmasked set of tokens."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="featurekit")
class SelfAttention(keras.layers.Layer):
    """Scaled dot-product self-attention with one fused projection.

    Queries, keys and values come from a single matrix product. Keys carry no bias: it
    would shift all scores of a query alike, which the softmax cancels, so it could
    never receive a gradient; queries and values go without one for simplicity.

    Args:
        num_heads: Number of heads; divides the last axis of the input.
        dropout: Share of attention weights set to zero in training. Defaults to `0.0`.

    Input shape:
        `(batch, tokens, dim)`, floating.

    Output shape:
        `(batch, tokens, dim)`, same dtype.

    Raises:
        ValueError: `num_heads` is below 1 or does not divide `dim`.

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017, section 3.2.

    Example:
        >>> import numpy as np
        >>> tuple(SelfAttention(2)(np.zeros((5, 3, 8), "float32")).shape)
        (5, 3, 8)
    """

    def __init__(self, num_heads: int, *, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if num_heads < 1:
            raise ValueError(
                f"Expected at least one attention head. Received: num_heads={num_heads}"
            )
        self.num_heads = num_heads
        self.dropout = dropout
        self._drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the two projections, each `dim` wide per query, key, value."""
        dim = input_shape[-1]
        if dim is None or dim % self.num_heads:
            raise ValueError(
                f"Expected num_heads to divide the width of the tokens. "
                f"Received: num_heads={self.num_heads}, width={dim}"
            )
        self._dim = dim
        self._qkv = self.add_weight(
            name="qkv", shape=(dim, 3 * dim), initializer="glorot_uniform"
        )
        self._out = self.add_weight(
            name="out", shape=(dim, dim), initializer="glorot_uniform"
        )
        self._out_bias = self.add_weight(
            name="out_bias", shape=(dim,), initializer="zeros"
        )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Mixes the tokens of each row."""
        length = inputs.shape[1]
        width = self._dim // self.num_heads
        # Rank 2 products take the fast path of every backend; einsum often does not.
        flat = ops.reshape(inputs, (-1, self._dim))
        parts = ops.reshape(
            ops.matmul(flat, self._qkv), (-1, length, 3, self.num_heads, width)
        )
        query, key, value = ops.unstack(ops.transpose(parts, (2, 0, 3, 1, 4)), 3)
        scores = ops.matmul(query * width**-0.5, ops.transpose(key, (0, 1, 3, 2)))
        weights = self._drop(ops.softmax(scores, axis=-1), training=training)
        mixed = ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3))
        flat = ops.matmul(ops.reshape(mixed, (-1, self._dim)), self._out)
        return ops.reshape(flat + self._out_bias, (-1, length, self._dim))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """The shape of the input."""
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "dropout": self.dropout,
        }
