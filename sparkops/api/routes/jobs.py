"""`/jobs`: what can be run, and requests for runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sparkops.api.caller import get_caller, get_traceparent, note_run
from sparkops.api.database.submission import JobRequest
from sparkops.api.openapi.document import build_openapi
from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import read_json, read_request, read_wait
from sparkops.api.routes.problem import RequestProblem
from sparkops.api.routes.run_view import describe_requested_run
from sparkops.api.service import DEFAULT_CONTEXT, JobService
from sparkops.errors import InputError
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.docstring import read_summary
from sparkops.pipeline.parameters.json_schema import build_json_schema

# Longest idempotency key, in characters.
_MAX_KEY = 255


def make_job_routes(service: JobService) -> list[Route]:
    """Return the routes of jobs."""

    async def list_jobs(request: Request) -> Response:
        await asyncio.to_thread(service.reload)
        jobs = service.engine.project.declared
        return answer(request, {"jobs": [describe_job(service, jobs[name]) for name in sorted(jobs)]})

    async def show_job(request: Request) -> Response:
        await asyncio.to_thread(service.reload)
        job = service.engine.project.find_declared(request.path_params["job"])
        return answer(request, {**describe_job(service, job), "parameters": build_json_schema(job)})

    async def submit(request: Request) -> Response:
        body = await read_json(request, service.settings.max_bytes)
        texts = body.pop("texts", {})
        job_request = read_request(request.path_params["job"], body)
        require_job(request, job_request.job)
        job_request = await asyncio.to_thread(service.add_texts, job_request, texts)
        return await answer_submission(service, request, job_request)

    async def describe_interface(request: Request) -> Response:
        await asyncio.to_thread(service.reload)
        jobs = service.engine.project.declared
        named = [jobs[name] for name in sorted(jobs)]
        return answer(request, build_openapi(named, title=service.engine.root.name))

    return [
        Route("/openapi.json", describe_interface, methods=["GET"]),
        Route("/jobs", list_jobs, methods=["GET"]),
        Route("/jobs/{job}", show_job, methods=["GET"]),
        Route("/jobs/{job}/runs", submit, methods=["POST"]),
    ]


async def answer_submission(service: JobService, request: Request, job_request: JobRequest) -> Response:
    """Accept a request for a run, and answer it: at once, or after `?wait=` seconds, or when the run has ended."""
    wait, key = read_wait(request), read_key(request)
    requested, is_new = await asyncio.to_thread(
        service.submit,
        job_request,
        caller=get_caller(request).name,
        key=key,
        traceparent=get_traceparent(request),
    )
    if wait:
        requested = await service.wait(requested.id, wait)
    status = 200 if requested.has_ended else 202
    headers = {"Location": f"/runs/{requested.id}"}
    return answer(request, {**describe_requested_run(requested), "is_new": is_new}, status, headers)


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


def describe_job(service: JobService, job: Job) -> Mapping[str, Any]:
    """Return what a caller needs to know of a job."""
    served = service.settings.jobs.get(job.name)
    return {
        "name": job.name,
        "summary": read_summary(job.doc),
        "reads": list(job.tables),
        "writes": [write.table for write in job.writes],
        "context": served.context if served is not None else DEFAULT_CONTEXT,
        "runs": f"/jobs/{job.name}/runs",
    }
