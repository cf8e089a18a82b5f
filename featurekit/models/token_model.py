"""What models have in common that read one token per feature."""

from itertools import zip_longest
from typing import Any, Self

import keras
import numpy as np
from keras import ops

from featurekit.layers.encoder import Encoder
from featurekit.layers.feature_inputs import FeatureInputs
from featurekit.layers.feature_tokenizer import FeatureTokenizer
from featurekit.models.costs import Part
from featurekit.models.from_spec import FromSpec


class TokenModel(FromSpec, keras.Model):
    """A tokenizer and an encoder; what is made of its tokens, a model says itself.

    Args:
        features: The inputs, as `FeatureTokenizer` takes them.
        dim: Width of a token. Defaults to `64`.
        depth: Number of blocks. Defaults to `3`.
        num_heads: Attention heads per block; divides `dim`. Defaults to `4`.
        ffn_multiple: Hidden width of the feed-forward networks, in multiples of `dim`.
            Defaults to `2`.
        activation: `"gelu"`, `"geglu"` or `"relu"`. Defaults to `"gelu"`.
        dropout: Share of values set to zero in training. Defaults to `0.1`.
        cls_token: Whether a learned token comes first.
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
        cls_token: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dim, self.depth, self.num_heads = dim, depth, num_heads
        self.ffn_multiple, self.activation = ffn_multiple, activation
        self.dropout = dropout
        policy = self.dtype_policy
        self.tokenizer = FeatureTokenizer(
            features, dim, cls_token=cls_token, dtype=policy, name="tokenizer"
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

    @property
    def length(self) -> int:
        """Tokens per row."""
        return len(self.tokenizer.token_names)

    def build(self, input_shape: Any = None) -> None:
        """Builds all parts; the shapes follow from the features."""
        if self.built:
            return
        self.tokenizer.build()
        self.encoder.build((None, self.length, self.dim))
        self._build_heads()
        self.built: bool = True

    def _build_heads(self) -> None:
        """Builds what reads the tokens."""
        raise NotImplementedError

    def load_encoder(self, pretrained: "TokenModel") -> Self:
        """Takes over the tokenizer and the encoder of another model, by name.

        Heads keep their values, and all weights can be trained.

        Args:
            pretrained: A model of the same features and the same encoder, such as a
                `MaskedFeatureModel`. It may have a learned token that this one has
                not.

        Returns:
            This model.

        Raises:
            ValueError: A weight is missing there, or has another shape.
        """
        _check_same_features(self.tokenizer, pretrained.tokenizer)
        known = {_within(weight): weight for weight in pretrained.encoder_weights}
        for weight in self.encoder_weights:
            name = _within(weight)
            other = known.get(name)
            if other is None or other.shape != weight.shape:
                shape = None if other is None else tuple(other.shape)
                raise ValueError(
                    "Expected a model of the same features and the same encoder: its "
                    f"weight {name!r} should have shape {tuple(weight.shape)}. "
                    f"Received: {shape or 'no such weight'}"
                )
        for weight in self.encoder_weights:
            # A copy of its own: training gives the buffers of its weights away.
            values = ops.convert_to_numpy(known[_within(weight)])
            weight.assign(np.array(values))
        return self

    @property
    def encoder_weights(self) -> list[Any]:
        """The weights of the tokenizer and the encoder."""
        return [*self.tokenizer.weights, *self.encoder.weights]

    def parts(self, batch: int) -> dict[str, Part]:
        """The layers, with their floating-point operations; see `count_flops`."""
        shape = (batch, self.length, self.dim)
        return {
            "tokenizer": (self.tokenizer, self.tokenizer.flops(batch)),
            "encoder": (self.encoder, self.encoder.flops(shape)),
        }

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {
            **super().get_config(),
            "features": self.tokenizer.get_config()["features"],
            **self.encoder_config(),
        }

    def encoder_config(self) -> dict[str, Any]:
        """The arguments that decide the encoder."""
        names = (
            "dim", "depth", "num_heads", "ffn_multiple", "activation", "dropout",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """A new model, with fresh weights, of the same arguments."""
        return cls(**config)


def _within(weight: Any) -> str:
    """The name of a weight within its model."""
    return str(weight.path).partition("/")[2]


def _check_same_features(mine: FeatureTokenizer, other: FeatureTokenizer) -> None:
    """Tables of equal sizes could still be of other features."""
    pairs = zip_longest(mine.features, other.features)
    for wanted, received in pairs:
        if wanted != received:
            raise ValueError(
                f"Expected the same features; one is {wanted}. Received: {received}"
            )
