"""Layer normalization that keeps little for its gradient."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="featurekit")
class LayerNorm(keras.layers.Layer):
    """Subtracts the mean of each vector, divides by its deviation, scales and shifts.

    What `keras.layers.LayerNormalization` computes. For the gradient it keeps the input
    in its own dtype and two numbers per vector, where automatic differentiation keeps
    float32 copies: in half precision a training step moves fewer bytes. Mean and
    variance are computed in float32 at least, in one pass over the differences from
    the first value of the vector.

    Args:
        epsilon: Added to the variance. Defaults to `1e-5`.

    Input shape:
        `(..., dim)`, floating.

    Output shape:
        `(..., dim)`, same dtype.

    Reference:
        Ba et al., "Layer Normalization", 2016.

    Example:
        >>> import numpy as np
        >>> found = np.asarray(LayerNorm()(np.array([[1.0, 2.0, 3.0]])))
        >>> print(found.round(3))
        [[-1.225  0.     1.225]]
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.epsilon = epsilon

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the scale and the shift."""
        dim = input_shape[-1]
        if dim is None:
            raise ValueError(f"Expected a known width. Received: {tuple(input_shape)}")
        self.gamma = self.add_weight(name="gamma", shape=(dim,), initializer="ones")
        self.beta = self.add_weight(name="beta", shape=(dim,), initializer="zeros")

    def call(self, inputs: Any) -> Any:
        """The normalized vectors."""
        # float64 stays what it is; half precision does not hold a variance.
        wide = keras.backend.result_type(inputs.dtype, "float32")
        flat = ops.reshape(inputs, (-1, inputs.shape[-1]))
        gamma, beta = (ops.cast(one, wide) for one in (self.gamma, self.beta))
        found = _normalize(self.epsilon)(flat, gamma, beta)
        return ops.reshape(found, ops.shape(inputs))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """The shape of the input."""
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {**super().get_config(), "epsilon": self.epsilon}


def _normalize(epsilon: float) -> Any:
    @ops.custom_gradient
    def normalize(rows: Any, gamma: Any, beta: Any) -> Any:
        exact = ops.cast(rows, gamma.dtype)
        # Sums of squares lose a small variance beside a large mean, save that the
        # mean is near 0; two passes over the values would cost one more.
        near = exact - exact[:, :1]
        shift = ops.mean(near, axis=-1, keepdims=True)
        variance = ops.mean(ops.square(near), axis=-1, keepdims=True)
        variance = ops.maximum(variance - ops.square(shift), 0.0)
        scale = ops.rsqrt(variance + epsilon)

        def gradient(*args: Any, upstream: Any = None) -> Any:
            # Torch passes the inputs too; the last positional is what others pass.
            upstream = args[-1] if upstream is None else upstream
            return _gradient(rows, gamma, shift, scale, upstream)

        return ops.cast((near - shift) * scale * gamma + beta, rows.dtype), gradient

    return normalize


def _gradient(
    rows: Any, gamma: Any, shift: Any, scale: Any, upstream: Any
) -> tuple[Any, Any, Any]:
    """Of the rows, the scale and the shift."""
    change = ops.cast(upstream, gamma.dtype)
    # From the rows again: cheaper than to read them, normalized, from memory.
    exact = ops.cast(rows, gamma.dtype)
    unit = (exact - exact[:, :1] - shift) * scale
    scaled = change * gamma
    along = ops.mean(scaled * unit, axis=-1, keepdims=True)
    inner = scaled - ops.mean(scaled, axis=-1, keepdims=True) - unit * along
    return (
        ops.cast(inner * scale, rows.dtype),
        ops.sum(change * unit, axis=0),
        ops.sum(change, axis=0),
    )
