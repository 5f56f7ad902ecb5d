"""A project whose files are changed while it is served: requests and runs are about what is on disk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fakes.job_service import RunningDispatcher, check, running

from sparkops.api.app import create_app
from sparkops.api.service import JobService
from sparkops.engine import Engine

CONF = "tables: {source: {path: source}}\nstate: .\n"
JOB = """
from pyspark.sql import DataFrame
from sparkops import job

@job(writes="out")
def done(source: DataFrame, *, {parameter}: int = 3) -> DataFrame:
    return source
"""


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    return make_project({"jobs/all.py": JOB.format(parameter="n"), "conf/base/all.yml": CONF})


@asynccontextmanager
async def serving(project: Path) -> AsyncIterator[tuple[httpx.AsyncClient, RunningDispatcher]]:
    async with running(project) as dispatcher:
        service = JobService(engine=Engine(project), store=dispatcher.store, dispatcher=dispatcher.dispatcher)
        transport = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:5002") as client:
            yield client, dispatcher


async def run_done(client: httpx.AsyncClient, **params: int) -> tuple[int, str]:
    """Return the status of a request and the state of its run, or the problem."""
    response = await client.post("/jobs/done/runs?wait=30", json={"params": params})
    body = response.json()
    return response.status_code, body.get("state") or body["detail"]


def test_a_changed_job_has_its_new_parameters(project: Path) -> None:
    async def scenario() -> None:
        async with serving(project) as (client, _):
            assert (await run_done(client, n=1)) == (200, "done")
            (project / "jobs" / "all.py").write_text(JOB.format(parameter="number"))
            assert (await client.get("/jobs/done")).json()["parameters"]["properties"].keys() == {"number"}
            assert (await run_done(client, number=1)) == (200, "done")
            status, detail = await run_done(client, n=1)
            assert status == 422
            assert "No parameter `n` (from http). It takes number." in detail
            (project / "jobs" / "more.py").write_text(JOB.format(parameter="n").replace("done", "more"))
            assert [job["name"] for job in (await client.get("/jobs")).json()["jobs"]] == ["done", "more"]

    check(scenario())


def test_a_project_that_cannot_be_used_is_reported_until_it_is_corrected(project: Path) -> None:
    async def scenario() -> None:
        async with serving(project) as (client, _):
            (project / "conf" / "base" / "all.yml").write_text("tables: [")
            for _ in range(2):
                status, detail = await run_done(client)
                assert status == 503
                assert detail.startswith("The project cannot be used until this is corrected: ")
                assert "all.yml:1" in detail
            (project / "conf" / "base" / "all.yml").write_text(CONF)
            assert (await run_done(client)) == (200, "done")

    check(scenario())


@pytest.mark.parametrize(
    ("text", "is_renewed"),
    [
        ("spark: {conf: {spark.sql.shuffle.partitions: 3}}", True),
        ("params: {done: {n: 4}}", False),
        ("api: {max_bytes: 5000}", False),
        ("api: {contexts: {default: {max_runs: 7, spare: 0}}}", True),
    ],
)
def test_changed_settings_take_effect_with_new_processes_if_processes_read_them_at_their_start(
    project: Path, text: str, is_renewed: bool
) -> None:
    async def scenario() -> None:
        async with serving(project) as (client, dispatcher):
            (project / "conf" / "base" / "api.yml").write_text("api: {contexts: {default: {spare: 0}}}\n")
            assert (await run_done(client)) == (200, "done")
            before = dispatcher.pids
            is_api = text.startswith("api")
            (project / "conf" / "base" / ("api.yml" if is_api else "more.yml")).write_text(text)
            assert (await run_done(client)) == (200, "done")
            assert (set(before) & set(dispatcher.pids) == set()) is is_renewed

    check(scenario())
