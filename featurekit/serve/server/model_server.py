"""A running server: sockets, threads, and how they end."""

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from featurekit.errors import ArtifactError, RequestError
from featurekit.serve.server.app import make_app
from featurekit.serve.server.batching import Batcher, BatchingOptions
from featurekit.serve.server.data_metrics import DataMetrics
from featurekit.serve.server.metrics import Metrics
from featurekit.serve.server.observation import MakeObserver, Observation
from featurekit.serve.server.predictor import Predictor
from featurekit.serve.server.request_body import Limits
from featurekit.serve.server.slow_clients import with_deadline
from featurekit.serve.server.version_states import model_name
from featurekit.serve.server.versions import Versions
from featurekit.serve.server.watcher import Watcher

if TYPE_CHECKING:
    from featurekit.serve.server.grpc_server import GrpcServer

_LOG = logging.getLogger("featurekit.serve")


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How a model is served.

    Args:
        host: The address to listen on; this machine alone, unless another is given.
        port: Of HTTP; 0 for any that is free.
        grpc_port: Of gRPC; 0 for any that is free, None for no gRPC.
        name: The model's name; that of its folder if it is None.
        batching: How requests are joined.
        limits: What one request may cost.
        poll_seconds: Between two looks for new versions.
        drain_seconds: How long requests may take that run when the server is stopped.
    """

    host: str = "127.0.0.1"
    port: int = 8501
    grpc_port: int | None = 8500
    name: str | None = None
    batching: BatchingOptions = field(default_factory=BatchingOptions)
    limits: Limits = field(default_factory=Limits)
    poll_seconds: float = 2.0
    drain_seconds: float = 30.0


class ModelServer:
    """Serves the versions in a folder.

    Args:
        folder: The folder of versions, or one version.
        options: How it is served.
        make_observer: Makes what watches the rows of a version, from its folder.

    Raises:
        ArtifactError: No version can be loaded.
        RequestError: The address cannot be listened on (ADDRESS).
    """

    def __init__(
        self,
        folder: Path,
        options: ServerOptions | None = None,
        *,
        make_observer: MakeObserver | None = None,
    ) -> None:
        self.options = options or ServerOptions()
        self.name = self.options.name or model_name(folder)
        self._observation = Observation(make_observer)
        self.versions = Versions(folder, on_change=self._observation.begin)
        self.metrics = Metrics()
        self.metrics.registry.register(DataMetrics(self.versions, self._observation))
        self.versions.refresh()
        if self.versions.current is None:
            raise _nothing_to_serve(folder, self.versions)
        self._socket = _listen(self.options.host, self.options.port)
        self.port: int = self._socket.getsockname()[1]
        self.grpc_port: int | None = None
        self._http: uvicorn.Server | None = None

    async def serve(self, on_start: Callable[[], None] = lambda: None) -> None:
        """Serves until SIGTERM, SIGINT or `stop`, and answers what was asked before."""
        batcher = Batcher(self.options.batching, self.metrics.batch)
        predictor = Predictor(
            self.name,
            self.versions,
            batcher,
            self.options.limits,
            self.metrics,
            self._observation,
        )
        watcher = Watcher(self.versions, self.options.poll_seconds)
        grpc = await self._start_grpc(predictor)
        config = self._http_config(predictor)
        self._http = _HttpServer(config, on_start, grpc, self.options.drain_seconds)
        self._observation.start()
        watcher.start()
        try:
            await self._http.serve(sockets=[self._socket])
        finally:
            batcher.close()
            await asyncio.to_thread(watcher.stop)
            await asyncio.to_thread(self._observation.stop)

    def stop(self) -> None:
        """Ends `serve`, from any thread."""
        if self._http is not None:
            self._http.should_exit = True

    async def _start_grpc(self, predictor: Predictor) -> "GrpcServer | None":
        if self.options.grpc_port is None:
            return None
        # Imported here: HTTP alone needs no gRPC.
        from featurekit.serve.server.grpc_server import GrpcServer

        found = GrpcServer(predictor, self.options.host, self.options.grpc_port)
        await found.start()
        self.grpc_port = found.port
        return found

    def _http_config(self, predictor: Predictor) -> uvicorn.Config:
        limits = self.options.limits
        return uvicorn.Config(
            make_app(predictor),
            http=with_deadline(limits.read_seconds),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=limits.max_connections,
            timeout_keep_alive=int(limits.idle_seconds),
            timeout_graceful_shutdown=int(self.options.drain_seconds),
        )


class _HttpServer(uvicorn.Server):
    """Says when it listens, and ends gRPC when it ends."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_start: Callable[[], None],
        grpc: "GrpcServer | None",
        drain_seconds: float,
    ) -> None:
        super().__init__(config)
        self._on_start = on_start
        self._grpc = grpc
        self._drain_seconds = drain_seconds

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT end the server, and are then dealt with.

        Uvicorn's own raises them again, which would end the process before `serve`.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        wanted = (signal.SIGTERM, signal.SIGINT)
        before = {one: signal.signal(one, self.handle_exit) for one in wanted}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        async with asyncio.TaskGroup() as both:
            both.create_task(super().shutdown(sockets))
            if self._grpc is not None:
                both.create_task(self._grpc.stop(self._drain_seconds))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise RequestError(
            f"the address cannot be listened on: {error.strerror or error}",
            code="ADDRESS",
            got=f"{host}:{port}",
            hint="choose another --host or --port",
        ) from None


def _nothing_to_serve(folder: Path, versions: Versions) -> ArtifactError:
    refused = [one for one in versions.statuses() if one.error is not None]
    if refused and refused[0].error is not None:
        newest = refused[0]
        assert newest.error is not None
        return ArtifactError(
            f"version {newest.number} is refused, and there is no other: "
            f"{newest.error.message}",
            code=newest.error.code,
            file=newest.error.file,
            hint=newest.error.hint,
        )
    return ArtifactError(
        "the folder holds no version of a model",
        code="NO_VERSION",
        file=str(folder),
        expected="folders named 1, 2, ..., each an exported model",
        hint="featurekit export writes one",
    )
