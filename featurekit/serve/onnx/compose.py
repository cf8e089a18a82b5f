"""The model of the features in ONNX, and its place behind the preprocessing."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import onnx
import tensorflow as tf
from onnx import compose

from featurekit.errors import ArtifactError
from featurekit.plan.graph import Plan
from featurekit.serve.onnx.graph_builder import OPSET
from featurekit.serve.onnx.preprocessing import Preprocessing
from featurekit.serve.onnx.session import ACCEPTED

_PREFIX = "model/"


def convert_model(outputs: Any, plan: Plan) -> onnx.ModelProto:
    """The graph of a model, by tf2onnx; its inputs are feature_0, feature_1, ...

    Args:
        outputs: Gives the named outputs for the features by name, in TensorFlow.
        plan: Says what the features are, in order.

    Raises:
        ArtifactError: The model does not take the features, or cannot be converted.
    """
    import tf2onnx

    types = plan.output_types
    signature = [
        tf.TensorSpec([None, *kind.row_shape], kind.dtype, name=f"feature_{at}")
        for at, kind in enumerate(types.values())
    ]

    @tf.function(input_signature=signature, autograph=False)
    def run(*features: tf.Tensor) -> Any:
        return outputs(dict(zip(types, features, strict=True)))

    try:
        with _quiet():
            made = tf2onnx.convert.from_function(run, signature, opset=OPSET)
    except ArtifactError:
        raise
    except Exception as error:  # whatever a model or a converter raises
        reason = " ".join(str(error).split())
        raise ArtifactError(
            f"the model cannot be converted to ONNX: {reason[:200]}",
            code="MODEL_INPUTS",
            expected=f"a Keras model that takes {', '.join(types)}",
            hint="build the model by from_spec(spec, stats), or export a SavedModel",
        ) from error
    found: onnx.ModelProto = made[0]
    _require_standard(found)
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the converter's log, which reports success for broken files too."""
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _require_standard(model: onnx.ModelProto) -> None:
    """Refuses operators that the converter left as they were in TensorFlow."""
    for node in model.graph.node:
        known = node.domain in ("", "ai.onnx", "ai.onnx.ml")
        if known and onnx.defs.has(node.op_type, node.domain):
            continue
        raise ArtifactError(
            f"the model has an operation without a form in ONNX: {node.op_type}",
            code="ONNX_UNSUPPORTED",
            got=node.name,
            hint="export a SavedModel",
        )


def join(made: Preprocessing, body: onnx.ModelProto) -> onnx.ModelProto:
    """One graph from raw columns to `accepted` and the outputs of the model.

    Raises:
        ArtifactError: An output of the model has a name that is taken.
    """
    outputs = [one.name for one in body.graph.output]
    taken = {ACCEPTED, *(one.name for one in made.model.graph.input)}
    if taken & set(outputs):
        raise ArtifactError(
            "an output of the model has the name of another tensor",
            code="NAME_COLLISION",
            got=", ".join(sorted(taken & set(outputs))),
            hint="rename the output or the column",
        )
    renamed = compose.add_prefix(body, _PREFIX, rename_outputs=False)
    for one in renamed.graph.output:
        one.type.tensor_type.shape.dim[0].dim_param = "batch"
    features = list(made.features.values())
    used = {one.name for one in renamed.graph.input}
    pairs = [
        (tensor, f"{_PREFIX}feature_{at}")
        for at, tensor in enumerate(features)
        if f"{_PREFIX}feature_{at}" in used
    ]
    joined: onnx.ModelProto = compose.merge_models(
        made.model, renamed, io_map=pairs, outputs=[ACCEPTED, *outputs]
    )
    return joined
