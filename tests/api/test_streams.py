"""Streams through the service: they go on until they are stopped, and their runs show how far they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake
from fakes.job_service import RunningDispatcher, check, running
from fakes.served_project import Served, served

from sparkops.api.database.submission import JobRequest
from sparkops.api.database.submissions import NewSubmission
from sparkops.api.routes.stream_view import describe_stream
from sparkops.runs.records.run import Run

EVERY = {"every": "10 seconds"}


async def start(api: Served, body: Mapping[str, Any]) -> str:
    run = (await api.post("/jobs/follow/runs", body)).json()
    await api.service.until(lambda: len(read(api, run["id"]).batches) == 2)
    return str(run["id"])


def read(api: Served, run_id: str) -> Run:
    try:
        return api.service.runs.read(run_id)
    except Exception:  # noqa: BLE001 - it is just starting
        return Run(id=run_id, job="follow")


def test_only_a_stream_can_go_on_until_it_is_stopped(project: Path) -> None:
    async def scenario(api: Served) -> None:
        refused = await api.post("/jobs/slow/runs", EVERY)
        assert refused.status_code == 422
        assert "`slow` reads none (jobs/all.py:" in refused.json()["detail"]
        wrong = await api.post("/jobs/follow/runs", {"every": "soon"})
        assert (wrong.status_code, "'10 seconds'" in wrong.json()["detail"]) == (422, True)
        assert (await api.post("/jobs/follow/runs", {"every": 10})).status_code == 422
        jobs = {name: (await api.get(f"/jobs/{name}")).json() for name in ("slow", "follow")}
        assert (jobs["slow"]["stream"], jobs["follow"]["stream"]) == (None, "source")

    served(project, scenario)


def test_a_stream_shows_how_far_it_is_and_is_stopped_and_started_again(project: Path) -> None:
    for number in range(3):
        write_deltalake(str(project / "source"), pa.table({"n": [number]}), mode="append")

    async def scenario(api: Served) -> None:
        run_id = await start(api, EVERY)
        run = (await api.get(f"/runs/{run_id}")).json()
        assert (run["state"], run["every"], run["context"]) == ("running", "10 seconds", "streams")
        stream = run["stream"]
        assert (stream["batches"], stream["rows"], stream["held"]) == (2, 4, 2)
        assert stream["rows_per_second"] == 1234.5
        assert (stream["last_batch"]["number"], stream["last_batch"]["rows"]) == (1, 2)
        assert (stream["last_commit"]["table"], stream["last_commit"]["version"]) == ("out", 1)
        assert stream["lag"]["seconds"] < 60
        assert (stream["lag"]["versions"], stream["lag"]["files"]) == (2, 4)
        stopped = (await api.post(f"/runs/{run_id}/cancel")).json()
        assert (stopped["state"], stopped["stream"]["rows"]) == ("cancelled", 4)
        again = (await api.post(f"/runs/{run_id}/repeat")).json()
        await api.service.until(lambda: read(api, again["id"]).every == "10 seconds")
        assert (await api.post(f"/runs/{again['id']}/cancel")).json()["state"] == "cancelled"

    served(project, scenario)


def test_a_stream_that_reads_what_is_there_is_executed_where_other_runs_are(project: Path) -> None:
    async def scenario(api: Served) -> None:
        run_id = await start(api, {})
        run = (await api.get(f"/runs/{run_id}")).json()
        assert (run["context"], "every" in run) == ("default", False)
        await api.post(f"/runs/{run_id}/cancel")

    served(project, scenario)


def test_a_configured_context_is_that_of_a_stream_too(project: Path) -> None:
    conf = project / "conf" / "base" / "all.yml"
    conf.write_text(conf.read_text() + "api: {jobs: {follow: {context: default}}}\n")

    async def scenario(api: Served) -> None:
        run_id = await start(api, EVERY)
        assert (await api.get(f"/runs/{run_id}")).json()["context"] == "default"
        await api.post(f"/runs/{run_id}/cancel")

    served(project, scenario)


def test_a_service_that_is_stopped_leaves_its_streams_to_the_next_one(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as first:
            request = JobRequest(job="follow", every="10 seconds")
            first.store.accept(NewSubmission(run_id="r1", request=request, context="streams", caller="me"))
            first.dispatcher.wake()
            await first.until(lambda: has_batches(first, 2))
        assert first.runs.read("r1").state == "crashed"
        async with running(tmp_path, "s2") as second:
            await second.until(lambda: has_batches(second, 4))
            run = second.runs.read("r1")
            assert (run.state, run.attempt, run.every) == ("running", 2, "10 seconds")
            second.runs.request_cancel(run, by="me")
            await second.until_ended()

    check(scenario())


def has_batches(service: RunningDispatcher, number: int) -> bool:
    return len(list(service.runs.list_newest())) == 1 and len(service.runs.read("r1").batches) == number


def test_the_lag_counts_from_the_last_batch_to_now_or_to_the_end() -> None:
    time = datetime(2026, 1, 1, tzinfo=UTC)
    batch = {"number": 7, "version": 3, "rows": 5, "time": time.isoformat()}
    run = Run(
        id="r", job="j", batches=(batch,), outputs={"out__quarantine": {"version": 3}, "out": {"version": 3}}
    )
    shown = describe_stream(run, lambda: time + timedelta(seconds=12))
    assert shown["lag"] == {"seconds": 12.0}
    assert (shown["batches"], shown["rows"]) == (1, 5)
    assert shown["last_commit"] == {"table": "out", "version": 3, "time": time.isoformat()}
    before = describe_stream(Run(id="r", job="j", every="1 second"))
    assert (before["batches"], before["last_batch"], before["last_commit"], before["lag"]) == (
        0,
        None,
        None,
        {"seconds": None},
    )
