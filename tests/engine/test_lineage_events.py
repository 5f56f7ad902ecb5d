"""Runs are reported to OpenLineage, to a file and to a server; a run never fails by that."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from sparkops.engine import Engine
from sparkops.engine.adapters.lineage_events import LineageEvents
from sparkops.errors import JobFailed
from sparkops.pipeline.job import Job
from sparkops.runs.records.states import State

JOB = """
from pyspark.sql import DataFrame
from sparkops import job


@job
def orders(raw: DataFrame) -> DataFrame:
    return raw
"""
ENDED = "2024-01-01T00:00:00+00:00"
RUN = "20240101-000000-aaaaaaaaaa"


@pytest.fixture
def make_events(make_project: Callable[..., Path]) -> Callable[..., tuple[LineageEvents, Job]]:
    def make(**settings: Any) -> tuple[LineageEvents, Job]:
        conf = json.dumps({"lineage": {"openlineage": settings}})
        engine = Engine(make_project({"jobs/orders.py": JOB, "conf/base/lineage.yml": conf}))
        return engine.container.build_lineage_events(("hunter22",)), engine.project.find_declared("orders")

    return make


def run_attempt(events: LineageEvents, job: Job, state: State = "done", **facts: Any) -> None:
    """Execute one attempt as the engine does: recorded, reported, and failing where its state says so."""
    error = {"kind": "JobFailed", "message": "No."} if state != "done" else None
    with events.report(job, RUN):
        attempt = events.runs.begin(RUN, job.name)
        attempt.append("ended", state=state, ended=ENDED, error=error, **facts)
        if error:
            raise JobFailed("No.")


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_run_has_a_start_and_an_end(make_events: Callable[..., tuple[LineageEvents, Job]]) -> None:
    events, job = make_events(file="out/events.jsonl", namespace="shop")
    run_attempt(events, job, params={"url": "https://u:hunter22@host"})
    start, end = read_lines(events.root / "out" / "events.jsonl")
    assert (start["eventType"], end["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == end["run"]["runId"]
    assert start["job"]["namespace"] == "shop"
    assert start["job"]["name"] == "orders"
    content = (events.root / "out" / "events.jsonl").read_text()
    assert "hunter22" not in content
    assert (events.root / "out" / "events.jsonl").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("state", "kind"), [("failed", "FAIL"), ("checks_failed", "FAIL"), ("cancelled", "ABORT")]
)
def test_a_run_that_fails_keeps_its_error_and_is_reported(
    make_events: Callable[..., tuple[LineageEvents, Job]], state: State, kind: str
) -> None:
    events, job = make_events(file="events.jsonl")
    with pytest.raises(JobFailed, match="No"):
        run_attempt(events, job, state)
    assert [event["eventType"] for event in read_lines(events.root / "events.jsonl")] == ["START", kind]


def test_a_resumed_run_is_a_run_of_its_own(make_events: Callable[..., tuple[LineageEvents, Job]]) -> None:
    events, job = make_events(file="events.jsonl")
    with pytest.raises(JobFailed):
        run_attempt(events, job, "failed")
    run_attempt(events, job)
    lines = read_lines(events.root / "events.jsonl")
    assert [event["eventType"] for event in lines] == ["START", "FAIL", "START", "COMPLETE"]
    assert len({event["run"]["runId"] for event in lines}) == 2
    assert [event["run"]["facets"]["sparkops_run"]["attempt"] for event in lines] == [1, 1, 2, 2]


def test_a_run_that_ends_before_it_is_recorded_has_an_end(
    make_events: Callable[..., tuple[LineageEvents, Job]],
) -> None:
    events, job = make_events(file="events.jsonl")
    with pytest.raises(JobFailed), events.report(job, RUN):
        raise JobFailed("No.")
    assert [event["eventType"] for event in read_lines(events.root / "events.jsonl")] == ["START", "FAIL"]


def test_nothing_is_reported_by_default(make_events: Callable[..., tuple[LineageEvents, Job]]) -> None:
    events, job = make_events()
    run_attempt(events, job)
    assert sorted(path.name for path in events.root.iterdir()) == [".sparkops", "conf", "jobs"]


@contextmanager
def answering(status: int) -> Iterator[tuple[str, list[tuple[dict[str, str], dict[str, Any]]]]]:
    """Yield the address of a server, and the headers and bodies that it received."""
    received: list[tuple[dict[str, str], dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((dict(self.headers), json.loads(body)))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v1/lineage", received
    finally:
        server.shutdown()
        server.server_close()


def test_events_are_posted_with_the_key(
    make_events: Callable[..., tuple[LineageEvents, Job]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAGE_KEY", "opensesame")
    with answering(201) as (url, received):
        events, job = make_events(url=url, api_key="${env:LINEAGE_KEY}")
        run_attempt(events, job)
    assert [body["eventType"] for _, body in received] == ["START", "COMPLETE"]
    headers = received[0][0]
    assert headers["Authorization"] == "Bearer opensesame"
    assert headers["Content-Type"] == "application/json"


def test_a_server_that_refuses_is_a_warning(
    make_events: Callable[..., tuple[LineageEvents, Job]], caplog: pytest.LogCaptureFixture
) -> None:
    with answering(500) as (url, _):
        events, job = make_events(url=url)
        run_attempt(events, job)
    assert caplog.text.count("OpenLineage: an event was not written: HTTP Error 500") == 2


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "ftp://host/", "nonsense", "http://a b/"])
def test_a_server_that_cannot_be_reached_is_a_warning(
    make_events: Callable[..., tuple[LineageEvents, Job]], caplog: pytest.LogCaptureFixture, url: str
) -> None:
    events, job = make_events(url=url, file="events.jsonl")
    run_attempt(events, job)
    assert "OpenLineage: an event was not written" in caplog.text
    assert len(read_lines(events.root / "events.jsonl")) == 2


def test_a_file_that_cannot_be_written_is_a_warning(
    make_events: Callable[..., tuple[LineageEvents, Job]], caplog: pytest.LogCaptureFixture
) -> None:
    events, job = make_events(file="jobs")
    run_attempt(events, job)
    assert caplog.text.count("OpenLineage: an event was not written") == 2
