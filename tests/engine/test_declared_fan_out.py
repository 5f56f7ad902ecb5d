"""Fan-outs that jobs declare: run by a flow, nested, up to date by their parts, and continued after a failure or a crash."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable

from sparkops import ColumnValues, Engine
from sparkops.engine.options import RunOptions
from sparkops.errors import InputError, JobFailed
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run import Run

pytestmark = pytest.mark.spark

JOBS = """
from pathlib import Path
from pyspark.sql import DataFrame, functions as F
from sparkops import ColumnValues, Report, job

@job
def airports(raw: DataFrame) -> DataFrame:
    return raw.select("origin").distinct()

@job(replace="origin", each={"origin": ColumnValues("airports", "origin")})
def delays(raw: DataFrame, *, origin: str) -> DataFrame:
    return raw.where(F.col("origin") == origin)

# Its origins are those that the fan-out before it wrote.
@job(replace=["month", "origin"], each={"month": [1, 2], "origin": ColumnValues("delays", "origin")})
def monthly(delays: DataFrame, *, month: int, origin: str) -> DataFrame:
    if Path(f"broken-{month}-{origin}").exists():
        raise ValueError("broken")
    rows = delays.where((F.col("origin") == origin) & (F.col("month") == month))
    return rows.groupBy("month", "origin").agg(F.sum("delay").alias("delay"))

@job
def summary(monthly: DataFrame) -> DataFrame:
    return monthly.groupBy("month").agg(F.sum("delay").alias("delay"))

@job
def page(*, month: int) -> Report:
    return Report(title=f"Month {month}")
"""
CONF = """
tables:
  raw: {path: raw.csv, format: csv, options: {header: 'true'}, schema: "origin STRING, month INT, delay INT"}
