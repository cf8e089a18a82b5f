"""Tensors of gRPC requests, checked against the signature."""

from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

from featurekit.errors import RequestError
from featurekit.serve.server.loaded_version import Arrays, as_strings
from featurekit.serve.server.signatures import Signature, TensorInfo


def read_inputs(signature: Signature, protos: Mapping[str, Any]) -> Arrays:
    """The inputs of a Predict request.

    Raises:
        RequestError: A tensor is missing or unknown, has another dtype or shape than
            the signature says, or another number of rows than the others.
    """
    for name in protos:
        if name not in signature.inputs:
            raise RequestError(
                "the signature has no such input",
                code="UNKNOWN_COLUMN",
                column=name[:64],
                expected=", ".join(signature.inputs),
            )
    found: Arrays = {}
    for name, info in signature.inputs.items():
        if name not in protos:
            raise RequestError(
                "an input is missing",
                code="MISSING_COLUMN",
                column=name,
                expected=_described(info),
            )
        found[name] = _read(protos[name], info)
        first = next(iter(found))
        if len(found[name]) != len(found[first]):
            raise RequestError(
                "the inputs have different numbers of rows",
                code="LENGTH_MISMATCH",
                column=name,
                got=len(found[name]),
                expected=f"{len(found[first])}, as {first!r} has",
            )
    return found


def _read(proto: Any, info: TensorInfo) -> Any:
    shape = tuple(one.size for one in proto.tensor_shape.dim)
    fits = len(shape) == len(info.shape) and all(
        want in (None, size) for size, want in zip(shape, info.shape, strict=True)
    )
    if proto.dtype != info.dtype.as_datatype_enum or not fits:
        raise RequestError(
            "an input has another dtype or shape",
            code="DTYPE_MISMATCH",
            column=info.name,
            got=f"{_dtype_name(proto.dtype)} {list(shape)}",
            expected=_described(info),
        )
    if (
        info.dtype == tf.string
        and len(proto.string_val) == shape[0]
        and len(shape) == 1
    ):
        return as_strings(list(proto.string_val))
    try:
        return tf.make_ndarray(proto)
    except (ValueError, TypeError):
        raise RequestError(
            "the content of an input does not fit its shape",
            code="BAD_TENSOR",
            column=info.name,
            expected=_described(info),
        ) from None


def _dtype_name(number: int) -> str:
    try:
        return str(tf.as_dtype(number).name)
    except TypeError:
        return "no dtype"


def _described(info: TensorInfo) -> str:
    sizes = ", ".join("n" if size is None else str(size) for size in info.shape)
    return f"{info.dtype.name} [{sizes}]"


def read_examples(request_input: Any) -> list[bytes]:
    """The serialized tf.Examples of a Classify or Regress request.

    Raises:
        RequestError: It holds none of the two kinds of lists.
    """
    kind = request_input.WhichOneof("kind")
    if kind == "example_list":
        examples = request_input.example_list.examples
        return [one.SerializeToString() for one in examples]
    if kind == "example_list_with_context":
        shared = request_input.example_list_with_context
        # Merging messages is joining their bytes; the later entry of a map counts.
        context = shared.context.SerializeToString()
        return [context + one.SerializeToString() for one in shared.examples]
    raise RequestError(
        "the request has no input",
        code="BAD_REQUEST",
        expected="example_list, or example_list_with_context",
    )


def write_outputs(outputs: Arrays, wanted: Iterable[str], target: Any) -> None:
    """Adds the outputs to a response; all, or those that are wanted.

    Raises:
        RequestError: There is no such output.
    """
    for name in wanted:
        if name not in outputs:
            raise RequestError(
                "the signature has no such output",
                code="NO_OUTPUT",
                got=name,
                expected=", ".join(outputs),
            )
    for name in list(wanted) or outputs:
        target[name].CopyFrom(tf.make_tensor_proto(outputs[name]))
