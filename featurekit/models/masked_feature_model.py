"""Pretraining without labels: a model that tells hidden features from the others."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import keras
import numpy as np
from keras import ops

from featurekit.layers.feature_heads import FeatureHeads, Targets
from featurekit.layers.feature_inputs import FeatureInputs
from featurekit.models.costs import Part
from featurekit.models.from_spec import described_features, described_targets
from featurekit.models.tabular_transformer import TabularTransformer
from featurekit.models.token_model import TokenModel

if TYPE_CHECKING:
    from featurekit.plan.stats import Stats
    from featurekit.spec.feature_spec import FeatureSpec


@keras.saving.register_keras_serializable(package="featurekit")
class MaskedFeatureModel(TokenModel):
    """Hides columns of each row, and learns to tell the features made of them.

    Rows without labels teach an encoder how features depend on each other; with
    `classifier` it goes on to a few rows that have labels. Each call hides anew, so
    each epoch has other masks; it trains on features alone: `fit(features)`, after
    `compile(optimizer)` without a loss.

    What is hidden are columns of the source, not features: a feature is hidden where
    one of its sources is, so no bucketized or crossed copy gives a value away. In the
    place of a hidden feature stands its `[MASK]`, a learned token that no value has,
    unknown and missing ones included.

    Args:
        features: The inputs, as `FeatureTokenizer` takes them; `from_spec` takes those
            of a spec.
        targets: By feature its `sources`, and what `FeatureHeads` reads, as
            `fk.feature_targets` gives them. By default each feature is a source of its
            own, and never missing.
        mask_rate: How likely a column is hidden in a row. Defaults to `0.3`.
        cls_token: Whether a learned token comes first, as `TabularTransformer` has one
            with its usual pooling. Defaults to `True`.
        seed: Of the masks. Defaults to a new one for each model.
        arguments: `dim`, `depth` and all else of the encoder, as of
            `TabularTransformer`.

    Call arguments:
        inputs: A mapping with one tensor per feature; see `FeatureTokenizer`.
        hidden: bool, `(batch, features)`, in the order of `names`: what to hide.
            Defaults to random columns.

    Output:
        A mapping: `"hidden"`, as above, and what `FeatureHeads` tells of every feature;
        `by_feature` takes it apart.

    Semantics:
        - The loss is the mean over hidden values that are not missing; see
          `FeatureHeads.present`. Other values have no part in it, but as inputs.
        - Sample weights weigh rows.

    Raises:
        ValueError: An argument is not as described.

    References:
        Devlin et al., "BERT", 2018; Yoon et al., "VIME", 2020.

    Example:
        >>> import featurekit as fk
        >>> rows = {"age": [30.0, 40.0, 50.0], "city": ["Ulm", "Bonn", "Ulm"]}
        >>> spec = fk.FeatureSpec(
        ...     {
        ...         "age": fk.numeric("age").standardize(),
        ...         "decade": fk.numeric("age").buckets([20, 30, 40]),
        ...         "city": fk.string("city").vocabulary(["Ulm", "Bonn"]),
        ...     }
        ... )
        >>> stats = fk.analyze(spec, rows)
        >>> model = fk.models.MaskedFeatureModel.from_spec(spec, stats, dim=8, depth=1)
        >>> model.sources
        ['age', 'city']
        >>> model.classifier(num_outputs=2).num_outputs
        2
    """

    def __init__(
        self,
        features: FeatureInputs,
        *,
        targets: Targets | None = None,
        mask_rate: float = 0.3,
        cls_token: bool = True,
        seed: int | None = None,
        **arguments: Any,
    ) -> None:
        if not 0.0 < mask_rate < 1.0:
            raise ValueError(
                f"Expected a share between 0 and 1. Received: mask_rate={mask_rate}"
            )
        super().__init__(features, cls_token=cls_token, **arguments)
        self.mask_rate, self.cls_token, self.seed = mask_rate, cls_token, seed
        described = {one["name"]: one for one in self.tokenizer.features}
        names = self.tokenizer.token_names[cls_token:]
        self.heads = FeatureHeads(
            [described[name] for name in names],
            targets=targets,
            dtype="float32",
            name="heads",
        )
        found = [self.heads.targets[name]["sources"] for name in self.names]
        self.sources = sorted({source for sources in found for source in sources})
        self._made_of = np.array(
            [[source in sources for sources in found] for source in self.sources],
            np.float32,
        )
        self._random = keras.random.SeedGenerator(seed)
        self.build()

    @property
    def names(self) -> list[str]:
        """The features, in the order of their tokens."""
        return self.heads.names

    @classmethod
    def from_spec(
        cls, spec: "FeatureSpec", stats: "Stats | None" = None, **arguments: Any
    ) -> Self:
        """A model of the features of a spec; it needs no label.

        Args:
            spec: The declaration; of a dataset, `fk.load(…).spec`.
            stats: Its statistics, where it learns; of a dataset, `fk.load(…).stats`.
            arguments: As of the constructor, without features and targets.

        Raises:
            SpecError: A feature has a shape, as images have.
            StatisticsError: A statistic is missing.
        """
        targets = described_targets(spec, stats)
        return cls(described_features(spec, stats), targets=targets, **arguments)

    def _build_heads(self) -> None:
        shape = (1, len(self.names), self.dim)
        self.heads.build((None, *shape[1:]))
        self._mask = self.add_weight(
            name="mask",
            shape=shape,
            initializer=keras.initializers.RandomNormal(stddev=0.02),
        )

    def call(
        self,
        inputs: Mapping[str, Any],
        hidden: Any = None,
        training: bool | None = None,
    ) -> dict[str, Any]:
        """What the hidden features are taken to be, and the others."""
        tokens = self.tokenizer(inputs)
        hidden = self.draw(ops.shape(tokens)[0]) if hidden is None else hidden
        shown = self._show(tokens, hidden)
        found = self.encoder(shown, training=training)
        return {"hidden": hidden, **self.heads(found[:, self.cls_token :])}

    def draw(self, rows: Any) -> Any:
        """Hides columns at random; bool, shape (rows, features)."""
        shape = (rows, len(self.sources))
        drawn = keras.random.uniform(shape, seed=self._random) < self.mask_rate
        return ops.matmul(ops.cast(drawn, "float32"), self._made_of) > 0.0

    def _show(self, tokens: Any, hidden: Any) -> Any:
        """The tokens, with masks for hidden ones; the learned token is never hidden."""
        mask = ops.cast(self._mask, tokens.dtype)
        features = tokens[:, self.cls_token :]
        # Chosen, not added or multiplied: nothing of a hidden token is left.
        shown = ops.where(hidden[:, :, None], mask, features)
        if not self.cls_token:
            return shown
        return ops.concatenate([tokens[:, :1], shown], axis=1)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The mean loss of hidden values that are not missing."""
        told = {key: one for key, one in y_pred.items() if key != "hidden"}
        counted = y_pred["hidden"] & self.heads.present(x)
        losses = self.heads.cell_losses(x, told)
        weights = ops.cast(counted, losses.dtype)
        if sample_weight is not None:
            weights *= ops.reshape(ops.cast(sample_weight, losses.dtype), (-1, 1))
        # Chosen: a loss that does not count may be infinite.
        losses = ops.where(counted, losses, ops.zeros_like(losses)) * weights
        return ops.sum(losses) / ops.maximum(ops.sum(weights), 1e-6)

    def by_feature(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """What `call` gave, by feature: logits or numbers, shape (batch, width)."""
        return self.heads.by_feature(told)

    def classifier(self, num_outputs: int = 1, **arguments: Any) -> TabularTransformer:
        """A model with a fresh head and the encoder of this one, ready to fine-tune.

        Args:
            num_outputs: Numbers per row. Defaults to `1`.
            arguments: Further ones of `TabularTransformer`, such as `pooling`, which is
                by default "cls" if there is such a token, else "mean".
        """
        model = TabularTransformer(
            self.tokenizer.features,
            num_outputs=num_outputs,
            **{
                "pooling": "cls" if self.cls_token else "mean",
                "dtype": self.dtype_policy,
                **self.encoder_config(),
                **arguments,
            },
        )
        model.load_encoder(self)
        return model

    def parts(self, batch: int) -> dict[str, Part]:
        """The layers, with their floating-point operations; see `count_flops`."""
        heads = (self.heads, self.heads.flops(batch))
        return {**super().parts(batch), "heads": heads}

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {
            **super().get_config(),
            "targets": self.heads.get_config()["targets"],
            "mask_rate": self.mask_rate,
            "cls_token": self.cls_token,
            "seed": self.seed,
        }
