"""Turns one token per feature into what the features are."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from featurekit.layers.feature_inputs import (
    FeatureInput,
    FeatureInputs,
    normalize_features,
)
from featurekit.layers.flops import product_flops

Targets = Mapping[str, Mapping[str, Any]]


@keras.saving.register_keras_serializable(package="featurekit")
class FeatureHeads(keras.layers.Layer):
    """One linear head per feature, and the loss of each value: a tokenizer's inverse.

    Heads of one loss and width are one product. They compute in the layer's dtype;
    give float32, as a loss in half precision loses small differences.

    Args:
        features: The features, as `FeatureTokenizer` takes them, in the order of the
            tokens.
        targets: By feature, as `fk.feature_targets` gives them, of which are read:
            `loss`, which is by default cross entropy for ids, of each id by itself if
            they are padded, and squared error for numbers; `missing_id`, the id of
            missing values; `indicators`, features that are 1 where this one is missing.
            Defaults to none.

    Input shape:
        `(batch, features, dim)`, floating.

    Output:
        By loss and width, such as `"mean_squared_error_1"`, logits or numbers of shape
        `(batch, features of the group, width)`; `by_feature` takes them apart.

    Raises:
        ValueError: The description is not as above.

    Example:
        >>> import numpy as np
        >>> heads = FeatureHeads(
        ...     [{"name": "carrier", "num_ids": 5}, {"name": "seats", "width": 1}]
        ... )
        >>> found = heads.by_feature(heads(np.zeros((2, 2, 8), "float32")))
        >>> {name: tuple(array.shape) for name, array in found.items()}
        {'carrier': (2, 5), 'seats': (2, 1)}
    """

    def __init__(
        self, features: FeatureInputs, *, targets: Targets | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.features = normalize_features(features)
        self.names = [feature["name"] for feature in self.features]
        self.targets = _normalize_targets(self.features, targets or {})
        self._groups: dict[str, list[int]] = {}
        self._widths: dict[str, int] = {}
        for index, feature in enumerate(self.features):
            loss, width = self.targets[feature["name"]]["loss"], _width(feature)
            self._groups.setdefault(f"{loss}_{width}", []).append(index)
            self._widths[f"{loss}_{width}"] = width

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Creates a kernel and a bias per group."""
        dim = input_shape[-1] or 0
        self._kernels = {}
        for key, members in self._groups.items():
            width, limit = self._widths[key], (3.0 / dim) ** 0.5
            kernel = self.add_weight(
                name=f"{key}_kernel",
                shape=(len(members), dim, width),
                initializer=keras.initializers.RandomUniform(-limit, limit),
            )
            bias = self.add_weight(
                name=f"{key}_bias", shape=(len(members), width), initializer="zeros"
            )
            self._kernels[key] = (kernel, bias)

    def call(self, inputs: Any) -> dict[str, Any]:
        """What each feature is taken to be."""
        found = {}
        for key, members in self._groups.items():
            kernel, bias = self._kernels[key]
            tokens = ops.take(inputs, members, axis=1)
            found[key] = ops.einsum("bfd,fdk->bfk", tokens, kernel) + bias
        return found

    def by_feature(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """What `call` gave, by feature: arrays of shape (batch, width)."""
        found = {
            self.names[member]: told[key][:, place]
            for key, members in self._groups.items()
            for place, member in enumerate(members)
        }
        return {name: found[name] for name in self.names}

    def cell_losses(self, inputs: Mapping[str, Any], told: Mapping[str, Any]) -> Any:
        """The loss of each value by itself.

        Args:
            inputs: The features, as `FeatureTokenizer` takes them.
            told: What `call` gave.

        Returns:
            float32, shape (batch, features). Vectors and lists: the mean over their
            places, or ids of the vocabulary.
        """
        found: dict[int, Any] = {}
        values = self.values(inputs)
        for key, members in self._groups.items():
            wanted = ops.stack([values[member] for member in members], axis=1)
            loss = self.targets[self.names[members[0]]]["loss"]
            losses = _LOSSES[loss](told[key], wanted)
            found |= {one: losses[:, place] for place, one in enumerate(members)}
        return ops.stack([found[index] for index in range(len(found))], axis=1)

    def values(self, inputs: Mapping[str, Any]) -> list[Any]:
        """What the heads have to tell, by feature.

        Ids, int32 of shape (batch,); or float32, shape (batch, width): numbers, and 1
        for each id that is in a list, its padding left out.
        """
        return [_value(feature, inputs[feature["name"]]) for feature in self.features]

    def present(self, inputs: Mapping[str, Any]) -> Any:
        """bool, shape (batch, features): which values are not missing.

        A value is missing where it is the `missing_id`, or one of the `indicators` is
        1. An empty list is a value: none of the ids.
        """
        return ops.stack([self._present(one, inputs) for one in self.features], axis=1)

    def _present(self, feature: FeatureInput, inputs: Mapping[str, Any]) -> Any:
        values, target = inputs[feature["name"]], self.targets[feature["name"]]
        there = ops.ones(ops.shape(values)[:1], dtype="bool")
        if "missing_id" in target:
            at = target["missing_id"]
            if "num_ids" in feature:
                there = ops.reshape(values, (-1,)) != at
            else:
                there = values[:, at] == 0  # a one-hot vector
        for name in target.get("indicators", ()):
            there = there & (ops.reshape(inputs[name], (-1,)) == 0)
        return there

    def flops(self, batch: int) -> int:
        """Floating-point operations of `call`, see `featurekit.layers.flops`."""
        return sum(
            product_flops(batch * len(self._groups[key]), *kernel.shape[1:])
            for key, (kernel, _) in self._kernels.items()
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {
            **super().get_config(),
            "features": [dict(feature) for feature in self.features],
            "targets": {name: dict(one) for name, one in self.targets.items()},
        }


def _width(feature: FeatureInput) -> int:
    """Numbers that a head tells."""
    if "length" in feature:
        return int(feature["num_ids"]) - 1
    return int(feature.get("num_ids") or feature["width"])


def _value(feature: FeatureInput, values: Any) -> Any:
    if "length" in feature:
        ones = ops.one_hot(values, feature["num_ids"], dtype="float32")
        return ops.max(ones, axis=1)[:, 1:]
    if "num_ids" in feature:
        return ops.cast(ops.reshape(values, (-1,)), "int32")
    return ops.cast(ops.reshape(values, (-1, feature["width"])), "float32")


def _normalize_targets(
    features: Sequence[FeatureInput], targets: Targets
) -> dict[str, dict[str, Any]]:
    names = {feature["name"] for feature in features}
    unknown = set(targets) - names
    if unknown:
        raise ValueError(
            f"Expected targets of the features. Received: {sorted(unknown)}, unknown"
        )
    found = {}
    for feature in features:
        name = feature["name"]
        target = {
            "sources": [name],
            "loss": _fitting(feature)[0],
            **targets.get(name, {}),
        }
        if target["loss"] not in _fitting(feature):
            raise ValueError(
                f"Expected a loss of {_fitting(feature)} for feature {name!r}. "
                f"Received: loss={target['loss']!r}"
            )
        lost = set(target.get("indicators", ())) - names
        if lost:
            raise ValueError(
                f"Expected features as the indicators of {name!r}. "
                f"Received: {sorted(lost)}, which are none"
            )
        found[name] = target
    return found


def _fitting(feature: FeatureInput) -> tuple[str, ...]:
    """The losses that a feature may have; the first is the default."""
    if "length" in feature:
        return ("binary_crossentropy",)
    if "num_ids" in feature:
        return ("sparse_categorical_crossentropy",)
    return "mean_squared_error", "categorical_crossentropy", "binary_crossentropy"


def _squared_error(told: Any, values: Any) -> Any:
    return ops.mean(ops.square(told - values), axis=-1)


def _cross_entropy_of_ids(told: Any, ids: Any) -> Any:
    shares = ops.log_softmax(told, axis=-1)
    return -ops.take_along_axis(shares, ids[..., None], axis=-1)[..., 0]


def _cross_entropy(told: Any, values: Any) -> Any:
    return -ops.sum(values * ops.log_softmax(told, axis=-1), axis=-1)


def _cross_entropy_of_each(told: Any, values: Any) -> Any:
    return ops.mean(ops.softplus(told) - values * told, axis=-1)


_LOSSES = {
    "mean_squared_error": _squared_error,
    "sparse_categorical_crossentropy": _cross_entropy_of_ids,
    "categorical_crossentropy": _cross_entropy,
    "binary_crossentropy": _cross_entropy_of_each,
}
