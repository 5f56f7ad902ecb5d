"""Limits of what one caller, and all callers that wait, may ask of the service."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from sparkops.api.caller import Caller
from sparkops.api.routes.problem import RequestProblem, build_problem
from sparkops.config.api_settings import LimitSettings

_RETRY_SECONDS: Final = 5


@dataclass(slots=True)
class _Bucket:
    """A token bucket: a caller may send as many requests at once as in a minute, if it was silent before."""

    tokens: float
    updated: float


class RequestLimits:
    """Middleware that refuses with status 429 what is beyond the limits.

    Args:
        app: The application.
        settings: The limits.
        clock: Returns seconds, and only goes forward.
    """

    def __init__(self, app: ASGIApp, settings: LimitSettings, clock: Callable[[], float] = monotonic) -> None:
        self._app, self._settings, self._clock = app, settings, clock
        # By name of the caller: there are no more than tokens.
        self._buckets: dict[str, _Bucket] = {}
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        caller: Caller | None = scope.get("sparkops.caller")
        if caller is None:
            await self._app(scope, receive, send)
            return
        is_waiting = _waits(scope)
        try:
            self._count(caller.name)
            if is_waiting:
                self._require_place()
        except RequestProblem as problem:
            await build_problem(problem)(scope, receive, send)
            return
        self._waiting += is_waiting
        try:
            await self._app(scope, receive, send)
        finally:
            self._waiting -= is_waiting

    def _count(self, name: str) -> None:
        """Count a request of a caller.

        Raises:
            RequestProblem: It has sent too many.
        """
        limit, now = self._settings.requests_per_minute, self._clock()
        if limit is None:
            return
        bucket = self._buckets.setdefault(name, _Bucket(limit, now))
        bucket.tokens = min(limit, bucket.tokens + (now - bucket.updated) * limit / 60)
        bucket.updated = now
        if bucket.tokens < 1:
            seconds = math.ceil((1 - bucket.tokens) * 60 / limit)
            raise _refuse(
                f"`{name}` has sent more than {limit} requests a minute (setting `api.limits.requests_per_minute`).",
                seconds,
            )
        bucket.tokens -= 1

    def _require_place(self) -> None:
        limit = self._settings.waiting
        if self._waiting >= limit:
            raise _refuse(
                f"{limit} requests wait for runs or follow logs, as many as may (setting `api.limits.waiting`).",
                _RETRY_SECONDS,
            )


def _waits(scope: Scope) -> bool:
    """Return whether a request keeps its connection until something happens."""
    wait = parse_qs(scope["query_string"].decode("latin-1")).get("wait", ["0"])[-1]
    accepts = Headers(scope=scope).get("accept", "")
    is_cancelling = scope["method"] == "POST" and scope["path"].endswith("/cancel")
    return wait != "0" or is_cancelling or "text/event-stream" in accepts


def _refuse(message: str, seconds: int) -> RequestProblem:
    return RequestProblem(message, status=429, headers={"Retry-After": str(seconds)})
