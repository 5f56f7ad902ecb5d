"""`/tables`: the catalog, versions and first rows, read without Spark."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import read_limit, read_version
from sparkops.api.service import JobService
from sparkops.pipeline.json_values.tables import commit_to_json, table_info_to_json
from sparkops.tables.backends.deltars.arrow_rows import to_rows


def make_table_routes(service: JobService) -> list[Route]:
    """Return the routes of tables."""
    engine = service.engine

    async def list_tables(request: Request) -> Response:
        tables = await asyncio.to_thread(engine.tables)
        return answer(request, {"tables": [table_info_to_json(table) for table in tables]})

    async def history(request: Request) -> Response:
        name, limit = request.path_params["table"], read_limit(request, default=20, most=1000)
        commits = await asyncio.to_thread(engine.history, name, limit=limit)
        return answer(request, {"table": name, "versions": [commit_to_json(commit) for commit in commits]})

    async def preview(request: Request) -> Response:
        name, limit = request.path_params["table"], read_limit(request, default=10, most=1000)
        version = read_version(request)
        rows = await asyncio.to_thread(engine.container.tables.read_arrow, name, version, limit=limit)
        return answer(request, {"table": name, "columns": rows.column_names, "rows": to_rows(rows)})

    return [
        Route("/tables", list_tables, methods=["GET"]),
        Route("/tables/{table}/history", history, methods=["GET"]),
        Route("/tables/{table}/preview", preview, methods=["GET"]),
    ]
