"""Tokens that are weights: a class token, queries of a decoder."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="featurekit")
class LearnedTokens(keras.layers.Layer):
    """The same tokens for every row, trained.

    Args:
        count: Number of tokens. Defaults to `1`.

    Input shape:
        `(batch, ..., dim)`: the batch and the width are taken from it.

    Output shape:
        `(batch, count, dim)`, same dtype.

    Example:
        >>> import numpy as np
        >>> tuple(LearnedTokens(4)(np.zeros((5, 3, 8), "float32")).shape)
        (5, 4, 8)
    """

    def __init__(self, count: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count = count

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the tokens, from a normal distribution of deviation 0.02."""
        self._tokens = self.add_weight(
            name="tokens",
            shape=(1, self.count, input_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=0.02),
        )

    def call(self, inputs: Any) -> Any:
        """The tokens, once for each row."""
        tokens = ops.cast(self._tokens, inputs.dtype)
        return ops.repeat(tokens, ops.shape(inputs)[0], axis=0)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """`(batch, count, dim)`."""
        return (input_shape[0], self.count, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {**super().get_config(), "count": self.count}
