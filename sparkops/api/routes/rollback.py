"""`/runs/{id}/rollback`: undo a run, and everything that depends on it if that is allowed."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from sparkops.api.caller import get_caller
from sparkops.api.database.submission import JobRequest
from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import read_callback, read_json, require_known, require_type
from sparkops.api.routes.diff import find_record
from sparkops.api.routes.problem import RequestProblem
from sparkops.api.routes.submit import answer_submission, require_job_or_admin
from sparkops.api.service import JobService
from sparkops.errors import InputError
from sparkops.pipeline.staging import RELEASE_PREFIXES
from sparkops.runs.rollback.plan import JOB, rollback_plan_to_json

_FIELDS: Final = ("cascade", "include_foreign", "dry_run", "callback")


async def answer_rollback(service: JobService, request: Request) -> Response:
    """Accept the rollback of a run, or answer what it would change: `{"dry_run": true}`.

    What depends on the run may be undone only by who may undo anything.
    """
    body = await read_json(request, service.settings.max_bytes)
    require_known(body, _FIELDS, "field")
    options = {name: require_type(body, name, bool, False) for name in ("cascade", "include_foreign")}
    dry_run, callback = require_type(body, "dry_run", bool, False), read_callback(body)
    if dry_run and callback is not None:
        raise InputError("`dry_run` answers at once and calls nobody: leave out `callback`.")
    await asyncio.to_thread(service.reload)
    target, job = await asyncio.to_thread(_find_target, service, request.path_params["run"])
    if any(options.values()) or job is None:
        _require_admin(request)
    else:
        require_job_or_admin(request, job)
    plan = await asyncio.to_thread(partial(service.engine.plan_rollback, target, **options))
    if dry_run:
        return answer(request, {"plan": rollback_plan_to_json(plan)})
    rollback = JobRequest(job=JOB, kind="rollback", target=target, options=options, callback=callback)
    return await answer_submission(service, request, rollback, served_as=job)


def _find_target(service: JobService, run_id: str) -> tuple[str, str | None]:
    """Return the id of a run and its job, or that of a release, which has none."""
    if run_id.startswith(RELEASE_PREFIXES):
        return run_id, None
    run_id = find_record(service, run_id)
    return run_id, service.engine.runs.read(run_id).job


def _require_admin(request: Request) -> None:
    caller = get_caller(request)
    if not (caller.may("admin") or (caller.may("run") and "*" in caller.jobs)):
        raise RequestProblem(
            f"The token `{caller.name}` allows runs of {', '.join(caller.jobs)} only; this may change what any job "
            "wrote.",
            status=403,
        )
