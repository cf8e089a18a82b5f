"""The HTTP application: all routes, and every error as JSON."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from featurekit.errors import FeatureKitError, RequestError
from featurekit.serve.server.predictor import Predictor
from featurekit.serve.server.rest import RestService, error_response
from featurekit.serve.web.page import Page


def make_app(predictor: Predictor) -> Starlette:
    """The application of a served model."""
    return Starlette(
        routes=[*RestService(predictor).routes(), *Page(predictor).routes()],
        exception_handlers={
            FeatureKitError: _refused,
            HTTPException: _no_route,
            Exception: _failed,
        },
    )


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, FeatureKitError)
    return error_response(error)


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = "BAD_METHOD" if error.status_code == 405 else "NO_SUCH_PATH"
    return error_response(RequestError(error.detail, code=code))


async def _failed(request: Request, error: Exception) -> Response:
    # Starlette raises the error once more, so that its traceback is in the log.
    return error_response(RequestError("the server failed to answer", code="INTERNAL"))
