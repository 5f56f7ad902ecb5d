"""Conformance of the ports of a run: the adapters of the engine and the fakes of the tests behave alike."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes.run_services import FakeChecks, FakeFrame, FakeHistory, FakeReports, FakeSpark, FakeTables

from sparkops.cli.display.progress import ProgressDisplay
from sparkops.engine.container import ServiceContainer
from sparkops.engine.listener import NullListener, RunListener
from sparkops.engine.project import LoadedProject
from sparkops.errors import JobFailed, UnknownName
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.reports.report import Report, Text
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.write import Write
from sparkops.runs.ports import CheckHistory, CheckRunner, ReportWriter, SparkRuntime
from sparkops.runs.records.run import Run
from sparkops.spark.progress import Snapshot

SUITE = """
    expectations:
      - expect_column_values_to_be_between: {{column: n, max_value: 9, policy: {policy}}}
"""


@dataclass
class Services:
    """The services of one implementation, and how its frames are made and read."""

    tables: Any
    checks: Callable[[str], CheckRunner]
    history: CheckHistory
    reports: ReportWriter
    spark: SparkRuntime
    frame: Callable[[list[int]], Any]
    rows: Callable[[Any], list[int]]


def fake_services() -> Services:
    return Services(
        tables=FakeTables(),
        checks=lambda policy: FakeChecks(rules={"numbers": (lambda n: n <= 9, policy)}),
        history=FakeHistory(),
        reports=FakeReports(),
        spark=FakeSpark(),
        frame=FakeFrame,
        rows=lambda frame: sorted(frame.rows),
    )


def real_services(make_project: Callable[..., Path]) -> Services:
    container = ServiceContainer(LoadedProject(make_project()))
    services = container.build_run_services()

    def checks(policy: str) -> CheckRunner:
        suite = container.project.root / "conf" / "checks" / "numbers.yml"
        suite.write_text(SUITE.format(policy=policy))
        return services.checks

    def frame(rows: list[int]) -> Any:
        return container.starter.session().createDataFrame([(n,) for n in rows], "n INT")

    return Services(
        tables=services.reader,
        checks=checks,
        history=services.history,
        reports=services.reports,
        spark=services.spark,
        frame=frame,
        rows=lambda frame: sorted(row.n for row in frame.collect()),
    )


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.spark)])
def services(request: pytest.FixtureRequest, make_project: Callable[..., Path]) -> Services:
    if request.param == "fake":
        return fake_services()
    request.getfixturevalue("spark")
    return real_services(make_project)


def test_an_unknown_table_is_refused(services: Services) -> None:
    with pytest.raises(UnknownName, match="No table `numbers`"):
        services.tables.pin("numbers")


def test_an_error_of_python_has_no_translation(services: Services) -> None:
    assert services.tables.explain(ZeroDivisionError()) is None


def test_a_staged_frame_is_published_exactly_once_and_then_read(services: Services) -> None:
    tables = services.tables
    part = StagedPart("r1", "numbers")
    assert tables.staging.find(part) is None
    staged = tables.staging.stage(services.frame([1, 2]), part)
    assert services.rows(tables.staging.find(part)) == [1, 2]
    first = tables.publish(staged, Write(table="numbers"), run_id="r1", staged=part)
    assert (first.table, first.version, first.rows, first.already_published) == ("numbers", 0, 2, False)
    again = tables.publish(staged, Write(table="numbers"), run_id="r1", staged=part)
    assert (again.version, again.already_published) == (0, True)
    tables.staging.discard("r1")
    assert tables.staging.find(part) is None
    assert services.rows(tables.read(tables.pin("numbers"))) == [1, 2]


def test_a_pin_reads_the_version_that_it_names(services: Services) -> None:
    tables = services.tables
    for number, rows in enumerate([[1], [2, 3]]):
        part = StagedPart(f"r{number}", "numbers")
        frame = tables.staging.stage(services.frame(rows), part)
        tables.publish(frame, Write(table="numbers"), run_id=part.area, staged=part)
    assert tables.pin("numbers").version == 1
    assert services.rows(tables.read(tables.pin("numbers", at=0))) == [1]


def test_without_a_suite_nothing_is_checked(services: Services) -> None:
    checks = services.checks("fail")
    checks.validate("other")
    assert checks.hash_suite("other") is None
    assert checks.run_checkpoint(services.frame([1]), table="other", run_id="r1") is None


def test_a_suite_that_changes_has_another_identity(services: Services) -> None:
    assert services.checks("fail").hash_suite("numbers") != services.checks("warn").hash_suite("numbers")


@pytest.mark.parametrize(
    ("policy", "blocked", "good", "bad"),
    [("fail", True, [1, 10], None), ("warn", False, [1, 10], None), ("quarantine", False, [1], [10])],
)
def test_the_policy_decides_what_is_published(
    services: Services, policy: str, blocked: bool, good: list[int], bad: list[int] | None
) -> None:
    checks = services.checks(policy)
    checks.validate("numbers")
    outcome = checks.run_checkpoint(services.frame([1, 10]), table="numbers", run_id="r1")
    assert outcome is not None
    assert outcome.blocked == blocked
    assert services.rows(outcome.good) == good
    if outcome.annotated is None:
        assert bad is None
    else:
        parts = services.tables.staging.divide(outcome.annotated, "r1", "numbers")
        assert [services.rows(part) for part in parts] == [good, bad]
    (result,) = outcome.results
    assert (result.success, result.unexpected, result.rows) == (False, 1, 2)
    page = outcome.page
    assert page is not None
    assert (page.table, page.run_id, page.blocked, page.rows) == ("numbers", "r1", blocked, 2)
    assert page.quarantined == (0 if bad is None else len(bad))
    assert [one.result for one in page.expectations] == [result]
    checks.write_docs([page])


def test_history_takes_results_of_published_and_blocked_tables(services: Services) -> None:
    result = CheckResult(table="numbers", expectation="expect_x", success=True)
    for versions in ({"numbers": 0}, {}):
        services.history.append([result], run_id=f"r{len(versions)}", job="j", versions=versions)


def test_a_report_has_a_path(services: Services) -> None:
    path = services.reports.write(Report(title="T", parts=[Text("x")]), Run(id="r1", job="report"))
    assert path.endswith("r1.html")


def test_a_run_that_never_began_can_be_cancelled_and_ended(services: Services) -> None:
    services.spark.cancel("r0")
    services.spark.end("r0")
    assert services.spark.begin("r1") is not None
    services.spark.end("r1")


def test_the_session_is_described_while_a_run_has_it(services: Services) -> None:
    session = services.spark.begin("r1")
    assert session is not None
    assert "app_id" in services.spark.describe()
    services.spark.end("r1")


@pytest.mark.parametrize("shows", [False, True], ids=["null", "display"])
def test_every_listener_receives_a_run(shows: bool) -> None:
    stream = io.StringIO()
    listener: RunListener = ProgressDisplay(stream) if shows else NullListener()
    for end in ("failed", "finished"):
        progress = listener.run_started("sales")
        progress.step_started("compute")
        progress.spark_progressed(Snapshot())
        progress.retried(JobFailed("no"), 1, 0.5)
        if end == "failed":
            progress.failed(JobFailed("no"))
        else:
            progress.finished(Run(id="r1", job="sales"))
    for count in (2, 1000):
        for end in ("failed", "finished"):
            fan_out = listener.fan_out_started("sales", count)
            fan_out.run_started("day=1").finished(Run(id="r1", job="sales"))
            fan_out.run_started("day=2").failed(JobFailed("no"))
            if end == "failed":
                fan_out.failed(JobFailed("no"))
            else:
                fan_out.finished(Run(id="r0", job="sales"))
    listener.run_skipped("late", "up to date")
    assert ("sales" in stream.getvalue()) == shows
