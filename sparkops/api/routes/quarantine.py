"""`/quarantine`: rows that checks have kept out of their tables, read without Spark."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import read_limit, require_known
from sparkops.api.service import JobService
from sparkops.engine.engine import Engine
from sparkops.engine.operations.release import ReleaseRequest, validate_request
from sparkops.pipeline.checks.quarantine_summary import QuarantineSummary
from sparkops.pipeline.json_values.quarantine import quarantine_to_json
from sparkops.pipeline.staging import QUARANTINE_SUFFIX
from sparkops.tables import Tables


def make_quarantine_routes(service: JobService) -> list[Route]:
    """Return the routes of quarantines."""
    container = service.engine.container

    async def list_quarantines(request: Request) -> Response:
        require_known(list(request.query_params), (), "query parameter")
        tables = await asyncio.to_thread(lambda: list(_list_quarantines(service.engine)))
        return answer(request, {"tables": tables})

    async def show(request: Request) -> Response:
        require_known(list(request.query_params), ("run", "limit"), "query parameter")
        limit = read_limit(request, default=10, most=1000)
        name, run = request.path_params["table"], request.query_params.get("run")
        summary = await asyncio.to_thread(_summarize, container.tables, name, run, limit)
        body = {"table": name, **_count(summary), **quarantine_to_json(summary)}
        return answer(request, body)

    return [
        Route("/quarantine", list_quarantines, methods=["GET"]),
        Route("/quarantine/{table}", show, methods=["GET"]),
    ]


def _list_quarantines(engine: Engine) -> Iterator[dict[str, Any]]:
    """Yield the tables of which rows are in quarantine, or in a release that was interrupted."""
    for table in engine.tables():
        if table.kind == "delta" and not table.name.endswith(QUARANTINE_SUFFIX):
            summary = engine.container.tables.summarize_quarantine(table.name)
            if summary.row_count or summary.interrupted:
                yield {"table": table.name, **_count(summary)}


def _summarize(tables: Tables, table: str, run: str | None, rows: int) -> QuarantineSummary:
    validate_request(tables, ReleaseRequest(table=table, run=run))
    return tables.summarize_quarantine(table, run=run, rows=rows)


def _count(summary: QuarantineSummary) -> dict[str, Any]:
    return {
        "held": summary.row_count,
        "runs": list(summary.runs),
        "interrupted": list(summary.interrupted),
    }
