"""Streaming jobs over rooms in memory: what becomes of each micro-batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.run_services import FakeFrame, FakeRunServices

from sparkops.errors import ChecksFailed, JobFailed
from sparkops.pipeline.job import Job
from sparkops.pipeline.write import Mode, Write
from sparkops.place import Place
from sparkops.runs.executor import Order, Setting, execute
from sparkops.runs.record import Run
from sparkops.runs.store import RunStore


@pytest.fixture
def fakes() -> FakeRunServices:
    made = FakeRunServices()
    made.tables.versions["numbers"] = [[1]]
    made.streams.coming = [[1, 2], [3], []]
    return made


@pytest.fixture
def go(tmp_path: Path, fakes: FakeRunServices) -> Callable[..., Run]:
    def run(function: Callable[..., Any] = lambda numbers: numbers, *, mode: Mode = "append") -> Run:
        source = tmp_path / "jobs" / "x.py"
        source.parent.mkdir(exist_ok=True)
        source.write_text("# a job\n")
        job = Job(
            name="flow", function=function, doc="", place=Place(str(source), 1), kind="table",
            tables=("numbers",), writes=(Write(table="out", mode=mode),), stream="numbers",
        )  # fmt: skip
        return execute(
            Order(job=job, values={}), fakes.run_services, Setting(root=tmp_path, state=tmp_path, env="base")
        )

    return run


def test_every_batch_is_published_and_told_and_an_empty_one_leaves_no_version(go, fakes) -> None:
    run = go()
    assert fakes.tables.versions["out"] == [[1, 2], [3]]
    assert [(batch["number"], batch["version"], batch["rows"]) for batch in run.batches] == [
        (0, 0, 2),
        (1, 1, 1),
    ]
    assert (run.outputs["out"]["version"], run.outputs["out"]["rows"]) == (1, 3)
    assert run.inputs["numbers"]["version"] == 3
    assert fakes.tables.waiting == {}


@pytest.mark.parametrize(
    ("mode", "output"), [("append", "append"), ("merge", "update"), ("overwrite", "complete")]
)
def test_the_write_says_what_a_batch_holds(go, fakes, mode: Mode, output: str) -> None:
    go(mode=mode)
    assert fakes.streams.asked == {"name": "flow", "output_mode": output, "every": None}


def test_an_overwritten_table_takes_an_empty_batch_too(go, fakes) -> None:
    go(mode="overwrite")
    assert fakes.tables.versions["out"] == [[1, 2], [3], []]


def test_checks_are_asked_of_each_batch_and_told_of_all_together(go, fakes) -> None:
    fakes.checks.rules["out"] = (lambda n: n != 3, "quarantine")
    run = go()
    assert fakes.tables.versions["out__quarantine"] == [[3]]
    assert [(check["rows"], check["unexpected"], check["success"]) for check in run.checks] == [(3, 1, False)]
    assert [batch["broken"] for batch in run.batches] == [[], ["expect_rule"]]
    assert [kept[2:] for kept in fakes.history.kept] == [({"out": 0}, [True]), ({"out": 1}, [False])]


def test_a_batch_that_fails_ends_the_run_and_what_came_before_it_stands(go, fakes, tmp_path: Path) -> None:
    fakes.checks.rules["out"] = (lambda n: n != 3, "fail")
    with pytest.raises(ChecksFailed, match=r"nothing of batch 1 was published; the next run begins with it"):
        go()
    (run,) = RunStore(tmp_path / "runs").newest()
    assert run.state == "checks_failed"
    assert fakes.tables.versions["out"] == [[1, 2]]
    assert [len(run.batches), run.checks[0]["unexpected"]] == [1, 1]
    assert fakes.history.kept[-1][2:] == ({}, [False])
    fakes.checks.rules.clear()
    assert [batch["number"] for batch in go().batches] == [1]
    assert fakes.tables.versions["out"] == [[1, 2], [3]]


def test_a_batch_that_another_run_published_counts_nothing(go, fakes) -> None:
    go()
    fakes.streams.taken = 1
    run = go()
    assert [(batch["number"], batch["already"]) for batch in run.batches] == [(1, True)]
    assert run.outputs["out"]["rows"] == 0
    assert fakes.tables.versions["out"] == [[1, 2], [3]]


def test_a_frame_that_is_no_stream_is_refused(go) -> None:
    with pytest.raises(JobFailed, match="returned a frame that does not come from it"):
        go(lambda numbers: FakeFrame([1], sparkSession=1, schema=1))
