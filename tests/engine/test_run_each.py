"""A job that runs once for each of many values: runs of their own, on the same versions, that publish side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable

from sparkops import Engine
from sparkops.engine.options import RunOptions
from sparkops.errors import ChecksFailed, InputError, JobFailed, ParamErrors
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.runs.read_versions import ReadVersions

pytestmark = pytest.mark.spark

JOBS = """
from pathlib import Path
from typing import NamedTuple
from pyspark.sql import DataFrame, functions as F
from sparkops import Report, Secret, job

@job
def numbers(raw: DataFrame) -> DataFrame:
    return raw

@job(replace=["part", "letter"])
def slices(numbers: DataFrame, *, part: int, letter: str = "a") -> DataFrame:
    if Path("broken").is_dir() and (Path("broken") / str(part)).exists():
        raise ValueError(f"part {part} is broken")
    return numbers.where(F.col("n") % 4 == part).select("n", F.lit(part).alias("part"), F.lit(letter).alias("letter"))

class Two(NamedTuple):
    kept: DataFrame
    counted: DataFrame

@job(mode="append")
def two(numbers: DataFrame, *, part: int) -> Two:
    rows = numbers.where(F.col("n") % 4 == part)
    return Two(kept=rows, counted=rows.groupBy().count())

@job(merge="part")
def merged(numbers: DataFrame, *, part: int) -> DataFrame:
    return numbers.where(F.col("n") % 4 == part).groupBy().count().withColumn("part", F.lit(part))

@job
def overwritten(numbers: DataFrame, *, part: int) -> DataFrame:
    return numbers

@job
def page(numbers: DataFrame, *, part: int, token: Secret | None = None) -> Report:
    return Report(title=f"Part {part}")

@job
def collected(slices: DataFrame) -> DataFrame:
    return slices.groupBy("part").count()
