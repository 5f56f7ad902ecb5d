"""The record of a stream: it has the newest batches and the totals, and is small after any number of batches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sparkops.runs.records.events import MAX_BATCHES
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore


def record_batches(root: Path, batches: int, *, compact_after: int) -> tuple[Run, int]:
    store = RunStore(root / "runs")
    attempt = store.begin("r1", "job", params={"n": 1})
    for number in range(batches):
        attempt.append("published", sync=False, outputs={"q": {"version": number, "rows": number}})
        attempt.append("published", sync=False, outputs={"t": {"version": number, "rows": number}})
        attempt.append("batch", sync=False, batches=[{"number": number}], stream={"batches": number + 1})
        attempt.append("progress", sync=False, stream={"progress": {"batch": number}})
        if number % compact_after == 0:
            attempt.compact()
    attempt.append("checked", checks=[])
    return store.read("r1"), attempt.path.stat().st_size


def test_a_compacted_record_is_the_same_and_stays_small(tmp_path: Path) -> None:
    run, size = record_batches(tmp_path / "a", 300, compact_after=10_000)
    compacted, small = record_batches(tmp_path / "b", 300, compact_after=50)
    same = {"started": None, "process": {}, "log": None, "attempts": ()}
    assert replace(compacted, **same) == replace(run, **same)
    assert [batch["number"] for batch in run.batches] == list(range(300 - MAX_BATCHES, 300))
    assert (run.batch_count, run.outputs["t"]["version"]) == (300, 299)
    assert run.stream == {"batches": 300, "progress": {"batch": 299}}
    _, longer = record_batches(tmp_path / "c", 1_000, compact_after=50)
    assert small < size / 2
    assert longer < 1.2 * small


def test_a_record_that_is_made_small_keeps_its_permissions(tmp_path: Path) -> None:
    attempt = RunStore(tmp_path / "runs").begin("r1", "job")
    before = attempt.path.stat().st_mode
    attempt.compact()
    assert attempt.path.stat().st_mode == before
    assert attempt.read_state() == "running"
