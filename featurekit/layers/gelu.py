"""GELU that keeps its input alone for the gradient."""

from typing import Any

from keras import ops

_SCALE = (2.0 / 3.141592653589793) ** 0.5
_CUBIC = 0.044715


@ops.custom_gradient
def gelu(inputs: Any) -> Any:
    """Values times the share of the normal distribution below them, by tanh.

    What `keras.ops.gelu` computes. Its gradient is made of the input again, where
    automatic differentiation keeps what lies between; the widest tensors of a
    transformer are read and written less often.

    Args:
        inputs: Floating, any shape.

    Returns:
        Same shape and dtype.

    Reference:
        Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016, section 2.

    Example:
        >>> import numpy as np
        >>> np.asarray(gelu(np.array([-1.0, 0.0, 1.0]))).round(4).tolist()
        [-0.1588, 0.0, 0.8412]
    """
    inputs = ops.convert_to_tensor(inputs)

    def gradient(*args: Any, upstream: Any = None) -> Any:
        # Torch passes the inputs too; the last positional is what others pass.
        upstream = args[-1] if upstream is None else upstream
        # Beyond, the slope is 0 or 1, and a square could be infinite: no 0 times that.
        near = ops.clip(inputs, -16.0, 16.0)
        share = _share(near)
        inner = _SCALE * (1.0 + 3.0 * _CUBIC * ops.square(near))
        return upstream * (share + 2.0 * near * share * (1.0 - share) * inner)

    return inputs * _share(inputs), gradient


def _share(inputs: Any) -> Any:
    """(1 + tanh(s)) / 2, which is the logistic function of 2 s."""
    scaled = _SCALE * inputs * (1.0 + _CUBIC * ops.square(inputs))
    return ops.sigmoid(2.0 * scaled)
