"""A plan as an ONNX graph, of standard operators only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from featurekit.backends.missing import MISSING_INTEGER
from featurekit.errors import ArtifactError
from featurekit.plan import ops
from featurekit.plan.graph import Node, Plan
from featurekit.plan.types import ValueType
from featurekit.serve.onnx import categorical, expressions, numbers, times
from featurekit.serve.onnx.feeds import MISSING, Inputs
from featurekit.serve.onnx.graph_builder import (
    IR_VERSION,
    ML,
    ML_OPSET,
    OPSET,
    GraphBuilder,
    Outcome,
    Value,
)
from featurekit.serve.onnx.session import ACCEPTED

KERNELS: Mapping[type[ops.Op], Callable[..., Outcome]] = {
    ops.ToFloat64: numbers.to_float64,
    ops.ClipValue: numbers.clip,
    ops.Log1pValue: numbers.log1p,
    ops.StandardizeValue: numbers.standardize,
    ops.MinMaxScale: numbers.min_max,
    ops.Bucketize: numbers.bucketize,
    ops.IsGreaterEqual: numbers.is_greater_equal,
    ops.ToFloat32: numbers.to_float32,
    ops.LookupVocabulary: categorical.lookup_vocabulary,
    ops.CombineIds: categorical.combine_ids,
    ops.CheckRange: categorical.check_range,
    ops.DefaultId: categorical.default_id,
    ops.OneHotEncode: categorical.one_hot,
    ops.LookupVector: categorical.lookup_vector,
    ops.LookupNumber: categorical.lookup_number,
    ops.BucketizeByKey: categorical.bucketize_by_key,
    ops.FillMissing: categorical.fill_missing,
    ops.RequirePresent: categorical.require_present,
    ops.IsMissing: categorical.is_missing,
    ops.MarkMissing: categorical.mark_missing,
    ops.Arithmetic: expressions.arithmetic,
    ops.CompareNumbers: expressions.compare_numbers,
    ops.ChooseNumber: expressions.choose_number,
    ops.ExtractTimePart: times.extract_time_part,
}
_INPUT_TYPES = {
    "float32": TensorProto.FLOAT,
    "int64": TensorProto.INT64,
    "timestamp": TensorProto.INT64,
    "string": TensorProto.STRING,
}
_OUTPUT_TYPES = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "int64": TensorProto.INT64,
    "timestamp": TensorProto.INT64,
    "string": TensorProto.STRING,
}
_ZEROS: dict[str, Any] = {"float32": np.float32, "float64": np.float64}


@dataclass(frozen=True)
class Preprocessing:
    """The graph of a plan.

    Args:
        model: ONNX; its outputs are `accepted`, and then `features`.
        features: The names of its tensors, by feature.
        inputs: Its inputs.
    """

    model: onnx.ModelProto
    features: dict[str, str]
    inputs: Inputs


def require_supported(plan: Plan) -> None:
    """Refuses a plan that standard operators cannot compute exactly.

    Raises:
        ArtifactError: With the feature and the op.
    """
    for index, node in enumerate(plan.nodes):
        reason = _unsupported(node) or _unproved(plan, node)
        if reason is not None:
            raise ArtifactError(
                f"{node.op.name} has no exact form in ONNX: {reason}",
                code="ONNX_UNSUPPORTED",
                feature=", ".join(plan.features_of[index]),
                column=", ".join(plan.columns_of[index]),
                hint="run fk.Preprocessor before an ONNX file of the model alone, or "
                "export a SavedModel",
            )


def _unsupported(node: Node) -> str | None:
    """Why an op cannot be exact; None if it can be."""
    op = node.op
    if node.type.is_list or isinstance(op, ops.ReadList):
        return "lists are not exported"
    if isinstance(op, ops.ReadColumn):
        return None
    if isinstance(op, ops.LookupVocabulary) and op.num_oov > 1:
        return f"its {op.num_oov} ids of unknown tokens need a hash"
    if isinstance(op, ops.HashBucket | ops.CrossHash):
        return "no standard operator computes its hash"
    if type(op) not in KERNELS:
        return "no standard operator computes it"
    return None


def _unproved(plan: Plan, node: Node) -> str | None:
    """Why a logarithm may be off: it was compared for every float32, not beyond."""
    if not isinstance(node.op, ops.Log1pValue):
        return None
    (source,) = (plan.nodes[at] for at in node.inputs)
    while isinstance(source.op, ops.ClipValue | ops.FillMissing | ops.MarkMissing):
        source = plan.nodes[source.inputs[0]]
    if isinstance(source.op, ops.ToFloat64):
        return None
    return "it is exact for numbers as they are read, not for computed ones"


def emit(plan: Plan, names: Mapping[str, str], *, prefix: str = "") -> Preprocessing:
    """The graph of a plan.

    Args:
        plan: The plan.
        names: The names of the inputs, by column.
        prefix: What the tensors of the features begin with.

    Raises:
        ArtifactError: An op is not supported, or two tensors have one name.
    """
    require_supported(plan)
    inputs = Inputs.of(plan, names)
    features = {name: f"{prefix}{name}" for name, _ in plan.outputs}
    _require_distinct(
        [
            *(names[name] for name in plan.columns),
            *(names[name] + MISSING for name in inputs.flagged),
            *features.values(),
            ACCEPTED,
        ]
    )
    g = GraphBuilder()
    values, rejected = _compute(g, plan, inputs)
    accepted = _accepted(g, rejected, names[next(iter(plan.columns))])
    outputs = [helper.make_tensor_value_info(ACCEPTED, TensorProto.BOOL, ["batch"])]
    g.nodes.append(helper.make_node("Identity", [accepted], [ACCEPTED]))
    for name, index in plan.outputs:
        kind = plan.nodes[index].type
        found = _zeroed(g, values[index].tensor, kind, accepted)
        g.nodes.append(helper.make_node("Identity", [found], [features[name]]))
        shape: list[str | int | None] = ["batch", *kind.row_shape]
        tensor_type = _OUTPUT_TYPES[kind.dtype]
        outputs.append(
            helper.make_tensor_value_info(features[name], tensor_type, shape)
        )
    graph = helper.make_graph(
        g.nodes, "featurekit", _input_infos(inputs), outputs, g.initializers
    )
    model = helper.make_model(
        graph,
        producer_name="featurekit",
        ir_version=IR_VERSION,
        opset_imports=[
            helper.make_opsetid("", OPSET),
            helper.make_opsetid(ML, ML_OPSET),
        ],
    )
    return Preprocessing(model, features, inputs)


def _compute(
    g: GraphBuilder, plan: Plan, inputs: Inputs
) -> tuple[list[Value], list[str]]:
    """The value of every node, and what refuses rows."""
    values: list[Value] = []
    rejected: list[str] = []
    for node in plan.nodes:
        if isinstance(node.op, ops.ReadColumn):
            values.append(_read(g, node.op, inputs))
            continue
        taken = [values[entry] for entry in node.inputs]
        value, refused = KERNELS[type(node.op)](g, node.op, *taken)
        values.append(value)
        if refused is not None:
            required = isinstance(node.op, ops.RequirePresent)
            found = refused if required else g.both(refused, taken[0].valid)
            rejected.append(found or refused)
    return values, rejected


def _read(g: GraphBuilder, op: ops.ReadColumn, inputs: Inputs) -> Value:
    name = inputs.names[op.column]
    if op.column in inputs.flagged:
        return Value(name, g.op("Not", name + MISSING))
    if op.dtype == "float32":
        return Value(name, g.op("Not", g.op("IsNaN", name)))
    missing = g.op("Equal", name, g.integer(MISSING_INTEGER))
    return Value(name, g.op("Not", missing))


def _accepted(g: GraphBuilder, rejected: list[str], like: str) -> str:
    if not rejected:
        return g.filled(like, True, np.bool_)
    return g.op("Not", reduce(lambda one, two: g.op("Or", one, two), rejected))


def _zeroed(g: GraphBuilder, x: str, kind: ValueType, accepted: str) -> str:
    """The values; zeros in refused rows, so that a model can look up every id."""
    if kind.dtype == "string":
        return x
    if kind.width is not None:
        accepted = g.column(accepted)
    zero = g.constant(0, _ZEROS.get(kind.dtype, np.int64))
    # In this order -0.0 stays: see GraphBuilder.select.
    return g.op("Where", g.negate(accepted), zero, x)


def _input_infos(inputs: Inputs) -> list[onnx.ValueInfoProto]:
    found = []
    for column, name in inputs.names.items():
        kind = _INPUT_TYPES[inputs.dtypes[column]]
        found.append(helper.make_tensor_value_info(name, kind, ["batch"]))
        if column in inputs.flagged:
            found.append(
                helper.make_tensor_value_info(
                    name + MISSING, TensorProto.BOOL, ["batch"]
                )
            )
    return found


def _require_distinct(names: list[str]) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ArtifactError(
            "two tensors of the ONNX graph have the same name",
            code="NAME_COLLISION",
            got=", ".join(sorted(twice)),
            hint="rename the feature or the column",
        )
