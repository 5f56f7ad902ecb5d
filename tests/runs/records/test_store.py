"""Run records: appended to files of their own, and read back."""

from __future__ import annotations

import json
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.errors import InputError, ProjectError, UnknownName
from sparkops.runs.records.events import fold_events
from sparkops.runs.records.run import make_run_id
from sparkops.runs.records.store import RunStore


def test_ids_sort_by_time_and_never_repeat() -> None:
    noon = datetime(2013, 7, 4, 12, tzinfo=UTC)
    ids = {make_run_id(noon) for _ in range(1000)}
    assert len(ids) == 1000
    for later in (timedelta(milliseconds=1), timedelta(milliseconds=999), timedelta(seconds=1)):
        assert max(ids) < make_run_id(noon + later)
    assert {len(run_id) for run_id in ids} == {len("20261121-141305-7k3x9m2pqa")}


def test_on_a_full_disk_an_event_is_written_completely_or_not_at_all(tmp_path: Path) -> None:
    attempt = RunStore(tmp_path).begin("r1", "job")
    before = attempt.path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, hard))
    try:
        with pytest.raises(ProjectError, match=r"record cannot be written to .*: No space left on device"):
            attempt.append("pinned", inputs={})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert attempt.path.read_bytes() == before


def test_appended_events_are_read_back(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    attempt = store.begin("r1", "job", env="base")
    attempt.append("published", outputs={"a": {"version": 1}})
    attempt.append("published", outputs={"b": {"version": 2}})
    run = store.load("r1")
    assert run.outputs == {"a": {"version": 1}, "b": {"version": 2}}
    assert run.state == "running"


def test_a_second_attempt_is_a_second_file_and_keeps_the_start_of_the_first(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.begin("r1", "job").append("ended", state="failed", ended=datetime.now(UTC).isoformat())
    started = store.load("r1").started
    second = store.begin("r1", "job")
    assert second.number == 2
    run = store.load("r1")
    assert (run.attempt, run.state, run.started, run.ended) == (2, "running", started, None)


def test_an_incomplete_last_line_is_skipped(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    attempt = store.begin("r1", "job")
    with attempt.path.open("a") as file:
        file.write('{"event": "ended", "state": "do')
    assert store.load("r1").state == "running"


def test_a_running_record_of_a_dead_process_is_crashed(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    attempt = store.begin("r1", "job")
    line = json.loads(attempt.path.read_text())
    line["process"]["pid"] = 2**22 - 3
    attempt.path.write_text(json.dumps(line) + "\n")
    assert store.load("r1").state == "crashed"


def test_a_run_is_found_by_a_part_of_its_id_that_matches_it_only(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    for run_id in ("20130101-000000-aaa", "20130102-000000-bbb"):
        store.begin(run_id, "job")
    assert store.load("bbb").id == "20130102-000000-bbb"
    assert store.load("last").id == "20130102-000000-bbb"
    with pytest.raises(
        InputError, match="`2013` is a part of several run ids: 20130102-000000-bbb, 20130101-"
    ):
        store.load("2013")
    with pytest.raises(UnknownName, match="sparkops runs"):
        store.load("zzz")


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where a folder should be")
    with pytest.raises(ProjectError, match="cannot be written"):
        RunStore(tmp_path / "runs").begin("r1", "job")


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.floats(allow_nan=False)), max_size=5))
def test_folding_merges_metrics_in_their_order(parts: list[dict[str, float]]) -> None:
    expected: dict[str, float] = {}
    for part in parts:
        expected |= part
    events = [
        {"event": "started", "id": "r", "job": "j"},
        *({"event": "m", "metrics": part} for part in parts),
    ]
    assert fold_events(events).metrics == expected
