"""Errors as answers: problem details in JSON (RFC 9457), with the status that a caller can act on."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from sparkops.api.database.submissions import KeyReused
from sparkops.api.security_headers import add_security_headers
from sparkops.api.service import QueueFull
from sparkops.core.control_characters import escape_controls
from sparkops.core.masking import mask
from sparkops.errors import (
    EngineError,
    InputError,
    ParamErrors,
    ProjectError,
    SparkopsError,
    TableBusy,
    UnknownName,
    VersionGone,
)

_log = logging.getLogger("sparkops.api")

MEDIA_TYPE: Final = "application/problem+json"
_MAX_DETAIL: Final = 4000
_NOT_ALLOWED: Final = 405
# The first class that an error is an instance of decides.
_STATUSES: Final[tuple[tuple[type[SparkopsError], int], ...]] = (
    (QueueFull, 429),
    (KeyReused, 409),
    (UnknownName, 404),
    (VersionGone, 410),
    (TableBusy, 409),
    (ProjectError, 503),
    (InputError, 422),
    (EngineError, 503),
)
_TITLES: Final[Mapping[int, str]] = {
    400: "The request cannot be read",
    401: "A token is needed",
    403: "The token does not allow this",
    404: "Not there",
    405: "The method is not allowed",
    409: "In conflict with another request",
    410: "Not there any more",
    413: "The request is too large",
    415: "The body has an unknown format",
    422: "The request is invalid",
    429: "Too many requests",
    503: "Not available now",
}


class RequestProblem(SparkopsError):
    """A request that cannot be answered.

    Args:
        message: What is wrong, and what is accepted.
        status: HTTP status.
        headers: Headers of the answer.
    """

    def __init__(self, message: str, *, status: int, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.headers = status, dict(headers or {})
        super().__init__(message)


def find_status(error: SparkopsError) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, RequestProblem):
        return error.status
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 409)


def build_problem(error: SparkopsError, secrets: tuple[str, ...] = ()) -> Response:
    """Return the answer to a request that an error ended: with all problems of its parameters at once.

    Args:
        error: The error.
        secrets: Values that are masked in it.
    """
    status = find_status(error)
    headers = dict(error.headers) if isinstance(error, RequestProblem) else {}
    if isinstance(error, QueueFull):
        headers["Retry-After"] = str(error.retry_after)
    body: dict[str, Any] = {
        "title": _TITLES.get(status, "The request failed"),
        "status": status,
        "detail": _clean(str(error), secrets),
    }
    if isinstance(error, ParamErrors):
        body["errors"] = [
            {"parameter": _clean(problem.name, secrets), "message": _clean(str(problem), secrets)}
            for problem in error.problems
        ]
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


async def answer_error(request: Request, error: Exception) -> Response:
    """Return the answer to a request that any error of sparkops ended."""
    assert isinstance(error, SparkopsError)
    return build_problem(error, request.app.state.service.secrets)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Return the answer to a request of an unknown path or method."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == _NOT_ALLOWED:
        headers["Allow"] = ", ".join(_list_methods(request))
    path = escape_controls(str(request.scope["path"]))[:200]
    message = f"`{request.method} {path}` does not exist: GET /openapi.json lists what does."
    if error.status_code not in (404, _NOT_ALLOWED):
        message = str(error.detail)
    return build_problem(RequestProblem(message, status=error.status_code, headers=headers))


def _list_methods(request: Request) -> list[str]:
    """Return the methods of a path: the router names those of its first route only, and none for a file of the page."""
    # Below a folder of files, the path of the scope is relative to it.
    scope = {
        **request.scope,
        "root_path": request.scope.get("app_root_path", request.scope.get("root_path", "")),
    }
    routes = (route for route in request.app.routes if isinstance(route, Route))
    methods = (route.methods for route in routes if route.matches(scope)[0] is not Match.NONE)
    return sorted({method for some in methods for method in some or ()}) or ["GET", "HEAD"]


async def answer_unexpected_error(request: Request, error: Exception) -> Response:
    """Return the answer to a request that an unexpected error ended; its traceback is in the service's log."""
    _log.error("%s %s failed", request.method, request.scope["path"], exc_info=error)
    response = build_problem(
        RequestProblem("An unexpected error: the log of the service has it.", status=500)
    )
    # This answer passes no middleware.
    add_security_headers(response.headers)
    return response


def _clean(text: str, secrets: tuple[str, ...]) -> str:
    return escape_controls(mask(text, secrets))[:_MAX_DETAIL]
