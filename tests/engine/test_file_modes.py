"""Who may read the files that a run writes: docs/explanation/security.md has the table."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sparkops import Engine, Secret
from sparkops.errors import JobFailed

JOBS = """
from pyspark.ml.feature import VectorAssembler
from pyspark.ml import Pipeline
from pyspark.ml.regression import LinearRegression
from pyspark.sql import DataFrame, SparkSession
from sparkops import Model, Report, Secret, job
from sparkops.report import Table

@job
def cells(spark: SparkSession, *, token: Secret, fail: bool = False) -> DataFrame:
    print("a line of the log")
    if fail:
        raise ValueError("no luck")
    return spark.createDataFrame([(1, "a"), (2, None)], "n int, s string")

@job
def page(cells: DataFrame) -> Report:
    return Report(title="Cells", parts=[Table("Rows", cells)])

@job
def train(spark: SparkSession) -> Model:
    rows = spark.createDataFrame([(float(n), 2.0 * n + n % 3) for n in range(40)], "x double, label double")
    fitted = Pipeline(stages=[VectorAssembler(inputCols=["x"], outputCol="features"), LinearRegression()]).fit(rows)
    return Model(fitted=fitted, example=rows.drop("label"))
"""
SUITE = "expectations:\n  - expect_column_values_to_not_be_null: {column: s, policy: quarantine}\n"


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Create files as a user does whose umask denies nothing to the group and to others but writing."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.usefixtures("open_umask", "spark")
def test_records_logs_and_state_are_readable_by_their_user_only(make_project: Callable[..., Path]) -> None:
    project = make_project({"jobs/all.py": JOBS, "conf/checks/cells.yml": SUITE})
    with Engine(project) as engine:
        engine.run("cells", token=Secret("hunter2-and-more"))
        engine.run("page")
        engine.run("train")
        with pytest.raises(JobFailed):
            engine.run("cells", token=Secret("hunter2-and-more"), fail=True)
    modes = {
        path.relative_to(project).as_posix(): stat.S_IMODE(path.lstat().st_mode)
        for path in project.rglob("*")
    }
    written = {name: mode for name, mode in modes.items() if not name.startswith(("conf", "jobs"))}
    assert len(written) > 50
    assert {name: oct(mode) for name, mode in written.items() if mode & 0o022} == {}, "others may write"
    folders = tuple(f".sparkops/{name}" for name in ("runs", "locks", "publishing", "keys", "verdicts"))
    private = {name: mode for name, mode in written.items() if name.startswith(folders)}
    assert len(private) >= 10
    assert {name: oct(mode) for name, mode in private.items() if mode & 0o077} == {}
