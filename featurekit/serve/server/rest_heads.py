"""Classify and regress, as the REST interface of TensorFlow Serving writes them."""

from collections.abc import Mapping
from typing import Any

from featurekit.errors import RequestError
from featurekit.serve.server.loaded_version import Arrays
from featurekit.serve.server.rest_tensors import to_lists

_HEADS = ("classes", "scores")


def read_examples(body: Any) -> list[dict[str, Any]]:
    """The rows of {"context": {...}, "examples": [{...}]}.

    A column of one value may be a list of that value. What the context holds is part
    of every row.

    Raises:
        RequestError: The request has another form.
    """
    examples = body.get("examples") if isinstance(body, Mapping) else None
    if not isinstance(examples, list):
        raise _bad_request('an object with "examples", a list of objects')
    context = body.get("context", {})
    name = body.get("signature_name", "")
    if not isinstance(context, Mapping) or not isinstance(name, str):
        raise _bad_request('"context" an object, and "signature_name" a string')
    rows = []
    for one in examples:
        if not isinstance(one, Mapping):
            raise _bad_request("every example an object of named columns")
        rows.append({key: _only(value) for key, value in {**context, **one}.items()})
    return rows


def _only(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _bad_request(expected: str) -> RequestError:
    return RequestError(
        "the request has another form", code="BAD_REQUEST", expected=expected
    )


def classify_body(outputs: Arrays) -> dict[str, Any]:
    """For each row, pairs of class and score; "" and 0 where the model has none."""
    shape = next(outputs[name] for name in _HEADS if name in outputs).shape
    count = shape[0] * shape[1]
    classes, scores = [""] * count, [0.0] * count
    if "classes" in outputs:
        classes = to_lists("classes", outputs["classes"].reshape(-1))
    if "scores" in outputs:
        scores = to_lists("scores", outputs["scores"].reshape(-1))
    pairs = [list(pair) for pair in zip(classes, scores, strict=True)]
    width = shape[1]
    return {
        "results": [pairs[width * row : width * (row + 1)] for row in range(shape[0])]
    }


def regress_body(outputs: Arrays) -> dict[str, Any]:
    """For each row, one number."""
    return {"results": outputs["outputs"].reshape(-1).tolist()}
