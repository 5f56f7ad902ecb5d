"""The state that callers see: that of the record, and `queued` for what waits or will be continued."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.job_service import check, running
from sqlalchemy import Engine as Database
from sqlalchemy import event

from sparkops.api.database.submission import JobRequest, Outcome, Submission
from sparkops.api.database.submissions import NewSubmission
from sparkops.api.service import JobService, RequestedRun
from sparkops.engine import Engine
from sparkops.runs.records.run import Run

PRESENT = {"host": "h", "pid": 7, "born": "1"}
BEFORE = {**PRESENT, "pid": 6}


def request_run(
    state: str, run: Run | None, worker: Mapping[str, Any], outcome: str | None = None
) -> RequestedRun:
    submission = Submission(
        number=1, run_id="r", request=JobRequest(job="j"), context="default", caller="me", accepted=0.0,
        state=state, worker=worker, outcome=Outcome(state=outcome) if outcome else None,
    )  # type: ignore[arg-type]  # fmt: skip
    return RequestedRun(submission=submission, run=run)


@pytest.mark.parametrize(
    ("submitted", "recorded", "worker", "shown"),
    [
        ("queued", None, {}, "queued"),
        ("started", None, PRESENT, "queued"),
        ("started", "running", PRESENT, "running"),
        ("started", "cancelling", PRESENT, "cancelling"),
        ("started", "done", PRESENT, "done"),
        ("started", "cancelled", PRESENT, "cancelled"),
        ("started", "skipped", PRESENT, "skipped"),
        # Its process has not said yet whether the run failed by itself, or because Spark has ended.
        ("started", "failed", PRESENT, "running"),
        ("started", "timed_out", PRESENT, "running"),
        # Its process is gone, or it is that of an earlier attempt: the run is continued.
        ("started", "crashed", PRESENT, "queued"),
        ("started", "failed", BEFORE, "queued"),
        ("queued", "failed", {}, "queued"),
        ("queued", "crashed", {}, "queued"),
        ("ended", "failed", PRESENT, "failed"),
        ("ended", "crashed", PRESENT, "crashed"),
    ],
)
def test_the_state_of_a_run_is_that_of_its_record(
    submitted: str, recorded: str | None, worker: Mapping[str, Any], shown: str
) -> None:
    run = Run(id="r", job="j", state=recorded, process=PRESENT) if recorded is not None else None  # type: ignore[arg-type]
    assert request_run(submitted, run, worker).state == shown


def test_a_request_that_ended_without_a_record_has_its_outcome() -> None:
    assert request_run("ended", None, {}, "timed_out").state == "timed_out"


def test_the_requests_of_many_runs_are_read_by_one_query(
    tmp_path: Path, make_project: Callable[..., Path]
) -> None:
    project = make_project({"conf/base/all.yml": "state: .\n"})

    async def scenario() -> None:
        async with running(project) as service:
            for number in range(20):
                new = NewSubmission(
                    run_id=f"r{number}", request=JobRequest(job="j"), context="none", caller="me"
                )
                service.store.accept(new)
            api = JobService(engine=Engine(project), store=service.store, dispatcher=service.dispatcher)
            count = count_queries(service.store.engine)
            requested = api.add_requests([Run(id=f"r{number}", job="j") for number in (3, 40, 5)])
            assert [run.submission is not None for run in requested] == [True, False, True]
            assert count() == 1

    check(scenario())


def count_queries(database: Database) -> Callable[[], int]:
    queries: list[str] = []

    def record(*arguments: Any) -> None:
        if "IN (" in arguments[2]:
            queries.append(arguments[2])

    event.listen(database, "before_cursor_execute", record)
    return lambda: len(queries)
