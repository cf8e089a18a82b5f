"""A mixture of experts over the features of a row."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from featurekit.layers.dense import ScaledDense
from featurekit.layers.feature_inputs import FeatureInputs
from featurekit.layers.feature_tokenizer import FeatureTokenizer
from featurekit.layers.flops import product_flops
from featurekit.layers.mixture_of_experts import MixtureOfExperts
from featurekit.layers.residual import Residual, normalizer
from featurekit.models.costs import Part
from featurekit.models.from_spec import FromSpec


@keras.saving.register_keras_serializable(package="featurekit")
class MoEClassifier(FromSpec, keras.Model):
    """Features side by side, residual layers of experts, and a linear head.

    Rows are what experts are chosen for: where the table holds several regimes, such as
    markets that behave differently, each can have networks of its own at the cost of
    one. All weights exist after construction.

    Args:
        features: The inputs, as `FeatureTokenizer` takes them; `from_spec` takes those
            of a spec.
        dim: Width of a row inside of the model. Defaults to `128`.
        feature_dim: Width of a feature's vector. Defaults to `16`.
        depth: Number of layers of experts. Defaults to `2`.
        hidden_dim: Hidden width of each expert. Defaults to `128`.
        experts: Further arguments of `MixtureOfExperts`. Defaults to 8 experts of which
            each row uses 2.
        dropout: Share of each branch set to zero in training. Defaults to `0.0`.
        num_outputs: Number of outputs per row. Defaults to `1`.

    Call arguments:
        inputs: A mapping with one tensor per feature; see `FeatureTokenizer`.

    Output shape:
        `(batch, num_outputs)`, float32 logits.

    Raises:
        ValueError: An argument or an input is not as described.

    Reference:
        Shazeer et al., "Outrageously Large Neural Networks: The Sparsely-Gated
        Mixture-of-Experts Layer", 2017.

    Example:
        >>> import numpy as np
        >>> model = MoEClassifier(
        ...     [{"name": "market", "num_ids": 5}, {"name": "price", "width": 1}],
        ...     dim=8, depth=1, experts={"num_experts": 4},
        ... )
        >>> inputs = {"market": np.array([4, 0]), "price": np.array([0.5, 2.0])}
        >>> tuple(model(inputs).shape)
        (2, 1)
    """

    def __init__(
        self,
        features: FeatureInputs,
        *,
        dim: int = 128,
        feature_dim: int = 16,
        depth: int = 2,
        hidden_dim: int = 128,
        experts: Mapping[str, Any] | None = None,
        dropout: float = 0.0,
        num_outputs: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dim, self.feature_dim, self.depth = dim, feature_dim, depth
        self.hidden_dim, self.experts = hidden_dim, dict(experts or {})
        self.dropout, self.num_outputs = dropout, num_outputs
        policy = self.dtype_policy
        self.tokenizer = FeatureTokenizer(
            features, feature_dim, dtype=policy, name="tokenizer"
        )
        self.enter = ScaledDense(dim, dtype=policy, name="enter")
        arguments = {"num_experts": 8, "hidden_dim": hidden_dim, **self.experts}
        self.mixtures = [
            MixtureOfExperts(**arguments, dtype=policy, name=f"experts_{index}")
            for index in range(depth)
        ]
        self.residuals = [
            Residual(dropout=dropout, dtype=policy, name=f"around_{index}")
            for index in range(depth)
        ]
        self.norm = normalizer("layer", dtype=policy, name="norm")
        # Logits stay in float32: a loss in half precision loses small differences.
        self.head = keras.layers.Dense(num_outputs, dtype="float32", name="head")
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Builds all parts; the shapes follow from the features."""
        if self.built:
            return
        self.tokenizer.build()
        self.enter.build((None, len(self.tokenizer.token_names) * self.feature_dim))
        for part in (*self.mixtures, *self.residuals, self.norm, self.head):
            part.build((None, self.dim))
        self.built: bool = True

    def call(self, inputs: Mapping[str, Any], training: bool | None = None) -> Any:
        """The logits of each row."""
        tokens = self.tokenizer(inputs)
        rows = self.enter(ops.reshape(tokens, (-1, self.enter.kernel.shape[0])))
        for mixture, around in zip(self.mixtures, self.residuals, strict=True):
            update = mixture(around.enter(rows), training=training)
            rows = around(rows, update, training=training)
        return self.head(self.norm(rows))

    def parts(self, batch: int) -> dict[str, Part]:
        """The layers, with their floating-point operations; see `count_flops`."""
        shape = (batch, self.dim)
        mixtures = {one.name: (one, one.flops(shape)) for one in self.mixtures}
        width = self.enter.kernel.shape[0]
        return {
            "tokenizer": (self.tokenizer, self.tokenizer.flops(batch)),
            "enter": (self.enter, self.enter.flops((batch, width))),
            **mixtures,
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
            "feature_dim": self.feature_dim,
            "depth": self.depth,
            "hidden_dim": self.hidden_dim,
            "experts": self.experts,
            "dropout": self.dropout,
            "num_outputs": self.num_outputs,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "MoEClassifier":
        """A new model, with fresh weights, of the same arguments."""
        return cls(**config)
