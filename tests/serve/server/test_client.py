"""Our client against our server."""

import socket
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from serve.server.artifacts import ROW
from serve.server.running import running

from featurekit.client import Client
from featurekit.errors import RequestError, RowError
from featurekit.serve.server.model_server import ModelServer

pytestmark = pytest.mark.tensorflow
ROWS = [
    {"x": np.float32(0.1), "at": datetime(2024, 5, 1, 7, tzinfo=UTC)},
    {"x": -3, "at": 0, "word": None},
]


def client_of(server: ModelServer, **more: object) -> Client:
    return Client(f"127.0.0.1:{server.port}", model="m", **more)  # type: ignore[arg-type]


def test_predict(server: ModelServer) -> None:
    with client_of(server) as client:
        found = client.predict(ROWS)
        assert set(found) == {"y"} and found.version == 1
        expected = np.array([[0.1], [-3]], np.float32)
        np.testing.assert_array_equal(found["y"], expected, strict=True)
        features = client.predict(ROWS, signature="transform")
        assert features["hour"].tolist() == [7, 0]
        assert client.predict([]) == {}


def test_version_status_and_metadata(server: ModelServer) -> None:
    with client_of(server, version=1) as client:
        assert client.predict(ROWS).version == 1
        assert client.status()[0]["state"] == "AVAILABLE"
        assert "x" in client.metadata()["serving_default"]["inputs"]


def test_errors_keep_their_class_and_fields(server: ModelServer) -> None:
    with client_of(server) as client:
        with pytest.raises(RowError) as caught:
            client.predict([ROW, {"x": 1.0}])
        error = caught.value
        assert (error.code, error.row) == ("NULL_NOT_ALLOWED", 1)
        assert (error.column, error.feature) == ("at", "hour")
        other = Client(f"127.0.0.1:{server.port}", model="x")
        with other, pytest.raises(RequestError) as missing:
            other.predict(ROWS)
        assert missing.value.code == "NO_SUCH_MODEL"
        assert client.predict(ROWS)  # the connection goes on


def test_a_server_that_has_gone(exported: Path) -> None:
    with running(exported / "1") as server:
        client = client_of(server)
        assert client.predict(ROWS).version == 1
    with client, pytest.raises(RequestError) as caught:
        client.predict(ROWS)
    assert caught.value.code == "CONNECTION"


def test_a_server_that_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        client = Client(address, model="m", timeout=0.2)
        with client, pytest.raises(RequestError) as caught:
            client.predict(ROWS)
        assert caught.value.code == "TIMEOUT"
