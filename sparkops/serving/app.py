"""HTTP over a scorer: MLflow's `/invocations`, and what an orchestrator asks for. No Spark, MLflow or pandas."""

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
from sparkops.serving.protocol import RequestError, Row, answer, rows_of

MAX_BYTES = 16_000_000
MAX_ROWS = 100_000
_PATHS = "There is POST /invocations (?explain=true), GET /ping, /health/live, /health/ready and /."
_INLINE_ROWS = 200  # about 2 ms of scoring: less than handing it to a thread is worth


@dataclass(frozen=True, slots=True)
class Service:
    """One scorer and how it is served.

    Args:
        scorer: What scores.
        health: Answers whether the scorer is ready; without one it always is.
        name: The model's name, as `GET /` shows it.
        version: The model's version, likewise.
        max_bytes: Largest body that is read.
        max_rows: Most rows in one request.
    """

    scorer: RowScorer
    _: KW_ONLY
    health: Health | None = None
    name: str = "model"
    version: str = ""
    max_bytes: int = MAX_BYTES
    max_rows: int = MAX_ROWS

    async def invocations(self, request: Request) -> Response:
        """Score the rows of a request; with `?explain=true` each answer says what each field contributed."""
        explain = _asks_why(request)
        body = await _body(request, self.max_bytes)
        rows = rows_of(body, request.headers.get("content-type", ""), self.scorer.fields)
        if len(rows) > self.max_rows:
            raise RequestError(
                f"The request has {len(rows)} rows; send at most {self.max_rows} at once.", status=413
            )
        inline = self.scorer.is_fast and len(rows) <= _INLINE_ROWS and not explain
        score = partial(_score, self.scorer, rows, explain=explain)
        scored = score() if inline else await run_in_threadpool(score)
        return Response(answer(*scored), media_type="application/json")

    async def ready(self, _: Request) -> Response:
        """Say whether the scorer still answers as its certificate does."""
        health = self.health or Health(self.scorer, ())
        reason = await run_in_threadpool(health.trouble)
        if reason:
            return JSONResponse({"status": "not ready", "reason": reason}, status_code=503)
        facts = {
            "model": self.name,
            "version": self.version,
            "checked": health.cases,
            "certified": health.cases > 0,
            **({"rules_broken": dict(self.scorer.broken)} if self.scorer.broken else {}),
        }
        return JSONResponse({"status": "ready", **facts})


def create_app(service: Service) -> Starlette:
    """Return the ASGI application that scores rows over HTTP."""
    facts = {"model": service.name, "version": service.version, **_described(service.scorer)}
    return Starlette(
        routes=[
            Route("/invocations", service.invocations, methods=["POST"]),
            Route("/health/ready", service.ready),
            Route("/health/live", _always(JSONResponse({"status": "live"}))),
            Route("/ping", _always(Response("\n", media_type="application/json"))),
            Route("/health", _always(Response("\n", media_type="application/json"))),
            Route("/version", _always(PlainTextResponse(service.version or service.scorer.version))),
            Route("/", _always(JSONResponse(facts))),
        ],
        exception_handlers={RequestError: _refused, ClientDisconnect: _gone, 404: _unknown, 405: _unknown},
    )


def _always(response: Response) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return response

    return endpoint


def _asks_why(request: Request) -> bool:
    said = request.query_params.get("explain", "false")
    if said not in ("true", "false"):
        raise RequestError(f"`explain` is true or false, not `{said}`.")
    return said == "true"


def _score(
    scorer: RowScorer, rows: list[Row], *, explain: bool
) -> tuple[list[Mapping[str, Any]], dict[int, str]]:
    """Return each row's outputs, and why rows were rejected; a rejected row's outputs are null."""
    score = partial(_explained, scorer) if explain else scorer.score
    nothing = {output.name: None for output in scorer.outputs} | ({"explanation": None} if explain else {})
    outputs: list[Mapping[str, Any]] = []
    rejected: dict[int, str] = {}
    for index, row in enumerate(rows):
        try:
            outputs.append(score(row))
        except RowRejected as error:
            rejected[index] = str(error)
            outputs.append(nothing)
        except RowError as error:
            field = getattr(error, "field", None)
            raise RequestError(f"Row {index}: {error}", row=index, field=field) from error
        except ModelError as error:  # the model's own process
            raise RequestError(str(error), status=503) from error
    return outputs, rejected


def _explained(scorer: RowScorer, row: Row) -> dict[str, Any]:
    try:
        return scorer.score(row, explain=True)
    except ModelError as error:
        raise RequestError(f"{error} Leave `explain` out.") from error


async def _body(request: Request, most: int) -> bytes:
    """Return the body, giving up at the first byte too many: a declared length may lie."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise RequestError(f"The body is larger than {most} bytes; send fewer rows at once.", status=413)
        parts.append(part)
    return b"".join(parts)


def _refused(_: Request, error: Exception) -> Response:
    """Return an error in the shape of MLflow's own server, with the row and field where they are known."""
    assert isinstance(error, RequestError)  # Starlette names it by any exception
    code = {
        413: "REQUEST_TOO_LARGE",
        415: "UNSUPPORTED_MEDIA_TYPE",
        503: "TEMPORARILY_UNAVAILABLE",
    }.get(error.status, "BAD_REQUEST")
    where = {"row": error.row, "field": error.field}
    known = {name: value for name, value in where.items() if value is not None}
    return JSONResponse({"error_code": code, "message": str(error), **known}, error.status)


def _unknown(request: Request, error: Exception) -> Response:
    """Say which paths there are, where another, or another method, was asked for."""
    assert isinstance(error, HTTPException)
    message = f"`{request.method} {request.url.path}` is not answered here. {_PATHS}"
    told = {"error_code": "ENDPOINT_NOT_FOUND", "message": message}
    return JSONResponse(told, error.status_code, error.headers)


def _gone(_: Request, error: Exception) -> Response:
    del error
    return Response(status_code=499)


def _described(scorer: RowScorer) -> dict[str, Any]:
    return {
        "scorer": scorer.version,
        "fields": [{"name": field.name, "type": field.type} for field in scorer.fields],
        "outputs": [{"name": output.name, "type": output.type} for output in scorer.outputs],
    }
