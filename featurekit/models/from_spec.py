"""Models and losses as a spec asks for them."""

from typing import TYPE_CHECKING, Any, Self, cast

import keras

# Loaded with the spec that is given; models run without.
if TYPE_CHECKING:
    from featurekit.plan.stats import Stats
    from featurekit.spec.feature_spec import FeatureSpec


def label_loss(
    spec: "FeatureSpec", stats: "Stats | None" = None, **arguments: Any
) -> keras.losses.Loss:
    """The loss of the label of a spec, for outputs that are logits or numbers.

    Args:
        spec: The declaration, with a label.
        stats: Its statistics, where it learns. Defaults to none.
        arguments: Of the loss, such as `label_smoothing`.

    Raises:
        SpecError: As of `fk.model_outputs`.

    Example:
        >>> import featurekit as fk
        >>> late = fk.numeric("delay").greater_equal(15)
        >>> spec = fk.FeatureSpec({"seats": fk.numeric("seats")}, label=late)
        >>> fk.models.label_loss(spec).name
        'binary_crossentropy'
    """
    from featurekit.plan.model_outputs import model_outputs

    name = model_outputs(spec, stats).loss
    if name != "mean_squared_error":
        arguments = {"from_logits": True, **arguments}
    loss = keras.losses.get({"class_name": _CLASSES[name], "config": arguments})
    assert isinstance(loss, keras.losses.Loss)
    return loss


_CLASSES = {
    "binary_crossentropy": "BinaryCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "mean_squared_error": "MeanSquaredError",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
}


class FromSpec:
    """Of models of rows: they can be made from a spec."""

    @classmethod
    def from_spec(
        cls, spec: "FeatureSpec", stats: "Stats | None" = None, **arguments: Any
    ) -> Self:
        """A model for the features and the label of a spec.

        Args:
            spec: The declaration; of a dataset, `fk.load(…).spec`.
            stats: Its statistics, where it learns; of a dataset, `fk.load(…).stats`.
            arguments: As of the constructor, without the features. `num_outputs` is by
                default what the label asks for, see `fk.model_outputs`.

        Raises:
            SpecError: A feature has a shape, as images have; or there is no label, and
                `num_outputs` is not given.
            StatisticsError: A statistic is missing.

        Example:
            >>> import featurekit as fk
            >>> kind = fk.string("kind").vocabulary(["jet", "propeller", "glider"])
            >>> spec = fk.FeatureSpec({"seats": fk.numeric("seats")}, label=kind)
            >>> model = fk.models.TabularTransformer.from_spec(spec, dim=8, depth=1)
            >>> model.num_outputs
            4
        """
        from featurekit.plan.model_outputs import model_outputs

        if "num_outputs" not in arguments:
            arguments["num_outputs"] = model_outputs(spec, stats).num_outputs
        make: Any = cls  # a model, whose first argument are the features
        return cast(Self, make(described_features(spec, stats), **arguments))


def described_features(
    spec: "FeatureSpec", stats: "Stats | None"
) -> list[dict[str, Any]]:
    """What `fk.model_inputs` gives; features with a shape are refused."""
    from featurekit.errors import SpecError
    from featurekit.plan.model_inputs import model_inputs

    features = model_inputs(spec, stats)
    for feature in features:
        if "shape" in feature:
            raise SpecError(
                "a model of rows has no use for the shape of a feature",
                code="SPEC_BAD_VALUE",
                feature=feature["name"],
                got=f"shape={feature['shape']}",
                expected="numbers, ids, lists or vectors",
                hint="give images a network of their own, and leave them out here",
            )
    return features


def described_targets(
    spec: "FeatureSpec", stats: "Stats | None"
) -> dict[str, dict[str, Any]]:
    """What `fk.feature_targets` gives."""
    from featurekit.plan.feature_targets import feature_targets

    return feature_targets(spec, stats)
