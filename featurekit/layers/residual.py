"""How a branch is added to what runs past it, and where it is normalized."""

from typing import Any, Literal, get_args

import keras
from keras import ops

from featurekit.layers.layer_norm import LayerNorm

Placement = Literal["pre", "post", "deepnorm", "rezero"]
Normalizer = Literal["layer", "rms", "scale"]
PLACEMENTS: tuple[Placement, ...] = get_args(Placement)
NORMALIZERS: tuple[Normalizer, ...] = get_args(Normalizer)


@keras.saving.register_keras_serializable(package="featurekit")
class ScaleNorm(keras.layers.Layer):
    """Divides by the length of the vector, and multiplies by one learned number.

    The number starts at the square root of the width, so that the mean square of the
    result is 1.

    Input shape:
        `(..., dim)`, floating.

    Output shape:
        `(..., dim)`, same dtype.

    Reference:
        Nguyen and Salazar, "Transformers without Tears", 2019, section 2.2.

    Example:
        >>> import numpy as np
        >>> found = np.asarray(ScaleNorm()(np.array([[3.0, 4.0]], "float32")))
        >>> float((found**2).mean().round(3))
        1.0
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the learned number."""
        width = float(input_shape[-1] or 1)
        self._length = self.add_weight(
            name="length",
            shape=(),
            initializer=keras.initializers.Constant(width**0.5),
        )

    def call(self, inputs: Any) -> Any:
        """The vectors, all of one length."""
        exact = ops.cast(inputs, "float32")
        squares = ops.sum(ops.square(exact), axis=-1, keepdims=True)
        scaled = exact * ops.rsqrt(squares + 1e-6) * ops.cast(self._length, "float32")
        return ops.cast(scaled, inputs.dtype)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """The shape of the input."""
        return tuple(input_shape)


def normalizer(kind: Normalizer, **kwargs: Any) -> keras.layers.Layer:
    """A layer that normalizes vectors: "layer", "rms" or "scale".

    Raises:
        ValueError: The kind is not known.

    Example:
        >>> type(normalizer("rms")).__name__
        'RMSNormalization'
    """
    match kind:
        case "layer":
            return LayerNorm(**kwargs)
        case "rms":
            layer = keras.layers.RMSNormalization(epsilon=1e-6, **kwargs)
            layer.supports_masking = True  # it treats each token alone
            return layer
        case "scale":
            return ScaleNorm(**kwargs)
    raise ValueError(
        f"Invalid value for argument `kind`. Expected one of {NORMALIZERS}. "
        f"Received: kind={kind!r}"
    )


@keras.saving.register_keras_serializable(package="featurekit")
class Residual(keras.layers.Layer):
    """The two ends of a residual branch: what goes in, and how it is added.

    | placement | input of the branch | result |
    |---|---|---|
    | `pre` | norm(x) | x + branch |
    | `post` | x | norm(x + branch) |
    | `deepnorm` | x | norm((2 depth)^1/4 x + branch) |
    | `rezero` | x | x + a * branch, with one learned number a, from 0 |

    Args:
        placement: See above. Defaults to `"pre"`.
        norm: `"layer"`, `"rms"` or `"scale"`. Defaults to `"layer"`.
        depth: Blocks of the model; "deepnorm" asks. Defaults to `1`.
        dropout: Share of the branch set to zero in training. Defaults to `0.0`.

    References:
        Xiong et al. 2020 (pre, post); Wang et al., "DeepNet", 2022; Bachlechner et
        al., "ReZero is All You Need", 2020.

    Example:
        >>> import numpy as np
        >>> x = np.ones((2, 4), "float32")
        >>> around = Residual("rezero")
        >>> np.asarray(around(x, around.enter(x) * 7)).tolist() == x.tolist()
        True
    """

    def __init__(
        self,
        placement: Placement = "pre",
        *,
        norm: Normalizer = "layer",
        depth: int = 1,
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        if placement not in PLACEMENTS:
            raise ValueError(
                f"Invalid value for argument `placement`. Expected one of "
                f"{PLACEMENTS}. Received: placement={placement!r}"
            )
        self.placement, self.norm = placement, norm
        self.depth, self.dropout = depth, dropout
        policy = self.dtype_policy
        self._norm = normalizer(norm, dtype=policy, name="norm")
        self._drop = keras.layers.Dropout(dropout, dtype=policy)

    def build(self, inputs_shape: Any, branch_shape: Any = None) -> None:
        """Creates the norm, or the learned number."""
        if self.built:
            return
        if self.placement == "rezero":
            self._share = self.add_weight(name="share", shape=(), initializer="zeros")
        else:
            self._norm.build(inputs_shape)
        self.built: bool = True

    def enter(self, inputs: Any) -> Any:
        """What the branch reads."""
        if not self.built:
            self.build(inputs.shape)
        return self._norm(inputs) if self.placement == "pre" else inputs

    def call(self, inputs: Any, branch: Any, training: bool | None = None) -> Any:
        """The input and the branch together."""
        branch = self._drop(branch, training=training)
        if self.placement == "pre":
            return inputs + branch
        if self.placement == "rezero":
            return inputs + ops.cast(self._share, branch.dtype) * branch
        if self.placement == "deepnorm":
            inputs = inputs * (2.0 * self.depth) ** 0.25
        return self._norm(inputs + branch)

    def compute_output_shape(
        self, inputs_shape: tuple[int | None, ...], branch_shape: Any = None
    ) -> tuple[int | None, ...]:
        """The shape of the input."""
        return tuple(inputs_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {
            **super().get_config(),
            "placement": self.placement,
            "norm": self.norm,
            "depth": self.depth,
            "dropout": self.dropout,
        }
