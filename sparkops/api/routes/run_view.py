"""A run as the service describes it: its request and its record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sparkops.api.callbacks.address import hide_query
from sparkops.api.database.submission import RequestKind, Submission
from sparkops.api.routes.stream_view import describe_stream, is_stream
from sparkops.api.service import RequestedRun
from sparkops.runs.records.run import Run, run_to_json

# What of a record a list of runs shows.
_SHORT = (
    "params",
    "started",
    "ended",
    "attempt",
    "inputs",
    "models",
    "outputs",
    "registered",
    "report",
    "metrics",
)


def describe_requested_run(requested: RequestedRun, *, full: bool = False) -> dict[str, Any]:
    """Return a run as JSON values.

    Args:
        requested: The run.
        full: Whether the whole record is part of it.
    """
    run, submission = requested.run, requested.submission
    record = _to_json(run) if run is not None else {}
    body: dict[str, Any] = {
        "id": requested.id,
        "job": requested.job,
        "state": requested.state,
        **_describe_kind(requested),
        **(_describe_request(submission) if submission is not None else {}),
        **{key: record[key] for key in _SHORT if key in record},
        **_describe_interval(requested),
        **({"stream": describe_stream(run)} if run is not None and is_stream(run) else {}),
        "error": _find_error(requested, record),
        "links": _list_links(requested),
    }
    return {**body, "record": record} if full else body


def _to_json(run: Run) -> dict[str, Any]:
    values = run_to_json(run)
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}


def find_kind(requested: RequestedRun) -> RequestKind:
    """Return whether a run runs its job, or is a replay, a rollback or a release."""
    run, submission = requested.run, requested.submission
    if submission is not None:
        return submission.request.kind
    if run is not None and run.replay:
        return "replay"
    return "rollback" if run is not None and run.rollback is not None else "run"


def _describe_kind(requested: RequestedRun) -> dict[str, Any]:
    kind = find_kind(requested)
    if kind == "run":
        return {}
    if requested.submission is not None:
        return {"kind": kind, "of": requested.submission.request.target}
    assert requested.run is not None
    return {"kind": kind, "of": requested.run.replay.get("of") or requested.run.params.get("run")}


def _describe_interval(requested: RequestedRun) -> dict[str, Any]:
    """Return the interval in which a stream looks for new rows; nothing of a run that ends by itself."""
    run, submission = requested.run, requested.submission
    every = run.every if run is not None else submission.request.every if submission is not None else None
    return {"every": every} if every is not None else {}


def _describe_request(submission: Submission) -> dict[str, Any]:
    outcome = submission.outcome
    answered = outcome.run_id if outcome is not None else None
    result = outcome.result if outcome is not None else None
    return {
        **({"result": dict(result)} if result is not None else {}),
        "params": dict(submission.request.params),
        "accepted": datetime.fromtimestamp(submission.accepted, UTC).isoformat(),
        "context": submission.context,
        "caller": submission.caller,
        **({"answered_by": answered} if answered is not None else {}),
        **_describe_callback(submission),
    }


def _describe_callback(submission: Submission) -> dict[str, Any]:
    callback, url = submission.callback, submission.request.callback
    if callback is None or url is None:
        return {}
    return {
        "callback": {
            "url": hide_query(url),
            "state": callback.state,
            "attempts": callback.attempts,
            "last_error": callback.last_error,
        }
    }


def _find_error(requested: RequestedRun, record: dict[str, Any]) -> dict[str, Any] | None:
    """Return what stopped the run: of its record, or where there is none, of its request."""
    if record.get("error"):
        return {"message": record["error"].get("message", ""), "type": record["error"].get("kind", "")}
    outcome = requested.submission.outcome if requested.submission is not None else None
    if outcome is not None and outcome.error is not None:
        return {"message": outcome.error, "type": outcome.kind or ""}
    return None


def _list_links(requested: RequestedRun) -> dict[str, str]:
    base = f"/runs/{requested.id}"
    return {"self": base, "result": f"{base}/result", "log": f"{base}/log", "cancel": f"{base}/cancel"}
