"""Whatever a client sends: a status, a code, and where the fault is; never its data."""

import gzip
import json
import socket
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from serve.server.artifacts import ROW
from serve.server.running import OPTIONS, get, predict, running, url

from featurekit.serve.server.batching import BatchingOptions
from featurekit.serve.server.model_server import ModelServer
from featurekit.serve.server.request_body import Limits

pytestmark = pytest.mark.tensorflow
SECRET = "s3cr3t-payload"


@dataclass(frozen=True)
class Fault:
    """A request, and what the answer has to say."""

    body: Any
    code: str
    status: int = 400
    fields: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    path: str = ":predict"

    @property
    def content(self) -> bytes:
        body = self.body
        return body if isinstance(body, bytes) else json.dumps(body).encode()


def rows(*found: Any) -> dict[str, Any]:
    return {"instances": list(found)}


def columns(**found: Any) -> dict[str, Any]:
    return {"inputs": found}


X = {"row": 0, "column": "x"}
FAULTS = {
    "V1 a column without a fill is missing": Fault(
        rows(ROW, {"x": 1.0}),
        "NULL_NOT_ALLOWED",
        fields={"row": 1, "column": "at", "feature": "hour"},
    ),
    "V1 nothing at all": Fault(rows({}), "NULL_NOT_ALLOWED", fields={"row": 0}),
    "V2 an unknown column": Fault(
        rows(ROW, {**ROW, "wrod": SECRET}),
        "UNKNOWN_COLUMN",
        fields={"row": 1, "column": "wrod"},
    ),
    "V3 text for a number": Fault(
        rows(ROW, {**ROW, "x": "one"}), "DTYPE_MISMATCH", fields={**X, "row": 1}
    ),
    "V3 a list for a number": Fault(
        rows({**ROW, "x": [1.0, 2.0]}), "DTYPE_MISMATCH", fields=X
    ),
    "V3 an object for a number": Fault(
        rows({**ROW, "x": {"y": 1}}), "DTYPE_MISMATCH", fields=X
    ),
    "V3 a number for text": Fault(
        rows({**ROW, "word": {"b64": "!"}}), "BAD_BASE64", fields={"column": "word"}
    ),
    "V3 columns of other lengths": Fault(
        columns(x=[1.0, 2.0], at=[0]), "LENGTH_MISMATCH", fields={"column": "at"}
    ),
    "V3 a column that is no list": Fault(
        columns(x=1.0), "BAD_REQUEST", fields={"column": "x"}
    ),
    "V3 a row that is no object": Fault(rows(ROW, 5), "BAD_ROW", fields={"row": 1}),
    "V4 no JSON": Fault(
        b'{"instances": [' + SECRET.encode(), "BAD_JSON", fields={"offset": 15}
    ),
    "V4 no UTF-8": Fault(b'{"\xff": 1}', "BAD_JSON", fields={"offset": 2}),
    "V4 nested too deeply": Fault(b"[" * 100_000, "BAD_JSON"),
    "V4 a number of many digits": Fault(b"1" * 10_000, "BAD_JSON"),
    "V4 a key twice": Fault(b'{"instances": [{"x": 1, "x": 2}]}', "DUPLICATE_COLUMN"),
    "V4 neither format": Fault({"rows": []}, "BAD_REQUEST"),
    "V4 both formats": Fault({"instances": [], "inputs": {}}, "BAD_REQUEST"),
    "V4 no object": Fault([1], "BAD_REQUEST"),
    "V4 instances are no list": Fault({"instances": ROW}, "BAD_REQUEST"),
    "V4 no tf.Example": Fault(
        {"signature_name": "serving_examples", "instances": [SECRET]}, "EXAMPLE_DECODE"
    ),
    "V5 a time out of range": Fault(
        rows({**ROW, "at": 2**62}), "OUT_OF_RANGE", fields={"row": 0, "column": "at"}
    ),
    "V5 no time": Fault(rows({**ROW, "at": "noon"}), "PARSE"),
    "V5 half of a character": Fault(
        b'{"instances": [{"x": 1, "at": 0, "word": "\\ud800"}]}', "BAD_UTF8"
    ),
    "V7 more than the limit of bytes": Fault(
        b" " * 200_001, "BODY_TOO_LARGE", status=413
    ),
    "V7 a bomb": Fault(
        gzip.compress(b" " * 10_000_000),
        "BODY_TOO_LARGE",
        status=413,
        headers={"content-encoding": "gzip"},
    ),
    "V7 no gzip": Fault(
        b"{}", "BAD_ENCODING", status=415, headers={"content-encoding": "gzip"}
    ),
    "V7 half of a gzip": Fault(
        gzip.compress(b"{}")[:-4],
        "BAD_ENCODING",
        status=415,
        headers={"content-encoding": "gzip"},
    ),
    "V7 another encoding": Fault(
        b"{}", "BAD_ENCODING", status=415, headers={"content-encoding": "br"}
    ),
    "V7 more rows than the limit": Fault(
        rows(*[ROW] * 101), "TOO_MANY_ROWS", status=413
    ),
    "V8 one row of a hundred": Fault(
        rows(*[ROW] * 57, {"x": 1.0}, *[ROW] * 42),
        "NULL_NOT_ALLOWED",
        fields={"row": 57},
    ),
    "another model": Fault(rows(ROW), "NO_SUCH_MODEL", 404, path="x:predict"),
    "another version": Fault(
        rows(ROW), "NO_SUCH_VERSION", 404, path="/versions/7:predict"
    ),
    "no version": Fault(
        rows(ROW), "NO_SUCH_VERSION", 404, path=f"/versions/{'9' * 5000}:predict"
    ),
    "another label": Fault(
        rows(ROW), "NO_SUCH_VERSION", 404, path="/labels/canary:predict"
    ),
    "another method": Fault(rows(ROW), "NO_SUCH_PATH", 404, path=":guess"),
    "another signature": Fault(
        {**rows(ROW), "signature_name": "x"}, "NO_SIGNATURE", fields={"got": "'x'"}
    ),
}


