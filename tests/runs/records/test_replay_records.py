"""The record of a replay is no run of its job to those who look for one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sparkops.runs.records.prune import RunPruner
from sparkops.runs.records.publications import PublicationJournal
from sparkops.runs.records.run import run_to_json, utc_now
from sparkops.runs.records.run_key import RunKeys
from sparkops.runs.records.run_lookup import RunLookup
from sparkops.runs.records.store import RunStore


def make_store(folder: Path) -> RunStore:
    """Return a store with a run and a later replay of it, both done."""
    store = RunStore(folder / "runs")
    for run_id, replay in (("20260101-a", {}), ("20260102-b", {"replay": {"of": "20260101-a"}})):
        attempt = store.begin(run_id, "sales", params={"day": "1"}, **replay)
        attempt.append("compared", **({"replay": {"verdict": {"verdict": "identical"}}} if replay else {}))
        attempt.enter("done", "ended", ended=utc_now().isoformat())
    return store


def test_a_replay_is_not_among_the_runs_of_its_job(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    assert [run.id for run in store.list_newest(job="sales")] == ["20260101-a"]
    assert [run.id for run in store.list_newest(job="sales", replays=True)] == ["20260102-b", "20260101-a"]
    lookup = RunLookup.of(store)
    runs = [
        lookup.find_done("sales", {"day": "1"}),
        lookup.find_newest("sales"),
        lookup.find_newest_done("sales"),
    ]
    assert [run.id if run else None for run in runs] == ["20260101-a"] * 3


def test_the_record_of_a_replay_has_its_original_and_its_verdict(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    assert run_to_json(store.load("20260102-b"))["replay"] == {
        "of": "20260101-a",
        "verdict": {"verdict": "identical"},
    }
    assert "replay" not in run_to_json(store.load("20260101-a"))


def test_an_old_replay_is_pruned_and_the_newest_run_of_its_job_is_kept(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    pruner = RunPruner(
        runs=store, publications=PublicationJournal(tmp_path / "p"), keys=RunKeys(tmp_path / "keys")
    )
    old = pruner.find_old(timedelta(days=1), now=utc_now() + timedelta(days=2))
    assert [run.run for run in old] == ["20260102-b"]
