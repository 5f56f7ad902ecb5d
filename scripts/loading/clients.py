"""Clients of the service: those that request short runs, those that follow a log, and one that reads its metrics."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from typing import Any

import httpx

from loading.measurements import Measurements

_PAUSE = 0.5


class LoadClient:
    """Sends requests one after another, and measures each.

    Args:
        client: The connections.
        measurements: Where they are kept.
        deadline: When it stops, by `time.monotonic`.
    """

    def __init__(self, client: httpx.AsyncClient, measurements: Measurements, deadline: float) -> None:
        self._client, self._measurements, self._deadline = client, measurements, deadline

    async def request_runs(self) -> None:
        """Request short runs, and look at them as users do, until the deadline."""
        while time.monotonic() < self._deadline:
            run_id = await self.submit("done", wait=30)
            if run_id is None:
                await asyncio.sleep(_PAUSE)
                continue
            path, route = random.choice(
                [
                    (f"/runs/{run_id}", "GET /runs/ID"), (f"/runs/{run_id}/log", "GET /runs/ID/log"),
                    ("/runs?limit=20", "GET /runs"), ("/jobs", "GET /jobs"),
                ]
            )  # fmt: skip
            await self.send("GET", path, route)

    async def submit(self, job: str, *, wait: float = 0) -> str | None:
        """Request a run until the service accepts it; return its id, or None at the deadline."""
        key = uuid.uuid4().hex
        while time.monotonic() < self._deadline:
            path = f"/jobs/{job}/runs" + (f"?wait={wait:g}" if wait else "")
            route = "POST /jobs/JOB/runs" + ("?wait" if wait else "")
            answer = await self.send("POST", path, route, json={}, headers={"Idempotency-Key": key})
            if answer is not None:
                run_id = str(answer.json()["id"])
                self._measurements.accepted.add(run_id)
                return run_id
            await asyncio.sleep(_PAUSE)
        return None

    async def send(self, method: str, path: str, route: str, **options: Any) -> httpx.Response | None:
        """Send one request; return None, and count it, if it is not answered well."""
        began = time.monotonic()
        try:
            answer = await self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            self._measurements.errors[type(error).__name__] += 1
            return None
        self._measurements.seconds[route].append(time.monotonic() - began)
        if answer.is_success:
            return answer
        self._measurements.errors[f"{route}: {answer.status_code}"] += 1
        return None

    async def follow(self, run_id: str) -> None:
        """Follow a log until the deadline, also after the connection was lost."""
        position, headers = "1:0", {"Accept": "text/event-stream"}
        while time.monotonic() < self._deadline:
            try:
                async with self._client.stream(
                    "GET", f"/runs/{run_id}/log", headers={**headers, "Last-Event-ID": position}
                ) as answer:
                    async for line in answer.aiter_lines():
                        if line.startswith("id: "):
                            position = line.removeprefix("id: ")
                        self._measurements.lines += line.startswith("data: ")
                        if line.startswith("event: end") or time.monotonic() >= self._deadline:
                            return
            except httpx.HTTPError:
                pass
            self._measurements.reconnected += 1
            await asyncio.sleep(_PAUSE)

    async def sample(self, seconds: float) -> None:
        """Read the metrics of the service again and again."""
        while time.monotonic() < self._deadline:
            answer = await self.send("GET", "/metrics", "GET /metrics")
            if answer is not None:
                self._measurements.add_metrics(answer.text)
            await asyncio.sleep(seconds)
