"""Runs are listed by job, state and start without reading the records of all."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sparkops.runs.records.states import State
from sparkops.runs.records.store import RunStore

START = datetime(2024, 1, 1, tzinfo=UTC)
OLD = time.time() - 3600


def add_run(store: RunStore, number: int, *, job: str, state: State = "done") -> str:
    run_id = f"20240101-000000-{number:010d}"
    attempt = store.begin(run_id, job)
    attempt.append("described", started=(START + timedelta(days=number)).isoformat())
    attempt.append("ended", state=state)
    # The start of a run is in its first event.
    lines = [json.loads(line) for line in attempt.path.read_text().splitlines()]
    lines[0]["started"] = (START + timedelta(days=number)).isoformat()
    attempt.path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    os.utime(store.folder / run_id, (OLD, OLD))
    return run_id


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    store = RunStore(tmp_path / "runs")
    for number in range(30):
        add_run(store, number, job=f"job_{number % 3}", state="failed" if number % 10 == 0 else "done")
    return store


def list_numbers(store: RunStore, **query: object) -> list[int]:
    return [int(run.id.rpartition("-")[2]) for run in store.list_newest(**query)]


def test_filters_are_combined_and_the_newest_come_first(store: RunStore) -> None:
    assert list_numbers(store, job="job_1", limit=3) == [28, 25, 22]
    assert list_numbers(store, state="failed") == [20, 10, 0]
    assert list_numbers(store, since=START + timedelta(days=27)) == [29, 28, 27]
    assert list_numbers(store, job="job_2", state="failed", since=START + timedelta(days=1)) == [20]
    assert list_numbers(store, job="missing") == []


def test_only_the_records_that_match_are_read(store: RunStore, caplog: pytest.LogCaptureFixture) -> None:
    list_numbers(store, job="job_1")
    for number in (n for n in range(30) if n % 3 != 1):
        (attempt,) = (store.folder / f"20240101-000000-{number:010d}").glob("*.jsonl")
        attempt.write_bytes(b"{" * (attempt.stat().st_size - 1) + b"\n")
    assert list_numbers(store, job="job_1") == list(range(28, 0, -3))
    assert caplog.messages == []
    assert list_numbers(store, limit=1) == [28]
    assert "is damaged" in caplog.text


def test_an_attempt_after_the_index_was_written_counts(store: RunStore) -> None:
    assert list_numbers(store, state="failed") == [20, 10, 0]
    store.begin("20240101-000000-0000000010", "job_1").append("ended", state="done")
    assert list_numbers(store, state="failed") == [20, 0]


def test_an_event_after_the_index_was_written_counts(store: RunStore) -> None:
    assert list_numbers(store, state="failed") == [20, 10, 0]
    store.find_newest_attempt("20240101-000000-0000000010").append("queued", state="queued")
    assert list_numbers(store, state="failed") == [20, 0]
    assert list_numbers(store, state="queued") == [10]


def test_a_crashed_run_is_found_by_its_derived_state(store: RunStore) -> None:
    attempt = store.begin("20240101-000000-0000000031", "job_1")
    line = json.loads(attempt.path.read_text())
    line["process"]["pid"] = 2**22 - 3
    attempt.path.write_text(json.dumps(line) + "\n")
    for _ in range(2):
        assert list_numbers(store, state="crashed") == [31]
        assert list_numbers(store, state="running") == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"format": 9, "runs": {}}', b'{"format": 1, "runs": {"20240101-000000-0000000010": [1]}}',
     b'{"format": 1, "runs": {"20240101-000000-0000000010": [1, "../x", 1, "j", "done", null]}}',
     b"[" * 100_000],
)  # fmt: skip
def test_a_damaged_index_is_made_anew(store: RunStore, content: bytes) -> None:
    list_numbers(store, job="job_1")
    (store.folder / ".index.json").write_bytes(content)
    assert list_numbers(store, state="failed") == [20, 10, 0]


def test_a_removed_run_is_not_listed(store: RunStore) -> None:
    assert list_numbers(store, state="failed") == [20, 10, 0]
    (store.folder / "20240101-000000-0000000010").rename(store.folder.parent / "removed")
    assert list_numbers(store, state="failed") == [20, 0]


def test_a_store_without_runs_is_empty(tmp_path: Path) -> None:
    assert list_numbers(RunStore(tmp_path / "none"), job="job_1") == []
