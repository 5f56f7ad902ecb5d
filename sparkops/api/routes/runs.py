"""`/runs`: what was requested and recorded, and what can be done with a run."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sparkops.api.caller import get_caller, note_run
from sparkops.api.database.submission import JobRequest
from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import read_json, read_limit, read_request, read_wait, require_known
from sparkops.api.routes.diff import answer_diff
from sparkops.api.routes.lineage import answer_lineage
from sparkops.api.routes.log import answer_log
from sparkops.api.routes.replay import answer_replay
from sparkops.api.routes.result import answer_result
from sparkops.api.routes.rollback import answer_rollback
from sparkops.api.routes.run_view import describe_requested_run, find_kind
from sparkops.api.routes.stream_view import count_unread_versions
from sparkops.api.routes.submit import answer_submission, require_job
from sparkops.api.service import JobService, RequestedRun
from sparkops.core.wording import did_you_mean
from sparkops.errors import InputError
from sparkops.runs.records.states import STATES, State

_MAX_RUNS = 1000
# Seconds for which a request to cancel waits for the end of the run, unless it says otherwise.
_CANCEL_SECONDS = 30.0


def make_run_routes(service: JobService) -> list[Route]:
    """Return the routes of runs."""

    async def list_runs(request: Request) -> Response:
        runs = await asyncio.to_thread(_list_runs, service, request)
        return answer(request, {"runs": [describe_requested_run(run) for run in runs]})

    async def show(request: Request) -> Response:
        requested = await service.wait(request.path_params["run"], read_wait(request))
        body = describe_requested_run(requested, full=True)
        if requested.run is not None and "stream" in body:
            body["stream"]["lag"] |= await asyncio.to_thread(
                count_unread_versions, service.engine, requested.run
            )
        return answer(request, body)

    async def cancel(request: Request) -> Response:
        seconds = read_wait(request) if "wait" in request.query_params else _CANCEL_SECONDS
        requested = await asyncio.to_thread(service.find, request.path_params["run"])
        require_job(request, requested.job)
        note_run(request, run=requested.id)
        caller = get_caller(request).name
        requested = await service.cancel(requested.id, caller=caller, seconds=seconds)
        return answer(request, describe_requested_run(requested), 200 if requested.has_ended else 202)

    async def repeat(request: Request) -> Response:
        body = await read_json(request, service.settings.max_bytes)
        earlier = await asyncio.to_thread(service.find, request.path_params["run"])
        require_job(request, earlier.job)
        return await answer_submission(service, request, _change(earlier, body))

    return [
        Route("/runs", list_runs, methods=["GET"]),
        Route("/runs/{run}", show, methods=["GET"]),
        Route("/runs/{run}/result", partial(answer_result, service), methods=["GET"]),
        Route("/runs/{run}/lineage", partial(answer_lineage, service), methods=["GET"]),
        Route("/runs/{run}/log", partial(answer_log, service), methods=["GET"]),
        Route("/runs/{run}/diff/{other}", partial(answer_diff, service), methods=["GET"]),
        Route("/runs/{run}/cancel", cancel, methods=["POST"]),
        Route("/runs/{run}/repeat", repeat, methods=["POST"]),
        Route("/runs/{run}/replay", partial(answer_replay, service), methods=["POST"]),
        Route("/runs/{run}/rollback", partial(answer_rollback, service), methods=["POST"]),
    ]


def _change(earlier: RequestedRun, body: dict[str, Any]) -> JobRequest:
    """Return the request of an earlier run with the parameters and versions that a body changes."""
    changes = read_request(earlier.job, body)
    kind = find_kind(earlier)
    if kind != "run":
        raise InputError(f"Run {earlier.id} is a {kind}, which is not repeated: request another {kind}.")
    if earlier.submission is not None:
        before = earlier.submission.request
    else:
        assert earlier.run is not None
        origins = earlier.run.origins
        params = {
            name: value
            for name, value in earlier.run.params.items()
            if origins.get(name) != "default" and name not in earlier.run.hidden
        }
        before = JobRequest(job=earlier.job, params=params, every=earlier.run.every)
    return JobRequest(
        job=earlier.job,
        params={**before.params, **changes.params},
        at={**before.at, **changes.at},
        as_of=changes.as_of or before.as_of,
        callback=changes.callback,
        every=changes.every or before.every,
    )


def _list_runs(service: JobService, request: Request) -> list[RequestedRun]:
    """Return the runs that a query asks for, newest first: those that wait, then those with a record."""
    query = request.query_params
    require_known(list(query), ("job", "state", "since", "limit"), "query parameter")
    job, state, limit = (
        query.get("job"),
        _read_state(query.get("state")),
        read_limit(request, default=50, most=_MAX_RUNS),
    )
    since = _read_time(query.get("since"))
    runs = service.engine.runs
    recorded = service.add_requests(runs.list_newest(job=job, state=state, since=since, limit=limit))
    known = {run.id for run in recorded}
    waiting: list[RequestedRun] = []
    if state in (None, "queued") and since is None:
        queued = [*service.store.list_started(), *service.store.list_queued(limit=limit)]
        waiting = [
            RequestedRun(submission=submission, run=None)
            for submission in reversed(queued)
            if submission.run_id not in known and job in (None, submission.request.job)
            if runs.find_state(submission.run_id) is None
        ]
    return [*waiting, *recorded][:limit]


def _read_state(text: str | None) -> State | None:
    if text is None:
        return None
    for state in STATES:
        if state == text:
            return state
    raise InputError(f"`state` is {text[:100]!r}.{did_you_mean(text, STATES)} Known: {', '.join(STATES)}.")


def _read_time(text: str | None) -> datetime | None:
    """Return a time of the query; without a zone it is in UTC."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
        return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    except ValueError:
        raise InputError(
            f"`since` is {text[:100]!r}: give a time of ISO 8601, such as 2026-03-01T12:00:00Z."
        ) from None
