"""What the service and a worker process write to each other: one JSON object a line, over a pair of sockets.

A worker reads `Setup` first, then `StartRun` and `Drain`; it writes `Ready`, `RunEnded` and `Broken`. When the service
closes its side, or ends, the worker completes its runs and ends, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

# Bytes of one message: more than the largest request that the service accepts.
MAX_MESSAGE: Final = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The project of a worker.

    Args:
        root: The project's folder.
        env: Its environment.
        overrides: Settings as `key=value` texts.
        max_runs: Runs at the same time.
    """

    root: str
    env: str | None = None
    overrides: tuple[str, ...] = ()
    max_runs: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """A run to execute.

    Args:
        run_id: Its id. A run that has a record is continued.
        job: Name of its job.
        params: JSON values by parameter.
        at: The version to read, by table or model name.
        as_of: Time (ISO 8601) as of which tables are read.
        every: Interval in which a stream looks for new rows until it is stopped.
        kind: `run`, or what is done instead: `replay`, `rollback`, `release`.
        target: The run or table that it is done with.
        options: How it is done.
    """

    run_id: str
    job: str
    params: Mapping[str, Any] = field(default_factory=dict)
    at: Mapping[str, int] = field(default_factory=dict)
    as_of: str | None = None
    every: str | None = None
    kind: str = "run"
    target: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drain:
    """Complete the present runs, then end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Spark answers.

    Args:
        seconds: From the start of the process until now.
    """

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """A run has ended, or could not be started.

    Args:
        run_id: The run.
        state: Its state.
        error: What stopped it, in the words for users.
        kind: Name of the error's class.
        answered_by: The run that answers the request, if it is another one.
        result: What a release of quarantined rows did.
        memory: Bytes of memory of the worker and its JVM after the run.
    """

    run_id: str
    state: str
    error: str | None = None
    kind: str | None = None
    answered_by: str | None = None
    result: Mapping[str, Any] | None = None
    memory: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Spark could not be started, or has ended: the worker ends when its runs have.

    Args:
        reason: Why, in the words for users.
    """

    reason: str


Message = Setup | StartRun | Drain | Ready | RunEnded | Broken
_TYPES: Final[Mapping[str, type[Message]]] = {
    kind.__name__: kind for kind in (Setup, StartRun, Drain, Ready, RunEnded, Broken)
}


def encode(message: Message) -> bytes:
    """Return a message as a line."""
    return json.dumps({"message": type(message).__name__, **asdict(message)}).encode() + b"\n"


def decode(line: bytes) -> Message:
    """Return the message of a line that `encode` made."""
    values: dict[str, Any] = json.loads(line)
    kind: Callable[..., Message] = _TYPES[values.pop("message")]
    return kind(**{name: tuple(value) if name == "overrides" else value for name, value in values.items()})
