"""The gRPC port: the services of TensorFlow Serving, and the standard health check."""

from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from tensorflow_serving.apis import (
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
)

from featurekit.errors import RequestError
from featurekit.serve.server.grpc_service import ModelService, PredictionService
from featurekit.serve.server.predictor import Predictor

_SERVICES = (
    "",
    "tensorflow.serving.PredictionService",
    "tensorflow.serving.ModelService",
)


class GrpcServer:
    """Serves a model by gRPC, in the event loop that it is started in.

    Args:
        predictor: The model.
        host: The address to listen on.
        port: 0 for any that is free.
    """

    def __init__(self, predictor: Predictor, host: str, port: int) -> None:
        self._predictor = predictor
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._health = health.aio.HealthServicer()
        self._server: Any = None
        self.port = 0

    async def start(self) -> None:
        """Starts to listen.

        Raises:
            RequestError: The address cannot be listened on (ADDRESS).
        """
        limits = self._predictor.limits
        self._server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", limits.max_body_bytes),
                ("grpc.max_connection_idle_ms", int(1000 * limits.idle_seconds)),
                ("grpc.max_metadata_size", 16 * 1024),
                ("grpc.so_reuseport", 0),
            ],
            maximum_concurrent_rpcs=limits.max_connections,
        )
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            PredictionService(self._predictor), self._server
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(
            ModelService(self._predictor), self._server
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        try:
            self.port = self._server.add_insecure_port(self._address)
        except RuntimeError:
            raise RequestError(
                "the address of gRPC cannot be listened on",
                code="ADDRESS",
                got=self._address,
                hint="choose another --host or --grpc-port",
            ) from None
        for name in _SERVICES:
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        await self._server.start()

    async def stop(self, seconds: float) -> None:
        """Takes no new requests, and waits for those that run."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(seconds)
