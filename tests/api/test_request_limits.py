"""What is beyond the limits is refused with status 429, and when to come again."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sparkops.api.caller import Caller
from sparkops.api.limits import RequestLimits
from sparkops.config.api_settings import LimitSettings


class NamedCaller:
    """Lets in everybody, by the name in a header."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        names = [value.decode() for name, value in scope.get("headers", ()) if name == b"x-name"]
        if names:
            scope["sparkops.caller"] = Caller(name=names[0], role="admin")
        await self._app(scope, receive, send)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def make_client(clock: Clock, **settings: Any) -> httpx.AsyncClient:
    release = asyncio.Event()

    async def wait(request: Request) -> Response:
        if request.query_params.get("wait", "0") != "0":
            await release.wait()
        release.set()
        return PlainTextResponse("x")

    limits = LimitSettings(**settings)
    app = NamedCaller(RequestLimits(Starlette(routes=[Route("/", wait)]), limits, clock))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://h", headers={"x-name": "a"})


def test_each_caller_has_as_many_requests_a_minute() -> None:
    async def scenario() -> None:
        clock = Clock()
        async with make_client(clock, requests_per_minute=6) as client:
            assert [(await client.get("/")).status_code for _ in range(7)] == [200] * 6 + [429]
            refused = await client.get("/")
            assert refused.headers["retry-after"] == "10"
            assert "`a` has sent more than 6 requests a minute" in refused.json()["detail"]
            assert (await client.get("/", headers={"x-name": "b"})).status_code == 200
            clock.now = 10.0
            assert [(await client.get("/")).status_code for _ in range(2)] == [200, 429]
            clock.now = 10_000.0
            assert [(await client.get("/")).status_code for _ in range(7)] == [200] * 6 + [429]

    asyncio.run(scenario())


def test_no_more_requests_wait_than_may() -> None:
    async def scenario() -> None:
        async with make_client(Clock(), waiting=2) as client:
            waiting = [asyncio.create_task(client.get("/?wait=60")) for _ in range(2)]
            await asyncio.sleep(0.1)
            refused = await client.get("/?wait=60")
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
            assert (await client.get("/", headers={"accept": "text/event-stream"})).status_code == 429
            assert (await client.get("/?wait=0")).status_code == 200, "it does not wait"
            assert [(await task).status_code for task in waiting] == [200, 200]
            assert (await client.get("/?wait=1")).status_code == 200, "there is a place again"

    asyncio.run(scenario())


def test_requests_without_a_caller_are_not_limited() -> None:
    async def scenario() -> None:
        async with make_client(Clock(), requests_per_minute=1) as client:
            del client.headers["x-name"]
            assert [(await client.get("/")).status_code for _ in range(3)] == [200] * 3

    asyncio.run(scenario())
