"""The REST interface of TensorFlow Serving, and what this server adds to it.

POST /v1/models/<m>[/versions/<v>|/labels/<l>]:predict|:classify|:regress
GET  /v1/models/<m>[/versions/<v>|/labels/<l>][/metadata]
POST /v1/models/<m>:rollback
GET  /health/live  /health/ready  /monitoring/prometheus/metrics
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from featurekit.errors import FeatureKitError, RequestError
from featurekit.serve.server import rest_heads, rest_tensors
from featurekit.serve.server.failures import error_body, http_status
from featurekit.serve.server.loaded_version import Arrays, LoadedVersion, as_strings
from featurekit.serve.server.metadata import metadata_json
from featurekit.serve.server.predictor import Predictor
from featurekit.serve.server.request_body import read_json
from featurekit.serve.server.signatures import head_signature
from featurekit.serve.server.version_states import State

Answer = Callable[[LoadedVersion, Any], Awaitable[dict[str, Any]]]
VERSION_HEADER = "x-model-version"
MODEL = "/v1/models/{name}"


def json_response(body: Any, status: int = 200, version: int | None = None) -> Response:
    """A JSON answer that names the version it is of."""
    headers = {} if version is None else {VERSION_HEADER: str(version)}
    text = json.dumps(body, separators=(",", ":"))
    return Response(text, status, headers, media_type="application/json")


def error_response(error: FeatureKitError, version: int | None = None) -> Response:
    """The answer to a request that failed."""
    return json_response(error_body(error), http_status(error), version)


class RestService:
    """Answers HTTP requests.

    Args:
        predictor: The model.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._verbs: dict[str, Answer] = {
            "predict": self._predict,
            "classify": self._classify,
            "regress": self._regress,
        }

    def routes(self) -> list[BaseRoute]:
        """All paths; an application may add its own."""
        found: list[BaseRoute] = []
        for target in (
            MODEL,
            f"{MODEL}/versions/{{version}}",
            f"{MODEL}/labels/{{label}}",
        ):
            found += [
                Route(f"{target}:{{verb}}", self._call, methods=["POST"]),
                Route(f"{target}/metadata", self._metadata, methods=["GET"]),
                Route(target, self._status, methods=["GET"]),
            ]
        return [
            Route(f"{MODEL}:rollback", self._roll_back, methods=["POST"]),
            *found,
            Route("/health/live", self._live, methods=["GET"]),
            Route("/health/ready", self._ready, methods=["GET"]),
            Route("/monitoring/prometheus/metrics", self._metrics, methods=["GET"]),
        ]

    async def _call(self, request: Request) -> Response:
        """A verb of a version."""
        verb = request.path_params["verb"]
        answer = self._verbs.get(verb)
        if answer is None:
            return error_response(
                RequestError(
                    "the model has no such method",
                    code="NO_SUCH_PATH",
                    expected=", ".join(sorted([*self._verbs, "rollback"])),
                )
            )
        version: int | None = None
        with self._predictor.metrics.request("rest", verb) as outcome:
            outcome.code = "CANCELLED"  # until there is an answer
            try:
                # Read before a version is taken: a slow client holds none in memory.
                self._predictor.check_name(request.path_params["name"])
                body = await read_json(request, self._predictor.limits)
                with self._predictor.versions.lease(*_wanted(request)) as model:
                    version = model.number
                    found = await answer(model, body)
                response = json_response(found, version=version)
                outcome.code = "OK"
            except FeatureKitError as error:
                outcome.code = error.code
                response = error_response(error, version)
        return response

    async def _predict(self, model: LoadedVersion, body: Any) -> dict[str, Any]:
        by_row = rest_tensors.is_row_format(body)
        signature = model.signatures[rest_tensors.signature_name(body)]
        rows = rest_tensors.read_rows(body, signature)
        self._predictor.limits.check_rows(len(rows))
        called, inputs = rest_tensors.to_inputs(model, signature, rows)
        outputs = await self._predictor.run(model, called, inputs)
        return rest_tensors.answer_body(outputs, by_row=by_row)

    async def _classify(self, model: LoadedVersion, body: Any) -> dict[str, Any]:
        outputs = await self._head(model, body, {"classes", "scores"})
        return rest_heads.classify_body(outputs)

    async def _regress(self, model: LoadedVersion, body: Any) -> dict[str, Any]:
        outputs = await self._head(model, body, {"outputs"})
        return rest_heads.regress_body(outputs)

    async def _head(self, model: LoadedVersion, body: Any, names: set[str]) -> Arrays:
        """The outputs for the examples of a request to classify or regress."""
        rows = rest_heads.read_examples(body)
        self._predictor.limits.check_rows(len(rows))
        asked = body.get("signature_name") or ""
        signature = head_signature(model.signatures, asked, names)
        examples = as_strings(model.rows.to_examples(rows))
        return await self._predictor.run(
            model, signature, {str(signature.text_input): examples}
        )

    async def _status(self, request: Request) -> Response:
        """The states of the versions, as TensorFlow Serving writes them."""
        self._predictor.check_name(request.path_params["name"])
        number, label = _wanted(request)
        found = self._predictor.versions.statuses()
        if label is not None:
            with self._predictor.versions.lease(label=label) as model:
                number = model.number
        if number is not None:
            found = [one for one in found if one.number == number]
            if not found:
                raise RequestError(
                    "there is no such version", code="NO_SUCH_VERSION", got=number
                )
        return json_response({"model_version_status": [one.as_dict() for one in found]})

    async def _metadata(self, request: Request) -> Response:
        """The signatures, as TensorFlow Serving writes them."""
        self._predictor.check_name(request.path_params["name"])
        with self._predictor.versions.lease(*_wanted(request)) as model:
            found = metadata_json(self._predictor.name, model)
            return json_response(found, version=model.number)

    async def _roll_back(self, request: Request) -> Response:
        self._predictor.check_name(request.path_params["name"])
        number = self._predictor.versions.roll_back()
        return json_response({"version": str(number)}, version=number)

    async def _live(self, request: Request) -> Response:
        """The process answers."""
        return json_response({"status": "live"})

    async def _ready(self, request: Request) -> Response:
        """Whether a version answers, and which versions are refused and why."""
        versions = self._predictor.versions
        current = versions.current
        refused = {
            str(one.number): one.message
            for one in versions.statuses()
            if one.state is State.END
        }
        body = {
            "status": "ready" if current else "not ready",
            "model": self._predictor.name,
            "version": str(current.number) if current else None,
            "refused": refused,
        }
        return json_response(body, 200 if current else 503)

    async def _metrics(self, request: Request) -> Response:
        metrics = self._predictor.metrics
        metrics.queued_rows.set(self._predictor.batcher.queued_rows)
        if current := self._predictor.versions.current:
            metrics.version.set(current.number)
        # Sketches are brought up to date and compared: not in the event loop.
        text = await asyncio.to_thread(generate_latest, metrics.registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)


def _wanted(request: Request) -> tuple[int | None, str | None]:
    """The version or label that the path names."""
    parameters: Mapping[str, str] = request.path_params
    label = parameters.get("label")
    text = parameters.get("version")
    if text is None:
        return None, label
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise RequestError(
            "the version is not a number", code="NO_SUCH_VERSION", got=text
        )
    return int(text), label
