"""Flows on small graphs: what the plan says is what runs, after a failure, a change and with nothing to do. No Spark."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.recorded_runs import HEAD, RecordedProject, commit, write_job

from sparkops import Engine
from sparkops.engine.options import FlowPart
from sparkops.errors import InputError, JobFailed, ParamErrors, SparkopsError
from sparkops.runs.read_versions import ReadVersions
from sparkops.spark import Starter

GRAPHS = {
    "linear": {"a": ["raw"], "b": ["a"], "c": ["b"]},
    "branch": {"a": ["raw"], "b": ["a"], "c": ["a"], "d": ["b"]},
    "diamond": {"a": ["raw"], "b": ["a"], "c": ["a"], "d": ["b", "c"]},
    "two": {"a": ["raw"], "b": ["other"], "c": ["a", "b"]},
}


@pytest.fixture(params=list(GRAPHS))
def project(
    make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> RecordedProject:
    return RecordedProject(make_project(), GRAPHS[request.param], monkeypatch)


@pytest.fixture
def diamond(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> RecordedProject:
    project = RecordedProject(make_project(), GRAPHS["diamond"], monkeypatch)
    project.flow()
    return project


def test_everything_runs_once_and_is_then_up_to_date(project: RecordedProject) -> None:
    planned = project.plan()
    assert list(planned) == list(project.graph)
    assert planned["a"] == ("it was never run",)
    assert planned["c"][0] == "it was never run"
    assert all(reason.endswith("will have a new version") for reason in planned["c"][1:])
    assert project.flow() == list(planned)
    assert project.plan() == {}
    assert project.flow() == []


@pytest.mark.matrix(every=3)
@pytest.mark.parametrize("max_parallel", [1, 2])
def test_after_a_failure_only_what_was_not_done_runs(
    project: RecordedProject, monkeypatch: pytest.MonkeyPatch, max_parallel: int
) -> None:
    # Threads of a flow have sessions of their own, which are created where a job needs Spark.
    monkeypatch.setattr(Starter, "begin", lambda self: pytest.fail("Spark is started"))
    project.runs.failing = ["b"]
    with Engine(project.root) as engine, pytest.raises(JobFailed):
        engine.flow(FlowPart(), max_parallel=max_parallel)
    left = list(project.plan())
    assert left == project.downstream("b")
    assert project.plan()["b"][0].startswith("no run of it succeeded: the newest, 2")
    assert project.plan()["b"][0].endswith(", is failed")
    project.runs.failing = []
    assert project.flow() == left
    assert project.plan() == {}


def test_a_new_version_of_an_input_is_the_reason_downstream(project: RecordedProject) -> None:
    project.flow()
    assert commit(project.warehouse / "raw") == 1
    planned = project.plan()
    assert planned["a"] == ("`raw` went from version 0 to version 1",)
    assert list(planned) == project.downstream("a")
    assert project.flow() == list(planned)
    assert project.plan() == {}


def test_a_change_of_one_job_concerns_it_and_what_reads_from_it(project: RecordedProject) -> None:
    project.flow()
    project.write("jobs/b.py", HEAD + write_job("b", project.graph["b"], rate="rates.RATE + 1"))
    assert project.plan()["b"] == ("`jobs/b.py:b` was changed",)
    assert list(project.plan()) == project.downstream("b")
    assert project.flow() == project.downstream("b")


def test_a_constant_of_a_helper_concerns_all_that_use_it_and_an_unused_one_none(
    project: RecordedProject,
) -> None:
    project.flow()
    project.write("jobs/rates.py", "# rates\nRATE = (1)  # one\nUNUSED = 7\n")
    assert project.plan() == {}
    project.write("jobs/rates.py", "RATE = 2\nUNUSED = 1\n")
    assert project.plan()["a"] == ("`jobs/rates.py:RATE` was changed",)
    assert project.flow() == list(project.graph)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (FlowPart(["d"], start="b"), ["b", "d"]),
        (FlowPart(["d"], end="b"), ["a", "b"]),
        (FlowPart(start="a", end="c"), ["a", "c"]),
        (FlowPart(["b"]), ["a", "b"]),
        (FlowPart(["b"], only=True), ["b"]),
        (FlowPart(["b", "d"], only=True, start="b"), ["b", "d"]),
        (FlowPart(()), []),
    ],
)
def test_a_part_of_a_flow_is_planned_and_run(
    diamond: RecordedProject, part: FlowPart, expected: list[str]
) -> None:
    diamond.write("jobs/rates.py", "RATE = 2\nUNUSED = 1\n")
    assert list(diamond.plan(part)) == expected
    assert diamond.flow(part) == expected


@pytest.mark.parametrize(
    "part", [FlowPart(["b"], start="c"), FlowPart(["b"], end="d"), FlowPart(["b"], start="x")]
)
def test_a_job_that_is_no_part_of_the_flow_is_refused(diamond: RecordedProject, part: FlowPart) -> None:
    with pytest.raises(InputError, match=r"`[cdx]`"):
        diamond.plan(part)


def test_a_flow_reads_a_version_or_the_tables_as_they_were_at_some_time(diamond: RecordedProject) -> None:
    commit(diamond.warehouse / "raw", time=2_000)
    commit(diamond.warehouse / "b", time=2_000)
    # An earlier version is read only if its files are there.
    for table in ("raw", "a", "b", "c"):
        (diamond.warehouse / table / "0.parquet").touch()
    second = datetime.fromtimestamp(1, UTC)
    # The newest versions of what `d` and `a` read are others than at that time.
    assert diamond.plan(FlowPart(["a"]), versions=ReadVersions(as_of=second)) == {}
    assert diamond.plan(FlowPart(["a"]), versions=ReadVersions(at={"raw": 0})) == {}
    assert list(diamond.plan(FlowPart(["a"]))) == ["a"]
    # What the target reads as it was is not computed again, though it is not up to date.
    assert diamond.plan(FlowPart(["d"]), versions=ReadVersions(as_of=second)) == {}
    assert diamond.flow(FlowPart(["d"]), versions=ReadVersions(as_of=second)) == []
    diamond.write("jobs/rates.py", "RATE = 2\nUNUSED = 1\n")
    changed = ("`jobs/rates.py:RATE` was changed",)
    assert diamond.plan(versions=ReadVersions(as_of=second)) == dict.fromkeys("abcd", changed)
    diamond.write("jobs/rates.py", "RATE = 1\nUNUSED = 1\n")
    later = ReadVersions(as_of=datetime.fromtimestamp(3, UTC))
    expected = {"d": ("`b` went from version 0 to version 1",)}
    assert diamond.plan(FlowPart(["d"]), versions=later) == expected
    assert diamond.flow(FlowPart(["d"]), versions=later) == ["d"]
    assert diamond.flow(FlowPart(["d"]), versions=later) == []
    assert list(diamond.plan(FlowPart(["d"]), versions=ReadVersions(at={"b": 0}))) == ["a", "b", "c", "d"]
    with pytest.raises(ParamErrors, match="raw"):
        diamond.plan(FlowPart(["d"]), versions=ReadVersions(at={"raw": 0}))


def test_runs_with_other_parameters_do_not_count(diamond: RecordedProject) -> None:
    assert diamond.plan(times=2)["a"] == ("no run with times = 2 succeeded",)
    assert diamond.flow(times=2) == ["a", "b", "c", "d"]
    # The tables have the rows of the runs with the other parameters.
    assert diamond.plan(times=1)["d"][0].startswith("`b` went from version 0 to version 1")
    assert diamond.plan(times=2) == {}


def test_what_others_did_to_a_table_is_named(diamond: RecordedProject) -> None:
    commit(diamond.warehouse / "b")
    planned = diamond.plan()
    assert planned["b"] == ("`b` was changed since by a commit that no run made (WRITE)",)
    assert list(planned) == ["b", "d"]


def test_a_table_that_is_gone_is_published_again(diamond: RecordedProject) -> None:
    for file in (diamond.warehouse / "c" / "_delta_log").iterdir():
        file.unlink()
    (diamond.warehouse / "c" / "_delta_log").rmdir()
    planned = diamond.plan()
    assert planned["c"] == ("table `c`, which it published, is gone",)
    assert planned["d"] == ("`c` will have a new version",)
    assert diamond.flow() == ["c", "d"]
    assert diamond.plan() == {}


def test_an_input_that_nobody_publishes_is_named(diamond: RecordedProject) -> None:
    (diamond.warehouse / "raw" / "_delta_log" / "00000000000000000000.json").unlink()
    assert diamond.plan(FlowPart(["a"]))["a"][-1].startswith("No table `raw`")


def test_a_record_of_before_has_no_parts_and_counts_by_its_fingerprint(diamond: RecordedProject) -> None:
    run = next(run for run in Engine(diamond.root).runs.list_newest(job="a"))
    (file,) = (Engine(diamond.root).runs.folder / run.id).glob("*.jsonl")
    events = [json.loads(line) for line in file.read_text().splitlines()]
    for event in events:
        event.pop("work", None)
    events[1]["fingerprint"] = "other"
    events[1]["code"] = {"source": "other"}
    file.write_text("".join(json.dumps(event) + "\n" for event in events))
    assert diamond.plan()["a"] == ("a file of its code was changed, or a file that the code reads from",)
    commit(diamond.warehouse / "raw")
    assert diamond.plan()["a"][0] == "`raw` went from version 0 to version 1"


def test_a_failed_or_cancelled_run_after_a_good_one_changes_nothing(diamond: RecordedProject) -> None:
    runs = Engine(diamond.root).runs
    for state in ("failed", "checks_failed"):
        attempt = runs.begin(f"29990101-000000-{state}", "a", params={"times": 1})
        attempt.enter(state, "ended")
    attempt = runs.begin("29990101-000000-cancelled", "a", params={"times": 1})
    attempt.enter("cancelling", "cancelling")
    attempt.enter("cancelled", "ended")
    assert diamond.plan() == {}


def test_a_forced_plan_names_the_request(diamond: RecordedProject) -> None:
    with Engine(diamond.root) as engine:
        planned = engine.plan_flow(FlowPart(["b"]), force=True)
    assert [job.reasons[0] for job in planned] == ["it was asked for"] * 2


def test_a_broken_file_is_reported(diamond: RecordedProject) -> None:
    diamond.write("jobs/c.py", "def broken(:\n")
    with pytest.raises(SparkopsError, match=r"c\.py"):
        diamond.plan()


SUITE = "expectations:\n  - expect_table_row_count_to_be_between: {min_value: 1}\n"


@pytest.mark.matrix(every=3)
@pytest.mark.parametrize(
    ("file", "text", "job", "reason"),
    [
        ("conf/checks/c.yml", SUITE, "c", "`c` has checks now"),
        ("conf/base/spark.yml", "spark: {conf: {spark.sql.session.timeZone: Asia/Tokyo}}\n", "a",
         "`spark.sql.session.timeZone` went from none to Asia/Tokyo"),
        ("conf/base/spark.yml", "spark: {conf: {spark.sql.ansi.enabled: 'false'}}\n", "a", "`spark.sql.ansi.enabled` went from"),
        ("conf/base/params.yml", "params: {b: {times: 3}}\n", "b", "no run with times = 3 succeeded"),
        ("jobs/b.py", HEAD + write_job("b", ["a"]).replace("times: int = 1", "times: int = 4"), "b", "no run with times = 4 succeeded"),
        ("jobs/b.py", HEAD + write_job("b", ["a"]).replace("@job()", "@job(mode='append')"), "b", "how `b` is written was changed"),
        ("jobs/b.py", HEAD + write_job("b", ["a", "raw"]), "b", "`raw` is read now"),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_the_reason_of_its_job(
    diamond: RecordedProject, file: str, text: str, job: str, reason: str
) -> None:
    diamond.write(file, text)
    planned = diamond.plan()
    assert [clause for clause in planned[job] if clause.startswith(reason)], planned[job]
    assert list(planned) == diamond.downstream(job)
    assert diamond.flow() == list(planned)
    assert diamond.plan() == {}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("conf/base/spark.yml", "spark: {conf: {spark.sql.shuffle.partitions: 3}}\n"),
        ("conf/base/execution.yml", "execution: {max_parallel: 2}\n"),
        ("conf/checks/raw.yml", SUITE),
        ("jobs/b.py", HEAD + write_job("b", ["a"]).replace("@job()", "@job(retries=2, timeout='1 hour')")),
        ("jobs/b.py", "# b\n" + HEAD + "import logging\n" + write_job("b", ["a"]).replace("    return", '    """Doc."""\n    return')),
        ("jobs/more.py", "LIMIT = 3\n"),
    ],
)  # fmt: skip
def test_what_changes_no_result_is_no_reason(diamond: RecordedProject, file: str, text: str) -> None:
    diamond.write(file, text)
    assert diamond.plan() == {}


def test_a_plan_imports_none_of_the_large_libraries(diamond: RecordedProject) -> None:
    text = (
        "import sys\nfrom sparkops.cli.main import run_command\n"
        f"assert run_command(['plan', '--project', {str(diamond.root)!r}]) == 0\n"
        "heavy = ('pyspark', 'py4j', 'mlflow', 'great_expectations', 'pandas', 'pyarrow', 'numpy', 'deltalake')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["0 of 4 jobs would run.", "[]"]
