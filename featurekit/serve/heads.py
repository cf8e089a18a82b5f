"""What TensorFlow Serving's Classify and Regress ask of a model.

Both take serialized tf.Examples as `inputs`. Classify gives `classes`, texts, and
`scores`, each of shape (batch, classes); Regress gives `outputs`, shape (batch, 1).
Source: `signature_constants.py` of TensorFlow, and the checks of TensorFlow Serving's
`classifier.cc` and `regressor.cc`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import tensorflow as tf

from featurekit.errors import StatisticsError
from featurekit.plan import ops
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.spec.feature_spec import LABEL, FeatureSpec

Probability: TypeAlias = Literal["sigmoid", "softmax"]
PROBABILITIES = "probabilities"
CLASSIFY = "classify"
REGRESS = "regress"
METHODS = {
    CLASSIFY: "tensorflow/serving/classify",
    REGRESS: "tensorflow/serving/regress",
}
"""What a server reads of a signature to know which of its calls it answers."""

_AFTER_LOOKUP = (
    ops.CheckRange,
    ops.DefaultId,
    ops.FillMissing,
    ops.OneHotEncode,
    ops.RequirePresent,
)


def num_classes(
    outputs: Mapping[str, tf.TensorSpec], probability: Probability | None
) -> int | None:
    """How many classes the outputs tell; None where they are no classes.

    Args:
        outputs: The model's, by name, with the probabilities.
        probability: How these were computed. A sigmoid of one number tells two
            classes, one of several tells none: its numbers are no alternatives.
    """
    if probability is None:
        return None
    shape = outputs[PROBABILITIES].shape.as_list()
    if probability == "sigmoid":
        return 2 if shape[1:] in ([], [1]) else None
    return shape[1] if len(shape) == 2 else None


def classify(
    outputs: Mapping[str, tf.Tensor], probability: Probability, names: list[str]
) -> dict[str, tf.Tensor]:
    """The classes of each row, and the probability of each."""
    scores = tf.cast(outputs[PROBABILITIES], tf.float32)
    if probability == "sigmoid":
        scores = tf.reshape(scores, [-1, 1])
        scores = tf.concat([1.0 - scores, scores], axis=1)
    classes = tf.tile(tf.constant([names]), [tf.shape(scores)[0], 1])
    return {"classes": classes, "scores": scores}


def is_regression(outputs: Mapping[str, tf.TensorSpec]) -> bool:
    """Whether the outputs are one real number per row."""
    if len(outputs) != 1:
        return False
    (output,) = outputs.values()
    rank = output.shape.rank
    return bool(
        output.dtype.is_floating
        and rank is not None
        and output.shape.as_list()[1:] in ([], [1])
    )


def regress(outputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """The one number of each row."""
    (output,) = outputs.values()
    return {"outputs": tf.reshape(tf.cast(output, tf.float32), [-1, 1])}


def expected_head(
    signature: str, outputs: pa.RecordBatch, names_of: Callable[[int], list[str]]
) -> dict[str, np.ndarray[Any, Any]]:
    """What a signature has to give where the model gives these outputs.

    Args:
        signature: "classify" or "regress".
        outputs: The model's, each a list of numbers per row.
        names_of: The texts of so many classes.
    """
    (name,) = [PROBABILITIES] if signature == CLASSIFY else outputs.schema.names
    values = np.asarray(outputs.column(name).flatten(), np.float32)
    values = values.reshape(outputs.num_rows, -1)
    if signature == REGRESS:
        return {"outputs": values}
    if values.shape[1] == 1:
        values = np.concatenate([1 - values, values], axis=1)
    names = [text.encode() for text in names_of(values.shape[1])]
    classes = np.array([names] * len(values), object).reshape(values.shape)
    return {"classes": classes, "scores": values}


def class_names(spec: FeatureSpec, stats: Stats, count: int) -> list[str]:
    """The texts of the classes: the tokens of the label, where it has a vocabulary.

    Args:
        spec: The declaration.
        stats: Its statistics; those of the label may be absent.
        count: How many classes the model tells. A label with another number of ids
            names none of them.

    Returns:
        By id the token, or the id as text where no token has it.
    """
    found = [str(index) for index in range(count)]
    lookup = _label_lookup(spec, stats)
    if lookup is None or lookup.num_ids != count:
        return found
    tokens: Any = lookup.vocabulary.tokens
    for index, token in zip(lookup.token_ids, tokens, strict=True):
        found[index] = token.decode() if isinstance(token, bytes) else str(token)
    return found


def _label_lookup(spec: FeatureSpec, stats: Stats) -> ops.LookupVocabulary | None:
    if spec.label is None:
        return None
    try:
        plan = compile_spec(spec, stats)
    except StatisticsError:
        return None
    node = plan.nodes[dict(plan.outputs)[LABEL]]
    while isinstance(node.op, _AFTER_LOOKUP):
        node = plan.nodes[node.inputs[0]]
    return node.op if isinstance(node.op, ops.LookupVocabulary) else None
