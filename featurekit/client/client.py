"""A client of `featurekit serve`, and of any server with TensorFlow Serving's REST."""

import json
import socket
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse
from types import TracebackType
from typing import Any

import numpy.typing as npt

from featurekit.client.errors_from_json import error_of
from featurekit.client.row_json import from_json, to_json
from featurekit.errors import RequestError

_DEFAULT_PORT = 8501


class Prediction(dict[str, "npt.NDArray[Any]"]):
    """The outputs of a model by name, each of shape (rows, ...); none of no rows.

    A float32 output is float32 again, to the bit.

    Attributes:
        version: Of the model that answered; None if the server does not say.
    """

    version: int | None = None


class Client:
    """Sends rows to a served model, on one connection. For one thread at a time.

    Args:
        address: Host and port, as in "127.0.0.1:8501"; the port is 8501 by default.
        model: The model's name.
        version: Which version; the server's current one if it is None.
        timeout: Seconds to wait for an answer. Defaults to 30.

    Semantics:
        - A request is sent once: nothing is tried again.
        - Loads NumPy, and neither TensorFlow nor pyarrow.

    Example:
        >>> client = Client("127.0.0.1:8501", model="flights")
        >>> client.path
        '/v1/models/flights'
    """

    def __init__(
        self,
        address: str,
        *,
        model: str,
        version: int | None = None,
        timeout: float = 30.0,
    ) -> None:
        host, port = _split(address)
        self.path = f"/v1/models/{model}"
        if version is not None:
            self.path += f"/versions/{version}"
        self._connection = HTTPConnection(host, port, timeout=timeout)
        self._only_outputs: dict[str, str] = {}

    def predict(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        signature: str = "serving_default",
    ) -> Prediction:
        """The model's outputs for raw rows.

        Args:
            rows: A list of dicts; None, and a column that a row lacks, is missing.
                Times are datetimes, or text in ISO 8601.
            signature: Which one. Defaults to the model's own outputs.

        Raises:
            RowError: A row is refused; the error is the one that the server raised.
            RequestError: The server does not answer, or answers something else
                (CONNECTION, TIMEOUT, BAD_ANSWER), or turns the request away, such as
                with QUEUE_FULL or NO_SUCH_MODEL.
        """
        text = (
            f'{{"signature_name":{json.dumps(signature)},"instances":{to_json(rows)}}}'
        )
        body, version = self._ask("POST", f"{self.path}:predict", text.encode())
        found = body.get("predictions") if isinstance(body, Mapping) else None
        if not isinstance(found, list) or len(found) != len(rows):
            raise _bad_answer()
        prediction = Prediction(self._by_output(signature, found))
        prediction.version = version
        return prediction

    def status(self) -> list[dict[str, Any]]:
        """The versions and their states, as TensorFlow Serving names them."""
        body, _ = self._ask("GET", self.path, None)
        try:
            return list(body["model_version_status"])
        except (TypeError, KeyError):
            raise _bad_answer() from None

    def metadata(self) -> dict[str, Any]:
        """The signatures, by name: inputs and outputs with dtypes and shapes."""
        body, _ = self._ask("GET", f"{self.path}/metadata", None)
        try:
            return dict(body["metadata"]["signature_def"]["signature_def"])
        except (TypeError, KeyError):
            raise _bad_answer() from None

    def close(self) -> None:
        """Closes the connection; the next request opens another."""
        self._connection.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _by_output(
        self, signature: str, rows: list[Any]
    ) -> dict[str, npt.NDArray[Any]]:
        """The answers to rows as one array per output."""
        if not rows:
            return {}
        if not isinstance(rows[0], Mapping) or set(rows[0]) == {"b64"}:
            return {self._only_output(signature): from_json(rows)}
        try:
            return {name: from_json([row[name] for row in rows]) for name in rows[0]}
        except (TypeError, KeyError):
            raise _bad_answer() from None

    def _only_output(self, signature: str) -> str:
        """The name that an answer leaves out where there is one output."""
        if signature not in self._only_outputs:
            try:
                (name,) = self.metadata()[signature]["outputs"]
            except (TypeError, KeyError, ValueError):
                raise _bad_answer() from None
            self._only_outputs[signature] = name
        return self._only_outputs[signature]

    def _ask(
        self, method: str, path: str, body: bytes | None
    ) -> tuple[Any, int | None]:
        """The JSON value of the answer, and the version that it is of."""
        try:
            self._connect()
            headers = {"content-type": "application/json"} if body else {}
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            text = answer.read()
        except TimeoutError:
            self.close()
            raise RequestError(
                "the server does not answer in time", code="TIMEOUT"
            ) from None
        except (OSError, HTTPException) as error:
            self.close()
            raise RequestError(
                f"the server cannot be asked: {error or type(error).__name__}",
                code="CONNECTION",
                got=f"{self._connection.host}:{self._connection.port}",
            ) from error
        return _read(answer, text)

    def _connect(self) -> None:
        """A connection that the server has not closed meanwhile."""
        one = self._connection
        if one.sock is not None and _is_closed(one.sock):
            one.close()
        if one.sock is None:
            one.connect()


def _is_closed(one: socket.socket) -> bool:
    """Whether the other side has hung up, or sent what nobody asked for."""
    timeout = one.gettimeout()
    one.setblocking(False)
    try:
        one.recv(1, socket.MSG_PEEK)
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        one.settimeout(timeout)


def _read(answer: HTTPResponse, text: bytes) -> tuple[Any, int | None]:
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if answer.status != 200:
        raise error_of(body, answer.status)
    version = answer.headers.get("x-model-version")
    return body, int(version) if version else None


def _split(address: str) -> tuple[str, int]:
    """Host and port of an address; of an IPv6 one in brackets, as in URLs."""
    host, colon, port = address.removeprefix("http://").rstrip("/").rpartition(":")
    if not colon or host.count("[") != host.count("]"):
        return address.strip("[]"), _DEFAULT_PORT
    if not port.isdigit():
        raise RequestError(
            "the address has no port that is a number",
            code="BAD_ARGUMENT",
            got=address,
            expected="such as 127.0.0.1:8501",
        )
    return host.strip("[]"), int(port)


def _bad_answer() -> RequestError:
    return RequestError(
        "the server's answer is none of TensorFlow Serving's REST interface",
        code="BAD_ANSWER",
        expected="one prediction per row",
    )
