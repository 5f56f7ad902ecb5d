"""Old runs are removed, but none that something needs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sparkops.runs.records.prune import RunPruner
from sparkops.runs.records.publications import OpenPublication, PublicationJournal
from sparkops.runs.records.run_key import RunKey, RunKeys
from sparkops.runs.records.states import State
from sparkops.runs.records.store import RunStore

NOW = datetime(2024, 6, 1, tzinfo=UTC)
KEEP = timedelta(days=90)


@pytest.fixture
def pruner(tmp_path: Path) -> RunPruner:
    return RunPruner(
        runs=RunStore(tmp_path / "runs"),
        publications=PublicationJournal(tmp_path / "publishing"),
        keys=RunKeys(tmp_path / "keys"),
    )


def add_run(
    pruner: RunPruner, days: int, *, job: str = "sales", state: State = "done", parent: str | None = None
) -> str:
    """Add a run that ended so many days before `NOW`."""
    ended = NOW - timedelta(days=days)
    run_id = f"{ended:%Y%m%d-%H%M%S}-{job}"
    attempt = pruner.runs.begin(run_id, job, **({"parent": parent} if parent else {}))
    attempt.log.write_text("x" * 1000)
    attempt.append("ended", state=state, ended=ended.isoformat())
    return run_id


def list_old(pruner: RunPruner, keep: timedelta = KEEP) -> list[str]:
    return [run.run for run in pruner.find_old(keep, now=NOW)]


def test_runs_that_ended_before_the_time_are_old_the_oldest_first(pruner: RunPruner) -> None:
    old = [add_run(pruner, days) for days in (300, 200, 91)]
    add_run(pruner, 89)
    add_run(pruner, 1)
    assert list_old(pruner) == old
    assert pruner.find_old(KEEP, now=NOW)[0].bytes > 1000


def test_the_newest_done_run_of_each_job_is_kept(pruner: RunPruner) -> None:
    add_run(pruner, 400, job="weather")
    old = add_run(pruner, 300)
    add_run(pruner, 200)
    failed = add_run(pruner, 100, state="failed")
    assert list_old(pruner) == [old, failed]


def test_an_active_run_is_kept(pruner: RunPruner) -> None:
    add_run(pruner, 300, state="running")
    add_run(pruner, 200, state="queued")
    assert list_old(pruner) == []


def test_a_run_that_has_begun_to_publish_is_kept(pruner: RunPruner) -> None:
    run_id = add_run(pruner, 300, state="failed")
    pruner.publications.begin(OpenPublication(run=run_id, job="sales", params="h"))
    assert list_old(pruner) == []
    pruner.publications.complete(run_id)
    assert list_old(pruner) == [run_id]


def test_a_protected_run_is_kept(pruner: RunPruner) -> None:
    run_id = add_run(pruner, 300, state="failed")
    pruner.runs.protect(run_id)
    assert list_old(pruner) == []


def test_the_runs_of_a_fan_out_are_kept_as_long_as_it_is(pruner: RunPruner) -> None:
    old = add_run(pruner, 400)
    old_part = add_run(pruner, 401, parent=old)
    newest = add_run(pruner, 300)
    add_run(pruner, 301, parent=newest)
    lost = add_run(pruner, 302, parent="removed-before")
    assert list_old(pruner) == [old_part, old, lost]


def test_a_removed_run_is_gone_with_its_key(pruner: RunPruner, tmp_path: Path) -> None:
    old = add_run(pruner, 300, state="failed")
    recent = add_run(pruner, 1)
    for run_id in (old, recent):
        pruner.keys.claim("sales", RunKey(run_id), "h", run_id)
    removed = pruner.remove(pruner.find_old(KEEP, now=NOW))
    assert [run.run for run in removed] == [old]
    assert pruner.runs.list_ids() == [recent]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [recent]
    assert pruner.keys.claim("sales", RunKey(old), "h", "new") == "new"
    assert pruner.keys.claim("sales", RunKey(recent), "h", "new") == recent


def test_a_run_that_was_resumed_or_protected_meanwhile_is_not_removed(pruner: RunPruner) -> None:
    resumed = add_run(pruner, 300, state="failed")
    protected = add_run(pruner, 200, state="failed")
    old = pruner.find_old(KEEP, now=NOW)
    pruner.runs.begin(resumed, "sales")
    pruner.runs.protect(protected)
    assert pruner.remove(old) == ()
    assert pruner.runs.list_ids() == [protected, resumed]


def test_a_run_without_an_end_counts_from_its_start(pruner: RunPruner) -> None:
    attempt = pruner.runs.begin("20240101-000000-aaaaaaaaaa", "sales")
    line = json.loads(attempt.path.read_text())
    line["process"]["pid"] = 2**22 - 3
    line["started"] = "2024-01-01T00:00:00+00:00"
    attempt.path.write_text(json.dumps(line) + "\n")
    assert list_old(pruner) == ["20240101-000000-aaaaaaaaaa"]
