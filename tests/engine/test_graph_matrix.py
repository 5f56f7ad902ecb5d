"""Each kind of graph is run, failed, killed, resumed, found up to date, replayed, rolled back, cancelled, retried and timed out.

The engine is real, and so are its records, locks and Delta tables; the jobs compute Arrow tables instead of DataFrames.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path

import pytest
from deltalake import DeltaTable, write_deltalake
from fakes.arrow_engine import make_frame, open_arrow_engine

from sparkops import Engine
from sparkops.errors import JobFailed, RunCancelled, RunTimedOut, SparkopsError
from sparkops.runs.records.publications import OpenPublication
from sparkops.runs.records.run import Run

HEAD = """
from pyspark.sql import DataFrame
from sparkops import Condition, job
from . import control
"""
CONTROL = """
import time
from pathlib import Path

FOLDER = Path("control")


def reach(name):
    file = FOLDER / name
    text = file.read_text() if file.exists() else ""
    if text == "fail once":
        file.unlink()
    if text.startswith("fail"):
        raise ValueError("broken")
    if text == "block":
        (FOLDER / "blocked").touch()
        while file.exists():
            time.sleep(0.005)
"""
A = """
@job
def a(raw: DataFrame) -> DataFrame:
    return raw.plus(1)
"""


def write_plus(name: str, table: str, options: str = "") -> str:
    """Return a job that adds one to the values of a table."""
    return f"""
@job{options}
def {name}({table}: DataFrame) -> DataFrame:
    control.reach("{name}")
    return {table}.plus(1)
"""


@dataclass(frozen=True)
class Graph:
    """A kind of graph.

    Args:
        jobs: Its jobs, in the order of a flow.
        broken: The table and job that an operation stops.
        control: Name of the file by which the job, or one of its parts, is stopped.
        rows: Table to its rows, where `raw` has 1 and 2.
        commits: Number of commits by table, where they are not one.
        skipped: Jobs whose condition does not hold.
    """

    jobs: str
    broken: str
    control: str
    rows: Mapping[str, list[int]]
    commits: Mapping[str, int]
    skipped: tuple[str, ...] = ()

    @property
    def after(self) -> list[str]:
        """Return the tables that depend on the stopped job, and its own."""
        return list(self.rows)[list(self.rows).index(self.broken) :]


PARTS = """
@job(replace="k", each={"k": [1, 2, 3]})
def parts(a: DataFrame, *, k: int) -> DataFrame:
    control.reach(f"parts-{k}")
    return a.at(k=k)
"""
CELLS = """
@job(replace=["k", "m"], each={"k": [1, 2, 3], "m": [1, 2]})
def cells(parts: DataFrame, *, k: int, m: int) -> DataFrame:
    control.reach(f"cells-{k}-{m}")
    return parts.where(k=k).at(k=k, m=m)
"""
TOTAL = """
@job
def total({table}: DataFrame) -> DataFrame:
    return {table}.sum()
"""
UNION = """
@job
def d(b: DataFrame, c: DataFrame) -> DataFrame:
    return b.union(c)
