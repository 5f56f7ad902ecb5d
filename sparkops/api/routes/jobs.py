"""`/jobs`: what can be run, and requests for runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sparkops.api.openapi.document import build_openapi
from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import read_json, read_request
from sparkops.api.routes.submit import answer_request, require_job
from sparkops.api.service import JobService, choose_context
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.docstring import read_summary
from sparkops.pipeline.parameters.json_schema import build_json_schema


def make_job_routes(service: JobService) -> list[Route]:
    """Return the routes of jobs."""
    # A setting that is changed later changes no routes.
    has_batches = service.settings.livy

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
        has_texts, texts = "texts" in body, body.pop("texts", {})
        job_request = read_request(request.path_params["job"], body)
        require_job(request, job_request.job)
        if has_texts:
            job_request = await asyncio.to_thread(service.add_texts, job_request, texts)
        return await answer_request(service, request, job_request)

    async def describe_interface(request: Request) -> Response:
        await asyncio.to_thread(service.reload)
        jobs = service.engine.project.declared
        named = [jobs[name] for name in sorted(jobs)]
        document = build_openapi(named, title=service.engine.root.name, has_batches=has_batches)
        return answer(request, document)

    return [
        Route("/openapi.json", describe_interface, methods=["GET"]),
        Route("/jobs", list_jobs, methods=["GET"]),
        Route("/jobs/{job}", show_job, methods=["GET"]),
        Route("/jobs/{job}/runs", submit, methods=["POST"]),
    ]


def describe_job(service: JobService, job: Job) -> Mapping[str, Any]:
    """Return what a caller needs to know of a job."""
    return {
        "name": job.name,
        "summary": read_summary(job.doc),
        "reads": list(job.tables),
        "writes": [write.table for write in job.writes],
        "stream": job.stream,
        **({"every": job.every} if job.every is not None else {}),
        "context": choose_context(service.settings, job.name, goes_on=job.every is not None),
        "runs": f"/jobs/{job.name}/runs",
    }
