"""An HTTP client that calls an ASGI application in this process, without a socket."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp


class Client:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self._request("GET", path))

    def post(self, path: str, **body: Any) -> httpx.Response:
        return asyncio.run(self._request("POST", path, **body))

    async def _request(self, method: str, path: str, **body: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://scorer") as client:
            return await client.request(method, path, **body)
