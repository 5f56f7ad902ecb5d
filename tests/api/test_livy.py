"""Livy's clients: batches are requests for runs, in the words and states of Livy's REST interface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.job_service import RunningDispatcher, check, running

from sparkops.api.app import create_app
from sparkops.api.service import JobService
from sparkops.config.api_settings import ContextSettings
from sparkops.engine import Engine

JOBS = """
from datetime import date
from pyspark.sql import DataFrame
from sparkops import Secret, job

@job(writes="out")
def done(source: DataFrame, *, day: date, n: int = 3) -> DataFrame:
    return source

@job(writes="out")
def failed(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def slow(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def with_secret(source: DataFrame, *, token: Secret) -> DataFrame:
    return source
"""
CONF = "tables: {source: {path: source}}\nstate: .\napi: {livy: true}\n"
DAY = ["--day", "2013-07-04"]


@dataclass
class Livy:
    client: httpx.AsyncClient
    service: RunningDispatcher

    async def create(self, file: str, *args: str, **fields: Any) -> dict[str, Any]:
        answer = await self.client.post("/batches", json={"file": file, "args": list(args), **fields})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def until(self, number: int, *states: str) -> str:
        async with asyncio.timeout(30):
            while True:
                state = str((await self.client.get(f"/batches/{number}/state")).json()["state"])
                if state in states:
                    return state
                await asyncio.sleep(0.02)


@asynccontextmanager
async def serving(project: Path, **settings: ContextSettings) -> AsyncIterator[Livy]:
    async with running(project, **settings) as dispatcher:
        service = JobService(engine=Engine(project), store=dispatcher.store, dispatcher=dispatcher.dispatcher)
        transport = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:5002") as client:
            yield Livy(client, dispatcher)


@pytest.fixture
def served(make_project: Callable[..., Path]) -> Callable[..., None]:
    project = make_project({"jobs/all.py": JOBS, "conf/base/all.yml": CONF})

    def serve(scenario: Callable[[Livy], Coroutine[Any, Any, None]], **settings: ContextSettings) -> None:
        async def run() -> None:
            async with serving(project, **settings) as livy:
                await scenario(livy)

        check(run())

    return serve


def test_a_batch_is_created_watched_and_read(served: Callable[..., None]) -> None:
    async def scenario(livy: Livy) -> None:
        batch = await livy.create("sparkops:done", *DAY, "n=5", name="airflow", driverMemory="4g")
        assert {"id", "appId", "appInfo", "log", "state"} <= batch.keys()
        assert (batch["id"], batch["name"]) == (1, "done")
        assert await livy.until(1, "success", "dead") == "success"
        [submission] = livy.service.store.list_newest(limit=5)
        assert submission.request.params == {"day": "2013-07-04", "n": 5}
        livy.service.runs.find_newest_attempt(submission.run_id).log.write_text("a\nb\nc\n")
        log = (await livy.client.get("/batches/1/log?from=0&size=2")).json()
        assert log == {"id": 1, "from": 0, "size": 2, "total": 3, "log": ["a", "b"]}
        assert (await livy.client.get("/batches/1/log?size=2")).json()["log"] == ["b", "c"]

    served(scenario)


def test_the_states_are_those_of_livy(served: Callable[..., None]) -> None:
    async def scenario(livy: Livy) -> None:
        failed = (await livy.create("failed"))["id"]
        assert await livy.until(failed, "success", "dead") == "dead"
        active, waiting = (await livy.create("slow"))["id"], None
        await livy.until(active, "running")
        waiting = (await livy.create("done", *DAY))["id"]
        assert await livy.until(waiting, "not_started") == "not_started"
        for number in (waiting, active):
            assert (await livy.client.delete(f"/batches/{number}")).json() == {"msg": "deleted"}
            assert await livy.until(number, "killed") == "killed"
        assert (await livy.client.delete(f"/batches/{failed}")).status_code == 200
        page = (await livy.client.get("/batches?from=1&size=1")).json()
        assert (page["from"], page["total"], [item["id"] for item in page["sessions"]]) == (1, 3, [active])

    served(scenario, default=ContextSettings(spare=0, max_runs=1))


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 422, "`file` names no job"),
        ({"file": "sparkops:"}, 422, "`file` names no job"),
        ({"file": "dome"}, 404, "Did you mean `done`?"),
        ({"file": "done", "args": "--day"}, 422, "`args` is no list of texts"),
        ({"file": "done", "args": ["2013-07-04"]}, 422, "Unexpected `2013-07-04`"),
        ({"file": "done", "args": ["--day", "soon", "--m", "1"]}, 422, "2 parameter problems"),
        ({"file": "done", "args": DAY, "conf": {"spark.jars": "evil.jar"}}, 422, "`conf` cannot be changed"),
        ({"file": "done", "args": DAY, "proxyUser": "root"}, 422, "`proxyUser` cannot be changed"),
        ({"file": "done", "args": DAY, "code": "1"}, 422, "Unknown field `code`"),
        ({"file": "with_secret", "args": ["--token", "hunter22"]}, 422, "SPARKOPS_SECRET_TOKEN"),
    ],
)
def test_a_batch_that_cannot_be_served_is_refused_with_a_message(
    served: Callable[..., None], body: dict[str, Any], status: int, message: str
) -> None:
    async def scenario(livy: Livy) -> None:
        answer = await livy.client.post("/batches", json=body)
        assert (answer.status_code, message in answer.json()["msg"]) == (status, True), answer.text
        assert "hunter22" not in answer.text
        assert livy.service.store.list_newest(limit=5) == []

    served(scenario)


@pytest.mark.parametrize("path", ["/batches/7", "/batches/x/state", f"/batches/{10**30}/log", "/batches/-1"])
def test_a_batch_that_is_not_there_is_said_so(served: Callable[..., None], path: str) -> None:
    async def scenario(livy: Livy) -> None:
        answer = await livy.client.get(path)
        assert (answer.status_code, "No batch" in answer.json()["msg"]) == (404, True)

    served(scenario)


def test_the_routes_are_there_only_if_the_settings_say_so(make_project: Callable[..., Path]) -> None:
    project = make_project({"conf/base/all.yml": "state: .\n"})

    async def scenario() -> None:
        async with serving(project) as livy:
            assert (await livy.client.get("/batches")).status_code == 404

    check(scenario())
