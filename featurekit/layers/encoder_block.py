"""One pre-norm transformer block."""

from typing import Any

import keras

from featurekit.layers.feed_forward import FeedForward
from featurekit.layers.self_attention import SelfAttention


@keras.saving.register_keras_serializable(package="featurekit")
class EncoderBlock(keras.layers.Layer):
    """Self-attention, then a feed-forward network, each normalized first and added.

    `x = x + attention(norm(x))`, then `x = x + ffn(norm(x))`. Normalizing the input of
    each branch, not the sum, keeps the residual path free, so that no warm-up is
    needed for stable training.

    Args:
        num_heads: Number of attention heads; divides the last axis of the input.
        ffn_dim: Hidden width of the feed-forward network.
        activation: `"gelu"`, `"geglu"` or `"relu"`. Defaults to `"gelu"`.
        dropout: Share of values set to zero in training: of the attention weights, of
            the hidden layer, and of both branches. Defaults to `0.0`.

    Input shape:
        `(batch, tokens, dim)`, floating.

    Output shape:
        `(batch, tokens, dim)`, same dtype.

    Reference:
        Xiong et al., "On Layer Normalization in the Transformer Architecture", 2020.

    Example:
        >>> import numpy as np
        >>> tuple(EncoderBlock(2, 16)(np.zeros((5, 3, 8), "float32")).shape)
        (5, 3, 8)
    """

    def __init__(
        self,
        num_heads: int,
        ffn_dim: int,
        *,
        activation: str = "gelu",
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.ffn_dim = ffn_dim
        self.activation = activation
        self.dropout = dropout
        policy = self.dtype_policy
        self._attention_norm = keras.layers.LayerNormalization(
            epsilon=1e-5, dtype=policy, name="attention_norm"
        )
        self._attention = SelfAttention(
            num_heads, dropout=dropout, dtype=policy, name="attention"
        )
        self._ffn_norm = keras.layers.LayerNormalization(
            epsilon=1e-5, dtype=policy, name="ffn_norm"
        )
        self._ffn = FeedForward(
            ffn_dim, activation=activation, dropout=dropout, dtype=policy, name="ffn"
        )
        self._drop = keras.layers.Dropout(dropout, dtype=policy)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Builds both branches for the width of the input."""
        for part in (self._attention_norm, self._attention, self._ffn_norm, self._ffn):
            part.build(input_shape)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Transforms the tokens of each row."""
        mixed = self._attention(self._attention_norm(inputs), training=training)
        tokens = inputs + self._drop(mixed, training=training)
        update = self._ffn(self._ffn_norm(tokens), training=training)
        return tokens + self._drop(update, training=training)

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
            "ffn_dim": self.ffn_dim,
            "activation": self.activation,
            "dropout": self.dropout,
        }
