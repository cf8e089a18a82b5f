"""Dense layers in which each output sees a stated part of the inputs."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from featurekit.layers.flops import Shape, product_flops, rows_of


def hidden_degrees(units: int, highest: int, *, least: int = 1) -> np.ndarray:
    """Degrees of hidden units in turn: each of `least` to `highest` - 1 equally often.

    Args:
        units: Number of hidden units.
        highest: Number of inputs; a unit of that degree could serve no output.
        least: The smallest degree. Defaults to 1.

    Example:
        >>> hidden_degrees(5, 4).tolist()
        [1, 2, 3, 1, 2]
    """
    return least + np.arange(units) % max(highest - least, 1)


@keras.saving.register_keras_serializable(package="featurekit")
class MaskedDense(keras.layers.Layer):
    """A dense layer whose outputs read inputs of lower degree only.

    Stacked, such layers give each output a function of the inputs before it: a density
    of all inputs as a product of conditional ones, in one pass.

    Args:
        input_degrees: Of each input: its place in the order, from 1. Numbers of one
            feature share a degree.
        output_degrees: Of each output. An output reads the inputs of its own degree and
            below; with `strict` those below only, as the last layer must.
        strict: See above. Defaults to `False`.

    Input shape:
        `(batch, len(input_degrees))`, floating.

    Output shape:
        `(batch, len(output_degrees))`, same dtype.

    Raises:
        ValueError: The input has another width.

    Reference:
        Germain et al., "MADE: Masked Autoencoder for Distribution Estimation", 2015.

    Example:
        >>> import numpy as np
        >>> layer = MaskedDense([1, 2, 3], [1, 2, 3], strict=True)
        >>> tuple(layer(np.zeros((4, 3), "float32")).shape)
        (4, 3)
    """

    def __init__(
        self,
        input_degrees: Sequence[int],
        output_degrees: Sequence[int],
        *,
        strict: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.input_degrees = [int(degree) for degree in input_degrees]
        self.output_degrees = [int(degree) for degree in output_degrees]
        self.strict = strict
        read, made = np.array(self.input_degrees), np.array(self.output_degrees)
        seen = read[:, None] < made if strict else read[:, None] <= made
        self.mask = seen.astype(np.float32)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the kernel, of which the masked part is never read, and the bias."""
        if input_shape[-1] != len(self.input_degrees):
            raise ValueError(
                f"Expected {len(self.input_degrees)} inputs. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        self.kernel = self.add_weight(
            name="kernel", shape=self.mask.shape, initializer="glorot_uniform"
        )
        self.bias = self.add_weight(
            name="bias", shape=(len(self.output_degrees),), initializer="zeros"
        )

    def call(self, inputs: Any) -> Any:
        """The product with what each output may see, and the bias."""
        seen = ops.cast(self.mask, self.compute_dtype)
        return ops.matmul(inputs, self.kernel * seen) + self.bias

    def flops(self, input_shape: Shape) -> int:
        """Floating-point operations of `call`; what is masked is computed, too."""
        return product_flops(rows_of(input_shape), *self.mask.shape)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """The shape of the input with the outputs at its end."""
        return (*input_shape[:-1], len(self.output_degrees))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {
            **super().get_config(),
            "input_degrees": self.input_degrees,
            "output_degrees": self.output_degrees,
            "strict": self.strict,
        }
