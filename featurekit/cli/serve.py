"""`featurekit serve`: an exported model behind REST and gRPC."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from featurekit.cli import options as o
from featurekit.cli.formats import visible
from featurekit.cli.terminal import Terminal

if TYPE_CHECKING:
    from featurekit.serve.server.model_server import ModelServer
    from featurekit.serve.server.observation import MakeObserver

EXAMPLE = "Example: featurekit serve served --name flights"

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="DIR", help="The folder of versions (1, 2, ...), or one version."
    ),
]
Host = Annotated[
    str, typer.Option(help="The address to listen on; others than this machine's own.")
]
Port = Annotated[
    int, typer.Option(min=0, max=65535, help="Of HTTP; 0 for any that is free.")
]
GrpcPort = Annotated[
    int, typer.Option(min=0, max=65535, help="Of gRPC; 0 for any that is free.")
]
NoGrpc = Annotated[bool, typer.Option("--no-grpc", help="Serve HTTP alone.")]
Name = Annotated[
    str | None,
    typer.Option(help="The model's name; that of the folder by default."),
]
MaxBatch = Annotated[int, typer.Option(min=1, help="Rows of one call of the graph.")]
Budget = Annotated[
    float,
    typer.Option(min=0, help="How long a request waits for others, under load."),
]
MaxQueue = Annotated[
    int, typer.Option(min=1, help="Waiting rows, beyond which requests get 429.")
]
MaxRows = Annotated[int, typer.Option(min=1, help="Rows of one request.")]
MaxBody = Annotated[int, typer.Option(min=1, help="Bytes of one request.")]
ReadSeconds = Annotated[
    float, typer.Option(min=0.1, help="How long a request may take to arrive.")
]
Poll = Annotated[
    float, typer.Option(min=0.05, help="Between two looks for new versions.")
]
Drain = Annotated[
    float, typer.Option(min=0, help="How long running requests may take at the end.")
]


def serve(
    folder: Folder,
    host: Host = "127.0.0.1",
    port: Port = 8501,
    grpc_port: GrpcPort = 8500,
    no_grpc: NoGrpc = False,
    name: Name = None,
    max_batch_size: MaxBatch = 256,
    latency_budget_ms: Budget = 2.0,
    max_queued_rows: MaxQueue = 16_384,
    max_rows: MaxRows = 8192,
    max_body_bytes: MaxBody = 16 * 2**20,
    read_seconds: ReadSeconds = 20.0,
    poll_seconds: Poll = 2.0,
    drain_seconds: Drain = 30.0,
    json: o.AsJson = False,
) -> None:
    """Serve the newest version that proves itself, until SIGTERM or Ctrl-C."""
    load_server = _import_server()
    from featurekit.serve.server.batching import BatchingOptions
    from featurekit.serve.server.model_server import ServerOptions
    from featurekit.serve.server.request_body import Limits

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    options = ServerOptions(
        host=host,
        port=port,
        grpc_port=None if no_grpc else grpc_port,
        name=name,
        batching=BatchingOptions(
            max_batch_size, latency_budget_ms / 1000, max_queued_rows
        ),
        limits=Limits(max_body_bytes, max_rows, read_seconds),
        poll_seconds=poll_seconds,
        drain_seconds=drain_seconds,
    )
    terminal = Terminal(json=json)
    with terminal.progress("loading"):
        server = load_server(folder, options, make_observer=_observer())
    asyncio.run(server.serve(lambda: _announce(terminal, server)))


def _import_server() -> "type[ModelServer]":
    """The server; a missing package is a message.

    Raises:
        MissingDependencyError: A package of the extra "serve" is not installed.
    """
    from featurekit.errors import MissingDependencyError

    try:
        from featurekit.serve.server.model_server import ModelServer
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("featurekit"):
            raise
        raise MissingDependencyError(error.name or "a package", "serve") from error
    return ModelServer


def _observer() -> "MakeObserver":
    from featurekit.serve.drift import Monitor

    return Monitor


def _announce(terminal: Terminal, server: "ModelServer") -> None:
    """Says where the model is served."""
    host = server.options.host
    host = f"[{host}]" if ":" in host else host
    current = server.versions.current
    facts = {
        "model": server.name,
        "version": str(current.number) if current else "",
        "rest": f"http://{host}:{server.port}/v1/models/{server.name}",
        "grpc": f"{host}:{server.grpc_port}" if server.grpc_port else "",
    }
    if terminal.json:
        terminal.write_json(facts)
        sys.stdout.flush()
    else:
        terminal.line(f"{visible(server.name)}: served", style="bold green")
        terminal.facts(facts)
