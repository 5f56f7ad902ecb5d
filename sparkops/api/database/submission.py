"""An accepted request to run a job."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SubmissionState = Literal["queued", "started", "ended"]
CallbackState = Literal["pending", "delivered", "failed"]
RequestKind = Literal["run", "replay", "rollback", "release"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """What a caller asks for.

    Args:
        job: The job.
        params: JSON values by parameter; the others have their configured values.
        at: The version to read, by table or model name.
        as_of: Time (ISO 8601) as of which tables are read.
        every: Interval in which a stream looks for new rows until it is stopped; None for what its job declares.
        kind: `run` runs the job; `replay` and `rollback` work on a recorded run, `release` on the quarantine of a table.
        target: That run or table; empty for `run`.
        options: How a replay, a rollback or a release is executed.
        callback: Address to which the run is posted when it has ended.
    """

    job: str
    params: Mapping[str, Any] = field(default_factory=dict)
    at: Mapping[str, int] = field(default_factory=dict)
    as_of: str | None = None
    every: str | None = None
    kind: RequestKind = "run"
    target: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    callback: str | None = None

    def to_json(self) -> str:
        """Return the request as JSON with sorted keys, so that equal requests are equal texts."""
        values = {"job": self.job, "params": self.params, "at": self.at, "as_of": self.as_of}
        # A request for a run has the text that it had before there were other kinds, callbacks and streams.
        if self.callback is not None:
            values |= {"callback": self.callback}
        if self.every is not None:
            values["every"] = self.every
        if self.kind != "run":
            values |= {"kind": self.kind, "target": self.target, "options": self.options}
        return json.dumps(values, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> JobRequest:
        """Return the request of a text that `to_json` made."""
        return cls(**json.loads(text))

    def compute_digest(self) -> str:
        """Return the SHA-256 of the request, by which the same request is recognised under an idempotency key."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an accepted request ended.

    Args:
        state: State of the run: `done`, `failed`, `cancelled`, ...
        error: What stopped it, in the words for users; None if it is done.
        kind: Name of the error's class.
        run_id: The run that answers the request, if it is another one: an earlier run, or one of a fan-out.
        result: What a release of quarantined rows did, which has no record.
    """

    state: str
    error: str | None = None
    kind: str | None = None
    run_id: str | None = None
    result: Mapping[str, Any] | None = None

    def to_json(self) -> str:
        """Return the outcome as JSON, without what is not known."""
        values = {
            "state": self.state, "error": self.error, "kind": self.kind, "run_id": self.run_id, "result": self.result,
        }  # fmt: skip
        return json.dumps({name: value for name, value in values.items() if value is not None})

    @classmethod
    def from_json(cls, text: str) -> Outcome:
        """Return the outcome of a text that `to_json` made."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """How far the end of a run is delivered to the address that its request names.

    Args:
        host: Host of the address, with its port if the address has one.
        state: `pending`, `delivered` or `failed`.
        attempts: Attempts that were begun.
        last_error: Why the last one failed.
    """

    host: str
    state: CallbackState = "pending"
    attempts: int = 0
    last_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A request that the service has accepted: it is executed, whatever happens to the service.

    Args:
        number: Position in the order of acceptance.
        run_id: Id of the run that will answer it.
        request: What was asked for.
        context: Name of the context that executes it.
        priority: Higher ones are started first.
        caller: Who asked for it.
        key: The caller's idempotency key.
        state: `queued`, `started` or `ended`.
        service: The service that started it.
        worker: The process that it was given to, as `describe_process` describes it.
        crashes: How often its process ended before it did.
        accepted: When it was accepted, in seconds since 1970, as are the next two.
        started: When it was given to a process of its context.
        ended: When it ended.
        outcome: How it ended.
        callback: The delivery of its end; None if nobody is called.
    """

    number: int
    run_id: str
    request: JobRequest
    context: str
    priority: int = 0
    caller: str
    key: str | None = None
    state: SubmissionState = "queued"
    service: str | None = None
    worker: Mapping[str, Any] = field(default_factory=dict)
    crashes: int = 0
    accepted: float
    started: float | None = None
    ended: float | None = None
    outcome: Outcome | None = None
    callback: Callback | None = None
