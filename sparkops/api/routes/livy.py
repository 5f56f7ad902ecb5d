"""`/batches`: the part of Apache Livy's interface by which other schedulers start jobs and wait for them.

A batch is a request for a run. Its number is that of the request in the queue.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial, wraps
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sparkops.api.caller import get_caller, get_traceparent, note_run
from sparkops.api.database.submission import JobRequest
from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import read_json, require_known
from sparkops.api.routes.log import read_log_text
from sparkops.api.routes.problem import build_problem
from sparkops.api.routes.submit import require_job
from sparkops.api.run_log import LogPosition
from sparkops.api.service import JobService, RequestedRun
from sparkops.errors import InputError, SparkopsError, UnknownName
from sparkops.pipeline.parameters.option_words import collect_texts, split_options
from sparkops.runs.records.states import ACTIVE

Handler = Callable[[Request], Awaitable[Response]]

_SCHEME: Final = "sparkops:"
_STATES: Final[Mapping[str, str]] = {
    "queued": "not_started", "running": "running", "cancelling": "running", "done": "success", "skipped": "success",
    "cancelled": "killed",
}  # fmt: skip
# Resources belong to the contexts of the service, and these fields change nothing.
_WITHOUT_EFFECT: Final = (
    "name", "queue", "driverMemory", "driverCores", "executorMemory", "executorCores", "numExecutors", "ttl",
    "heartbeatTimeoutInSecond",
)  # fmt: skip
# These would change what is executed, and as whom.
_REFUSED: Final = ("conf", "proxyUser", "className", "jars", "pyFiles", "files", "archives")
_MAX_NUMBER: Final = (1 << 31) - 1
_MAX_DIGITS: Final = 18
_MAX_PAGE: Final = 100
_DELETE_SECONDS: Final = 10.0


def make_livy_routes(service: JobService) -> list[Route]:
    """Return the routes of batches."""

    async def create(request: Request) -> Response:
        job_request, texts = _read_batch(await read_json(request, service.settings.max_bytes))
        require_job(request, job_request.job)
        job_request = await asyncio.to_thread(service.add_texts, job_request, texts)
        requested, _ = await asyncio.to_thread(
            service.submit,
            job_request,
            caller=get_caller(request).name,
            traceparent=get_traceparent(request),
        )
        note_run(request, run=requested.id)
        body = _describe(requested)
        return answer(request, body, 201, {"Location": f"/batches/{body['id']}"})

    async def list_batches(request: Request) -> Response:
        start, size = _read_number(request, "from", 0), _read_number(request, "size", 20)
        size = min(size, _MAX_PAGE)
        total, page = await asyncio.to_thread(service.store.list_page, start, size)
        batches = await asyncio.to_thread(lambda: list(map(service.add_record, page)))
        return answer(request, {"from": start, "total": total, "sessions": list(map(_describe, batches))})

    async def show(request: Request) -> Response:
        return answer(request, _describe(await _find(service, request)))

    async def delete(request: Request) -> Response:
        batch = await _find(service, request)
        require_job(request, batch.job)
        note_run(request, run=batch.id)
        if not batch.has_ended:
            await service.cancel(batch.id, caller=get_caller(request).name, seconds=_DELETE_SECONDS)
        return answer(request, {"msg": "deleted"})

    return [
        Route("/batches", _with_message(create), methods=["POST"]),
        Route("/batches", _with_message(list_batches), methods=["GET"]),
        Route("/batches/{batch}", _with_message(show), methods=["GET"]),
        Route("/batches/{batch}", _with_message(delete), methods=["DELETE"]),
        Route("/batches/{batch}/state", _with_message(partial(_answer_state, service)), methods=["GET"]),
        Route("/batches/{batch}/log", _with_message(partial(_answer_log, service)), methods=["GET"]),
    ]


def _with_message(handle: Handler) -> Handler:
    """Return a handler whose errors have Livy's field `msg` beside those of the service."""

    @wraps(handle)
    async def handle_with_message(request: Request) -> Response:
        try:
            return await handle(request)
        except SparkopsError as error:
            problem = build_problem(error, request.app.state.service.secrets)
            headers = {name: value for name, value in problem.headers.items() if name == "retry-after"}
            fields = json.loads(bytes(problem.body))
            return JSONResponse({**fields, "msg": fields["detail"]}, problem.status_code, headers)

    return handle_with_message


async def _answer_state(service: JobService, request: Request) -> Response:
    batch = _describe(await _find(service, request))
    return answer(request, {"id": batch["id"], "state": batch["state"]})


def _read_batch(body: Mapping[str, Any]) -> tuple[JobRequest, dict[str, str | list[str]]]:
    """Return the job that a body asks for, and the texts of its parameters.

    Raises:
        InputError: A field is unknown, cannot be served or has a wrong type.
    """
    require_known(body, ("file", "args", *_WITHOUT_EFFECT, *_REFUSED), "field")
    for name in _REFUSED:
        if body.get(name) not in (None, "", [], {}):
            raise InputError(
                f"`{name}` cannot be changed by a request: jobs and settings are those of the service."
            )
    file, args = body.get("file"), [] if body.get("args") is None else body["args"]
    if not isinstance(file, str) or not file.removeprefix(_SCHEME):
        raise InputError(
            '`file` names no job: send {"file": "daily_sales", "args": ["--day", "2024-03-01"]}.'
        )
    if not isinstance(args, list) or not all(isinstance(word, str) for word in args):
        raise InputError('`args` is no list of texts: send ["--day", "2024-03-01"].')
    return JobRequest(job=file.removeprefix(_SCHEME)), collect_texts(split_options(args, has_pairs=True))


async def _find(service: JobService, request: Request) -> RequestedRun:
    text = request.path_params["batch"]
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(_MAX_NUMBER)) else -1
    submission = (
        await asyncio.to_thread(service.store.find_number, number) if 0 <= number <= _MAX_NUMBER else None
    )
    if submission is None:
        raise UnknownName("batch", text[:100], ())
    return await asyncio.to_thread(service.add_record, submission)


def _describe(requested: RequestedRun) -> dict[str, Any]:
    submission, run = requested.submission, requested.run
    assert submission is not None
    state = _STATES.get(requested.state, "dead")
    if state == "not_started" and submission.state == "started":
        state = "starting"
    return {
        "id": submission.number,
        "name": requested.job,
        "owner": submission.caller,
        "proxyUser": None,
        "state": state,
        "appId": run.spark.get("app_id") if run is not None else None,
        "appInfo": {"driverLogUrl": f"/runs/{requested.id}/log", "sparkUiUrl": None},
        "log": [f"run {requested.id}"],
    }


async def _answer_log(service: JobService, request: Request) -> Response:
    """Answer lines of a log: by default the last ones, as Livy does."""
    batch = await _find(service, request)
    size = _read_number(request, "size", 100)
    is_active = not batch.has_ended or batch.state in ACTIVE
    run_id = batch.run.id if batch.run is not None else batch.id
    text, _ = await asyncio.to_thread(read_log_text, service, run_id, LogPosition(), not is_active)
    lines = text.splitlines()
    start = _read_number(request, "from", max(0, len(lines) - size))
    assert batch.submission is not None
    body = {
        "id": batch.submission.number, "from": start, "size": size, "total": len(lines),
        "log": lines[start : start + size],
    }  # fmt: skip
    return answer(request, body)


def _read_number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS and int(text) <= _MAX_NUMBER):
        raise InputError(f"`{name}` is {text[:100]!r}: give a whole number.")
    return int(text)
