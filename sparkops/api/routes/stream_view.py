"""A streaming run as the service describes it: how much it has published, how fast, and how far behind it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sparkops.engine.engine import Engine
from sparkops.pipeline.staging import QUARANTINE_SUFFIX
from sparkops.runs.records.run import Run, utc_now
from sparkops.runs.records.states import ACTIVE
from sparkops.tables.catalog import Catalog
from sparkops.tables.log.log_folder import open_log

# What of a micro-batch is shown.
_BATCH: Final = ("number", "rows", "held", "time")


def is_stream(run: Run) -> bool:
    """Return whether a run reads a stream, as far as its record says it."""
    return bool(run.every or run.stream or run.batches)


def describe_stream(run: Run, now: Callable[[], datetime] = utc_now) -> dict[str, Any]:
    """Return the figures of a stream as JSON values.

    Args:
        run: The run.
        now: Returns the present time, or a later one.
    """
    progress: Mapping[str, Any] = run.stream.get("progress", {})
    newest = run.batches[-1] if run.batches else None
    return {
        "batches": run.batch_count,
        "rows": run.stream.get("rows", sum(batch.get("rows", 0) for batch in run.batches)),
        "held": run.stream.get("held", sum(batch.get("held", 0) for batch in run.batches)),
        "rows_per_second": progress.get("rows_per_second"),
        "last_batch": {key: newest[key] for key in _BATCH if key in newest} if newest is not None else None,
        "last_commit": _find_last_commit(run),
        "lag": _describe_lag(run, progress, now),
    }


def count_unread_versions(engine: Engine, run: Run) -> dict[str, int]:
    """Return as `versions` how many versions of its Delta table an active stream has not read completely.

    Empty where that cannot be seen without Spark.
    """
    job, following = engine.project.declared.get(run.job), run.stream.get("progress", {}).get("next_version")
    if run.state not in ACTIVE or job is None or job.stream is None or following is None:
        return {}
    local = Catalog(engine.settings).locate(job.stream).local
    log = open_log(local) if local is not None else None
    return {"versions": max(0, log.newest + 1 - following)} if log is not None else {}


def _find_last_commit(run: Run) -> dict[str, Any] | None:
    """Return the newest commit to the table of the stream, whose commits are those of its batches."""
    if not run.batches:
        return None
    newest = run.batches[-1]
    table = next((name for name in run.outputs if not name.endswith(QUARANTINE_SUFFIX)), None)
    return {"table": table, "version": newest.get("version"), "time": newest.get("time")}


def _describe_lag(run: Run, progress: Mapping[str, Any], now: Callable[[], datetime]) -> dict[str, Any]:
    """Return what is known of how far a stream is behind: seconds since its last batch, files and bytes to read."""
    times = [progress.get("ended"), run.batches[-1].get("time") if run.batches else None]
    ended = max((datetime.fromisoformat(time) for time in times if time), default=None)
    return {
        "seconds": round(max(0.0, ((run.ended or now()) - ended).total_seconds()), 1) if ended else None,
        **{key: progress[key] for key in ("files", "bytes") if key in progress},
    }
