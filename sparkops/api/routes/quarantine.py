"""`/quarantine`: rows that checks have kept out of their tables: shown without Spark, released by a worker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sparkops.api.database.submission import JobRequest
from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import read_callback, read_json, read_limit, require_known, require_type
from sparkops.api.routes.submit import answer_submission, require_job_or_admin
from sparkops.api.service import JobService
from sparkops.engine.engine import Engine
from sparkops.engine.operations.release import ReleaseRequest, validate_request
from sparkops.errors import InputError
from sparkops.pipeline.checks.quarantine_summary import QuarantineSummary
from sparkops.pipeline.json_values.quarantine import quarantine_to_json
from sparkops.pipeline.staging import QUARANTINE_SUFFIX
from sparkops.tables import Tables

_FIELDS: Final = ("run", "set", "discard", "callback")


def make_quarantine_routes(service: JobService) -> list[Route]:
    """Return the routes of quarantines."""

    async def list_quarantines(request: Request) -> Response:
        require_known(list(request.query_params), (), "query parameter")
        tables = await asyncio.to_thread(lambda: list(_list_quarantines(service.engine)))
        return answer(request, {"tables": tables})

    async def show(request: Request) -> Response:
        require_known(list(request.query_params), ("run", "limit"), "query parameter")
        limit = read_limit(request, default=10, most=1000)
        name, run = request.path_params["table"], request.query_params.get("run")
        summary = await asyncio.to_thread(_summarize, service.engine.container.tables, name, run, limit)
        body = {"table": name, **_count(summary), **quarantine_to_json(summary)}
        return answer(request, body)

    async def release(request: Request) -> Response:
        table = request.path_params["table"]
        body = await read_json(request, service.settings.max_bytes)
        release_request = read_release(table, body)
        await asyncio.to_thread(service.reload)
        writers = [
            job.name
            for job in service.engine.project.declared.values()
            if any(write.table == table for write in job.writes)
        ]
        # A table that no job writes is released by who may run every job.
        for name in writers or ["*"]:
            require_job_or_admin(request, name)
        await asyncio.to_thread(validate_request, service.engine.container.tables, release_request)
        options = {name: value for name, value in asdict(release_request).items() if name != "table"}
        job_request = JobRequest(
            job="release", kind="release", target=table, options=options, callback=read_callback(body)
        )
        return await answer_submission(service, request, job_request, served_as=next(iter(writers), None))

    return [
        Route("/quarantine", list_quarantines, methods=["GET"]),
        Route("/quarantine/{table}", show, methods=["GET"]),
        Route("/quarantine/{table}/release", release, methods=["POST"]),
    ]


def _list_quarantines(engine: Engine) -> Iterator[dict[str, Any]]:
    """Yield the tables of which rows are in quarantine, or in a release that was interrupted."""
    for table in engine.tables():
        if table.kind == "delta" and not table.name.endswith(QUARANTINE_SUFFIX):
            summary = engine.container.tables.summarize_quarantine(table.name)
            if summary.row_count or summary.interrupted:
                yield {"table": table.name, **_count(summary)}


def read_release(table: str, body: Mapping[str, Any]) -> ReleaseRequest:
    """Return the release that a body asks for.

    Raises:
        InputError: A field is unknown or has a wrong type.
    """
    require_known(body, _FIELDS, "field")
    repairs = require_type(body, "set", dict, {})
    if not all(isinstance(text, str) and text.strip() for text in repairs.values()):
        raise InputError('`set` is no object of expressions: send {"set": {"distance": "abs(distance)"}}.')
    return ReleaseRequest(
        table=table,
        run=require_type(body, "run", str, "") or None,
        repairs=repairs,
        discard=require_type(body, "discard", bool, False),
    )


def _summarize(tables: Tables, table: str, run: str | None, rows: int) -> QuarantineSummary:
    validate_request(tables, ReleaseRequest(table=table, run=run))
    return tables.summarize_quarantine(table, run=run, rows=rows)


def _count(summary: QuarantineSummary) -> dict[str, Any]:
    return {
        "held": summary.row_count,
        "runs": list(summary.runs),
        "interrupted": list(summary.interrupted),
    }
