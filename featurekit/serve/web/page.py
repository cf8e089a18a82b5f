"""The routes of the page, and the facts that it shows."""

import asyncio
import json
import math
from dataclasses import asdict
from importlib.resources import files
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from featurekit.errors import FeatureKitError
from featurekit.serve import golden
from featurekit.serve.artifact import EXTRA
from featurekit.serve.json_notation import to_json_rows
from featurekit.serve.server.failures import error_body
from featurekit.serve.server.loaded_version import LoadedVersion
from featurekit.serve.server.observation import Observation
from featurekit.serve.server.predictor import Predictor
from featurekit.serve.server.request_body import read_json
from featurekit.serve.server.rest import error_response, json_response

_FILES = {
    "/": ("page.html", "text/html"),
    "/page/page.css": ("page.css", "text/css"),
    "/page/page.js": ("page.js", "text/javascript"),
    "/page/charts.js": ("charts.js", "text/javascript"),
}
_EXACT_IN_BROWSERS = 2**53
# Nothing of another place is loaded, and no text of a request becomes code.
_HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}


class Page:
    """What the page asks of the server.

    Args:
        predictor: The model.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    def routes(self) -> list[BaseRoute]:
        """The page, its files, and the facts that it shows."""
        return [
            *(_file_route(path, *found) for path, found in _FILES.items()),
            Route("/page/model", self._model, methods=["GET"]),
            Route("/page/live", self._live, methods=["GET"]),
            Route("/page/explain", self._explain, methods=["POST"]),
        ]

    async def _model(self, request: Request) -> Response:
        """What does not change while a version is served."""
        with self._predictor.versions.lease() as model:
            return json_response(
                {
                    "name": self._predictor.name,
                    "version": model.number,
                    "description": _description(model),
                    "columns": _columns(model),
                    "signatures": _signatures(model),
                },
                version=model.number,
            )

    async def _live(self, request: Request) -> Response:
        """What changes: versions, counts, and how the data are."""
        versions = self._predictor.versions
        current = versions.current
        # Sketches are brought up to date and compared: not in the event loop.
        data = await asyncio.to_thread(_data, self._predictor.observation, current)
        return json_response(
            {
                "version": current.number if current else None,
                "versions": [
                    {
                        "number": one.number,
                        "state": one.state.name,
                        "message": one.message,
                    }
                    for one in versions.statuses()
                ],
                "metrics": self._predictor.metrics.live(),
                "queued_rows": self._predictor.batcher.queued_rows,
                **data,
            }
        )

    async def _explain(self, request: Request) -> Response:
        """A row step by step, and what the model answers."""
        try:
            row = await read_json(request, self._predictor.limits)
            with self._predictor.versions.lease() as model:
                found = await asyncio.to_thread(_explained, model, row)
                return json_response(found, version=model.number)
        except FeatureKitError as error:
            return error_response(error)


def _file_route(path: str, name: str, kind: str) -> Route:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")

    async def answer(request: Request) -> Response:
        return Response(text, headers=_HEADERS, media_type=kind)

    return Route(path, answer, methods=["GET"])


def _description(model: LoadedVersion) -> dict[str, str]:
    found = model.model.description
    return {
        "exported by": f"featurekit {found.library_version}",
        "graph written by": f"TensorFlow {found.tensorflow_version}",
        "declaration": found.spec_fingerprint,
        "statistics": found.stats_fingerprint,
        "preprocessing": found.plan_fingerprint,
        "golden rows": f"{found.golden_rows}, computed again at loading: the same",
    }


def _columns(model: LoadedVersion) -> list[dict[str, Any]]:
    """The columns of a row, with a value that the model accepts."""
    batch = golden.open_rows(model.path / EXTRA / "golden_inputs.arrow")
    inputs = [
        one for one in model.model.spec.serving_inputs if one.name in batch.schema.names
    ]
    dtypes = {one.name: str(one.dtype) for one in inputs}
    sayable = [one for one in inputs if one.dtype != "bytes"]
    # The last row is one of the data, if any was given to the export.
    texts = to_json_rows(batch.slice(batch.num_rows - 1), sayable)
    row = json.loads(texts[0]) if texts else {}
    return [
        {"name": name, "dtype": dtype, "example": _example(row.get(name), dtype)}
        for name, dtype in dtypes.items()
    ]


def _example(value: Any, dtype: str) -> Any:
    """A value as people write it: a float32 without the digits of a float64."""
    if dtype == "float32" and isinstance(value, float):
        value = float(str(np.float32(value)))
    return _shown(value)


def _signatures(model: LoadedVersion) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "inputs": {n: _kind(tensor) for n, tensor in one.inputs.items()},
            "outputs": {n: _kind(tensor) for n, tensor in one.outputs.items()},
        }
        for one in model.signatures.values()
    ]


def _kind(tensor: Any) -> str:
    shape = ", ".join("rows" if i == 0 else str(n) for i, n in enumerate(tensor.shape))
    return f"{tensor.dtype.name} ({shape})"


def _data(observation: Observation, model: LoadedVersion | None) -> dict[str, Any]:
    """How the data are: rates by feature, and drift."""
    observer, report = observation.of(model), observation.report(model)
    if observer is None or report is None:
        return {"rates": {}, "drift": None}
    rates = {
        name: {
            "rows": one.rows,
            "missing_rate": one.missing_rate,
            "unknown_rate": one.unknown_rate,
        }
        for name, one in observer.rates().items()
    }
    return {"rates": rates, "drift": report.as_dict()}


def _explained(model: LoadedVersion, row: Any) -> dict[str, Any]:
    """The steps of a row, and the outputs unless a step refuses it."""
    (named,) = model.rows.named([row])
    steps = model.preprocessor.explain(named)
    body: dict[str, Any] = {
        "version": model.number,
        "steps": [
            {
                **asdict(one),
                "value": _shown(one.value),
                "error": error_body(one.error) if one.error else None,
            }
            for one in steps
        ],
    }
    if steps and steps[-1].error is not None:
        return {**body, "outputs": None}
    outputs = model.model.predict([named])
    shown = {name: _shown(array[0].tolist()) for name, array in outputs.items()}
    return {**body, "outputs": shown}


def _shown(value: Any) -> Any:
    """A value as a browser reads it: its JSON has no bytes, NaN or large integers."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return f"{len(value)} bytes"
    if isinstance(value, tuple | list):
        return [_shown(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)  # NaN, Infinity
    if isinstance(value, int) and abs(value) > _EXACT_IN_BROWSERS:
        return str(value)
    return value
