"""The error of an answer, as the class that the server raised."""

from collections.abc import Mapping
from typing import Any

from featurekit import errors
from featurekit.errors import FeatureKitError, RequestError


class _Shown:
    """A value that the server shows already: its repr is the text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text

    def __eq__(self, other: object) -> bool:
        return repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(self._text)


def error_of(body: Any, status: int) -> FeatureKitError:
    """The error that a server's answer holds.

    Args:
        body: The JSON value of the answer.
        status: Its HTTP status.

    Example:
        >>> body = {"error": "[X] it is wrong", "code": "X", "type": "RowError"}
        >>> body["row"] = 1
        >>> error_of(body, 400)
        RowError('[X] it is wrong — row=1')
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("error"), str):
        return RequestError(
            "the server answers with an error", code="HTTP_STATUS", got=status
        )
    code = body.get("code")
    if not isinstance(code, str):  # a server of TensorFlow Serving's own
        return RequestError(body["error"], code="HTTP_STATUS", got=status)
    got = body.get("got")
    return _class(body.get("type"))(
        body["error"].removeprefix(f"[{code}] "),
        code=code,
        row=_integer(body.get("row")),
        column=_text(body.get("column")),
        feature=_text(body.get("feature")),
        record=_integer(body.get("record")),
        offset=_integer(body.get("offset")),
        got=None if got is None else _Shown(str(got)),
        expected=_text(body.get("expected")),
        hint=_text(body.get("hint")),
    )


def _class(name: Any) -> type[FeatureKitError]:
    """The class of this name in `featurekit.errors`; else RequestError."""
    found = getattr(errors, str(name), None)
    is_error = isinstance(found, type) and issubclass(found, FeatureKitError)
    # The constructor of this one takes the name of a package.
    if not is_error or found is errors.MissingDependencyError:
        return RequestError
    assert isinstance(found, type)
    return found


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
