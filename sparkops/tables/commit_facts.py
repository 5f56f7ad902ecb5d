"""What Delta's own words about a commit mean here: its operation, its rows, the run that made it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sparkops.pipeline.table import Commit

RUN_KEY = "sparkops_run"


def note(run_id: str, *, mode: str) -> str:
    """Return the `userMetadata` that marks a commit as a run's own."""
    return json.dumps({RUN_KEY: run_id, "sparkops_mode": mode})


def app_id(run_id: str) -> str:
    """Return the `txnAppId` of a run: Delta accepts one write of it per table."""
    return f"sparkops:{run_id}"


def commit_of(version: int, info: Mapping[str, Any], *, time: datetime) -> Commit:
    """Return one line of a table's history.

    Args:
        version: The version.
        info: Delta's `commitInfo`, or a row of its history.
        time: When it was committed (UTC).
    """
    return Commit(
        version=version,
        time=time,
        operation=str(info.get("operation") or "UNKNOWN"),
        rows=_rows(info.get("operation"), info.get("operationMetrics") or {}),
        run_id=_run(info.get("userMetadata")),
    )


def _rows(operation: str | None, metrics: Mapping[str, Any]) -> int | None:
    """Return how many rows a commit brought; those that it only copied do not count."""
    if operation == "MERGE":
        names = ("numTargetRowsInserted", "numTargetRowsUpdated")
        return sum(int(metrics[n]) for n in names) if all(n in metrics for n in names) else None
    if "numUpdatedRows" in metrics and operation == "UPDATE":
        return int(metrics["numUpdatedRows"])
    for name in ("num_added_rows", "num_updated_rows"):  # in the words of delta-rs
        if name in metrics:
            return int(metrics[name])
    if "numOutputRows" not in metrics:
        return None
    return int(metrics["numOutputRows"]) - int(metrics.get("numCopiedRows") or 0)


def _run(text: Any) -> str | None:
    """Return the run id in a commit's `userMetadata`, which anyone may have written anything into."""
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    run = found.get(RUN_KEY) if isinstance(found, dict) else None
    return run if isinstance(run, str) else None
