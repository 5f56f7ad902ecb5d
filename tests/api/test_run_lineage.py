"""The lineage of a run over HTTP: what it read, the run that published that, and the picture of both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from fakes.job_service import check, running

from sparkops.api.app import create_app
from sparkops.api.service import JobService
from sparkops.engine import Engine

ORDERS = {"kind": "delta", "version": 3, "identity": "i", "rows": 7}


def test_the_lineage_of_a_run_has_the_run_that_published_its_input(make_project: Callable[..., Path]) -> None:
    project = make_project({"conf/base/all.yml": "state: .\n"})

    async def scenario() -> None:
        async with running(project) as fake:
            earlier = fake.runs.begin("20260101-000000-aaa", "orders", params={})
            earlier.enter("done", "ended", outputs={"orders": ORDERS})
            later = fake.runs.begin("20260102-000000-bbb", "daily", params={})
            later.enter("done", "ended", inputs={"orders": ORDERS})
            service = JobService(engine=Engine(project), store=fake.store, dispatcher=fake.dispatcher)
            transport = httpx.ASGITransport(create_app(service))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:5002") as client:
                body: Any = (await client.get("/runs/20260102-000000-bbb/lineage")).json()
                alone: Any = (await client.get("/runs/20260101-000000-aaa/lineage")).json()
                assert (await client.get("/runs/none/lineage")).status_code == 404
        assert [(origin["kind"], origin["title"]) for origin in body["origins"]] == [
            ("run", "daily"), ("table", "orders"), ("run", "orders"),
        ]  # fmt: skip
        assert body["edges"][0]["to"] == "20260102-000000-bbb"
        assert len(body["picture"]["boxes"]) == 3
        assert body["picture"]["sentences"][0].startswith(
            "Job daily, 20260102-000000-bbb made this page from 1 input"
        )
        assert (alone["edges"], alone["picture"]) == ([], None)

    check(scenario())
