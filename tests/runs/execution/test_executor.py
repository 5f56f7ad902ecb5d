"""A run from its first recorded event to its last, with services in memory."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fakes.run_services import FakeFrame

from sparkops.errors import (
    BadData,
    ChecksFailed,
    ConfigError,
    InputError,
    JobFailed,
    RunCancelled,
    TableError,
    UnknownName,
)
from sparkops.pipeline.reports.report import Report
from sparkops.pipeline.write import Write
from sparkops.runs.execution.lock import lock_for_writing
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore


class Two(NamedTuple):
    left: Any
    right: Any


def doubled(numbers: FakeFrame) -> FakeFrame:
    return FakeFrame([2 * n for n in numbers.rows])


def newest(tmp_path: Path) -> Run:
    return next(RunStore(tmp_path / "state" / "runs").list_newest())


def test_a_run_publishes_and_its_record_names_what_it_read_and_wrote(go, fakes) -> None:
    run = go(doubled)
    assert run.state == "done"
    assert (run.inputs["numbers"]["version"], run.outputs["out"]["version"]) == (1, 0)
    assert fakes.tables.versions["out"] == [[2, 4, 6, 200]]
    assert fakes.spark.ended == [run.id]


def test_a_job_that_returns_nothing_fails_with_its_line(go, fakes, tmp_path) -> None:
    with pytest.raises(
        JobFailed, match=r"Job `double` returned nothing. Return what it declares \(.*x.py:1\)"
    ):
        go(lambda numbers: None)
    assert newest(tmp_path).state == "failed"


def test_a_pinned_version_is_the_one_that_is_read(go, fakes) -> None:
    go(doubled, at={"numbers": 0})
    assert fakes.tables.versions["out"] == [[2]]


def test_a_frame_is_staged_once_and_nothing_stays_staged(go, fakes) -> None:
    go(doubled)
    assert fakes.tables.stage_count == 1
    assert fakes.tables.staged == {}


def test_a_failed_check_publishes_nothing_and_is_recorded(go, fakes, tmp_path) -> None:
    fakes.checks.rules["out"] = (lambda n: n < 10, "fail")
    with pytest.raises(ChecksFailed, match=r"expect_rule\(\): 1 of 4 rows"):
        go(doubled)
    assert "out" not in fakes.tables.versions
    run = newest(tmp_path)
    assert run.state == "checks_failed"
    assert run.checks[0]["unexpected"] == 1
    assert fakes.checks.runs_with_docs == [run.id]
    assert fakes.history.entries == [(run.id, "double", {}, [False])]


def test_an_exceeded_threshold_of_the_table_is_named_in_the_error(go, fakes) -> None:
    fakes.checks.rules["out"] = (lambda n: n < 10, "quarantine")
    fakes.checks.max_quarantined = 0
    with pytest.raises(
        ChecksFailed,
        match=r"too many rows violate its checks, and nothing .*\n  - too many rows quarantined\n",
    ):
        go(doubled)
    assert "out" not in fakes.tables.versions


def test_a_suite_that_cannot_be_run_is_refused_before_anything_is_computed(go, fakes) -> None:
    fakes.checks.rules["out"] = (lambda n: True, "mabye")
    with pytest.raises(ConfigError, match="no policy `mabye`"):
        go(lambda numbers: pytest.fail("computed"))


def test_of_several_tables_none_is_published_when_one_fails(go, fakes) -> None:
    fakes.checks.rules["right"] = (lambda n: n < 10, "fail")
    with pytest.raises(ChecksFailed):
        go(
            lambda numbers: Two(numbers, numbers),
            kind="tables",
            writes=(Write(table="left"), Write(table="right")),
        )
    assert fakes.tables.versions.keys() == {"numbers"}


def test_bad_rows_are_quarantined_and_good_rows_published(go, fakes) -> None:
    fakes.checks.rules["out"] = (lambda n: n < 10, "quarantine")
    run = go(doubled)
    assert fakes.tables.versions["out"] == [[2, 4, 6]]
    assert fakes.tables.versions["out__quarantine"] == [[200]]
    assert set(run.outputs) == {"out", "out__quarantine"}
    assert fakes.history.entries == [(run.id, "double", {"out": 0}, [False])]


def test_an_error_of_the_job_names_its_line_and_its_traceback_is_in_the_log(go, fakes, tmp_path) -> None:
    with pytest.raises(JobFailed, match="Job `double` raised ZeroDivisionError: division by zero") as raised:
        go(lambda numbers: 1 / 0)
    run = newest(tmp_path)
    assert str(raised.value).endswith(f"Full traceback: sparkops runs log {run.id}")
    assert run.state == "failed"
    assert "Traceback" in Path(run.log or "").read_text()


def test_an_error_of_spark_is_translated(go, fakes) -> None:
    fakes.tables.translations[KeyError] = TableError("The column is not there.")
    with pytest.raises(TableError, match="The column is not there"):
        go(lambda numbers: {}["x"])


def test_an_empty_input_is_refused_unless_the_job_allows_it(go, fakes) -> None:
    fakes.tables.versions["numbers"].append([])
    with pytest.raises(BadData, match="Table `numbers` has no rows at version 2"):
        go(doubled)
    assert go(doubled, allow_empty=True).state == "done"


def test_an_unknown_table_is_an_error_and_recorded(go, fakes, tmp_path) -> None:
    with pytest.raises(UnknownName, match="Did you mean `numbers`"):
        go(doubled, tables=("nmbers",))
    assert newest(tmp_path).state == "failed"


def test_printed_text_is_logged_and_secrets_are_masked(go) -> None:
    def prints_the_password(numbers: FakeFrame) -> FakeFrame:
        print("the password is hunter2")
        return numbers

    text = Path(go(prints_the_password).log or "").read_text()
    assert "the password is ***" in text
    assert "hunter2" not in text


def test_a_signal_cancels_sparks_jobs_and_is_recorded(go, fakes, tmp_path) -> None:
    def slow(numbers: FakeFrame) -> FakeFrame:
        os.kill(os.getpid(), signal.SIGTERM)
        return numbers

    with pytest.raises(RunCancelled, match="SIGTERM"):
        go(slow)
    run = newest(tmp_path)
    assert run.state == "cancelled"
    assert fakes.spark.cancelled == [run.id]


def test_a_resumed_run_publishes_staged_frames_without_computing_them_again(go, fakes, tmp_path) -> None:
    fakes.tables.publish_error = OSError("disk full")
    with pytest.raises(JobFailed, match="disk full"):
        go(doubled)
    fakes.tables.publish_error = None
    run = go(lambda numbers: pytest.fail("computed again"), resume=newest(tmp_path))
    assert (run.state, run.attempt) == ("done", 2)
    assert fakes.tables.versions["out"] == [[2, 4, 6, 200]]


@pytest.mark.parametrize(
    ("limit", "policy"), [(1000, "fail"), (100, "warn"), (100, "quarantine"), (3, "quarantine")]
)
def test_a_resumed_run_has_the_page_of_an_undisturbed_one(
    go, fakes, tmp_path, limit: int, policy: str
) -> None:
    fakes.checks.rules["out"] = (lambda n: n < limit, policy)
    go(doubled)
    [undisturbed] = fakes.checks.pages
    fakes.tables.publish_error = OSError("disk full")
    with pytest.raises(JobFailed, match="disk full"):
        go(doubled)
    assert len(fakes.checks.pages) == 1
    fakes.tables.publish_error = None
    # the suite does not decide again
    fakes.checks.rules["out"] = (lambda n: pytest.fail("checked again"), policy)
    run = go(doubled, resume=newest(tmp_path))
    assert run.state == "done"
    assert fakes.checks.pages[1:] == [replace(undisturbed, run_id=run.id)]


def test_a_resumed_run_has_a_page_for_each_of_its_tables(go, fakes, tmp_path) -> None:
    fakes.checks.rules |= {"left": (lambda n: n < 100, "quarantine"), "right": (lambda n: n > 1, "warn")}
    declared: dict[str, Any] = {"kind": "tables"}
    declared |= {"writes": (Write(table="left"), Write(table="right"), Write(table="unchecked"))}

    class Three(NamedTuple):
        left: Any
        right: Any
        unchecked: Any

    def job(numbers: FakeFrame) -> Any:
        return Three(numbers, numbers, numbers)

    fakes.tables.publish_error = OSError("disk full")
    with pytest.raises(JobFailed, match="disk full"):
        go(job, **declared)
    fakes.tables.publish_error = None
    go(job, resume=newest(tmp_path), **declared)
    assert [(page.table, page.quarantined, page.verdict) for page in fakes.checks.pages] == [
        ("left", 1, "published, 1 row quarantined"),
        ("right", 0, "published, 1 warning"),
    ]


def test_a_resumed_run_counts_each_check_once(go, fakes, tmp_path) -> None:
    fakes.checks.rules["out"] = (lambda n: n < 100, "warn")
    fakes.tables.publish_error = OSError("disk full")
    earlier = None
    for _ in range(2):
        with pytest.raises(JobFailed, match="disk full"):
            go(doubled, resume=earlier)
        earlier = newest(tmp_path)
    fakes.tables.publish_error = None
    run = go(doubled, resume=earlier)
    assert (run.state, run.attempt) == ("done", 3)
    assert [(check["rows"], check["unexpected"]) for check in run.checks] == [(4, 1)]
    assert len(fakes.history.entries) == 1


def test_a_resumed_run_reads_the_versions_it_read_before(go, fakes, tmp_path) -> None:
    with pytest.raises(JobFailed):
        go(lambda numbers: 1 / 0)
    fakes.tables.versions["numbers"].append([7])
    run = go(doubled, resume=newest(tmp_path))
    assert run.inputs["numbers"]["version"] == 1


@pytest.mark.parametrize("has_rows", [False, True])
def test_a_run_is_not_resumed_whose_input_was_rolled_back(go, fakes, tmp_path, has_rows: bool) -> None:
    fakes.tables.publish_error = OSError("disk full") if has_rows else None
    with pytest.raises(JobFailed):
        go(doubled if has_rows else lambda numbers: 1 / 0)
    fakes.tables.publish_error = None
    earlier = newest(tmp_path)
    restore = {"table": "numbers", "identity": "numbers", "first": 1, "newest": 1, "version": 0}
    rollback = RunStore(tmp_path / "state" / "runs").begin(
        "20990101-000000-rollbacked", "rollback", rollback={"runs": [], "tables": [restore]}
    )
    rollback.enter("done", "ended", ended="2099-01-01T00:00:00+00:00")
    with pytest.raises(InputError, match=r"read version 1 of `numbers`, which rollback 2099.* has undone"):
        go(doubled, resume=earlier)
    assert "out" not in fakes.tables.versions


@pytest.mark.parametrize("is_recreated", [False, True])
def test_a_resumed_run_records_the_versions_that_its_rows_were_computed_from(
    go, fakes, tmp_path, is_recreated: bool
) -> None:
    fakes.tables.publish_error = OSError("disk full")
    with pytest.raises(JobFailed, match="disk full"):
        go(doubled)
    fakes.tables.publish_error = None
    fakes.tables.versions["numbers"].append([7])
    if is_recreated:
        fakes.tables.identities["numbers"] = "another"
    earlier = newest(tmp_path)
    run = go(doubled, resume=earlier, at={"numbers": 2})
    assert fakes.tables.versions["out"] == [[2, 4, 6, 200]]
    assert run.inputs == earlier.inputs
    assert run.inputs["numbers"]["version"] == 1


def test_a_resumed_run_without_rows_reads_the_version_that_is_requested(go, fakes, tmp_path) -> None:
    with pytest.raises(JobFailed):
        go(lambda numbers: 1 / 0)
    run = go(doubled, resume=newest(tmp_path), at={"numbers": 0})
    assert (run.inputs["numbers"]["version"], fakes.tables.versions["out"]) == (0, [[2]])


def test_a_run_is_not_resumed_on_a_table_that_was_created_again(go, fakes, tmp_path) -> None:
    with pytest.raises(JobFailed):
        go(lambda numbers: 1 / 0)
    fakes.tables.identities["numbers"] = "another"
    with pytest.raises(InputError, match=r"`numbers` was created again since run .* read version 1"):
        go(doubled, resume=newest(tmp_path))
    assert go(doubled).state == "done"


def test_a_second_run_that_writes_the_same_table_is_refused(go, tmp_path) -> None:
    from sparkops.errors import TableBusy

    with (
        lock_for_writing(tmp_path / "state" / "locks", ["out"], "first-run"),
        pytest.raises(TableBusy, match="first-run"),
    ):
        go(doubled)


def test_a_run_that_waited_reads_what_the_other_run_wrote(go, fakes, tmp_path, caplog) -> None:
    taken = threading.Event()

    def write_numbers() -> None:
        with lock_for_writing(tmp_path / "state" / "locks", ["out"], "first-run"):
            taken.set()
            time.sleep(0.3)
            fakes.tables.versions["numbers"].append([7])

    other = threading.Thread(target=write_numbers)
    other.start()
    taken.wait()
    run = go(doubled, wait=30)
    other.join()
    assert fakes.tables.versions["out"] == [[14]]
    assert run.inputs["numbers"]["version"] == 2
    assert "waiting for run first-run, which writes `out`" in [
        record.getMessage() for record in caplog.records
    ]


def test_a_report_job_that_returns_something_else_fails(go, fakes) -> None:
    assert go(lambda numbers: Report(title="t"), kind="report", writes=()).report is not None
    with pytest.raises(JobFailed, match="returned FakeFrame, and is declared to return Report"):
        go(doubled, kind="report", writes=())


def test_the_fingerprint_changes_with_inputs_and_values_only(go, fakes) -> None:
    first, second = go(doubled), go(doubled)
    assert first.fingerprint == second.fingerprint
    assert go(doubled, at={"numbers": 0}).fingerprint != first.fingerprint


class FakeModelVersion:
    """A model version that has scored ten rows, three of which violate a rule."""

    name, version, scoring_method = "late", 4, "mapInArrow (set by models.batch)"

    def __init__(self, apply: str, mostly: float = 1.0) -> None:
        place = "conf/checks/t.yml:3"
        broken = [{"rule": "expect_it(x)", "table": "t", "place": place, "mostly": mostly, "rows": 3}]
        self.rule_summary = {"apply": apply, "rules": 2, "rows": 10, "broken": broken}


@pytest.mark.parametrize(
    ("apply", "mostly", "warned"),
    [
        ("warn", 1.0, 1),
        ("refuse", 1.0, 1),
        ("count", 1.0, 0),
        ("warn", 0.6, 0),
        ("warn", 0.7, 0),
        ("warn", 0.8, 1),
    ],
)
def test_rule_violations_are_recorded_and_warned_of_at_the_end(
    go, fakes, apply, mostly, warned, caplog
) -> None:
    model = FakeModelVersion(apply, mostly)
    fakes.models.load_version = lambda name, at: model
    run = go(lambda numbers, late: numbers, models=("late",))
    assert run.rules == {"late": model.rule_summary}
    warning = "Model `late`: 3 of 10 scored rows violate expect_it(x) of table `t` (conf/checks/t.yml:3)."
    assert [record.getMessage() for record in caplog.records].count(warning) == warned


def test_rule_violations_are_recorded_when_checks_stop_the_run(go, fakes, tmp_path) -> None:
    fakes.models.load_version = lambda name, at: FakeModelVersion("warn")
    fakes.checks.rules["out"] = (lambda row: row < 100, "fail")
    with pytest.raises(ChecksFailed):
        go(lambda numbers, late: numbers, models=("late",))
    assert newest(tmp_path).rules["late"]["rows"] == 10


def test_an_input_that_has_to_be_checked_is_checked_once_and_recorded(go, fakes, tmp_path) -> None:
    fakes.checks.rules["numbers"] = (lambda n: n < 1000, "fail")
    first = go(doubled, checked_inputs=("numbers",))
    assert first.verdicts["numbers"]["run"] == first.id
    assert go(doubled, checked_inputs=("numbers",)).verdicts == first.verdicts
    fakes.tables.versions["numbers"].append([2000])
    with pytest.raises(ChecksFailed, match="requires that table `numbers` is checked, and version 2 fails"):
        go(lambda numbers: pytest.fail("computed"), checked_inputs=("numbers",))
    assert newest(tmp_path).state == "checks_failed"
