"""The facts that Delta's log records about a commit: operation, number of rows, and the run that made it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sparkops.core.bounded_file import parse_json
from sparkops.pipeline.table import Commit, MicroBatch

RUN_KEY = "sparkops_run"
_MODE_KEY, _STREAM_KEY, _BATCH_KEY = "sparkops_mode", "sparkops_stream", "sparkops_batch"


def format_user_metadata(run_id: str, *, mode: str) -> str:
    """Return the `userMetadata` of a commit that a run makes."""
    return json.dumps({RUN_KEY: run_id, _MODE_KEY: mode})


@dataclass(frozen=True, slots=True)
class WriteId:
    """The identity of one write of a table, by which a retry of it writes nothing.

    Delta accepts one write for each `txnAppId` and `txnVersion`.

    Args:
        run_id: The run.
        batch: The micro-batch of a stream. Its stream and number identify the write, whichever run computes it.
    """

    run_id: str
    batch: MicroBatch | None = None

    @property
    def app_id(self) -> str:
        """Return the `txnAppId`."""
        return f"sparkops:{self.run_id if self.batch is None else self.batch.stream}"

    @property
    def txn_version(self) -> int:
        """Return the `txnVersion`: 1 for a run, rising with each micro-batch of a stream."""
        return 1 if self.batch is None else self.batch.number + 1

    def format_user_metadata(self, *, mode: str) -> str:
        """Return the `userMetadata` of the commit."""
        if self.batch is None:
            return format_user_metadata(self.run_id, mode=mode)
        batch = {_STREAM_KEY: self.batch.stream, _BATCH_KEY: self.batch.number}
        return json.dumps({RUN_KEY: self.run_id, _MODE_KEY: mode, **batch})

    def build_writer_options(self, *, mode: str) -> dict[str, str]:
        """Return the Delta writer options that identify the write."""
        return {
            "txnAppId": self.app_id,
            "txnVersion": str(self.txn_version),
            "userMetadata": self.format_user_metadata(mode=mode),
        }

    def matches(self, commit: Commit) -> bool:
        """Return whether a commit is this write."""
        return commit.run_id == self.run_id if self.batch is None else commit.batch == self.batch


def parse_commit(version: int, info: Mapping[str, Any], *, time: datetime) -> Commit:
    """Return one commit of a table's history.

    Args:
        version: Version that the commit made.
        info: The `commitInfo` action, or a row of `DESCRIBE HISTORY`.
        time: When it was committed (UTC).
    """
    metadata = _parse_metadata(info.get("userMetadata"))
    run_id = metadata.get(RUN_KEY)
    return Commit(
        version=version,
        time=time,
        operation=str(info.get("operation") or "UNKNOWN"),
        rows=_count_rows(info.get("operation"), info.get("operationMetrics") or {}),
        run_id=run_id if isinstance(run_id, str) else None,
        batch=_parse_batch(metadata),
    )


def _count_rows(operation: str | None, metrics: Mapping[str, Any]) -> int | None:
    """Return how many rows a commit added or updated; rows that it only copied do not count."""
    if operation == "MERGE":
        names = ("numTargetRowsInserted", "numTargetRowsUpdated")
        return sum(int(metrics[name]) for name in names) if all(name in metrics for name in names) else None
    if "numUpdatedRows" in metrics and operation == "UPDATE":
        return int(metrics["numUpdatedRows"])
    # The metrics of delta-rs have names of their own.
    for name in ("num_added_rows", "num_updated_rows"):
        if name in metrics:
            return int(metrics[name])
    if "numOutputRows" not in metrics:
        return None
    return int(metrics["numOutputRows"]) - int(metrics.get("numCopiedRows") or 0)


def _parse_batch(metadata: Mapping[str, Any]) -> MicroBatch | None:
    stream, number = metadata.get(_STREAM_KEY), metadata.get(_BATCH_KEY)
    if not isinstance(stream, str) or not isinstance(number, int):
        return None
    return MicroBatch(stream=stream, number=number)


def _parse_metadata(text: Any) -> Mapping[str, Any]:
    """Return the `userMetadata` of a commit as JSON; empty for the free text of another writer."""
    try:
        metadata = parse_json(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return metadata if isinstance(metadata, dict) else {}