@pytest.fixture(scope="module")
def strict(exported: Path) -> Any:
    limits = Limits(max_body_bytes=200_000, max_rows=100)
    with running(exported / "1", replace(OPTIONS, limits=limits)) as server:
        yield server


@pytest.mark.parametrize("name", FAULTS)
def test_faults(strict: ModelServer, name: str) -> None:
    fault = FAULTS[name]
    answer = httpx.post(
        url(strict, fault.path), content=fault.content, headers=fault.headers
    )
    found = answer.json()
    assert (answer.status_code, found["code"]) == (fault.status, fault.code), found
    for field_name, value in fault.fields.items():
        assert found[field_name] == value, found
    assert f"[{fault.code}]" in found["error"] and len(found["error"]) <= 500
    assert SECRET not in answer.text and str(strict.versions.folder) not in answer.text
    assert predict(strict, ROW).json() == {"predictions": [[2.0]]}


def test_a_path_or_method_that_is_not_there_is_json_too(strict: ModelServer) -> None:
    assert get(strict, "/health/else").json()["code"] == "NO_SUCH_PATH"
    assert httpx.delete(url(strict)).json()["code"] == "BAD_METHOD"


def test_a_lie_about_the_length_is_stopped_while_reading(strict: ModelServer) -> None:
    def endless() -> Any:
        for _ in range(10_000):
            yield b" " * 10_000

    with httpx.Client() as client:
        try:
            answer = client.post(url(strict, ":predict"), content=endless())
        except httpx.TransportError:
            return  # the server hung up before the client had read the answer
        assert answer.status_code == 413


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"POST /v1/models/m:predict HTTP/1.1\r\nhost: x\r\n",
        b"POST /v1/models/m:predict HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{",
    ],
    ids=["nothing", "half of the headers", "half of the body"],
)
def test_slow_clients_are_hung_up_on(exported: Path, sent: bytes) -> None:
    limits = Limits(read_seconds=0.3)
    with running(exported / "1", replace(OPTIONS, limits=limits)) as server:
        with socket.create_connection(("127.0.0.1", server.port), 5) as client:
            client.sendall(sent)
            answer = b""
            while part := client.recv(65536):
                answer += part
                if b"READ_DEADLINE" in answer:
                    break
            assert b"408" in answer or not answer
        assert predict(server, ROW).status_code == 200


def test_a_flood_of_headers_is_refused(strict: ModelServer) -> None:
    headers = {f"x-{index}": "y" * 1000 for index in range(200)}
    with httpx.Client() as client:
        try:
            answer = client.get(url(strict, "/health/live"), headers=headers)
        except httpx.TransportError:
            return
        assert answer.status_code == 400


def test_beyond_the_queue_there_is_429(exported: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    batching = BatchingOptions(max_batch_size=1, max_queued_rows=2)
    with (
        running(exported / "1", replace(OPTIONS, batching=batching)) as server,
        ThreadPoolExecutor(32) as pool,
    ):
        rows = [ROW] * 2
        answers = list(pool.map(lambda _: predict(server, *rows), range(100)))
    codes = {one.status_code for one in answers}
    assert codes == {200, 429}
    refused = next(one for one in answers if one.status_code == 429)
    assert refused.json()["code"] == "QUEUE_FULL"
