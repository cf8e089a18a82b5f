"""Errors as the two protocols say them.

REST answers {"error": "..."} as TensorFlow Serving does, with the parts of the error as
further fields; gRPC answers a status, with the same fields as JSON in its metadata.
"""

from typing import Any

from featurekit.errors import FeatureKitError, RequestError

# Code: (HTTP status, name of the gRPC status).
_STATUS = {
    "NO_SUCH_PATH": (404, "NOT_FOUND"),
    "NO_SUCH_MODEL": (404, "NOT_FOUND"),
    "NO_SUCH_VERSION": (404, "NOT_FOUND"),
    "BAD_METHOD": (405, "UNIMPLEMENTED"),
    "READ_DEADLINE": (408, "DEADLINE_EXCEEDED"),
    "NO_PREVIOUS_VERSION": (409, "FAILED_PRECONDITION"),
    "BODY_TOO_LARGE": (413, "RESOURCE_EXHAUSTED"),
    "TOO_MANY_ROWS": (413, "RESOURCE_EXHAUSTED"),
    "BAD_ENCODING": (415, "INVALID_ARGUMENT"),
    "QUEUE_FULL": (429, "RESOURCE_EXHAUSTED"),
    "INTERNAL": (500, "INTERNAL"),
    "NOT_READY": (503, "UNAVAILABLE"),
}
_BAD_REQUEST = (400, "INVALID_ARGUMENT")


def http_status(error: FeatureKitError) -> int:
    """The status of the HTTP answer."""
    return _STATUS.get(error.code, _BAD_REQUEST)[0]


def grpc_status(error: FeatureKitError) -> str:
    """The name of the gRPC status."""
    return _STATUS.get(error.code, _BAD_REQUEST)[1]


def error_body(error: FeatureKitError) -> dict[str, Any]:
    """The fields of the answer."""
    found = error.as_dict()
    found.pop("file", None)  # a path of the server is nobody's business
    message = found.pop("message")
    kind = type(error).__name__
    return {"error": f"[{error.code}] {message}", **found, "type": kind}


def not_ready() -> RequestError:
    """No version is loaded."""
    return RequestError(
        "no version of the model is loaded",
        code="NOT_READY",
        hint="GET /health/ready says why",
    )