"""
GRAPHS = {
    "linear": Graph(
        A + write_plus("b", "a") + write_plus("c", "b"),
        "b",
        "b",
        {"a": [2, 3], "b": [3, 4], "c": [4, 5]},
        {},
    ),
    # Nothing reads from `c`, the stopped branch.
    "branch": Graph(
        A + write_plus("b", "a") + write_plus("c", "a"),
        "c",
        "c",
        {"a": [2, 3], "b": [3, 4], "c": [3, 4]},
        {},
    ),
    "diamond": Graph(
        A + write_plus("b", "a") + write_plus("c", "a") + UNION,
        "c",
        "c",
        {"a": [2, 3], "b": [3, 4], "c": [3, 4], "d": [3, 3, 4, 4]},
        {},
    ),
    "fan-out": Graph(
        A + PARTS + TOTAL.format(table="parts"),
        "parts",
        "parts-2",
        {"a": [2, 3], "parts": [2, 2, 2, 3, 3, 3], "total": [15]},
        {"parts": 3},
    ),
    # A fan-out over two parameters that reads what another fan-out wrote.
    "nested fan-out": Graph(
        A + PARTS + CELLS + TOTAL.format(table="cells"),
        "cells",
        "cells-2-1",
        {"a": [2, 3], "parts": [2] * 3 + [3] * 3, "cells": [2] * 6 + [3] * 6, "total": [30]},
        {"parts": 3, "cells": 6},
    ),
    "conditional": Graph(
        A
        + write_plus("b", "a", "(when=Condition('a', checks='passed'))")
        + write_plus("c", "b")
        + write_plus("e", "a", "(when=Condition('a', checks='failed'))"),
        "b",
        "b",
        {"a": [2, 3], "b": [3, 4], "c": [4, 5]},
        {},
        skipped=("e",),
    ),
}
SUITE = "policy: warn\nexpectations:\n  - expect_column_values_to_be_between: {column: n, min_value: 1}\n"


class Project:
    """A project of one graph.

    Args:
        root: Its folder.
        graph: The graph.
    """

    def __init__(self, root: Path, graph: Graph) -> None:
        self.root, self.graph = root, graph
        self.write("jobs/control.py", CONTROL)
        self.write("jobs/graph.py", HEAD + graph.jobs)
        self.write("conf/checks/a.yml", SUITE)
        self.write("control/README", "")
        self.commit_raw([1, 2])

    @property
    def stopped_job(self) -> str:
        return self.graph.broken

    def write(self, file: str, text: str) -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def set_policy(self, **policy: object) -> None:
        """Configure how often the stopped job is tried, and for how long."""
        text = ", ".join(f"{key}: {value}" for key, value in policy.items())
        self.write("conf/base/execution.yml", f"execution: {{jobs: {{{self.stopped_job}: {{{text}}}}}}}\n")

    def commit_raw(self, values: list[int]) -> None:
        folder = self.root / "data" / "warehouse" / "raw"
        folder.mkdir(parents=True, exist_ok=True)
        write_deltalake(str(folder), make_frame(values).table, mode="overwrite")

    def flow(self) -> dict[str, str]:
        """Run the flow; return the state of each job."""
        with open_arrow_engine(self.root) as engine:
            return {step.job: step.state for step in engine.flow(list(engine.jobs))}

    def resume(self) -> Run:
        """Resume the newest run of the stopped job; of a fan-out, that of all its parts."""
        with open_arrow_engine(self.root) as engine:
            return engine.resume(self.find_stopped(engine).id)

    def find_stopped(self, engine: Engine) -> Run:
        """Return the newest run of the stopped job; of a fan-out, that of all its parts."""
        return next(run for run in engine.runs.list_newest(job=self.stopped_job) if run.parent is None)

    def read(self) -> dict[str, list[int]]:
        """Return the rows of the tables that exist."""
        with open_arrow_engine(self.root) as engine:
            return {
                table: engine.container.tables.read_frame(table).rows  # type: ignore[attr-defined]
                for table in self.graph.rows
                if self.count_commits(table)
            }

    def count_commits(self, table: str) -> int:
        folder = self.root / "data" / "warehouse" / table
        return DeltaTable(str(folder)).version() + 1 if (folder / "_delta_log").is_dir() else 0

    def require_complete(self, *, times: int = 1) -> None:
        """Verify that each table has its rows, and that each run committed them once."""
        assert self.read() == self.graph.rows
        commits = {table: self.count_commits(table) for table in self.graph.rows}
        assert commits == {table: times * self.graph.commits.get(table, 1) for table in self.graph.rows}
        with open_arrow_engine(self.root) as engine:
            assert engine.container.build_run_context().publications.list_open() == ()

    def require_stopped(self, state: str) -> None:
        """Verify what a stopped run left: nothing of its own or of what depends on it, and the rest."""
        with open_arrow_engine(self.root) as engine:
            run = self.find_stopped(engine)
            assert run.state == state
            if not run.items:
                assert run.outputs == {}
        rows, tables = self.read(), list(self.graph.rows)
        assert rows["a"] == self.graph.rows["a"]
        assert set(tables[tables.index(self.stopped_job) + 1 :]) & set(rows) == set()

    def require_continued(self) -> None:
        """Resume the stopped run, then run the flow: what was done is not done again."""
        (self.root / "control" / self.graph.control).unlink(missing_ok=True)
        (self.root / "control" / "kill").unlink(missing_ok=True)
        assert self.resume().state == "done"
        states = self.flow()
        assert {job: states[job] for job in ("a", self.stopped_job)} == {
            "a": "fresh",
            self.stopped_job: "fresh",
        }
        self.require_complete()


DOCUMENT = Path(__file__).parents[2] / "docs" / "explanation" / "exactly-once.md"


def test_the_document_lists_every_graph_and_operation() -> None:
    section = DOCUMENT.read_text("utf-8").partition("## Graphs and operations")[2].replace("\n", " ")
    operations = [name for name, value in globals().items() if name.startswith("test_") and is_matrix(value)]
    assert len(operations) == 9
    for operation in operations:
        assert f"| {operation.removeprefix('test_').replace('_', ' ')} |" in section
    for graph in GRAPHS:
        assert graph in section


def is_matrix(test: Callable[..., None]) -> bool:
    return list(signature(test).parameters) == ["project"]


@pytest.fixture(params=list(GRAPHS))
def project(
    make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Project:
    root = make_project({})
    monkeypatch.chdir(root)
    return Project(root, GRAPHS[request.param])


def test_run(project: Project) -> None:
    states = project.flow()
    skipped = project.graph.skipped
    assert states == dict.fromkeys(project.graph.rows, "done") | dict.fromkeys(skipped, "skipped")
    project.require_complete()


@pytest.mark.matrix(every=2)
def test_fail_and_resume(project: Project) -> None:
    project.write(f"control/{project.graph.control}", "fail")
    with pytest.raises(JobFailed, match="broken"):
        project.flow()
    project.require_stopped("failed")
    project.require_continued()


@pytest.mark.matrix(every=2)
def test_kill_and_resume(project: Project) -> None:
    """The process is killed when a commit of the stopped job, of a fan-out its second, is made and not recorded."""
    project.write("control/kill", project.stopped_job)
    program = (
        "import sys; from pathlib import Path; from fakes.arrow_engine import open_arrow_engine\n"
        "engine = open_arrow_engine(Path(sys.argv[1])); engine.flow(list(engine.jobs))"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run(
        [sys.executable, "-c", program, project.root],
        cwd=project.root,
        env=environ,
        check=False,
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with open_arrow_engine(project.root) as engine:
        assert project.find_stopped(engine).state == "crashed"
    project.require_continued()


def test_the_publication_of_a_part_that_was_killed_before_its_last_step_is_completed(
    make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project({})
    monkeypatch.chdir(root)
    project = Project(root, GRAPHS["fan-out"])
    project.write("control/parts-3", "fail")
    with pytest.raises(JobFailed):
        project.flow()
    with open_arrow_engine(root) as engine:
        publications = engine.container.build_run_context().publications
        part = next(run for run in engine.runs.list_newest(job="parts") if run.state == "done")
        publications.begin(OpenPublication(run=part.id, job="parts", params="", before={"parts": 0}))
    project.write("control/parts-3", "")
    project.require_continued()


@pytest.mark.matrix(every=2)
def test_up_to_date(project: Project) -> None:
    project.flow()
    states = project.flow()
    skipped = project.graph.skipped
    assert states == dict.fromkeys(project.graph.rows, "fresh") | dict.fromkeys(skipped, "skipped")
    project.require_complete()
    project.commit_raw([1, 2])
    states = project.flow()
    assert states == dict.fromkeys(project.graph.rows, "done") | dict.fromkeys(skipped, "skipped")
    project.require_complete(times=2)


@pytest.mark.matrix(every=2)
def test_replay(project: Project) -> None:
    project.flow()
    with open_arrow_engine(project.root) as engine:
        runs = [run for run in engine.runs.list_newest() if run.state == "done" and not run.items]
        verdicts = {run.id: engine.replay(run.id).is_identical for run in runs}
    assert len(verdicts) == sum(project.graph.commits.get(table, 1) for table in project.graph.rows)
    assert set(verdicts.values()) == {True}
    # A replay of other code differs, and publishes nothing, either.
    project.write("jobs/graph.py", HEAD + project.graph.jobs.replace("raw.plus(1)", "raw.plus(2)"))
    with open_arrow_engine(project.root) as engine:
        first = next(run for run in engine.runs.list_newest(job="a") if not run.replay)
        assert not engine.replay(first.id).is_identical
    project.require_complete()


@pytest.mark.matrix(every=2)
def test_roll_back(project: Project) -> None:
    project.flow()
    project.commit_raw([11, 12])
    project.flow()
    newer = project.read()
    assert newer["a"] == [12, 13]
    with open_arrow_engine(project.root) as engine:
        newest = next(run for run in engine.runs.list_newest(job="a"))
        with pytest.raises(SparkopsError, match="cascade"):
            engine.rollback(newest.id)
        undo = engine.rollback(newest.id, cascade=True)
        assert project.read() == project.graph.rows
        assert {run.state for run in engine.runs.list_newest(job=project.stopped_job)} >= {"rolled_back"}
        engine.rollback(undo.id)
    assert project.read() == newer
    assert project.flow()["a"] == "fresh"
    assert project.read() == newer


@pytest.mark.matrix(every=2)
def test_cancel(project: Project) -> None:
    project.write(f"control/{project.graph.control}", "block")
    errors: list[SparkopsError] = []

    def run() -> None:
        try:
            project.flow()
        except SparkopsError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 30
    while not (project.root / "control" / "blocked").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with open_arrow_engine(project.root) as engine:
        cancelled = engine.cancel(project.find_stopped(engine).id)
    thread.join(30)
    assert cancelled.state == "cancelled"
    assert [type(error) for error in errors] == [RunCancelled]
    project.require_stopped("cancelled")
    project.require_continued()


def test_retry(project: Project) -> None:
    project.set_policy(retries=1)
    project.write(f"control/{project.graph.control}", "fail once")
    project.flow()
    with open_arrow_engine(project.root) as engine:
        runs = [run for run in engine.runs.list_newest(job=project.stopped_job) if not run.items]
    assert max(run.attempt for run in runs) == 2
    assert sum(run.attempt == 2 for run in runs) == 1
    project.require_complete()


@pytest.mark.matrix(every=3)
def test_time_out(project: Project) -> None:
    project.set_policy(timeout="3 s")
    project.write(f"control/{project.graph.control}", "block")
    with pytest.raises(SparkopsError) as stopped:
        project.flow()
    assert "time limit of 3 seconds" in str(stopped.value)
    assert isinstance(stopped.value, RunTimedOut)
    project.require_stopped("timed_out")
    project.require_continued()
