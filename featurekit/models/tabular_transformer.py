"""A transformer encoder over the features of a row."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from featurekit.layers.feature_inputs import FeatureInputs
from featurekit.layers.flops import product_flops
from featurekit.models.costs import Part
from featurekit.models.token_model import TokenModel

POOLINGS = ("cls", "mean", "flatten")


@keras.saving.register_keras_serializable(package="featurekit")
class TabularTransformer(TokenModel):
    """One token per feature, a stack of transformer blocks, and a linear head.

    All weights exist after construction: the model needs no data to be built, counted,
    saved or loaded.

    Args:
        features: The inputs, as `FeatureTokenizer` takes them; `from_spec` takes those
            of a spec.
        dim: Width of a token. Defaults to `64`.
        depth: Number of blocks. Defaults to `3`.
        num_heads: Attention heads per block; divides `dim`. Defaults to `4`.
        ffn_multiple: Hidden width of the feed-forward networks, in multiples of `dim`.
            Defaults to `2`.
        activation: `"gelu"`, `"geglu"` or `"relu"`. Defaults to `"gelu"`.
        dropout: Share of values set to zero in training. Defaults to `0.1`.
        pooling: What the head reads: `"cls"`, a learned token; `"mean"` of the feature
            tokens; `"flatten"`, all of them side by side. Defaults to `"cls"`.
        num_outputs: Number of outputs per row. Defaults to `1`.

    Call arguments:
        inputs: A mapping with one tensor per feature; see `FeatureTokenizer`.

    Output shape:
        `(batch, num_outputs)`, float32 logits: apply a sigmoid or softmax, or train
        with a loss that takes logits.

    Raises:
        ValueError: An argument or an input is not as described.

    Reference:
        Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", 2021
        (FT-Transformer).

    Example:
        >>> import numpy as np
        >>> model = TabularTransformer(
        ...     [{"name": "carrier", "num_ids": 5}, {"name": "seats", "width": 1}],
        ...     dim=8, depth=1, num_heads=2,
        ... )
        >>> inputs = {"carrier": np.array([4, 0]), "seats": np.array([0.5, 2.0])}
        >>> tuple(model(inputs).shape)
        (2, 1)
    """

    def __init__(
        self,
        features: FeatureInputs,
        *,
        pooling: str = "cls",
        num_outputs: int = 1,
        **kwargs: Any,
    ) -> None:
        if pooling not in POOLINGS:
            raise ValueError(
                f"Invalid value for argument `pooling`. Expected one of {POOLINGS}. "
                f"Received: pooling={pooling!r}"
            )
        super().__init__(features, cls_token=pooling == "cls", **kwargs)
        self.pooling, self.num_outputs = pooling, num_outputs
        # Logits stay in float32: a loss in half precision loses small differences.
        self.head = keras.layers.Dense(num_outputs, dtype="float32", name="head")
        self.build()

    def _build_heads(self) -> None:
        tokens = self.length if self.pooling == "flatten" else 1
        self.head.build((None, tokens * self.dim))

    def call(self, inputs: Mapping[str, Any], training: bool | None = None) -> Any:
        """The logits of each row."""
        tokens = self.encoder(self.tokenizer(inputs), training=training)
        return self.head(self._pool(tokens))

    def _pool(self, tokens: Any) -> Any:
        if self.pooling == "cls":
            return tokens[:, 0]
        if self.pooling == "mean":
            return ops.mean(tokens, axis=1)
        return ops.reshape(tokens, (-1, tokens.shape[1] * self.dim))

    def parts(self, batch: int) -> dict[str, Part]:
        """The layers, with their floating-point operations; see `count_flops`."""
        head = product_flops(batch, *self.head.kernel.shape)
        return {**super().parts(batch), "head": (self.head, head)}

    def compute_output_shape(
        self, input_shape: Mapping[str, tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        """`(batch, num_outputs)`."""
        return (next(iter(input_shape.values()))[0], self.num_outputs)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        own = {"pooling": self.pooling, "num_outputs": self.num_outputs}
        return {**super().get_config(), **own}
