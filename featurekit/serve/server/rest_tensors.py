"""Rows and columns as the REST interface of TensorFlow Serving writes them.

    {"instances": [...]}    one entry per row; the only input's name is left out
    {"inputs": {...}}       one list per input; likewise

For a signature of raw columns both become rows, so that null and the names of the data
work in both.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from featurekit.errors import RequestError, RowError
from featurekit.serve.server.loaded_version import Arrays, LoadedVersion, as_strings
from featurekit.serve.server.request_rows import from_base64
from featurekit.serve.server.signatures import Signature

DEFAULT_SIGNATURE = "serving_default"


def is_row_format(body: Any) -> bool:
    """Whether the request lists rows, not columns.

    Raises:
        RequestError: It is no request of either format.
    """
    if not isinstance(body, Mapping) or ("instances" in body) == ("inputs" in body):
        raise RequestError(
            "the request is neither in row nor in column format",
            code="BAD_REQUEST",
            expected='an object with "instances" or "inputs"',
        )
    return "instances" in body


def signature_name(body: Mapping[str, Any]) -> str:
    """The signature that a request names."""
    name = body.get("signature_name", DEFAULT_SIGNATURE)
    if not isinstance(name, str):
        raise RequestError(
            "signature_name is not a string",
            code="BAD_REQUEST",
            got=type(name).__name__,
        )
    return name or DEFAULT_SIGNATURE


def read_rows(body: Mapping[str, Any], signature: Signature) -> list[Any]:
    """The rows of a request in either format."""
    names = list(signature.inputs)
    if "instances" in body:
        rows = body["instances"]
        if not isinstance(rows, list):
            raise _not_a_list("instances")
        if len(names) == 1 and not _are_objects(rows, names[0]):
            return [{names[0]: one} for one in rows]
        return rows
    columns = body["inputs"]
    if len(names) == 1 and not (isinstance(columns, Mapping) and names[0] in columns):
        columns = {names[0]: columns}
    return _transposed(columns)


def _are_objects(rows: Sequence[Any], name: str) -> bool:
    """Whether the only input's name is given: {"b64": "..."} is a value of it."""
    return all(isinstance(row, Mapping) and set(row) != {"b64"} for row in rows)


def _transposed(columns: Any) -> list[Any]:
    if not isinstance(columns, Mapping):
        raise RequestError(
            "inputs is not an object of named columns",
            code="BAD_REQUEST",
            got=type(columns).__name__,
        )
    first: str | None = None
    for name, values in columns.items():
        if not isinstance(values, list):
            raise _not_a_list(name)
        first = name if first is None else first
        if len(values) != len(columns[first]):
            raise RequestError(
                "the inputs have different numbers of rows",
                code="LENGTH_MISMATCH",
                column=name[:64],
                got=len(values),
                expected=f"{len(columns[first])}, as {first[:64]!r} has",
            )
    names = list(columns)
    return [
        dict(zip(names, values, strict=True))
        for values in zip(*columns.values(), strict=True)
    ]


def _not_a_list(name: str) -> RequestError:
    return RequestError(
        "a list is expected",
        code="BAD_REQUEST",
        column=name[:64],
        expected="a list, one entry per row",
    )


def to_inputs(
    model: LoadedVersion, signature: Signature, rows: list[Any]
) -> tuple[Signature, Arrays]:
    """What the graph is called with: the signature, and its inputs.

    A signature of raw columns is replaced by the one that reads tf.Examples, if there
    is one and the rows can be written so: those can be joined with any other request.
    """
    text_input = signature.text_input
    if signature.takes_examples and _are_rows_of_columns(rows, str(text_input)):
        return signature, {str(text_input): as_strings(model.rows.to_examples(rows))}
    if not signature.is_of_columns:
        return signature, {str(text_input): as_strings(_texts(str(text_input), rows))}
    by_examples = model.signatures.of_examples(signature.name)
    if by_examples is not None:
        try:
            examples = as_strings(model.rows.to_examples(rows))
            return by_examples, {str(by_examples.text_input): examples}
        except RowError as error:
            if error.code != "NULL_ELEMENT":
                raise
    return signature, model.rows.to_tensors(rows)


def _are_rows_of_columns(rows: Sequence[Any], name: str) -> bool:
    """Whether the rows are objects of raw columns, not values of the one input."""
    return all(
        isinstance(row, Mapping) and set(row) not in ({"b64"}, {name}) for row in rows
    )


def _texts(name: str, rows: list[Any]) -> list[bytes]:
    """The values of the one input of strings: tf.Examples, or rows written as JSON."""
    found = []
    for index, row in enumerate(rows):
        value = row.get(name) if isinstance(row, Mapping) and name in row else row
        if isinstance(value, str):
            found.append(value.encode("utf-8", "surrogatepass"))
        elif isinstance(value, Mapping) and set(value) == {"b64"}:
            found.append(from_base64(value, column=name, row=index))
        elif isinstance(value, Mapping) and name == "rows":
            found.append(json.dumps(value).encode())
        else:
            raise RequestError(
                "a value is not a string",
                code="DTYPE_MISMATCH",
                column=name,
                row=index,
                got=type(value).__name__,
                expected='text, or {"b64": "..."}',
            )
    return found


def answer_body(outputs: Arrays, *, by_row: bool) -> dict[str, Any]:
    """The answer in the format of the request."""
    lists = {name: to_lists(name, array) for name, array in sorted(outputs.items())}
    if len(lists) == 1:
        (only,) = lists.values()
        return {"predictions" if by_row else "outputs": only}
    if not by_row:
        return {"outputs": lists}
    names = list(lists)
    rows = zip(*lists.values(), strict=True)
    return {"predictions": [dict(zip(names, row, strict=True)) for row in rows]}


def to_lists(name: str, array: Any) -> Any:
    """The values of an output as JSON says them."""
    if array.dtype != object and array.dtype.kind != "S":
        return array.tolist()
    is_binary = name.endswith("_bytes")  # by TensorFlow Serving's convention
    flat = [_string(value, is_binary) for value in array.ravel()]
    return np.array([*flat, None], object)[:-1].reshape(array.shape).tolist()


def _string(value: bytes, is_binary: bool) -> Any:
    if not is_binary:
        with suppress(UnicodeDecodeError):
            return value.decode()
    return {"b64": base64.b64encode(value).decode()}
