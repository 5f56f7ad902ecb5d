"""What Delta's own words about a commit mean here: its operation, its rows, the run that made it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sparkops.pipeline.table import Commit, MicroBatch

RUN_KEY = "sparkops_run"
_STREAM_KEY, _BATCH_KEY = "sparkops_stream", "sparkops_batch"


def note(run_id: str, *, mode: str) -> str:
    """Return the `userMetadata` that marks a commit as a run's own."""
    return json.dumps({RUN_KEY: run_id, "sparkops_mode": mode})


@dataclass(frozen=True, slots=True)
class Mark:
    """What makes a write one, whatever it was interrupted by: a run's one write of a table, or that of a micro-batch.

    Args:
        run_id: The run.
        batch: The micro-batch, if it is a stream's: another run that computes it again finds it written.
    """

    run_id: str
    batch: MicroBatch | None = None

    @property
    def app_id(self) -> str:
        """Return the `txnAppId`: Delta accepts one write of each version of it per table."""
        return f"sparkops:{self.run_id if self.batch is None else self.batch.stream}"

    @property
    def number(self) -> int:
        """Return the `txnVersion`; later batches have higher ones."""
        return 1 if self.batch is None else self.batch.number + 1

    def note(self, *, mode: str) -> str:
        """Return the `userMetadata`."""
        if self.batch is None:
            return note(self.run_id, mode=mode)
        facts = {_STREAM_KEY: self.batch.stream, _BATCH_KEY: self.batch.number}
        return json.dumps({RUN_KEY: self.run_id, "sparkops_mode": mode, **facts})

    def options(self, *, mode: str) -> dict[str, str]:
        """Return Delta's options that mark a write."""
        return {
            "txnAppId": self.app_id,
            "txnVersion": str(self.number),
            "userMetadata": self.note(mode=mode),
        }

    def made(self, commit: Commit) -> bool:
        """Tell whether a commit is the write that is meant."""
        return commit.run_id == self.run_id if self.batch is None else commit.batch == self.batch


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
        batch=_batch(info.get("userMetadata")),
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
    run = _noted(text).get(RUN_KEY)
    return run if isinstance(run, str) else None


def _batch(text: Any) -> MicroBatch | None:
    """Return the micro-batch in a commit's `userMetadata`."""
    noted = _noted(text)
    stream, number = noted.get(_STREAM_KEY), noted.get(_BATCH_KEY)
    known = isinstance(stream, str) and isinstance(number, int)
    return MicroBatch(stream=str(stream), number=int(number or 0)) if known else None


def _noted(text: Any) -> Mapping[str, Any]:
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
