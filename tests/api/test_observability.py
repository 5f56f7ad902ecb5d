"""Metrics, the audit, the log of requests and spans: what operators see, without values of parameters."""

from __future__ import annotations

import asyncio
import json
import logging
import stat
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.job_service import RunningDispatcher, check, running
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from sparkops.api.app import create_app
from sparkops.api.database.tokens import TokenStore
from sparkops.api.request_log import AuditFile, JsonFormatter
from sparkops.api.service import JobService
from sparkops.api.tracing import RunSpans, make_exporter
from sparkops.config.api_settings import ContextSettings
from sparkops.engine import Engine
from sparkops.errors import InputError

JOBS = """
from pyspark.sql import DataFrame
from sparkops import job

@job(writes="out")
def done(source: DataFrame, *, name: str = "x") -> DataFrame:
    return source

@job(writes="out")
def failed(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def slow(source: DataFrame) -> DataFrame:
    return source
"""
CONF = "tables: {source: {path: source}}\nstate: .\n"
PARENT = f"00-{'a' * 32}-{'b' * 16}-01"
HIDDEN = {"params": {"name": "hunter22"}}


@dataclass
class Served:
    client: httpx.AsyncClient
    service: RunningDispatcher

    async def read_metrics(self) -> dict[tuple[str, ...], float]:
        answer = await self.client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    return make_project({"jobs/all.py": JOBS, "conf/base/all.yml": CONF})


@asynccontextmanager
async def serving(
    project: Path, *, has_tokens: bool = False, **settings: ContextSettings
) -> AsyncIterator[Served]:
    async with running(project, **settings) as dispatcher:
        service = JobService(engine=Engine(project), store=dispatcher.store, dispatcher=dispatcher.dispatcher)
        tokens = TokenStore(dispatcher.store.engine) if has_tokens else None
        transport = httpx.ASGITransport(create_app(service, tokens))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:5002") as client:
            yield Served(client, dispatcher)


@pytest.fixture
def served(project: Path) -> Callable[..., None]:
    def serve(scenario: Callable[[Served], Coroutine[Any, Any, None]], **settings: Any) -> None:
        async def run() -> None:
            async with serving(project, **settings) as api:
                await scenario(api)

        check(run())

    return serve


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[Path]:
    path, logger = tmp_path / "state" / "audit.jsonl", logging.getLogger("sparkops.api.audit")
    handler = AuditFile(path)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield path
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def read_lines(path: Path, *secrets: str) -> list[dict[str, Any]]:
    """Return the lines of an audit that only its owner can read, and that contains none of these secrets."""
    text = path.read_text("utf-8")
    assert not [secret for secret in secrets if secret in text]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return [json.loads(line) for line in text.splitlines()]


def test_ended_runs_are_counted_by_declared_job_and_state(served: Callable[..., None]) -> None:
    async def scenario(api: Served) -> None:
        for job in ("done", "done", "failed"):
            await api.client.post(f"/jobs/{job}/runs?wait=20")
        # A run of a job that is not declared any more.
        api.service.submit("refused")
        await api.service.until_ended()
        metrics = await api.read_metrics()
        assert metrics["sparkops_runs_total", "done", "done"] == 2
        assert metrics["sparkops_runs_total", "failed", "failed"] == 1
        assert metrics["sparkops_runs_total", "other", "failed"] == 1
        assert metrics["sparkops_run_duration_seconds_count", "done"] == 2

    served(scenario)


def test_queue_contexts_and_the_process_are_described(served: Callable[..., None]) -> None:
    async def scenario(api: Served) -> None:
        active = (await api.client.post("/jobs/slow/runs")).json()["id"]
        await api.service.until(lambda: api.service.runs.find_state(active) == "running")
        waiting = (await api.client.post("/jobs/done/runs")).json()["id"]
        await asyncio.sleep(0.2)
        metrics = await api.read_metrics()
        assert metrics["sparkops_queue_length", "default"] == 1
        assert 0.1 < metrics["sparkops_queue_oldest_wait_seconds", "default"] < 30
        assert (
            metrics["sparkops_active_runs", "default"],
            metrics["sparkops_workers", "default", "ready"],
        ) == (1, 1)
        assert metrics["sparkops_service_memory_bytes",] > 10_000_000
        assert metrics["sparkops_service_threads",] >= 1
        assert metrics["sparkops_service_open_files",] >= 1
        for run in (waiting, active):
            await api.client.post(f"/runs/{run}/cancel")
        metrics = await api.read_metrics()
        assert (
            metrics["sparkops_runs_total", "done", "cancelled"],
            metrics["sparkops_queue_length", "default"],
        ) == (1, 0)

    served(scenario, default=ContextSettings(spare=0, max_runs=1))


