"""`/runs/{id}/lineage`: what led to a run, as values and as the picture that the page of a report has."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import require_known
from sparkops.api.service import JobService
from sparkops.engine.adapters.check_pages import locate_docs
from sparkops.engine.adapters.reports import ReportPages
from sparkops.runs.records.run import Run


async def answer_lineage(service: JobService, request: Request) -> Response:
    """Return the versions that a run read, the runs that published them, and what those read."""
    require_known(list(request.query_params), (), "query parameter")
    requested = await asyncio.to_thread(service.find, request.path_params["run"])
    body: dict[str, Any] = {"run": requested.id, "origins": [], "edges": [], "picture": None}
    if requested.run is not None:
        body |= await asyncio.to_thread(_trace, service, requested.run)
    return answer(request, body)


def _trace(service: JobService, run: Run) -> dict[str, Any]:
    from sparkops.reports.lineage.picture import draw_origins

    settings = service.engine.settings
    origins = ReportPages(Path(settings.reports), service.engine.runs, docs=locate_docs(settings)).trace(run)
    picture = draw_origins(origins)
    return {
        "origins": [asdict(origin) for origin in origins.origins],
        "edges": [{"from": source, "to": target} for source, target in origins.edges],
        "picture": asdict(picture) if picture is not None else None,
    }
