"""Runs that stop between any two steps: afterwards every row was published or quarantined, once."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fakes.run_services import FakeFrame, FakeRunServices

from sparkops.core.place import Place
from sparkops.errors import BadData, JobFailed, RunCancelled, SparkopsError
from sparkops.pipeline.job import Job
from sparkops.pipeline.write import Write
from sparkops.runs.execution.execute import execute
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore
from sparkops.runs.request import RunContext, RunRequest

NUMBERS = list(range(40))
# Each names a service and the operation before or after which an attempt stops.
STEPS = [
    (service, operation, order)
    for service, operation in [
        ("staging", "stage"),
        ("staging", "divide"),
        ("plans", "save"),
        ("tables", "quarantine"),
        ("tables", "publish"),
        ("history", "append"),
    ]
    for order in ("before", "after")
]


class Two(NamedTuple):
    left: Any
    right: Any


class Stop:
    """Stops at a call of one operation by raising an error."""

    def __init__(self, error: BaseException, order: str, call: int) -> None:
        self.error, self.order, self.calls_left = error, order, call

    def wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls_left -= 1
            if self.order == "before" and self.calls_left == 0:
                raise self.error
            result = function(*args, **kwargs)
            if self.order == "after" and self.calls_left == 0:
                raise self.error
            return result

        return call


class Project:
    """A project with one job whose frames differ from call to call, on fakes that outlive the attempts."""

    def __init__(self, root: Path) -> None:
        self.root, self.fakes, self.random = root, FakeRunServices(), random.Random(7)
        self.fakes.tables.versions["numbers"] = [NUMBERS]
        self.change_suites(even=True)

    def change_suites(self, *, even: bool) -> None:
        """Quarantine the rows whose second half is odd, or those whose second half is even."""
        for table in ("left", "right"):
            self.fakes.checks.rules[table] = (lambda row: row % 1000 % 2 == (0 if even else 1), "quarantine")

    def shuffled(self, numbers: FakeFrame) -> Two:
        """Return every number once, with a random second half."""
        rows = [number * 1000 + self.random.randrange(1000) for number in numbers.rows]
        return Two(FakeFrame(rows[::2]), FakeFrame(rows[1::2]))

    def run(self, *, resume: Run | None = None, run_id: str | None = None) -> Run:
        source = self.root / "jobs" / "x.py"
        source.parent.mkdir(exist_ok=True)
        source.write_text("# a job\n")
        writes = (Write(table="left", mode="append"), Write(table="right", mode="append"))
        job = Job(
            name="two",
            function=self.shuffled,
            doc="",
            place=Place(str(source), 1),
            kind="tables",
            tables=("numbers",),
            writes=writes,
        )
        request = RunRequest(job=job, values={}, resume=resume, run_id=run_id)
        context = RunContext(root=self.root, state=self.root / "state", env="base")
        return execute(request, self.fakes.connect, context)

    def stored(self) -> list[int]:
        """Return the first halves of all rows in tables and quarantines, sorted."""
        names = [f"{table}{suffix}" for table in ("left", "right") for suffix in ("", "__quarantine")]
        versions = [rows for name in names for rows in self.fakes.tables.versions.get(name, [])]
        return sorted(row // 1000 for row in itertools.chain.from_iterable(versions))

    @property
    def newest(self) -> Run:
        return next(RunStore(self.root / "state" / "runs").list_newest())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def run_until(
    project: Project, monkeypatch: pytest.MonkeyPatch, step: tuple[str, str, str], stop: Stop
) -> None:
    """Run the job until it is stopped at the step."""
    service, operation, _ = step
    fakes = project.fakes
    owner = {
        "staging": type(fakes.tables.staging),
        "plans": type(fakes.tables.plans),
        "tables": type(fakes.tables),
        "history": type(fakes.history),
    }[service]
    with monkeypatch.context() as patch:
        patch.setattr(owner, operation, stop.wrap(getattr(owner, operation)))
        project.run()


@pytest.mark.parametrize(
    "error", [OSError("the disk is full"), KeyboardInterrupt()], ids=["error", "cancelled"]
)
@pytest.mark.parametrize(
    ("step", "call"),
    # The plan and the history of checks are written once for both tables.
    [(step, call) for step in STEPS for call in (1, 2) if call == 1 or step[1] not in ("save", "append")],
    ids=str,
)
def test_a_run_that_stopped_is_resumed_with_every_row_once_whatever_the_suite_says_now(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    step: tuple[str, str, str],
    error: BaseException,
    call: int,
) -> None:
    with pytest.raises(SparkopsError):
        run_until(project, monkeypatch, step, Stop(error, step[2], call))
    project.change_suites(even=False)
    assert project.run(resume=project.newest).state == "done"
    assert project.stored() == NUMBERS
    assert project.fakes.tables.staged == {}
    assert not list((project.root / "state" / "publishing").glob("*"))


def test_a_resumed_run_publishes_what_was_decided_and_says_that_the_suite_changed(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(JobFailed):
        run_until(
            project, monkeypatch, ("tables", "publish", "before"), Stop(OSError("stopped"), "before", 1)
        )
    project.fakes.checks.rules["left"] = (lambda row: True, "warn")
    run = project.run(resume=project.newest)
    assert "The checks of table `left` were changed after run" in caplog.text
    assert run.outputs["left__quarantine"]["rows"] > 0


def test_a_resumed_run_without_its_staged_rows_is_refused_before_anything_is_written(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(JobFailed):
        run_until(
            project, monkeypatch, ("tables", "publish", "before"), Stop(OSError("stopped"), "before", 1)
        )
    project.fakes.tables.staged.clear()
    with pytest.raises(JobFailed, match=r"rows of table `left` that this run staged were removed.*--new"):
        project.run(resume=project.newest)


def test_a_cancelled_run_that_published_nothing_leaves_nothing_staged(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RunCancelled):
        run_until(
            project, monkeypatch, ("staging", "divide", "before"), Stop(KeyboardInterrupt(), "before", 1)
        )
    assert project.fakes.tables.staged == {}


def test_a_run_that_replaces_an_incomplete_one_closes_it_and_removes_what_it_staged(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(JobFailed):
        run_until(
            project, monkeypatch, ("tables", "publish", "before"), Stop(OSError("stopped"), "before", 2)
        )
    assert len(list((project.root / "state" / "publishing").glob("*"))) == 1
    project.run()
    assert not list((project.root / "state" / "publishing").glob("*"))
    assert project.fakes.tables.staged == {}


def test_other_runs_read_the_tables_of_an_incomplete_run_as_they_were_before_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    project.run()
    with pytest.raises(JobFailed):
        run_until(
            project, monkeypatch, ("tables", "publish", "before"), Stop(OSError("stopped"), "before", 2)
        )
    stopped = project.newest
    assert len(project.fakes.tables.versions["left"]) == 2
    assert read_versions(project, tmp_path) == {"left": 0, "right": 0}
    assert f"Table `left` is read at version 0, because run {stopped.id} has not published all" in caplog.text
    project.run(resume=stopped)
    assert read_versions(project, tmp_path) == {"left": 1, "right": 1}


def test_a_table_that_an_incomplete_run_created_cannot_be_read_yet(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(JobFailed):
        run_until(
            project, monkeypatch, ("tables", "publish", "before"), Stop(OSError("stopped"), "before", 2)
        )
    with pytest.raises(BadData, match=r"Table `left` is being created by run .* `sparkops runs resume "):
        read_versions(project, tmp_path, "left")


def read_versions(project: Project, root: Path, *tables: str) -> dict[str, int]:
    """Run a job that reads the tables; return the versions that it read."""
    job = Job(
        name="reader",
        function=lambda **frames: FakeFrame([len(frames)]),
        doc="",
        place=Place(str(root / "jobs" / "x.py"), 1),
        kind="table",
        tables=tables or ("left", "right"),
        writes=(Write(table="read"),),
    )
    context = RunContext(root=root, state=root / "state", env="base")
    run = execute(RunRequest(job=job, values={}), project.fakes.connect, context)
    return {name: pin["version"] for name, pin in run.inputs.items()}


class StreamProject(Project):
    """A streaming job that reads the numbers in four micro-batches; each attempt gets other second halves."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.batches = [NUMBERS[start : start + 10] for start in range(0, 40, 10)]

    def run(self, *, resume: Run | None = None, run_id: str | None = None) -> Run:
        source = self.root / "jobs" / "x.py"
        source.parent.mkdir(exist_ok=True)
        source.write_text("# a job\n")
        job = Job(
            name="stream",
            function=lambda numbers: numbers,
            doc="",
            place=Place(str(source), 1),
            kind="table",
            tables=("numbers",),
            writes=(Write(table="left", mode="append"),),
            stream="numbers",
        )
        self.fakes.streams.batches = [
            [number * 1000 + self.random.randrange(1000) for number in batch] for batch in self.batches
        ]
        context = RunContext(root=self.root, state=self.root / "state", env="base")
        return execute(RunRequest(job=job, values={}, resume=resume), self.fakes.connect, context)


@pytest.mark.parametrize("call", [1, 2, 4])
@pytest.mark.parametrize(
    "error", [OSError("the disk is full"), KeyboardInterrupt()], ids=["error", "cancelled"]
)
@pytest.mark.parametrize("step", STEPS, ids=" ".join)
def test_a_stream_that_stopped_continues_with_every_row_once_whatever_the_suite_says_now(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: tuple[str, str, str],
    error: BaseException,
    call: int,
) -> None:
    project = StreamProject(tmp_path)
    with pytest.raises(SparkopsError):
        run_until(project, monkeypatch, step, Stop(error, step[2], call))
    project.change_suites(even=False)
    assert project.run().state == "done"
    assert project.stored() == NUMBERS
    assert project.fakes.tables.staged == {}