execution: {max_items: 20}
"""
ROWS = [
    (origin, month, 10 * month + number) for number, origin in enumerate(["EWR", "JFK"]) for month in (1, 2)
]


def write_rows(root: Path, rows: list[tuple[str, int, int]]) -> None:
    lines = ["origin,month,delay", *(",".join(map(str, row)) for row in rows)]
    (root / "raw.csv").write_text("\n".join(lines) + "\n")


@pytest.fixture
def root(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project({"jobs/all.py": JOBS, "conf/base/tables.yml": CONF})
    write_rows(root, ROWS)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def engine(root: Path, spark: object) -> Iterator[Engine]:
    with Engine(root) as engine:
        yield engine


def run_flow(engine: Engine) -> dict[str, str]:
    return {step.job: step.state for step in engine.flow(["summary"])}


def list_newest_items(engine: Engine, job: str) -> list[str]:
    run = next(run for run in engine.runs.list_newest(job=job) if run.items)
    return [item["label"] for item in run.items]


def read_summary(root: Path) -> dict[int, int]:
    rows = DeltaTable(root / "data" / "warehouse" / "summary").to_pyarrow_table().to_pylist()
    return {row["month"]: row["delay"] for row in rows}


@pytest.mark.slow
def test_a_flow_runs_nested_fan_outs_and_then_what_is_not_up_to_date(engine: Engine) -> None:
    assert run_flow(engine) == dict.fromkeys(["airports", "delays", "monthly", "summary"], "done")
    assert list_newest_items(engine, "delays") == ["origin=EWR", "origin=JFK"]
    assert list_newest_items(engine, "monthly") == [
        f"month={month}, origin={origin}" for month in (1, 2) for origin in ("EWR", "JFK")
    ]
    assert read_summary(engine.root) == {1: 21, 2: 41}
    run = next(run for run in engine.runs.list_newest(job="delays") if run.items)
    assert run.inputs["airports"]["version"] == 0
    assert run_flow(engine) == dict.fromkeys(["airports", "delays", "monthly", "summary"], "fresh")
    # An input that changed makes every part of its readers run; parts that left no other rows change nothing after them.
    write_rows(engine.root, [*ROWS, ("BOS", 1, 100)])
    assert run_flow(engine) == dict.fromkeys(["airports", "delays", "monthly", "summary"], "done")
    assert len(list_newest_items(engine, "delays")) == 3
    assert read_summary(engine.root) == {1: 121, 2: 41}


@pytest.mark.slow
def test_only_parts_that_failed_run_again(engine: Engine) -> None:
    broken = engine.root / "broken-2-JFK"
    broken.touch()
    with pytest.raises(
        JobFailed, match=r"1 of 4 runs of job `monthly` did not succeed:\n  month=2, origin=JFK"
    ):
        run_flow(engine)
    assert not list(engine.runs.list_newest(job="summary"))
    broken.unlink()
    assert run_flow(engine) == {"airports": "fresh", "delays": "fresh", "monthly": "done", "summary": "done"}
    assert list_newest_items(engine, "monthly") == ["month=2, origin=JFK"]
    assert read_summary(engine.root) == {1: 21, 2: 41}


def kill(engine: Engine, run: Run) -> None:
    """Leave the record of a run as a process leaves it that is killed before it records the end."""
    path = engine.runs.folder / run.id / f"attempt-{run.attempt:03d}.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]).replace(f'"pid": {os.getpid()}', '"pid": 99999999'))
    assert engine.runs.read(run.id).state == "crashed"


def test_a_killed_fan_out_is_resumed_and_then_up_to_date_in_a_flow(engine: Engine) -> None:
    broken = engine.root / "broken-1-EWR"
    broken.touch()
    with pytest.raises(JobFailed):
        run_flow(engine)
    broken.unlink()
    killed: Run = next(run for run in engine.runs.list_newest(job="monthly") if run.items)
    for run_id in (killed.id, killed.items[0]["run"]):
        kill(engine, engine.runs.read(run_id))
    assert engine.resume(killed.id).state == "done"
    assert [engine.runs.read(item["run"]).attempt for item in killed.items] == [2, 1, 1, 1]
    assert run_flow(engine) == {"airports": "fresh", "delays": "fresh", "monthly": "fresh", "summary": "done"}
    assert read_summary(engine.root) == {1: 21, 2: 41}
    # Killed after its last part: nothing is left to do but to record that.
    kill(engine, engine.runs.read(killed.id))
    assert (engine.resume(killed.id).state, engine.runs.read(killed.id).attempt) == ("done", 3)


@pytest.mark.slow
def test_parameters_that_are_given_replace_the_declared_values(engine: Engine) -> None:
    engine.flow(["delays"])
    run = engine.run("monthly", month=2)
    assert [item["label"] for item in run.items] == ["origin=EWR", "origin=JFK"]
    assert {engine.runs.read(item["run"]).params["month"] for item in run.items} == {2}
    one = engine.run("monthly", month=1, origin="JFK")
    assert (one.items, one.params) == ((), {"month": 1, "origin": "JFK"})
    with pytest.raises(InputError, match="A run key is for one run, and job `monthly` runs once for each"):
        engine.run("monthly", run_key="k")


def test_values_are_those_of_a_column_at_a_version(engine: Engine) -> None:
    engine.run("airports")
    write_rows(engine.root, [("JFK", 3, 1), ("JFK", 4, 1)])
    run = engine.run_each("page", {"month": ColumnValues("raw", "month")})
    assert run is not None
    assert [item["params"] for item in run.items] == [{"month": 3}, {"month": 4}]
    with pytest.raises(InputError, match=r"No column `mont` in table `raw`. Did you mean `month`"):
        engine.run_each("page", {"month": ColumnValues("raw", "mont")})
    with pytest.raises(
        InputError, match="`month` is 'EWR': it must be a whole number, from column `origin` of `airports`"
    ):
        engine.run_each("page", {"month": ColumnValues("airports", "origin")})
    options = RunOptions(versions=ReadVersions(at={"airports": 7}))
    with pytest.raises(InputError, match="No version `7` in table `airports`"):
        engine.run_each("delays", {"origin": ColumnValues("airports", "origin")}, options=options)
