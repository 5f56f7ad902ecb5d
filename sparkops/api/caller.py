"""Who may do what: tokens with a role, or, without tokens, everybody who reaches the loopback address."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal

from starlette.requests import Request

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
