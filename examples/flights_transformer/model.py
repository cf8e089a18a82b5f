"""What the transformer has to beat: a logistic regression, in Keras as well."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

import featurekit as fk
from examples.flights.model import compile_model
from featurekit.layers.feature_tokenizer import FeatureTokenizer


class LogisticRegression(keras.Model):
    """A weight for each id and each number: tokens of width 1, and their sum.

    Args:
        features: The inputs, as `FeatureTokenizer` takes them.

    Call arguments:
        inputs: A mapping with one tensor per feature.

    Output shape:
        `(batch, 1)`, float32 logits.
    """

    def __init__(self, features: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tokenizer = FeatureTokenizer(features, 1)
        self.tokenizer.build()
        # An id that training never sees has to count for nothing.
        for weight in self.tokenizer.weights:
            weight.assign(ops.zeros(weight.shape))
        self.built = True

    def call(self, inputs: Mapping[str, Any], training: bool | None = None) -> Any:
        """The logits of each row."""
        return ops.sum(self.tokenizer(inputs), axis=1)


def build_logistic_regression(
    spec: fk.FeatureSpec, stats: fk.Stats, steps: int
) -> keras.Model:
    """A compiled logistic regression on the features of a spec."""
    model = LogisticRegression(fk.model_inputs(spec, stats))
    compile_model(model, fk.models.label_loss(spec, stats), steps)
    return model
