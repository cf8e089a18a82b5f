"""The position-wise network of a transformer block."""

from typing import Any

import keras
from keras import ops

from featurekit.layers.dense import ScaledDense
from featurekit.layers.flops import Shape
from featurekit.layers.gelu import gelu
from featurekit.layers.initializers import Scheme

ACTIVATIONS = ("gelu", "geglu", "relu")


def widened(hidden_dim: int, activation: str) -> int:
    """Numbers that `activate` makes `hidden_dim` of."""
    return hidden_dim * (2 if activation == "geglu" else 1)


def activate(hidden: Any, activation: str) -> Any:
    """One of `ACTIVATIONS`; "geglu" multiplies one half by the GELU of the other."""
    if activation == "geglu":
        gate, hidden = ops.split(hidden, 2, axis=-1)
        return gelu(gate) * hidden
    return gelu(hidden) if activation == "gelu" else ops.relu(hidden)


@keras.saving.register_keras_serializable(package="featurekit")
class FeedForward(keras.layers.Layer):
    """Two matrix products with a nonlinearity between, applied to each token alone.

    Args:
        hidden_dim: Width between the two products.
        activation: `"gelu"`, `"relu"`, or `"geglu"`, which multiplies a linear half by
            the GELU of another and so holds half as many weights again. Defaults to
            `"gelu"`.
        dropout: Share of hidden values set to zero in training. Defaults to `0.0`.
        init: Scheme of the first values. Defaults to `"xavier"`.
        depth: Blocks of the model; "deepnet" asks. Defaults to `1`.

    Input shape:
        `(..., dim)`, floating.

    Output shape:
        `(..., dim)`, same dtype.

    Raises:
        ValueError: `activation` is not one of the names above, or `hidden_dim` is
            below 1.

    Reference:
        Shazeer, "GLU Variants Improve Transformer", 2020.

    Example:
        >>> import numpy as np
        >>> tuple(FeedForward(16, activation="geglu")(np.zeros((5, 3, 8))).shape)
        (5, 3, 8)
    """

    def __init__(
        self,
        hidden_dim: int,
        *,
        activation: str = "gelu",
        dropout: float = 0.0,
        init: Scheme = "xavier",
        depth: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"Invalid value for argument `activation`. Expected one of "
                f"{ACTIVATIONS}. Received: activation={activation!r}"
            )
        if hidden_dim < 1:
            raise ValueError(
                f"Expected a positive width. Received: hidden_dim={hidden_dim}"
            )
        self.hidden_dim = hidden_dim
        self.activation = activation
        self.dropout, self.init, self.depth = dropout, init, depth
        self._drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the widening and the narrowing product."""
        width = widened(self.hidden_dim, self.activation)
        self._widen = self._dense(width, "widen")
        self._narrow = self._dense(input_shape[-1], "narrow")
        self._widen.build(input_shape)
        self._narrow.build((*input_shape[:-1], self.hidden_dim))

    def _dense(self, units: Any, name: str) -> ScaledDense:
        return ScaledDense(
            units,
            init=self.init,
            role="feed_forward",
            depth=self.depth,
            dtype=self.dtype_policy,
            name=name,
        )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Transforms each token."""
        hidden = activate(self._widen(inputs), self.activation)
        return self._narrow(self._drop(hidden, training=training))

    def flops(self, input_shape: Shape) -> int:
        """Floating-point operations of `call`, see `featurekit.layers.flops`."""
        hidden = (*input_shape[:-1], self.hidden_dim)
        return self._widen.flops(input_shape) + self._narrow.flops(hidden)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """The shape of the input."""
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {
            **super().get_config(),
            "hidden_dim": self.hidden_dim,
            "activation": self.activation,
            "dropout": self.dropout,
            "init": self.init,
            "depth": self.depth,
        }