"""
CONF = "tables:\n  raw: {path: raw.csv, format: csv, options: {header: 'true'}, schema: n INT}\nexecution: {max_items: 20}\n"


@pytest.fixture
def engine(
    make_project: Callable[..., Path], spark: object, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    rows = "n\n" + "\n".join(map(str, range(40))) + "\n"
    root = make_project({"jobs/all.py": JOBS, "conf/base/tables.yml": CONF, "raw.csv": rows})
    monkeypatch.chdir(root)
    with Engine(root) as engine:
        engine.run("numbers")
        yield engine


def read_column(engine: Engine, table: str, column: str) -> list[object]:
    rows = DeltaTable(engine.root / "data" / "warehouse" / table).to_pyarrow_table(columns=[column])
    return sorted(rows[column].to_pylist())


@pytest.mark.slow
def test_each_combination_is_a_run_of_its_own_and_replaces_its_own_slice(engine: Engine) -> None:
    run = engine.run_each("slices", {"part": [0, 1, 2], "letter": ["a", "b"]}, max_parallel=3)
    assert (run.state, run.each) == ("done", {"part": ["0", "1", "2"], "letter": ["a", "b"]})
    assert [item["label"] for item in run.items][:2] == ["part=0, letter=a", "part=0, letter=b"]
    parts = [engine.runs.load(item["run"]) for item in run.items]
    assert {part.parent for part in parts} == {run.id}
    assert [(part.params["part"], part.params["letter"]) for part in parts] == [
        (part, letter) for part in (0, 1, 2) for letter in "ab"
    ]
    assert {part.inputs["numbers"]["version"] for part in parts} == {0}
    assert Counter(read_column(engine, "slices", "part")) == {0: 20, 1: 20, 2: 20}
    # Again: the same slices are replaced.
    engine.run_each("slices", {"part": [1]}, letter="b")
    assert Counter(read_column(engine, "slices", "part")) == {0: 20, 1: 20, 2: 20}
    assert engine.run("collected").outputs["collected"]["rows"] == 3


def test_a_failed_run_stops_no_other_and_only_it_is_resumed(engine: Engine) -> None:
    broken = engine.root / "broken"
    broken.mkdir()
    (broken / "1").touch()
    (broken / "2").touch()
    with pytest.raises(
        JobFailed, match=r"2 of 4 runs of job `slices` did not succeed:\n  part=1: "
    ) as raised:
        engine.run_each("slices", {"part": range(4)}, max_parallel=2)
    run = next(run for run in engine.runs.list_newest() if run.items)
    assert raised.value.__notes__ == [f"run {run.id}"]
    assert run.state == "failed"
    states = {item["label"]: engine.runs.load(item["run"]).state for item in run.items}
    assert states == {"part=0": "done", "part=1": "failed", "part=2": "failed", "part=3": "done"}
    assert "part=1: failed: Job `slices` raised ValueError" in Path(run.log or "").read_text()
    # A newer version of the input is not read by the rest.
    (engine.root / "raw.csv").write_text("n\n1\n")
    engine.run("numbers")
    (broken / "1").unlink()
    (broken / "2").unlink()
    resumed = engine.resume(run.id)
    assert (resumed.id, resumed.state, resumed.attempt) == (run.id, "done", 2)
    parts = [engine.runs.load(item["run"]) for item in resumed.items]
    assert [part.attempt for part in parts] == [1, 2, 2, 1]
    assert read_column(engine, "slices", "n") == list(range(40))
    assert engine.resume(run.id).attempt == 2


@pytest.mark.slow
def test_rows_are_appended_and_merged_once_by_each_run(engine: Engine) -> None:
    engine.run_each("two", {"part": range(4)}, max_parallel=4)
    assert read_column(engine, "kept", "n") == list(range(40))
    assert read_column(engine, "counted", "count") == [10] * 4
    engine.run_each("merged", {"part": range(4)}, max_parallel=4)
    engine.run_each("merged", {"part": range(4)}, max_parallel=4)
    assert read_column(engine, "merged", "part") == [0, 1, 2, 3]


def test_reports_have_a_page_for_each_value(engine: Engine) -> None:
    as_of = engine.history("numbers")[0].time
    (engine.root / "raw.csv").write_text("n\n1\n")
    engine.run("numbers")
    options = RunOptions(versions=ReadVersions(as_of=as_of))
    run = engine.run_each("page", {"part": [1, 2]}, options=options, skip_fresh=True)
    pages = [Path(str(engine.runs.load(item["run"]).report)).read_text() for item in run.items]
    assert ["Part 1" in pages[0], "Part 2" in pages[1]] == [True, True]
    # The tables are read as they were, the page says so, and only runs on the same versions count as up to date.
    assert run.as_of == as_of.isoformat()
    assert all(f"<span>as of</span> <b>{as_of:%Y-%m-%d %H:%M:%S}" in page for page in pages)
    assert all(">version 0</td>" in page for page in pages)
    assert engine.run_each("page", {"part": [1, 2]}, options=options, skip_fresh=True) is None
    assert engine.run_each("page", {"part": [2]}, skip_fresh=True) is not None


@pytest.mark.slow
def test_a_backfill_runs_what_is_not_up_to_date(engine: Engine) -> None:
    def backfill() -> list[str]:
        run = engine.run_each("slices", {"part": range(3)}, skip_fresh=True)
        return [] if run is None else [item["label"] for item in run.items]

    engine.run("slices", part=1)
    assert backfill() == ["part=0", "part=2"]
    assert backfill() == []
    # A run of another slice changes nothing; one of the same slice with the same rows does not either.
    engine.run("slices", part=3)
    engine.run("slices", part=2)
    assert backfill() == []
    engine.restore("slices", 1)
    assert backfill() == ["part=0", "part=1", "part=2"]
    (engine.root / "raw.csv").write_text("n\n1\n2\n0\n")
    engine.run("numbers")
    assert backfill() == ["part=0", "part=1", "part=2"]
    assert engine.run_each("two", {"part": range(2)}, skip_fresh=True) is not None
    assert engine.run_each("two", {"part": range(2)}, skip_fresh=True) is None


@pytest.mark.slow
def test_failed_checks_of_all_failed_runs_are_failed_checks(engine: Engine) -> None:
    suite = "policy: fail\nexpectations:\n  - expect_column_max_to_be_between: {column: n, max_value: 38}\n"
    (engine.root / "conf" / "checks" / "slices.yml").write_text(suite)
    with Engine(engine.root) as other, pytest.raises(ChecksFailed, match="1 of 4 runs"):
        other.run_each("slices", {"part": range(4)})
    assert read_column(engine, "slices", "n") == [n for n in range(40) if n % 4 != 3]


@pytest.mark.parametrize(
    ("job", "each", "error", "message"),
    [
        (
            "overwritten",
            {"part": [1, 2]},
            InputError,
            r"each run would overwrite table `overwritten`. Declare replace=",
        ),
        ("slices", {"part": [1, 1]}, InputError, "part=1 is given twice"),
        ("slices", {"prt": [1]}, InputError, "has no parameter `prt`. Did you mean `part`"),
        ("slices", {"part": []}, InputError, "There are no values for `part`"),
        ("slices", {}, InputError, "Give values with --each"),
        (
            "slices",
            {"part": range(7), "letter": "abc"},
            InputError,
            "21 combinations of part, letter are more than",
        ),
        ("slices", {"part": ["x", "y"]}, ParamErrors, "2 parameter problems"),
        ("page", {"part": [1], "token": ["s"]}, InputError, "`token` of job `page` is a secret"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_starts(
    engine: Engine, job: str, each: dict[str, list[object]], error: type[Exception], message: str
) -> None:
    before = engine.runs.list_ids()
    with pytest.raises(error, match=message):
        engine.run_each(job, each)
    assert engine.runs.list_ids() == before


def test_texts_of_the_command_line_are_parsed_by_the_types_of_the_parameters(engine: Engine) -> None:
    from sparkops.engine.operations.fan_out.request import FanOutRequest
    from sparkops.engine.operations.fan_out.run_each import run_each

    request = FanOutRequest(job="slices", each={"part": ["1", "2"]}, form=ValueForm.TEXT)
    assert [item["params"] for item in run_each(engine.container, request).items] == [
        {"part": 1},
        {"part": 2},
    ]
