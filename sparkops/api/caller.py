"""Who may do what: tokens with a role, or, without tokens, everybody who reaches the loopback address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal

from starlette.requests import Request

# W3C Trace Context, version 00; a trace or span of zeros is invalid.
_TRACEPARENT: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

Role = Literal["read", "run", "admin"]
ROLES: Final[tuple[Role, ...]] = ("read", "run", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sent a request.

    Args:
        name: Name for records and logs.
        role: `read` sees everything, `run` may also start and stop runs, `admin` may do all.
        jobs: Patterns of the names of the jobs that it may start, such as `report_*`.
    """

    name: str
    role: Role
    jobs: tuple[str, ...] = ("*",)

    def may(self, role: Role) -> bool:
        """Return whether the caller has this role, or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def may_run(self, job: str) -> bool:
        """Return whether the caller may start runs of a job."""
        return self.may("run") and any(fnmatchcase(job, pattern) for pattern in self.jobs)


LOCAL: Final = Caller(name="local", role="admin")


def get_caller(request: Request) -> Caller:
    """Return who sent a request."""
    caller: Caller = request.scope["sparkops.caller"]
    return caller


def note_run(request: Request, *, job: str | None = None, run: str | None = None) -> None:
    """Note the job and the run that a request is about, for the audit."""
    request.scope.update({"sparkops.job": job} if job is not None else {})
    request.scope.update({"sparkops.run": run} if run is not None else {})


def get_traceparent(request: Request) -> str | None:
    """Return the span of the caller, as W3C Trace Context; None if there is none, or it is invalid."""
    text = request.headers.get("traceparent")
    return text if text is not None and _TRACEPARENT.fullmatch(text) else None
