"""HTTP over a scorer: MLflow's `/invocations`, and what an orchestrator asks for. No Spark, MLflow or pandas."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sparkops.errors import RowError, RowRejected
from sparkops.scoring.scorer import Scorer
from sparkops.serving.health import Health
from sparkops.serving.protocol import RequestError, Row, answer, rows_of

MAX_BYTES = 16_000_000
MAX_ROWS = 100_000
_INLINE_ROWS = 200  # about 2 ms of scoring: less than handing it to a thread is worth


def create_app(
    scorer: Scorer,
    *,
    health: Health | None = None,
    name: str = "model",
    version: str = "",
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
) -> Starlette:
    """Return the ASGI application that scores rows over HTTP.

    Args:
        scorer: What scores.
        health: Answers whether the scorer is ready; without one it always is.
        name: The model's name, as `GET /` shows it.
        version: The model's version, likewise.
        max_bytes: Largest body that is read.
        max_rows: Most rows in one request.
    """
    checked = health or Health(scorer, ())
    facts = {"model": name, "version": version, **_described(scorer)}

    async def invocations(request: Request) -> Response:
        body = await _body(request, max_bytes)
        rows = rows_of(body, request.headers.get("content-type", ""), scorer.fields)
        if len(rows) > max_rows:
            raise RequestError(
                f"The request has {len(rows)} rows; send at most {max_rows} at once.", status=413
            )
        inline = len(rows) <= _INLINE_ROWS
        scored = _score(scorer, rows) if inline else await run_in_threadpool(_score, scorer, rows)
        return Response(answer(*scored), media_type="application/json")

    async def ready(_: Request) -> Response:
        reason = await run_in_threadpool(checked.trouble)
        if reason:
            return JSONResponse({"status": "not ready", "reason": reason}, status_code=503)
        return JSONResponse({"status": "ready", "model": name, "version": version, "checked": checked.cases})

    return Starlette(
        routes=[
            Route("/invocations", _guarded(invocations), methods=["POST"]),
            Route("/health/ready", ready),
            Route("/health/live", _always(JSONResponse({"status": "live"}))),
            Route("/ping", _always(Response("\n", media_type="application/json"))),
            Route("/health", _always(Response("\n", media_type="application/json"))),
            Route("/version", _always(PlainTextResponse(version or scorer.version))),
            Route("/", _always(JSONResponse(facts))),
        ]
    )


Endpoint = Callable[[Request], Awaitable[Response]]


def _guarded(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint with what a caller did wrong told as one JSON message."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RequestError as error:
            return _refused(error)
        except ClientDisconnect:
            return Response(status_code=499)

    return guarded


def _always(response: Response) -> Endpoint:
    async def endpoint(_: Request) -> Response:
        return response

    return endpoint


def _score(scorer: Scorer, rows: list[Row]) -> tuple[list[Mapping[str, Any]], dict[int, str]]:
    """Return each row's outputs, and why rows were rejected; a rejected row's outputs are null."""
    nothing = {output.name: None for output in scorer.outputs}
    outputs: list[Mapping[str, Any]] = []
    rejected: dict[int, str] = {}
    for index, row in enumerate(rows):
        try:
            outputs.append(scorer.score(row))
        except RowRejected as error:
            rejected[index] = str(error)
            outputs.append(nothing)
        except RowError as error:
            field = getattr(error, "field", None)
            raise RequestError(f"Row {index}: {error}", row=index, field=field) from error
    return outputs, rejected


async def _body(request: Request, most: int) -> bytes:
    """Return the body, giving up at the first byte too many: a declared length may lie."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise RequestError(f"The body is larger than {most} bytes; send fewer rows at once.", status=413)
        parts.append(part)
    return b"".join(parts)


def _refused(error: RequestError) -> Response:
    """Return an error in the shape of MLflow's own server, with the row and field where they are known."""
    code = {415: "UNSUPPORTED_MEDIA_TYPE", 413: "REQUEST_TOO_LARGE"}.get(error.status, "BAD_REQUEST")
    where = {"row": error.row, "field": error.field}
    known = {name: value for name, value in where.items() if value is not None}
    return JSONResponse({"error_code": code, "message": str(error), **known}, error.status)


def _described(scorer: Scorer) -> dict[str, Any]:
    return {
        "scorer": scorer.version,
        "fields": [{"name": field.name, "type": field.type} for field in scorer.fields],
        "outputs": [{"name": output.name, "type": output.type} for output in scorer.outputs],
    }