def test_each_action_is_one_line_of_the_audit_without_values(
    served: Callable[..., None], audit: Path
) -> None:
    async def scenario(api: Served) -> None:
        run = (await api.client.post("/jobs/done/runs?wait=20", json=HIDDEN)).json()["id"]
        await api.client.post("/runs/last/repeat?wait=20", json={})
        await api.client.post("/jobs/dome/runs", json=HIDDEN)
        await api.client.post(f"/runs/{run}/cancel")
        await api.client.get("/runs")
        lines = read_lines(audit, "hunter22")
        facts = [(line["action"], line["job"], line["status"]) for line in lines]
        assert facts == [
            ("submit", "done", 200), ("repeat", "done", 200), ("submit", "dome", 404), ("cancel", "done", 422),
        ]  # fmt: skip
        assert [lines[0]["run"], lines[3]["run"]] == [run, run]
        assert {(line["caller"], line["address"]) for line in lines} == {("local", "127.0.0.1")}

    served(scenario)


def test_who_is_refused_is_in_the_audit(project: Path, audit: Path) -> None:
    async def scenario() -> None:
        async with serving(project, has_tokens=True) as api:
            token = TokenStore(api.service.store.engine).create("reader", "read")
            await api.client.get("/jobs", headers={"authorization": "Bearer hunter22"})
            await api.client.post("/jobs/done/runs", headers={"authorization": f"Bearer {token}"})
            assert [(line["status"], line["caller"]) for line in read_lines(audit, "hunter22", token)] == [
                (401, None),
                (403, "reader"),
            ]

    check(scenario())


def test_a_request_is_one_json_line_of_the_log(
    served: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(api: Served) -> None:
        with caplog.at_level(logging.INFO, "sparkops.api.access"):
            await api.client.get("/runs?state=done")
        [record] = [record for record in caplog.records if record.name == "sparkops.api.access"]
        line = json.loads(JsonFormatter().format(record))
        assert line["milliseconds"] >= 0
        assert {name: line[name] for name in ("level", "method", "path", "status", "caller")} == {
            "level": "info", "method": "GET", "path": "/runs", "status": 200, "caller": "local",
        }  # fmt: skip

    served(scenario)


def test_the_span_of_a_run_has_the_caller_as_parent(served: Callable[..., None]) -> None:
    exporter = InMemorySpanExporter()

    async def scenario(api: Served) -> None:
        spans = RunSpans(exporter, api.service.store.find_traceparent)
        api.service.store.listeners.append(spans.record)
        await api.client.post("/jobs/done/runs?wait=20", headers={"traceparent": PARENT})
        await api.client.post(
            "/jobs/failed/runs?wait=20", headers={"traceparent": f"00-{'0' * 32}-{'b' * 16}-01"}
        )
        spans.close()
        done, failed = exporter.get_finished_spans()
        assert done.parent is not None
        assert (f"{done.context.trace_id:032x}", f"{done.parent.span_id:016x}") == ("a" * 32, "b" * 16)
        assert done.attributes is not None
        assert (done.name, done.attributes["sparkops.state"], done.status.is_ok) == ("run done", "done", True)
        assert (failed.parent, failed.status.is_ok) == (None, False)
        assert done.start_time is not None
        assert done.end_time is not None
        assert done.start_time < done.end_time

    served(scenario)


def test_there_is_no_exporter_without_a_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert make_exporter() is None


def test_a_collector_without_the_packages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setattr("sparkops.api.tracing.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'sparkops\[otel\]'"):
        make_exporter()
