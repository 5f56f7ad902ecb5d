"""The queue: nothing accepted is lost, a key means one run, and the order is that of priority and acceptance."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from sparkops.api.database.connect import open_database
from sparkops.api.database.submission import JobRequest, Outcome, Submission
from sparkops.api.database.submissions import KeyReused, NewSubmission, SubmissionStore
from sparkops.errors import EngineError, InputError


@pytest.fixture
def store(database: Engine) -> SubmissionStore:
    return SubmissionStore(database, clock=lambda: 1000.0)


@pytest.fixture
def accept(store: SubmissionStore) -> Callable[..., Submission]:
    def accept(run_id: str, **changes: Any) -> Submission:
        request = JobRequest(job="job", params={"n": 1})
        new = NewSubmission(
            **{"run_id": run_id, "request": request, "context": "default", "caller": "me", **changes}
        )
        return store.accept(new)[0]

    return accept


def test_an_accepted_request_is_read_as_it_was_sent(store: SubmissionStore) -> None:
    request = JobRequest(
        job="job", params={"day": "2013-07-04", "names": ["ä", None]}, at={"t": 3}, as_of="2026-01-01"
    )
    new = NewSubmission(run_id="r1", request=request, context="default", caller="me", priority=5, key="k")
    submission, is_new = store.accept(new)
    assert is_new
    assert submission == store.find("r1")
    assert (submission.request, submission.state, submission.priority) == (request, "queued", 5)
    assert (submission.key, submission.caller, submission.accepted) == ("k", "me", 1000.0)


def test_the_same_key_is_the_same_run_also_after_its_end(
    store: SubmissionStore, accept: Callable[..., Submission]
) -> None:
    first = accept("r1", key="k")
    assert accept("r2", key="k") == first
    store.claim("default", "s1", 1)
    store.end("r1", Outcome(state="done"))
    assert accept("r3", key="k").run_id == "r1"
    assert store.find("r2") is None


def test_a_key_of_another_request_is_refused(accept: Callable[..., Submission]) -> None:
    accept("r1", key="k")
    with pytest.raises(KeyReused, match="run r1 of job `job`"):
        accept("r2", key="k", request=JobRequest(job="job", params={"n": 2}))


def test_requests_without_a_key_are_runs_of_their_own(accept: Callable[..., Submission]) -> None:
    assert [accept(run_id).run_id for run_id in ("r1", "r2")] == ["r1", "r2"]


def test_one_key_sent_at_the_same_time_by_many_is_one_run(
    store: SubmissionStore, accept: Callable[..., Submission]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        runs = {run.run_id for run in pool.map(lambda number: accept(f"r{number}", key="k"), range(32))}
    assert len(runs) == 1
    assert store.count_queued() == {"default": 1}


def test_the_queue_is_ordered_by_priority_then_by_acceptance(
    store: SubmissionStore, accept: Callable[..., Submission]
) -> None:
    for run_id, priority in (("low", -1), ("first", 0), ("high", 7), ("second", 0)):
        accept(run_id, priority=priority)
    claimed = [store.claim("default", "s1", 1)[0].run_id for _ in range(4)]
    assert claimed == ["high", "first", "second", "low"]
    assert store.claim("default", "s1", 1) == []


def test_a_clock_that_is_set_back_does_not_change_the_order(database: Engine) -> None:
    times = iter([100.0, 50.0, 1.0, 0.0])
    store = SubmissionStore(database, clock=lambda: next(times))
    for run_id in ("a", "b"):
        store.accept(
            NewSubmission(run_id=run_id, request=JobRequest(job="j"), context="default", caller="me")
        )
    assert [run.run_id for run in store.claim("default", "s1", 1)] == ["a"]


def test_no_request_is_claimed_twice(store: SubmissionStore, accept: Callable[..., Submission]) -> None:
    for number in range(60):
        accept(f"r{number:02d}")
    with ThreadPoolExecutor(6) as pool:
        claims = list(
            pool.map(
                lambda service: [run.run_id for run in store.claim("default", f"s{service}", 10)], range(6)
            )
        )
    claimed = [run_id for claim in claims for run_id in claim]
    assert sorted(claimed) == [f"r{number:02d}" for number in range(60)]


def test_a_context_claims_only_its_own(store: SubmissionStore, accept: Callable[..., Submission]) -> None:
    accept("a")
    accept("b", context="large")
    assert store.count_queued() == {"default": 1, "large": 1}
    assert [run.run_id for run in store.claim("large", "s1", 5)] == ["b"]


def test_the_first_end_counts(store: SubmissionStore, accept: Callable[..., Submission]) -> None:
    accept("r1")
    store.claim("default", "s1", 1)
    assert store.end("r1", Outcome(state="failed", error="It broke.", kind="JobFailed"))
    assert not store.end("r1", Outcome(state="done"))
    ended = store.find("r1")
    assert ended is not None
    assert (ended.state, ended.outcome) == (
        "ended",
        Outcome(state="failed", error="It broke.", kind="JobFailed"),
    )


def test_only_what_waits_is_withdrawn(store: SubmissionStore, accept: Callable[..., Submission]) -> None:
    accept("r1")
    accept("r2")
    store.claim("default", "s1", 1)
    assert not store.withdraw("r1", Outcome(state="cancelled"))
    assert store.withdraw("r2", Outcome(state="cancelled"))
    assert store.claim("default", "s1", 5) == []


def test_a_request_whose_process_is_gone_keeps_its_place_and_counts_its_crashes(
    store: SubmissionStore, accept: Callable[..., Submission]
) -> None:
    accept("r1")
    accept("r2")
    store.claim("default", "s1", 1)
    assert store.requeue("r1")
    assert not store.requeue("r1"), "it waits already"
    [claimed] = store.claim("default", "s2", 1)
    assert (claimed.run_id, claimed.crashes, claimed.service) == ("r1", 1, "s2")


def test_what_was_started_is_listed_for_the_next_service(
    store: SubmissionStore, accept: Callable[..., Submission]
) -> None:
    accept("r1")
    accept("r2")
    store.claim("default", "s1", 1)
    store.take_over("r1", "s2")
    assert [(run.run_id, run.service) for run in store.list_started()] == [("r1", "s2")]


def test_what_waits_too_long_is_listed(database: Engine) -> None:
    times = iter([10.0, 20.0])
    store = SubmissionStore(database, clock=lambda: next(times))
    for run_id in ("old", "new"):
        store.accept(
            NewSubmission(run_id=run_id, request=JobRequest(job="j"), context="default", caller="me")
        )
    assert [run.run_id for run in store.list_overdue("default", 15.0)] == ["old"]


def test_many_requests_are_found_by_one_query(
    store: SubmissionStore, accept: Callable[..., Submission]
) -> None:
    accepted = {run_id: accept(run_id) for run_id in ("r1", "r2", "r3")}
    assert store.find_many(["r1", "r3", "nothing"]) == {"r1": accepted["r1"], "r3": accepted["r3"]}
    assert store.find_many([]) == {}


def test_the_newest_come_first(store: SubmissionStore, accept: Callable[..., Submission]) -> None:
    accept("r1")
    accept("r2", request=JobRequest(job="other"))
    accept("r3")
    assert [run.run_id for run in store.list_newest(limit=2)] == ["r3", "r2"]
    assert [run.run_id for run in store.list_newest(job="job", limit=5)] == ["r3", "r1"]


def test_the_file_of_the_queue_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    open_database(None, tmp_path).dispose()
    assert (tmp_path / "api.db").stat().st_mode & 0o077 == 0


def test_another_store_on_the_database_sees_what_was_accepted(
    tmp_path: Path, database: Engine, accept: Callable[..., Submission]
) -> None:
    accepted = accept("r1")
    is_file = database.dialect.name == "sqlite"
    other = open_database(None if is_file else database.url.render_as_string(), tmp_path)
    assert SubmissionStore(other).find("r1") == accepted
    other.dispose()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("no url", "which is no URL of a database"),
        ("oracle+nothing://u:hunter2@h/x", "whose driver is not installed"),
        ("sqlite://", "a service's queue is in a file"),
        ("sqlite:///:memory:", "a service's queue is in a file"),
    ],
)
def test_a_database_that_cannot_be_opened_is_refused(tmp_path: Path, url: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        open_database(url, tmp_path)
    assert "hunter2" not in str(error.value)


def test_a_file_that_is_no_database_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "api.db").write_bytes(b"no database" * 500)
    with pytest.raises(
        EngineError, match="The database of the service cannot be used: file is not a database"
    ):
        open_database(None, tmp_path)


def test_a_database_of_another_release_is_refused(tmp_path: Path) -> None:
    database = open_database(None, tmp_path)
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE sparkops_layout SET version = 99")
    database.dispose()
    with pytest.raises(EngineError, match="has layout 99, and this release reads layout 1"):
        open_database(None, tmp_path)


def test_a_server_that_does_not_answer_is_an_error_without_the_password(tmp_path: Path) -> None:
    pytest.importorskip("pg8000")
    with pytest.raises(EngineError) as error:
        open_database("postgresql+pg8000://me:hunter2@127.0.0.1:1/x", tmp_path)
    assert "hunter2" not in str(error.value)
