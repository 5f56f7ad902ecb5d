"""A run as the service describes it: its request and its record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sparkops.api.database.submission import Submission
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
        **(_describe_request(submission) if submission is not None else {}),
        **{key: record[key] for key in _SHORT if key in record},
        "error": _find_error(requested, record),
        "links": _list_links(requested),
    }
    return {**body, "record": record} if full else body


def _to_json(run: Run) -> dict[str, Any]:
    values = run_to_json(run)
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}


def _describe_request(submission: Submission) -> dict[str, Any]:
    answered = submission.outcome.run_id if submission.outcome is not None else None
    return {
        "params": dict(submission.request.params),
        "accepted": datetime.fromtimestamp(submission.accepted, UTC).isoformat(),
        "context": submission.context,
        "caller": submission.caller,
        **({"answered_by": answered} if answered is not None else {}),
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
