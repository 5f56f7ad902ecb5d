"""Answer a request for a run, a replay, a rollback or a release: it is accepted, and waited for if the caller wants that."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from sparkops.api.caller import get_caller, get_traceparent, note_run
from sparkops.api.database.submission import JobRequest
from sparkops.api.last_run import compute_input_etag
from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import read_flag, read_wait
from sparkops.api.routes.problem import RequestProblem
from sparkops.api.routes.run_view import describe_requested_run
from sparkops.api.service import JobService, RequestedRun
from sparkops.errors import InputError

# Longest idempotency key, in characters.
_MAX_KEY = 255


async def answer_request(service: JobService, request: Request, job_request: JobRequest) -> Response:
    """Answer a request for a run by the last run that did the same work, or accept it; `?fresh=true` always runs."""
    if not read_flag(request, "fresh"):
        requested = await asyncio.to_thread(
            service.answer_from_last_run,
            job_request,
            caller=get_caller(request).name,
            key=read_key(request),
        )
        if requested is not None:
            return await _answer_run(service, request, requested, is_new=False)
    return await answer_submission(service, request, job_request)


async def answer_submission(
    service: JobService, request: Request, job_request: JobRequest, *, served_as: str | None = None
) -> Response:
    """Accept what a caller asks for, and answer its run.

    Args:
        service: The service.
        request: The HTTP request, with `Idempotency-Key` and `?wait=SECONDS`.
        job_request: What it asks for.
        served_as: The job whose context and priority it has; by default its own.
    """
    read_wait(request)
    requested, is_new = await asyncio.to_thread(
        service.submit,
        job_request,
        caller=get_caller(request).name,
        key=read_key(request),
        served_as=served_as,
        traceparent=get_traceparent(request),
    )
    return await _answer_run(service, request, requested, is_new=is_new)


async def _answer_run(
    service: JobService, request: Request, requested: RequestedRun, *, is_new: bool
) -> Response:
    if wait := read_wait(request):
        requested = await service.wait(requested.id, wait)
    headers = {"Location": f"/runs/{requested.id}"}
    if requested.run is not None and requested.state == "done":
        headers["ETag"] = compute_input_etag(requested.run)
    body = {**describe_requested_run(requested), "is_new": is_new}
    return answer(request, body, 200 if requested.has_ended else 202, headers)


def require_job(request: Request, job: str) -> None:
    """Refuse a caller that may not start or stop runs of a job.

    Raises:
        RequestProblem: It may not.
    """
    caller = get_caller(request)
    note_run(request, job=job)
    if not caller.may_run(job):
        raise RequestProblem(
            f"The token `{caller.name}` allows runs of {', '.join(caller.jobs)} only, not of `{job[:100]}`.",
            status=403,
        )


def require_job_or_admin(request: Request, job: str) -> None:
    """Refuse a caller that is no administrator and may not run a job.

    Raises:
        RequestProblem: It may not.
    """
    if not get_caller(request).may("admin"):
        require_job(request, job)


def read_key(request: Request) -> str | None:
    """Return the idempotency key of a request, or None.

    Raises:
        InputError: It is too long.
    """
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= _MAX_KEY:
        raise InputError(
            f"The header Idempotency-Key has {len(key)} characters: 1 to {_MAX_KEY} are accepted."
        )
    return key
