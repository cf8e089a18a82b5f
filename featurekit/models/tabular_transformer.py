"""A transformer encoder over the features of a row."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from featurekit.layers.encoder import Encoder
from featurekit.layers.feature_inputs import FeatureInputs
from featurekit.layers.feature_tokenizer import FeatureTokenizer
from featurekit.layers.flops import product_flops
from featurekit.models.costs import Part
from featurekit.models.from_spec import FromSpec

POOLINGS = ("cls", "mean", "flatten")


@keras.saving.register_keras_serializable(package="featurekit")
class TabularTransformer(FromSpec, keras.Model):
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
        dim: int = 64,
        depth: int = 3,
        num_heads: int = 4,
        ffn_multiple: int = 2,
        activation: str = "gelu",
        dropout: float = 0.1,
        pooling: str = "cls",
        num_outputs: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if pooling not in POOLINGS:
            raise ValueError(
                f"Invalid value for argument `pooling`. Expected one of {POOLINGS}. "
                f"Received: pooling={pooling!r}"
            )
        self.dim, self.depth, self.num_heads = dim, depth, num_heads
        self.ffn_multiple, self.activation = ffn_multiple, activation
        self.dropout, self.pooling, self.num_outputs = dropout, pooling, num_outputs
        policy = self.dtype_policy
        self.tokenizer = FeatureTokenizer(
            features, dim, cls_token=pooling == "cls", dtype=policy, name="tokenizer"
        )
        self.encoder = Encoder(
            depth,
            num_heads=num_heads,
            ffn_dim=ffn_multiple * dim,
            activation=activation,
            dropout=dropout,
            dtype=policy,
            name="encoder",
        )
        # Logits stay in float32: a loss in half precision loses small differences.
        self.head = keras.layers.Dense(num_outputs, dtype="float32", name="head")
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Builds all parts; the shapes follow from the features."""
        if self.built:
            return
        self.tokenizer.build()
        length = len(self.tokenizer.token_names)
        self.encoder.build((None, length, self.dim))
        width = length * self.dim if self.pooling == "flatten" else self.dim
        self.head.build((None, width))
        self.built: bool = True

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
        shape = (batch, len(self.tokenizer.token_names), self.dim)
        return {
            "tokenizer": (self.tokenizer, self.tokenizer.flops(batch)),
            "encoder": (self.encoder, self.encoder.flops(shape)),
            "head": (self.head, product_flops(batch, *self.head.kernel.shape)),
        }

    def compute_output_shape(
        self, input_shape: Mapping[str, tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        """`(batch, num_outputs)`."""
        return (next(iter(input_shape.values()))[0], self.num_outputs)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {
            **super().get_config(),
            "features": self.tokenizer.get_config()["features"],
            "dim": self.dim,
            "depth": self.depth,
            "num_heads": self.num_heads,
            "ffn_multiple": self.ffn_multiple,
            "activation": self.activation,
            "dropout": self.dropout,
            "pooling": self.pooling,
            "num_outputs": self.num_outputs,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "TabularTransformer":
        """A new model, with fresh weights, of the same arguments."""
        return cls(**config)
