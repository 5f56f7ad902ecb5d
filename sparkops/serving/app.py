"""The HTTP application of a scorer: MLflow's `/invocations` and health endpoints. No Spark, MLflow or pandas."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sparkops.errors import ModelError, RowError, RowRejected
from sparkops.scoring.protocol import RowScorer
from sparkops.serving.health import Health
from sparkops.serving.protocol import RequestError, Row, format_answer, read_rows

MAX_BYTES = 16_000_000
MAX_ROWS = 100_000
_PATHS = "There is POST /invocations (?explain=true), GET /ping, /health/live, /health/ready and /."
# About 2 ms of scoring; a thread would cost more than it saves.
_INLINE_ROWS = 200


@dataclass(frozen=True, slots=True)
class Service:
    """A scorer and its serving options.

    Args:
        scorer: The scorer.
        health: Readiness check; without one the service is always ready.
        name: Model name, shown by `GET /`.
        version: Model version, shown by `GET /`.
        max_bytes: Maximum size of a request body.
        max_rows: Maximum number of rows in a request.
    """

    scorer: RowScorer
    _: KW_ONLY
    health: Health | None = None
    name: str = "model"
    version: str = ""
    max_bytes: int = MAX_BYTES
    max_rows: int = MAX_ROWS

    async def invocations(self, request: Request) -> Response:
        """Score the rows of a request; `?explain=true` adds the contribution of each field."""
        explain = _read_explain(request)
        body = await _read_body(request, self.max_bytes)
        rows = read_rows(body, request.headers.get("content-type", ""), self.scorer.fields)
        if len(rows) > self.max_rows:
            raise RequestError(
                f"The request has {len(rows)} rows; send at most {self.max_rows} at once.", status=413
            )
        inline = self.scorer.is_fast and len(rows) <= _INLINE_ROWS and not explain
        score = partial(_score, self.scorer, rows, explain=explain)
        scored = score() if inline else await run_in_threadpool(score)
        return Response(format_answer(*scored), media_type="application/json")

    async def ready(self, _: Request) -> Response:
        """Return whether the scorer still agrees with its certificate."""
        health = self.health or Health(self.scorer, ())
        reason = await run_in_threadpool(health.find_problem)
        if reason:
            return JSONResponse({"status": "not ready", "reason": reason}, status_code=503)
        facts = {
            "model": self.name,
            "version": self.version,
            "checked": health.case_count,
            "certified": health.case_count > 0,
            **({"rules_broken": dict(self.scorer.broken)} if self.scorer.broken else {}),
        }
        return JSONResponse({"status": "ready", **facts})


def create_app(service: Service) -> Starlette:
    """Return the ASGI application that scores rows over HTTP."""
    facts = {"model": service.name, "version": service.version, **_describe(service.scorer)}
    return Starlette(
        routes=[
            Route("/invocations", service.invocations, methods=["POST"]),
            Route("/health/ready", service.ready),
            Route("/health/live", _constant(JSONResponse({"status": "live"}))),
            Route("/ping", _constant(Response("\n", media_type="application/json"))),
            Route("/health", _constant(Response("\n", media_type="application/json"))),
            Route("/version", _constant(PlainTextResponse(service.version or service.scorer.version))),
            Route("/", _constant(JSONResponse(facts))),
        ],
        exception_handlers={
            RequestError: _bad_request,
            ClientDisconnect: _client_disconnected,
            404: _unknown,
            405: _unknown,
        },
    )


def _constant(response: Response) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return response

    return endpoint


def _read_explain(request: Request) -> bool:
    value = request.query_params.get("explain", "false")
    if value not in ("true", "false"):
        raise RequestError(f"`explain` must be true or false, not `{value}`.")
    return value == "true"


def _score(
    scorer: RowScorer, rows: list[Row], *, explain: bool
) -> tuple[list[Mapping[str, Any]], dict[int, str]]:
    """Return the outputs of each row, and the reason for each rejected row, whose outputs are null."""
    score = partial(_score_and_explain, scorer) if explain else scorer.score
    empty = {output.name: None for output in scorer.outputs} | ({"explanation": None} if explain else {})
    outputs: list[Mapping[str, Any]] = []
    rejected: dict[int, str] = {}
    for index, row in enumerate(rows):
        try:
            outputs.append(score(row))
        except RowRejected as error:
            rejected[index] = str(error)
            outputs.append(empty)
        except RowError as error:
            field = getattr(error, "field", None)
            raise RequestError(f"Row {index}: {error}", row=index, field=field) from error
        except ModelError as error:
            # A model that is not Spark's is scored in a process of its own, which raises this.
            raise RequestError(str(error), status=503) from error
    return outputs, rejected


def _score_and_explain(scorer: RowScorer, row: Row) -> dict[str, Any]:
    try:
        return scorer.score(row, explain=True)
    except ModelError as error:
        raise RequestError(f"{error} Remove `explain`.") from error


async def _read_body(request: Request, limit: int) -> bytes:
    """Read the body up to the limit; the declared length may be wrong."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise RequestError(f"The body is larger than {limit} bytes; send fewer rows at once.", status=413)
        parts.append(part)
    return b"".join(parts)


def _bad_request(_: Request, error: Exception) -> Response:
    """Return an error in MLflow's format, with row and field where known."""
    # Starlette declares handlers for any exception.
    assert isinstance(error, RequestError)
    code = {
        413: "REQUEST_TOO_LARGE",
        415: "UNSUPPORTED_MEDIA_TYPE",
        503: "TEMPORARILY_UNAVAILABLE",
    }.get(error.status, "BAD_REQUEST")
    where = {"row": error.row, "field": error.field}
    known = {name: value for name, value in where.items() if value is not None}
    return JSONResponse({"error_code": code, "message": str(error), **known}, error.status)


def _unknown(request: Request, error: Exception) -> Response:
    """Return the existing paths for an unknown path or method."""
    assert isinstance(error, HTTPException)
    message = f"`{request.method} {request.url.path}` does not exist. {_PATHS}"
    body = {"error_code": "ENDPOINT_NOT_FOUND", "message": message}
    return JSONResponse(body, error.status_code, error.headers)


def _client_disconnected(_: Request, error: Exception) -> Response:
    del error
    return Response(status_code=499)


def _describe(scorer: RowScorer) -> dict[str, Any]:
    return {
        "scorer": scorer.version,
        "fields": [{"name": field.name, "type": field.type} for field in scorer.fields],
        "outputs": [{"name": output.name, "type": output.type} for output in scorer.outputs],
    }
