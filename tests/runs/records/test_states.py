"""The states of a run: which may follow which, and that the store refuses others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparkops.errors import AttemptSuperseded, ChecksFailed, JobFailed, RunCancelled, RunTimedOut
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import ACTIVE, STATES, TRANSITIONS, InvalidTransition, State, choose_state
from sparkops.runs.records.store import RunStore

ENDED = [state for state in STATES if state not in ACTIVE]


def test_every_state_has_its_transitions_and_every_run_can_end() -> None:
    assert set(TRANSITIONS) == set(STATES)
    assert set().union(*TRANSITIONS.values()) <= set(STATES)
    assert all(TRANSITIONS[state] & set(ENDED) for state in ACTIVE)


def test_a_run_that_ended_begins_again_and_one_that_is_done_or_skipped_does_not() -> None:
    assert TRANSITIONS["done"] == frozenset({"rolled_back"})
    assert TRANSITIONS["skipped"] == frozenset()
    assert TRANSITIONS["rolled_back"] == set(ENDED) - {"crashed", "skipped", "rolled_back"}
    assert {
        state: TRANSITIONS[state] for state in ENDED if state not in ("done", "skipped", "rolled_back")
    } == dict.fromkeys(
        ["failed", "checks_failed", "cancelled", "timed_out", "crashed"],
        frozenset({"queued", "running", "rolled_back"}),
    )


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ChecksFailed(), "checks_failed"),
        (RunCancelled(), "cancelled"),
        (RunTimedOut(), "timed_out"),
        (JobFailed(), "failed"),
    ],
)
def test_an_error_has_the_state_of_the_run_that_it_stops(error: Exception, state: State) -> None:
    assert choose_state(error) == state  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ([], "cancelled"),
        ([], "timed_out"),
        (["cancelling"], "running"),
        (["done"], "failed"),
        (["cancelling", "cancelled"], "done"),
    ],
)
def test_an_attempt_enters_no_state_out_of_order(tmp_path: Path, path: list[State], refused: State) -> None:
    attempt = RunStore(tmp_path).begin("r1", "job")
    for state in path:
        attempt.enter(state, "moved")
    with pytest.raises(InvalidTransition, match=f"Run r1 is `{path[-1] if path else 'running'}`"):
        attempt.enter(refused, "moved")
    assert attempt.read_state() == (path[-1] if path else "running")


def leave(store: RunStore, **process: object) -> Run:
    """Leave a run active as another process would."""
    attempt = store.begin("r1", "job")
    attempt.append("moved", process={"host": "elsewhere", "pid": 1, "born": None, **process})
    return store.load("r1")


def test_a_run_that_this_host_executes_is_not_begun_again(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.begin("r1", "job")
    with pytest.raises(InvalidTransition, match="Run r1 is `running`, and cannot become `running`"):
        store.begin("r1", "job")
    assert [path.name for path in (tmp_path / "r1").iterdir()] == ["attempt-001.jsonl"]


def test_a_run_that_is_done_is_not_begun_again(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.begin("r1", "job").enter("done", "ended")
    with pytest.raises(InvalidTransition, match="Run r1 is `done`"):
        store.begin("r1", "job")


def test_an_older_attempt_is_refused_once_a_later_one_has_begun(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    leave(store)
    first = store.begin("r1", "job")
    assert first.number == 2
    first.require_newest()
    first.append("moved", process={"host": "elsewhere", "pid": 1, "born": None})
    second = store.begin("r1", "job")
    second.require_newest()
    with pytest.raises(
        AttemptSuperseded, match="Attempt 2 of run r1 publishes nothing more, because attempt 3"
    ):
        first.require_newest()
    # What the older one still records does not change the run.
    first.enter("failed", "ended")
    assert (store.load("r1").state, store.load("r1").attempt) == ("running", 3)


def test_attempts_are_in_the_order_of_their_numbers_beyond_999(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    leave(store)
    for number in (999, 1000):
        event = {"event": "ended", "state": "failed", "attempt": number}
        (tmp_path / "r1" / f"attempt-{number}.jsonl").write_text(json.dumps(event) + "\n")
    assert store.load("r1").attempt == 1000
    assert store.begin("r1", "job").number == 1001


def test_a_request_to_cancel_belongs_to_one_attempt(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    first = store.begin("r1", "job")
    assert first.find_cancel_request() is None
    store.request_cancel(store.load("r1"), by="ann@desk")
    store.request_cancel(store.load("r1"), by="bob@desk")
    assert first.find_cancel_request() == "ann@desk"
    first.enter("cancelling", "cancelling")
    first.enter("cancelled", "ended")
    assert store.begin("r1", "job").find_cancel_request() is None
