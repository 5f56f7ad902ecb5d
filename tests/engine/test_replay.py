"""A run is replayed: identical, or what differs and why; nothing of the replay is published or counts as a run."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from pdb import Pdb

import pytest

from sparkops import Engine, Secret
from sparkops.engine.operations.comparison import replay_run
from sparkops.engine.operations.comparison.debug import call_in_debugger
from sparkops.engine.operations.comparison.replay_run import ReplayOptions
from sparkops.errors import InputError, JobFailed, ProjectError, VersionGone

pytestmark = pytest.mark.spark

JOBS = """
from pathlib import Path
from typing import NamedTuple
from pyspark.sql import DataFrame, functions as F
from sparkops import Report, Secret, job
from sparkops.report import Number, Table

@job
def numbers(raw: DataFrame, *, token: Secret | None = None) -> DataFrame:
    if Path("broken").exists():
        raise ValueError("broken")
    factor = int(Path("factor").read_text()) if Path("factor").exists() else 1
    return raw.select("n", (F.col("n") * factor).alias("v"))

@job
def scaled(raw: DataFrame, *, factor: int) -> DataFrame:
    return raw.select("n", (F.col("n") * factor).alias("v"))

class Two(NamedTuple):
    even: DataFrame
    drawn: DataFrame

@job(mode="append")
def two(numbers: DataFrame) -> Two:
    return Two(even=numbers.where("n % 2 = 0"), drawn=numbers.select("n", F.rand().alias("r")))

@job
def page(numbers: DataFrame) -> Report:
    rows = numbers.groupBy().agg(F.sum("v").alias("total"))
    return Report(title="Numbers", numbers=[Number("Total", rows.first()["total"])], parts=[Table("All", numbers)])
"""
CONF = "tables:\n  raw: {path: raw.csv, format: csv, options: {header: 'true'}, schema: n INT}\n"
CHECKS = """
expectations:
  - expect_column_values_to_be_between: {column: n, max_value: 30, policy: quarantine}
