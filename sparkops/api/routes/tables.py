"""`/tables`: the catalog, versions, first rows and check results, read without Spark."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import read_limit, read_version, require_known
from sparkops.api.service import JobService
from sparkops.engine.operations.expectation_history import history_to_json, read_expectation_histories
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

    async def checks(request: Request) -> Response:
        require_known(list(request.query_params), ("limit", "expectation"), "query parameter")
        name, runs = request.path_params["table"], read_limit(request, default=20, most=1000)
        expectation = request.query_params.get("expectation")
        histories = await asyncio.to_thread(
            read_expectation_histories, engine.container, name, runs=runs, expectation=expectation
        )
        results = [history_to_json(history) for history in histories]
        return answer(request, {"table": name, "expectations": results})

    return [
        Route("/tables", list_tables, methods=["GET"]),
        Route("/tables/{table}/history", history, methods=["GET"]),
        Route("/tables/{table}/preview", preview, methods=["GET"]),
        Route("/tables/{table}/checks", checks, methods=["GET"]),
    ]
