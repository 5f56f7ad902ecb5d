"""Streaming jobs with services in memory: what is published of each micro-batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.run_services import FakeFrame, FakeRunServices

from sparkops.core.place import Place
from sparkops.errors import ChecksFailed, JobFailed, RunCancelled
from sparkops.pipeline.job import Job
from sparkops.pipeline.write import Mode, Write
from sparkops.runs.execution.execute import execute
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore
from sparkops.runs.request import RunContext, RunRequest


@pytest.fixture
def fakes() -> FakeRunServices:
    services = FakeRunServices()
    services.tables.versions["numbers"] = [[1]]
    services.streams.batches = [[1, 2], [3], []]
    return services


@pytest.fixture
def go(tmp_path: Path, fakes: FakeRunServices) -> Callable[..., Run]:
    def run(
        function: Callable[..., Any] = lambda numbers: numbers,
        *,
        mode: Mode = "append",
        resume: Run | None = None,
        every: str | None = None,
    ) -> Run:
        source = tmp_path / "jobs" / "x.py"
        source.parent.mkdir(exist_ok=True)
        source.write_text("# a job\n")
        job = Job(
            name="flow", function=function, doc="", place=Place(str(source), 1), kind="table",
            tables=("numbers",), writes=(Write(table="out", mode=mode),), stream="numbers", every=every,
        )  # fmt: skip
        context = RunContext(root=tmp_path, state=tmp_path, env="base")
        return execute(RunRequest(job=job, values={}, resume=resume), fakes.connect, context)

    return run


def test_every_batch_is_published_and_recorded_and_an_empty_one_makes_no_version(go, fakes) -> None:
    run = go()
    assert fakes.tables.versions["out"] == [[1, 2], [3]]
    assert [(batch["number"], batch["version"], batch["rows"]) for batch in run.batches] == [
        (0, 0, 2),
        (1, 1, 1),
    ]
    assert (run.outputs["out"]["version"], run.outputs["out"]["rows"]) == (1, 3)
    assert run.inputs["numbers"]["version"] == 3
    assert fakes.tables.staged == {}


@pytest.mark.parametrize(
    ("mode", "output"), [("append", "append"), ("merge", "update"), ("overwrite", "complete")]
)
def test_the_write_mode_determines_the_output_mode(go, fakes, mode: Mode, output: str) -> None:
    fakes.streams.batches = [[1]]
    go(mode=mode)
    assert fakes.streams.options == {"name": "flow", "output_mode": output, "every": None}


def test_an_empty_batch_is_written_to_an_overwritten_table_without_rows(go, fakes) -> None:
    fakes.streams.batches = [[]]
    go(mode="overwrite")
    assert fakes.tables.versions["out"] == [[]]


def test_each_batch_is_checked_and_the_results_are_recorded_together(go, fakes) -> None:
    fakes.checks.rules["out"] = (lambda n: n != 3, "quarantine")
    run = go()
    assert fakes.tables.versions["out__quarantine"] == [[3]]
    assert [(check["rows"], check["unexpected"], check["success"]) for check in run.checks] == [(3, 1, False)]
    assert [batch["broken"] for batch in run.batches] == [[], ["expect_rule"]]
    assert [entry[2:] for entry in fakes.history.entries] == [({"out": 0}, [True]), ({"out": 1}, [False])]


def test_a_batch_that_fails_ends_the_run_and_earlier_batches_stay_published(
    go, fakes, tmp_path: Path
) -> None:
    fakes.checks.rules["out"] = (lambda n: n != 3, "fail")
    with pytest.raises(ChecksFailed, match=r"nothing of batch 1 was published; the next run begins with it"):
        go()
    (run,) = RunStore(tmp_path / "runs").list_newest()
    assert run.state == "checks_failed"
    assert fakes.tables.versions["out"] == [[1, 2]]
    assert [len(run.batches), run.checks[0]["unexpected"]] == [1, 1]
    assert fakes.history.entries[-1][2:] == ({}, [False])
    fakes.checks.rules.clear()
    assert [batch["number"] for batch in go().batches] == [1]
    assert fakes.tables.versions["out"] == [[1, 2], [3]]


def test_a_batch_that_another_run_published_adds_no_rows(go, fakes) -> None:
    go()
    fakes.streams.position = 1
    run = go()
    assert [(batch["number"], batch["already"]) for batch in run.batches] == [(1, True)]
    assert run.outputs["out"]["rows"] == 0
    assert fakes.tables.versions["out"] == [[1, 2], [3]]


def test_a_frame_that_is_not_streaming_is_refused(go) -> None:
    with pytest.raises(JobFailed, match="returned a frame that does not come from it"):
        go(lambda numbers: FakeFrame([1], sparkSession=1, schema=1))


def test_a_resumed_stream_counts_published_batches_and_the_refused_one_once(go, fakes, tmp_path) -> None:
    fakes.streams.batches = [[1, 2], [3, 30], [4]]
    fakes.checks.rules["out"] = (lambda n: n < 10, "fail")
    with pytest.raises(ChecksFailed):
        go()
    run = next(RunStore(tmp_path / "runs").list_newest())
    assert [(check["rows"], check["unexpected"], check["success"]) for check in run.checks] == [(4, 1, False)]
    fakes.streams.batches[1] = [3]
    run = go(resume=run)
    assert (run.state, run.attempt) == ("done", 2)
    assert [(check["rows"], check["unexpected"], check["success"]) for check in run.checks] == [(4, 0, True)]
    assert (run.batch_count, run.stream["rows"], run.outputs["out"]["rows"]) == (3, 4, 4)


def test_a_batch_that_an_earlier_attempt_published_is_counted_once(go, fakes, tmp_path) -> None:
    fakes.streams.batches = [[1, 2], [30], [4]]
    fakes.checks.rules["out"] = (lambda n: n < 10, "fail")
    with pytest.raises(ChecksFailed):
        go()
    run = next(RunStore(tmp_path / "runs").list_newest())
    fakes.checks.rules.clear()
    # Spark had not recorded the first batch yet.
    fakes.streams.position = 0
    run = go(resume=run)
    assert [(batch["number"], batch["already"]) for batch in run.batches[1:]] == [
        (0, True),
        (1, False),
        (2, False),
    ]
    assert (run.batch_count, run.stream["rows"]) == (3, 4)


def test_a_stream_that_goes_on_until_it_is_stopped_is_recorded_as_one_and_says_what_its_stop_means(
    go, fakes, tmp_path, monkeypatch
) -> None:
    def run_until_stopped(*_: Any, every: str, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fakes.streams, "run", run_until_stopped)
    with pytest.raises(RunCancelled, match="what it published stays, and the next run continues after that"):
        go(every="10 seconds")
    [run] = RunStore(tmp_path / "runs").list_newest()
    assert (run.state, run.every) == ("cancelled", "10 seconds")


def test_a_stream_that_continues_with_a_decided_batch_writes_its_page(go, fakes) -> None:
    fakes.streams.batches = [[1, 2, 30]]
    fakes.checks.rules["out"] = (lambda n: n < 10, "quarantine")
    fakes.tables.publish_error = OSError("disk full")
    with pytest.raises(JobFailed):
        go()
    assert fakes.checks.pages == []
    fakes.tables.publish_error = None
    # the batch is published as it was decided, although its checks would now find nothing
    fakes.checks.rules["out"] = (lambda n: True, "quarantine")
    run = go()
    assert [(page.run_id, page.quarantined, page.rows) for page in fakes.checks.pages] == [(run.id, 1, 3)]


def test_the_record_of_a_long_stream_has_totals_and_stays_small(go, fakes, tmp_path: Path) -> None:
    fakes.streams.batches = [[number] for number in range(500)]
    run = go()
    assert len(fakes.tables.versions["out"]) == 500
    assert (run.batch_count, len(run.batches), run.batches[-1]["number"]) == (500, 100, 499)
    assert (run.stream["rows"], run.stream["held"], run.outputs["out"]["rows"]) == (500, 0, 500)
    assert run.stream["progress"] == {"batch": 499, "rows": 1, "rows_per_second": 2.0}
    [record] = tmp_path.glob("runs/*/attempt-*.jsonl")
    assert len(record.read_text().splitlines()) < 500
