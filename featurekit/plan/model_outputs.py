"""What a model has to tell about the label of a spec: how many numbers, what loss."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from featurekit.errors import SpecError
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.plan.types import ValueType
from featurekit.spec import steps as s
from featurekit.spec.columns import Column
from featurekit.spec.feature_spec import LABEL, FeatureSpec

LossName: TypeAlias = Literal[
    "binary_crossentropy",
    "categorical_crossentropy",
    "mean_squared_error",
    "sparse_categorical_crossentropy",
]


@dataclass(frozen=True, slots=True)
class ModelOutputs:
    """What a model tells of a row.

    Args:
        num_outputs: Numbers per row.
        loss: The loss they are trained by, by its name in Keras; cross entropies are of
            logits.
    """

    num_outputs: int
    loss: LossName


def model_outputs(spec: FeatureSpec, stats: Stats | None = None) -> ModelOutputs:
    """The outputs and the loss that the label of a spec asks for.

    Args:
        spec: The declaration, with a label.
        stats: Its statistics, where it learns. Defaults to none.

    Semantics:
        - Ids: one output per id, by cross entropy; of two ids one output, the logit of
          id 1. The id for unknown values counts, as records may hold it.
        - One-hot vectors, and vectors with several ones: one output per place, by cross
          entropy of the place, or of each place by itself.
        - Numbers and other vectors: one output per number, by squared error.

    Raises:
        SpecError: The spec has no label, or one that is a list or an image.
        StatisticsError: A statistic is missing.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec(
        ...     {"seats": fk.numeric("seats")},
        ...     label=fk.string("kind").vocabulary(["jet", "propeller", "glider"]),
        ... )
        >>> fk.model_outputs(spec)
        ModelOutputs(num_outputs=4, loss='sparse_categorical_crossentropy')
    """
    if spec.label is None:
        raise SpecError(
            "the spec has no label to tell",
            code="SPEC_UNKNOWN_REFERENCE",
            feature=LABEL,
            hint="declare label=…, or say num_outputs= and the loss yourself",
        )
    kind = compile_spec(spec, stats).output_types[LABEL]
    if kind.shape is not None or (kind.num_ids is not None and kind.width is not None):
        raise SpecError(
            "no model of rows tells a label that is a list or has a shape",
            code="SPEC_BAD_VALUE",
            feature=LABEL,
            got=spec.label,
            hint="say num_outputs= and the loss yourself",
        )
    if kind.num_ids == 2:
        return ModelOutputs(1, "binary_crossentropy")
    return ModelOutputs(kind.num_ids or kind.width or 1, loss_of(spec.label, kind))


def loss_of(column: Column, kind: ValueType) -> LossName:
    """The loss by which a column is told that is no list of numbers.

    Args:
        column: A feature or label.
        kind: What its records hold.
    """
    if kind.num_ids is not None:
        several = kind.width is not None
        return "binary_crossentropy" if several else "sparse_categorical_crossentropy"
    match column.steps[-1] if column.steps else None:
        case s.OneHot():
            return "categorical_crossentropy"
        case s.MultiHot():
            return "binary_crossentropy"
    return "mean_squared_error"
