"""A matrix product whose first values follow the model's scheme."""

from typing import Any

import keras
from keras import ops

from featurekit.layers.flops import Shape, product_flops, rows_of
from featurekit.layers.initializers import Role, Scheme, initializer, output_scale


@keras.saving.register_keras_serializable(package="featurekit")
class ScaledDense(keras.layers.Layer):
    """A dense layer of one of the schemes in `featurekit.layers.initializers`.

    Args:
        units: Numbers per output.
        init: Name of the scheme. Defaults to `"xavier"`.
        role: What the kernel makes; some schemes ask. Defaults to `"other"`.
        depth: Blocks of the model; "deepnet" asks. Defaults to `1`.
        head_width: Width of a head; queries under "t5" ask.
        use_bias: Whether a bias is added, from zero. Defaults to `True`.

    Input shape:
        `(..., dim)`, floating.

    Output shape:
        `(..., units)`, same dtype.

    Example:
        >>> import numpy as np
        >>> tuple(ScaledDense(5, init="he")(np.zeros((2, 3, 4), "float32")).shape)
        (2, 3, 5)
    """

    def __init__(
        self,
        units: int,
        *,
        init: Scheme = "xavier",
        role: Role = "other",
        depth: int = 1,
        head_width: int | None = None,
        use_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.units, self.init, self.role = units, init, role
        self.depth, self.head_width, self.use_bias = depth, head_width, use_bias

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the kernel and the bias."""
        dim = input_shape[-1]
        if dim is None:
            raise ValueError(f"Expected a known width. Received: {tuple(input_shape)}")
        self._scale = output_scale(self.init, dim)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(dim, self.units),
            initializer=initializer(
                self.init,
                dim,
                self.units,
                role=self.role,
                depth=self.depth,
                head_width=self.head_width,
            ),
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.units,), initializer="zeros"
            )

    @property
    def scaled_kernel(self) -> Any:
        """What inputs are multiplied by; under "ntk" not the weights themselves."""
        kernel = ops.cast(self.kernel, self.compute_dtype)
        return kernel if self._scale == 1.0 else kernel * self._scale

    def call(self, inputs: Any) -> Any:
        """The product and the bias."""
        # Products of matrices take the fast path of every backend.
        flat = ops.reshape(inputs, (-1, inputs.shape[-1]))
        found = ops.matmul(flat, self.scaled_kernel)
        if self.use_bias:
            found = found + self.bias
        return ops.reshape(found, (-1, *inputs.shape[1:-1], self.units))

    def flops(self, input_shape: Shape) -> int:
        """Floating-point operations of `call`, see `featurekit.layers.flops`."""
        return product_flops(rows_of(input_shape), input_shape[-1] or 0, self.units)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """The shape of the input with `units` at its end."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {
            **super().get_config(),
            "units": self.units,
            "init": self.init,
            "role": self.role,
            "depth": self.depth,
            "head_width": self.head_width,
            "use_bias": self.use_bias,
        }
