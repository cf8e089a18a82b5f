"""A server in a thread, and clients that know the public protocols only."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from featurekit.serve.server.model_server import ModelServer, ServerOptions

OPTIONS = ServerOptions(port=0, grpc_port=0, name="m", poll_seconds=0.05)


@contextmanager
def running(
    folder: Path, options: ServerOptions = OPTIONS, **more: Any
) -> Iterator[ModelServer]:
    """The server of a folder, on free ports."""
    server = ModelServer(folder, replace(options, port=0), **more)
    started = threading.Event()
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(started.set)), daemon=True
    )
    thread.start()
    assert started.wait(30), "the server does not start"
    try:
        yield server
    finally:
        server.stop()
        thread.join(30)
    assert not thread.is_alive(), "the server does not end"


def url(server: ModelServer, path: str = "") -> str:
    """Of a path, or of what follows the model."""
    if path.startswith(("/health", "/monitoring")):
        return f"http://127.0.0.1:{server.port}{path}"
    return f"http://127.0.0.1:{server.port}/v1/models/m{path}"


def post(server: ModelServer, verb: str, body: Any, **more: Any) -> httpx.Response:
    """A JSON request."""
    return httpx.post(url(server, verb), json=body, timeout=60, **more)


def get(server: ModelServer, path: str) -> httpx.Response:
    """A request without a body."""
    return httpx.get(url(server, path), timeout=60)


def predict(server: ModelServer, *rows: Any, **more: Any) -> httpx.Response:
    """A request to predict in row format."""
    return post(server, ":predict", {"instances": list(rows)}, **more)
