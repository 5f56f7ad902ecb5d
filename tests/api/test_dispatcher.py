"""What is accepted is executed once, whatever happens to the processes that execute it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from fakes.job_service import check, running

from sparkops.api.database.connect import open_database
from sparkops.api.database.submission import JobRequest
from sparkops.api.database.submissions import NewSubmission, SubmissionStore
from sparkops.config.api_settings import ContextSettings
from sparkops.runs.records.store import RunStore


def test_every_accepted_request_ends_with_the_state_of_its_run(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as service:
            service.submit("done", "failed", "refused")
            await service.until_ended()
            assert service.states() == {"done": "done", "failed": "failed", "refused": "failed"}
            assert len(service.pids) == 1, "a shared context has one process"

    check(scenario())


def test_a_request_whose_run_was_refused_has_the_reason(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as service:
            [run_id] = service.submit("refused")
            await service.until_ended()
            outcome = service.find(run_id).outcome
            assert outcome is not None
            assert (outcome.error, outcome.kind) == ("It was refused.", "InputError")

    check(scenario())


def test_no_more_runs_are_active_than_a_context_allows(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, default=ContextSettings(spare=0, max_runs=2)) as service:
            service.submit(*["wait"] * 5)
            await service.until(lambda: len(list(RunStore(tmp_path / "runs").list_newest())) == 2)
            await asyncio.sleep(0.3)
            assert len(list(RunStore(tmp_path / "runs").list_newest())) == 2
            assert service.store.count_queued() == {"default": 3}
            (tmp_path / "go").touch()
            await service.until_ended()
            assert set(service.states().values()) == {"done"}

    check(scenario())


def test_an_exclusive_run_that_ends_its_process_harms_no_other(tmp_path: Path) -> None:
    async def scenario() -> None:
        settings = ContextSettings(kind="exclusive", spare=0, retries=0)
        async with running(tmp_path, default=settings) as service:
            service.submit("wait", "exit", "done")
            await service.until(lambda: service.states()["exit"] == "crashed")
            (tmp_path / "go").touch()
            await service.until_ended()
            assert service.states() == {"wait": "done", "exit": "crashed", "done": "done"}

    check(scenario())


def test_each_exclusive_run_has_a_process_of_its_own(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(
            tmp_path, default=ContextSettings(kind="exclusive", spare=0, max_runs=3)
        ) as service:
            service.submit("wait", "wait", "wait")
            runs = RunStore(tmp_path / "runs")
            await service.until(lambda: len(list(runs.list_newest())) == 3)
            assert len({run.process["pid"] for run in runs.list_newest()}) == 3
            (tmp_path / "go").touch()
            await service.until_ended()

    check(scenario())


def test_a_run_whose_process_ended_is_continued(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as service:
            [run_id] = service.submit("exit_once")
            await service.until_ended()
            assert service.states() == {"exit_once": "done"}
            assert service.find(run_id).crashes == 1
            assert RunStore(tmp_path / "runs").load(run_id).attempt == 2

    check(scenario())


def test_a_run_that_ends_its_process_each_time_is_given_up(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, default=ContextSettings(spare=0, retries=1)) as service:
            [run_id] = service.submit("exit")
            await service.until_ended()
            outcome = service.find(run_id).outcome
            assert outcome is not None
            assert (outcome.state, service.find(run_id).crashes) == ("crashed", 1)
            assert outcome.error == "The process of context `default` ended before the run did."

    check(scenario())


def test_a_process_without_its_spark_is_replaced_and_its_run_continued(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as service:
            [run_id] = service.submit("jvm")
            await service.until_ended()
            assert service.states() == {"jvm": "done"}
            attempts = [RunStore(tmp_path / "runs").read(run_id).attempt, service.find(run_id).crashes]
            assert attempts == [2, 1]

    check(scenario())


def test_a_process_is_replaced_after_its_runs(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, default=ContextSettings(spare=0, max_runs=1, recycle_runs=2)) as service:
            service.submit("done", "done", "done", "done", "done")
            await service.until_ended()
            pids = [run.process["pid"] for run in RunStore(tmp_path / "runs").list_newest()]
            assert sorted(pids.count(pid) for pid in set(pids)) == [1, 2, 2]

    check(scenario())


def test_idle_processes_end(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, default=ContextSettings(spare=1, idle=0.2)) as service:
            await service.until(lambda: len(service.pids) == 1)
            await service.until(lambda: not service.pids)
            service.submit("done")
            await service.until_ended()

    check(scenario())


@pytest.mark.parametrize(("kind", "count"), [("shared", 1), ("exclusive", 3)])
def test_processes_that_wait_for_runs_are_replaced_after_each_start(
    tmp_path: Path, kind: Any, count: int
) -> None:
    async def scenario() -> None:
        async with running(
            tmp_path, default=ContextSettings(kind=kind, spare=1, recycle_runs=100)
        ) as service:
            await service.until(lambda: len(service.pids) == 1)
            first = service.pids
            service.submit("wait", "wait")
            await service.until(
                lambda: "queued" not in service.states().values() and len(service.pids) >= count
            )
            await asyncio.sleep(0.2)
            assert len(service.pids) == count, "a process for each run, and one that waits"
            (tmp_path / "go").touch()
            await service.until_ended()
            assert service.pids[-1] != first[0] or kind == "shared"

    check(scenario())


def test_a_shared_process_that_gets_no_more_runs_is_replaced_before_the_next_request(tmp_path: Path) -> None:
    async def scenario() -> None:
        settings = ContextSettings(spare=1, recycle_runs=1)
        async with running(tmp_path, default=settings) as service:
            await service.until(lambda: len(service.pids) == 1)
            service.submit("wait")
            await service.until(lambda: len(service.pids) == 2)
            (tmp_path / "go").touch()
            await service.until_ended()

    check(scenario())


def test_idle_processes_are_not_replaced(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, default=ContextSettings(spare=1, idle=0.2)) as service:
            service.submit("done")
            await service.until_ended()
            await service.until(lambda: not service.pids)
            await asyncio.sleep(1.2)
            assert not service.pids

    check(scenario())


def test_a_request_that_waits_too_long_is_given_up(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(
            tmp_path, default=ContextSettings(spare=0, max_runs=1, queue_timeout=0.5)
        ) as service:
            _, waiting = service.submit("wait", "done")
            await service.until(lambda: service.find(waiting).state == "ended")
            outcome = service.find(waiting).outcome
            assert outcome is not None
            assert (
                outcome.error
                == "The request waited for 0.5 seconds in the queue of context `default` and was given up."
            )
            (tmp_path / "go").touch()
            await service.until_ended()
            assert service.states() == {"wait": "done", "done": "timed_out"}

    check(scenario())


def test_a_service_that_is_stopped_lets_its_runs_complete(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as service:
            [run_id] = service.submit("wait")
            await service.until(lambda: service.find(run_id).state == "started")
            asyncio.get_running_loop().call_later(0.3, (tmp_path / "go").touch)
        assert RunStore(tmp_path / "runs").load(run_id).state == "done"

    check(scenario())


def test_the_next_service_completes_what_a_killed_one_had_accepted(tmp_path: Path) -> None:
    """The first service is another process, which is killed with runs active and requests waiting."""
    child = os.fork()
    if child == 0:

        async def accept_and_wait() -> None:
            settings = ContextSettings(spare=0, max_runs=2)
            async with running(tmp_path, default=settings) as service:
                service.submit("wait", "done", "wait", "failed", "wait")
                await asyncio.sleep(60)

        asyncio.run(accept_and_wait())
        os._exit(1)
    runs = RunStore(tmp_path / "runs")
    deadline = time.monotonic() + 30
    while [run.job for run in runs.list_newest()].count("wait") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

    async def scenario() -> None:
        async with running(tmp_path, "s2") as service:
            (tmp_path / "go").touch()
            await service.until_ended()
            newest = service.store.list_newest(limit=10)
            states = [(run.request.job, run.outcome.state) for run in reversed(newest) if run.outcome]
            expected = [
                ("wait", "done"),
                ("done", "done"),
                ("wait", "done"),
                ("failed", "failed"),
                ("wait", "done"),
            ]
            assert states == expected
            assert {run.attempt for run in runs.list_newest()} == {1}, "no run was repeated"

    check(scenario())


def test_runs_that_an_earlier_service_completed_are_recorded(tmp_path: Path) -> None:
    database = open_database(None, tmp_path)
    store = SubmissionStore(database)
    for job in ("done", "failed"):
        store.accept(NewSubmission(run_id=job, request=JobRequest(job=job), context="default", caller="me"))
    store.claim("default", "s0", 2)
    (tmp_path / "runs").mkdir()
    for job in ("done", "failed"):
        RunStore(tmp_path / "runs").begin(job, job).enter(job, "ended")  # type: ignore[arg-type]
    database.dispose()

    async def scenario() -> None:
        async with running(tmp_path) as service:
            assert service.states() == {"done": "done", "failed": "failed"}
            assert not service.pids

    check(scenario())


@pytest.mark.parametrize("kind", ["shared", "exclusive"])
def test_a_run_is_cancelled_by_its_record(tmp_path: Path, kind: Any) -> None:
    async def scenario() -> None:
        async with running(tmp_path, default=ContextSettings(kind=kind, spare=0)) as service:
            [run_id] = service.submit("slow")
            runs = RunStore(tmp_path / "runs")
            await service.until(lambda: runs.find_state(run_id) == "running")
            runs.request_cancel(runs.load(run_id), by="me")
            await service.until_ended()
            assert service.states() == {"slow": "cancelled"}

    check(scenario())