"""


@pytest.fixture
def engine(
    make_project: Callable[..., Path], spark: object, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    rows = "n\n" + "\n".join(map(str, range(40))) + "\n"
    files = {"jobs/all.py": JOBS, "conf/base/tables.yml": CONF, "raw.csv": rows}
    root = make_project(files)
    monkeypatch.chdir(root)
    with Engine(root) as engine:
        yield engine


def list_staged(engine: Engine) -> list[str]:
    return [area.name for area in engine.container.tables.staging.list_areas()]


def test_a_replay_is_identical_publishes_nothing_and_does_not_count_as_a_run(engine: Engine) -> None:
    first = engine.run("numbers")
    engine.run("two")
    second = engine.run("numbers")
    history = [commit.version for commit in engine.history("numbers")]
    verdict = engine.replay(first.id)
    assert verdict.is_identical
    assert (verdict.original, verdict.job) == (first.id, "numbers")
    [table] = verdict.tables
    assert (table.table, table.version, table.rows.recorded, table.rows.replayed) == ("numbers", 0, 40, 40)
    assert [commit.version for commit in engine.history("numbers")] == history
    record = engine.runs.load(verdict.run)
    assert (record.state, record.outputs, record.replay["of"]) == ("done", {}, first.id)
    assert record.replay["verdict"]["verdict"] == "identical"
    assert list_staged(engine) == []
    assert not [
        name
        for name in engine.container.tables.list()
        if name.name not in ("numbers", "even", "drawn", "raw")
    ]
    # It is the last run of nothing, and cannot be continued or replayed itself.
    assert next(engine.runs.list_newest(job="numbers")).id == second.id
    assert next(engine.runs.list_newest(job="numbers", replays=True)).id == verdict.run
    assert engine.flow(["numbers"])[0].state == "fresh"
    assert engine.replay("last").original == second.id
    with pytest.raises(InputError, match=f"is a replay .* `sparkops replay {first.id}`"):
        engine.replay(verdict.run)
    page = Path(str(verdict.page)).read_text()
    assert "identical" in page
    assert first.id in page


def test_a_difference_is_shown_with_rows_columns_and_the_likely_cause(engine: Engine) -> None:
    first = engine.run("numbers")
    two = engine.run("two")
    Path("factor").write_text("2")
    verdict = engine.replay(first.id, options=ReplayOptions(examples=2, keep=True))
    [table] = verdict.tables
    assert (table.rows.missing, table.rows.added, table.rows.columns) == (39, 39, ("v",))
    assert [len(table.rows.missing_examples), len(table.rows.added_examples)] == [2, 2]
    assert table.causes == ()
    # Rows that are kept are files outside of the tables, and can be removed like all that no run needs.
    assert table.shadow is not None
    assert list_staged(engine) == [verdict.run]
    assert engine.session().read.parquet(table.shadow).count() == 40
    verdict = engine.replay(two.id)
    even, drawn = verdict.tables
    assert even.is_identical
    assert (drawn.rows.missing, drawn.rows.columns) == (40, ("r",))
    assert [(cause.expression, cause.columns) for cause in drawn.causes] == [("rand", ("r",))]


@pytest.mark.slow
def test_quarantined_rows_and_check_results_are_compared(engine: Engine) -> None:
    suite = engine.root / "conf" / "checks" / "numbers.yml"
    suite.write_text(CHECKS)
    run = engine.run("numbers")
    assert run.outputs["numbers__quarantine"]["rows"] == 9
    verdict = engine.replay(run.id)
    assert verdict.is_identical
    assert [(table.table, table.rows.recorded) for table in verdict.tables] == [
        ("numbers", 31),
        ("numbers__quarantine", 9),
    ]
    # A stricter suite: a row is quarantined that was published.
    suite.write_text(CHECKS.replace("30", "29"))
    numbers, quarantine = engine.replay(run.id).tables
    assert (numbers.rows.missing, numbers.rows.added) == (1, 0)
    assert quarantine.rows.added == 10
    assert quarantine.rows.columns == ("_sparkops_reasons",) or quarantine.rows.missing == 9
    # Without the suite: nothing is quarantined.
    suite.unlink()
    verdict = engine.replay(run.id)
    assert [fact.section for fact in verdict.facts] == ["checks"]
    numbers, quarantine = verdict.tables
    assert (numbers.rows.added, quarantine.rows.missing) == (9, 9)


def test_what_has_changed_since_is_listed_before_anything_is_started(engine: Engine) -> None:
    run = engine.run("numbers")
    two = engine.run("two")
    (engine.root / "raw.csv").write_text("n\n1\n")
    ids = engine.runs.list_ids()
    with pytest.raises(VersionGone, match=r"cannot be replayed.*\n  - `raw`: its files changed"):
        engine.replay(run.id)
    engine.run("numbers")
    folder = engine.root / "data" / "warehouse"
    for file in (folder / "even").glob("*.parquet"):
        file.unlink()
    newest = {
        row.name
        for row in engine.session().read.format("delta").load(str(folder / "numbers"))
        .selectExpr("_metadata.file_name AS name").collect()
    }  # fmt: skip
    for file in (folder / "numbers").glob("*.parquet"):
        if file.name not in newest:
            file.unlink()
    with pytest.raises(
        VersionGone, match=r"\n  - Version 0 of table `numbers` can no longer be read.*VACUUM"
    ):
        engine.replay(two.id)
    assert len(engine.runs.list_ids()) == len(ids) + 1


def test_a_failed_replay_is_recorded_and_leaves_nothing(engine: Engine) -> None:
    secret = Secret("hunter2-secret")
    run = engine.run("numbers", token=secret)
    with pytest.raises(InputError, match=r"value of the secret `token`.*--param token="):
        engine.replay(run.id)
    Path("broken").touch()
    with pytest.raises(JobFailed, match="raised ValueError: broken"):
        engine.replay(run.id, options=ReplayOptions(params={"token": secret}))
    record = next(engine.runs.list_newest(replays=True))
    assert (record.state, record.replay["of"]) == ("failed", run.id)
    assert "hunter2" not in json.dumps(record.params)
    assert list_staged(engine) == []
    with pytest.raises(InputError, match="which is not resumed"):
        engine.resume(record.id)
    with pytest.raises(JobFailed):
        engine.run("numbers")
    failed = next(engine.runs.list_newest())
    with pytest.raises(InputError, match="`failed`: it is not complete"):
        engine.replay(failed.id)


def test_a_report_is_compared_part_by_part(engine: Engine) -> None:
    engine.run("numbers")
    run = engine.run("page")
    verdict = engine.replay(run.id)
    assert verdict.is_identical
    assert verdict.compared == ("3 parts of the report",)
    page = Path(str(run.report))
    page.write_text(page.read_text().replace(">780<", ">781<"))
    verdict = engine.replay(run.id)
    assert [(fact.name, fact.recorded, fact.replayed) for fact in verdict.facts] == [
        ("Total", "Total 781", "Total 780")
    ]
    page.unlink()
    with pytest.raises(VersionGone, match="of its report was removed"):
        engine.replay(run.id)


def test_a_page_that_cannot_be_written_fails_the_replay(engine: Engine) -> None:
    run = engine.run("numbers")
    (engine.root / "reports").write_text("no folder")
    with pytest.raises(ProjectError, match="cannot be written"):
        engine.replay(run.id)


def test_a_replay_with_another_parameter_is_marked(engine: Engine) -> None:
    run = engine.run("scaled", factor=2)
    assert engine.replay(run.id).overrides == {}
    verdict = engine.replay(run.id, options=ReplayOptions(params={"factor": 3}))
    assert verdict.overrides == {"factor": 3}
    assert (verdict.tables[0].rows.missing, verdict.tables[0].rows.columns) == (39, ("v",))
    record = engine.runs.load(verdict.run)
    assert (record.outputs, record.replay["overrides"]) == ({}, {"factor": 3})
    assert "with overrides" in Path(str(verdict.page)).read_text()


def test_a_job_is_called_in_a_debugger_on_the_recorded_inputs(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = engine.run("scaled", factor=2)
    (engine.root / "factor").write_text("7")
    output = io.StringIO()
    recorded = {"spark.sql.session.timeZone": "Asia/Tokyo"}
    monkeypatch.setattr(replay_run, "find_changed_conf", lambda *_, **__: recorded)
    words = "'factor', factor, raw.count(), raw.sparkSession.conf.get('spark.sql.session.timeZone')"
    debugger = Pdb(nosigint=True, stdin=io.StringIO(f"p ({words})\ncontinue\n"), stdout=output)
    ids = engine.runs.list_ids()
    frame = call_in_debugger(engine.container, run.id, ReplayOptions(), debugger)
    assert "('factor', 2, 40, 'Asia/Tokyo')" in output.getvalue()
    assert frame.count() == 40
    assert engine.session().conf.get("spark.sql.session.timeZone") != "Asia/Tokyo"
    assert engine.runs.list_ids() == ids
    with pytest.raises(InputError, match="A debugger needs a terminal"):
        engine.debug(run.id)
