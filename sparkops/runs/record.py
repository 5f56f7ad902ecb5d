"""What is known of a run: a value folded from the events of its attempts."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sparkops.errors import ChecksFailed, RunCancelled, SparkopsError

State = Literal["running", "done", "failed", "checks_failed", "cancelled", "crashed"]
_AFTER: Mapping[type[BaseException], State] = {ChecksFailed: "checks_failed", RunCancelled: "cancelled"}
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a job, over all its attempts.

    Every mapping holds plain JSON values, as the record's file does.

    Args:
        id: The run's id.
        job: The job's name.
        state: `crashed` is a run that says `running` and whose process is gone.
        attempt: Number of the newest attempt, from 1.
        started: When the first attempt began (UTC).
        ended: When the newest attempt ended; None while it runs.
        params: Parameter to value, as JSON.
        origins: Parameter to where its value came from.
        env: Environment of the configuration.
        settings: Resolved settings, secrets masked.
        code: Git sha, hash of what is not committed, hash of the job's source.
        fingerprint: Hash of code, parameters, inputs and checks: equal means nothing to do.
        inputs: Table to its pin.
        models: Model name to the version read.
        scoring: Model name to how it scored frames, and why so.
        rules: Model name to what its rules found in those frames: rows judged, and rows that broke which rule.
        checks: Results of the checkpoints, in order.
        outputs: What was published: tables and quarantines, by name.
        registered: The model version that was registered.
        report: Path of the page.
        metrics: Named numbers.
        timings: Seconds of each part.
        spark: Application id and versions.
        error: Kind and message of what stopped it.
        process: Host and process id of the newest attempt.
        log: Path of the newest attempt's log.
        staged: Tables whose frames stand computed in staging.
        batches: Micro-batches of a stream, in order: number, version, rows, rows held back, expectations that broke.
    """

    id: str
    job: str
    state: State = "running"
    attempt: int = 1
    started: datetime | None = None
    ended: datetime | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    env: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    code: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    models: Mapping[str, int] = field(default_factory=dict)
    scoring: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    checks: tuple[Mapping[str, Any], ...] = ()
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    registered: Mapping[str, Any] | None = None
    report: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    spark: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, str] | None = None
    process: Mapping[str, Any] = field(default_factory=dict)
    log: str | None = None
    staged: tuple[str, ...] = ()
    batches: tuple[Mapping[str, Any], ...] = ()

    @property
    def seconds(self) -> float | None:
        """Return how long it took, or None while it runs."""
        if self.started is None or self.ended is None:
            return None
        return (self.ended - self.started).total_seconds()


# Key of the record to field of the run. The keys stand in files and are printed by `--json`: a field may get another name,
# its key may not.
_FIELDS: Mapping[str, str] = {
    "id": "id",
    "job": "job",
    "state": "state",
    "attempt": "attempt",
    "started": "started",
    "ended": "ended",
    "params": "params",
    "origins": "origins",
    "env": "env",
    "settings": "settings",
    "code": "code",
    "fingerprint": "fingerprint",
    "inputs": "inputs",
    "models": "models",
    "scoring": "scoring",
    "rules": "rules",
    "checks": "checks",
    "outputs": "outputs",
    "registered": "registered",
    "report": "report",
    "metrics": "metrics",
    "timings": "timings",
    "spark": "spark",
    "error": "error",
    "process": "process",
    "log": "log",
    "staged": "staged",
    "batches": "batches",
}
_MERGED = {"inputs", "models", "scoring", "rules", "outputs", "metrics", "timings", "spark"}
_JOINED = {"checks", "staged", "batches"}
_TIMES = {"started", "ended"}


def fold(events: Iterable[Event]) -> Run:
    """Return the run that the events tell of, in their order; the first must name `id` and `job`."""
    run: Run | None = None
    for event in events:
        said = {key: _read(key, value) for key, value in event.items() if key not in ("event", "time")}
        named = {_FIELDS.get(key, key): value for key, value in (_merge(run, said) if run else said).items()}
        run = replace(run, **named) if run else Run(**named)
    if run is None:
        raise ValueError("a record without events")
    return run


def run_json(run: Run) -> dict[str, Any]:
    """Return a run under the keys of its record."""
    return {key: getattr(run, field) for key, field in _FIELDS.items()}


def _read(key: str, value: Any) -> Any:
    if key in _TIMES and isinstance(value, str):
        return datetime.fromisoformat(value)
    return tuple(value) if key in _JOINED else value


def _merge(run: Run, said: Mapping[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for key, value in said.items():
        if key in _MERGED:
            merged[key] = {**getattr(run, _FIELDS[key]), **value}
        elif key in _JOINED:
            merged[key] = getattr(run, _FIELDS[key]) + value
        else:
            merged[key] = value
    return merged


def with_crash_seen(run: Run) -> Run:
    """Return the run as `crashed` when it says `running` and its process on this host is gone."""
    if not runs_here(run):
        return run
    return run if _alive(run.process.get("pid"), run.process.get("born")) else replace(run, state="crashed")


def runs_here(run: Run) -> bool:
    """Return whether the run says that a process of this host is at it."""
    return run.state == "running" and run.process.get("host") == socket.gethostname()


def this_process() -> dict[str, Any]:
    """Return what identifies this process on this host."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "born": _born(os.getpid())}


def _alive(pid: Any, born: Any) -> bool:
    if not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return born is None or _born(pid) == born


def _born(pid: int) -> str | None:
    """Return the kernel's start time of a process, which tells it from a later one with the same number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[19]
    except OSError:
        return None


def state_after(error: SparkopsError) -> State:
    """Return the state of a run that this error stopped."""
    return _AFTER.get(type(error), "failed")


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)
