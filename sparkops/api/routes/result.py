"""`/runs/{id}/result`: what a run published: rows of tables, a report, a model version."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sparkops.api.last_run import compute_etag, matches
from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import read_limit
from sparkops.api.routes.problem import RequestProblem
from sparkops.api.service import JobService, RequestedRun
from sparkops.core.bounded_file import read_text
from sparkops.errors import UnknownName
from sparkops.runs.records.run import Run
from sparkops.tables.backends.deltars.arrow_rows import to_rows

if TYPE_CHECKING:
    import pyarrow as pa

_MAX_ROWS: Final = 100_000
_DEFAULT_ROWS: Final = 1000
_MAX_PAGE: Final = 1 << 28
_ARROW: Final = "application/vnd.apache.arrow.stream"
# A page of a report has no script, and shows only what is in it.
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}


async def answer_result(service: JobService, request: Request) -> Response:
    """Return what a run published, in the format that the caller accepts; and the versions it was computed from.

    `?table=NAME` chooses one of several tables, `?limit=N` the number of rows.
    """
    requested = await asyncio.to_thread(service.find, request.path_params["run"])
    run = _require_done(requested)
    headers = {
        "X-Input-Versions": ",".join(f"{name}@{pin.get('version')}" for name, pin in run.inputs.items())
    }
    if run.report and _accepts(request, "text/html"):
        page = await asyncio.to_thread(_read_page, service, run)
        return HTMLResponse(page, headers=headers | _PAGE_HEADERS)
    table = _choose_table(request, run)
    limit = read_limit(request, default=_DEFAULT_ROWS, most=_MAX_ROWS)
    headers |= {"ETag": compute_etag(run, _choose_kind(request), table, limit), "Vary": "Accept"}
    if matches(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    body: dict[str, Any] = {
        "run": run.id,
        "inputs": {name: pin.get("version") for name, pin in run.inputs.items()},
        "models": dict(run.models),
        "outputs": {name: _describe_output(output) for name, output in run.outputs.items()},
        "registered": run.registered,
        "report": f"/runs/{run.id}/result" if run.report else None,
        "metrics": dict(run.metrics),
    }
    if table is None:
        return answer(request, body, headers=headers)
    tables, version = service.engine.container.tables, run.outputs[table]["version"]
    rows = await asyncio.to_thread(tables.read_arrow, table, version, limit=limit + 1, committed=True)
    headers["X-Truncated"] = "true" if rows.num_rows > limit else "false"
    rows = rows.slice(0, limit)
    kind = _choose_kind(request)
    if kind in _FORMATS:
        return Response(await asyncio.to_thread(_FORMATS[kind], rows), headers=headers, media_type=kind)
    body |= {"table": table, "rows": to_rows(rows), "is_truncated": headers["X-Truncated"] == "true"}
    return answer(request, body, headers=headers)


def _require_done(requested: RequestedRun) -> Run:
    run = requested.run
    if run is None or run.state != "done":
        raise RequestProblem(
            f"Run {requested.id} has no result: it is {requested.state.replace('_', ' ')}. GET /runs/{requested.id} "
            "shows it.",
            status=409,
        )
    return run


def _choose_kind(request: Request) -> str:
    return next((kind for kind in _FORMATS if _accepts(request, kind)), "application/json")


def _accepts(request: Request, kind: str) -> bool:
    return kind in request.headers.get("accept", "")


def _describe_output(output: Mapping[str, Any]) -> dict[str, Any]:
    return {name: output.get(name) for name in ("version", "rows")}


def _choose_table(request: Request, run: Run) -> str | None:
    name = request.query_params.get("table")
    if name is not None and name not in run.outputs:
        raise UnknownName("table", name, run.outputs, where=f"what run {run.id} published")
    return name if name is not None else next(iter(run.outputs), None)


def _read_page(service: JobService, run: Run) -> str:
    """Return the page of a report; only one that is in the project's folder of reports is read."""
    folder = Path(service.engine.settings.reports).resolve()
    path = (service.engine.root / str(run.report)).resolve()
    if not path.is_relative_to(folder):
        raise RequestProblem("The page of this report is not in the folder of reports.", status=410)
    try:
        return read_text(path, _MAX_PAGE)
    except OSError:
        raise RequestProblem("The page of this report was removed.", status=410) from None


def _to_csv(rows: pa.Table) -> bytes:
    from pyarrow import csv

    buffer = io.BytesIO()
    csv.write_csv(rows, buffer)
    return buffer.getvalue()


def _to_arrow(rows: pa.Table) -> bytes:
    from pyarrow import ipc

    buffer = io.BytesIO()
    with ipc.new_stream(buffer, rows.schema) as writer:
        writer.write_table(rows)
    return buffer.getvalue()


_FORMATS: Final[Mapping[str, Callable[[pa.Table], bytes]]] = {"text/csv": _to_csv, _ARROW: _to_arrow}
