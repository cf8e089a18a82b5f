"""Where a token stands: added as a vector, or turned into its queries and keys."""

from typing import Any

import keras
import numpy as np
from keras import ops


def sinusoidal(length: int, dim: int, *, base: float = 10_000.0) -> np.ndarray:
    """Sines and cosines of the positions, float32 of shape (length, dim).

    At position p, numbers 2i and 2i + 1 are the sine and the cosine of
    p / base^(2i / dim). A shift of positions is a linear map of the vectors.

    Args:
        length: Number of positions.
        dim: Numbers per position, even.
        base: The slowest wave is this many times longer than the fastest. Defaults to
            10,000.

    Raises:
        ValueError: `dim` is odd.

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017, section 3.5.

    Example:
        >>> sinusoidal(2, 4)[0].tolist()
        [0.0, 1.0, 0.0, 1.0]
    """
    if dim % 2:
        raise ValueError(f"Expected an even width. Received: dim={dim}")
    angles = _angles(length, dim, base)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    return waves.reshape(length, dim).astype(np.float32)


def rotary(tensor: Any, *, start: Any = 0, base: float = 10_000.0) -> Any:
    """Queries or keys, turned by angles that grow with their position.

    Numbers 2i and 2i + 1 are one point, turned by p / base^(2i / width). The product of
    a query and a key then depends on the distance of their positions alone.

    Args:
        tensor: Shape (batch, length, heads, width), width even.
        start: Position of the first token. Defaults to 0.
        base: As in `sinusoidal`.

    Raises:
        ValueError: The width is odd.

    Reference:
        Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding",
        2021.

    Example:
        >>> import numpy as np
        >>> tokens = np.ones((1, 3, 2, 8), "float32")
        >>> bool(np.allclose(np.asarray(rotary(tokens))[:, 0], tokens[:, 0]))
        True
    """
    length, width = tensor.shape[1], tensor.shape[-1]
    if width % 2:
        raise ValueError(f"Expected an even width. Received: width={width}")
    places = ops.cast(ops.arange(length) + start, "float32")
    speeds = ops.convert_to_tensor(_speeds(width, base).astype(np.float32))
    angles = (places[:, None] * speeds)[None, :, None, :]
    sine, cosine = ops.sin(angles), ops.cos(angles)
    pairs = ops.reshape(
        ops.cast(tensor, "float32"), (-1, length, tensor.shape[2], width // 2, 2)
    )
    first, second = pairs[..., 0], pairs[..., 1]
    turned = ops.stack(
        [first * cosine - second * sine, first * sine + second * cosine], axis=-1
    )
    return ops.cast(ops.reshape(turned, (-1, *tensor.shape[1:])), tensor.dtype)


def _speeds(width: int, base: float) -> np.ndarray:
    speeds: np.ndarray = base ** (-np.arange(0, width, 2) / width)
    return speeds


def _angles(length: int, width: int, base: float) -> np.ndarray:
    angles: np.ndarray = np.arange(length)[:, None] * _speeds(width, base)
    return angles


@keras.saving.register_keras_serializable(package="featurekit")
class Positions(keras.layers.Layer):
    """Adds a vector to each token for its position, fixed or learned.

    Args:
        length: The most tokens.
        learned: Whether the vectors are trained, from a normal distribution of
            deviation 0.02. Defaults to `False`: sinusoidal.

    Input shape:
        `(batch, tokens, dim)`, floating, tokens at most `length`.

    Output shape:
        `(batch, tokens, dim)`, same dtype.

    Raises:
        ValueError: There are more tokens than positions, or an odd width.

    Example:
        >>> import numpy as np
        >>> tuple(Positions(10)(np.zeros((2, 3, 4), "float32")).shape)
        (2, 3, 4)
    """

    def __init__(self, length: int, *, learned: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.length = length
        self.learned = learned

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the vectors."""
        tokens, dim = input_shape[1:]
        if tokens is None or dim is None or tokens > self.length:
            raise ValueError(
                f"Expected at most {self.length} tokens of a known width. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        if self.learned:
            self._vectors = self.add_weight(
                name="vectors",
                shape=(self.length, dim),
                initializer=keras.initializers.RandomNormal(stddev=0.02),
            )
        else:
            self._vectors = sinusoidal(self.length, dim)

    def call(self, inputs: Any) -> Any:
        """The tokens plus the vectors of their positions."""
        vectors = ops.cast(self._vectors[: inputs.shape[1]], inputs.dtype)
        return inputs + vectors

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """The shape of the input."""
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {
            **super().get_config(),
            "length": self.length,
            "learned": self.learned,
        }
