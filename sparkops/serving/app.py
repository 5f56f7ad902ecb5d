"""The HTTP application of a scorer: MLflow's `/invocations` and health endpoints.

It needs no Spark, MLflow or pandas.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sparkops.serving.answer import format_json
from sparkops.serving.invocations import Invocations
from sparkops.serving.request_error import RequestError, shorten
from sparkops.serving.service import Service

_INVOCATIONS = "/invocations"
_PATHS = (
    "There is POST /invocations (?explain=true, ?outputs=, ?extra=, ?on_error=, ?strict=true), GET /ping, "
    "/health/live, /health/ready, /version and /."
)


def create_app(service: Service) -> ASGIApp:
    """Return the ASGI application that scores rows over HTTP."""
    invocations = Invocations(service)
    router = _create_router(service, invocations)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_scoring = scope["type"] == "http" and scope["path"] == _INVOCATIONS and scope["method"] == "POST"
        await (invocations if is_scoring else router)(scope, receive, send)

    return app


def _create_router(service: Service, invocations: Invocations) -> Starlette:
    """Return the application of all endpoints; `create_app` calls that of `POST /invocations` directly."""
    live = Response(format_json({"status": "live"}), media_type="application/json")
    ping = Response("\n", media_type="application/json")
    facts = Response(format_json(service.describe()), media_type="application/json")
    application = Starlette(
        routes=[
            Route(_INVOCATIONS, invocations, methods=["POST"]),
            Route("/health/ready", _make_readiness_endpoint(service)),
            Route("/health/live", _make_constant_endpoint(live)),
            Route("/ping", _make_constant_endpoint(ping)),
            Route("/health", _make_constant_endpoint(ping)),
            Route(
                "/version",
                _make_constant_endpoint(PlainTextResponse(service.version or service.scorer.version)),
            ),
            Route("/", _make_constant_endpoint(facts)),
        ],
        exception_handlers={404: _answer_unknown_path, 405: _answer_unknown_path},
    )
    # The redirect to a path without its last slash fails where the query is not UTF-8.
    application.router.redirect_slashes = False
    return application


def _make_constant_endpoint(response: Response) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return response

    return endpoint


def _make_readiness_endpoint(service: Service) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that answers whether the scorer still agrees with its certificate."""

    async def endpoint(_: Request) -> Response:
        reason = await run_in_threadpool(service.find_problem)
        body = {"status": "not ready", "reason": reason} if reason else service.describe_readiness()
        return Response(format_json(body), 503 if reason else 200, media_type="application/json")

    return endpoint


def _answer_unknown_path(request: Request, error: Exception) -> Response:
    """Return the existing paths for an unknown path or method."""
    assert isinstance(error, HTTPException)
    # `request.url` cannot be read where the query is not ASCII.
    path = shorten(str(request.scope["path"]), 200)
    message = f"`{request.method} {path}` does not exist. {_PATHS}"
    body = RequestError(message, status=error.status_code).to_json()
    return Response(format_json(body), error.status_code, error.headers, media_type="application/json")
