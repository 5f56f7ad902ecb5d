"""`/runs/{id}/diff/{other}`: what two runs do not share, by their records and the logs of their tables."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import require_known
from sparkops.api.routes.problem import RequestProblem
from sparkops.api.service import JobService
from sparkops.runs.compare.difference import RunComparison, diff_to_json


async def answer_diff(service: JobService, request: Request) -> Response:
    """Return what two runs do not share, as `sparkops runs diff --json` does."""
    require_known(list(request.query_params), (), "query parameter")
    path = request.path_params
    comparison = await asyncio.to_thread(_compare, service, path["run"], path["other"])
    return answer(request, diff_to_json(comparison))


def _compare(service: JobService, before: str, after: str) -> RunComparison:
    return service.engine.diff(find_record(service, before), find_record(service, after))


def find_record(service: JobService, run_id: str) -> str:
    """Return the id of the record of a run.

    Raises:
        RequestProblem: It has not begun.
    """
    requested = service.find(run_id)
    if requested.run is None:
        raise RequestProblem(f"Run {requested.id} has no record: it is {requested.state}.", status=409)
    return requested.run.id
