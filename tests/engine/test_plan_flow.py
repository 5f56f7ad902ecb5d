"""A plan is what a real flow then runs, and every record has the parts that the plan compares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops import Engine
from sparkops.engine.options import FlowPart

pytestmark = pytest.mark.spark

JOBS = """
from pyspark.sql import DataFrame, functions as F
from sparkops import job
from .rates import RATE

@job
def first(raw: DataFrame) -> DataFrame:
    return raw.where(F.col("n") < 100)

@job
def left(first: DataFrame, *, times: int = 1) -> DataFrame:
    return first.select((F.col("n") * RATE * times).alias("n"))

@job
def last(first: DataFrame, left: DataFrame) -> DataFrame:
    return left.unionByName(first)
"""
FILES = {
    "jobs/all.py": JOBS,
    "jobs/rates.py": "RATE = 2\nOTHER = 1\n",
    "conf/base/tables.yml": "tables:\n  raw: {path: raw.csv, format: csv, options: {header: 'true'}, schema: n INT}\n",
    "raw.csv": "n\n1\n2\n",
}


def test_a_flow_runs_what_its_plan_says(make_project: Callable[..., Path], spark: object) -> None:
    root = make_project(FILES)

    def plan(**params: object) -> dict[str, tuple[str, ...]]:
        with Engine(root) as engine:
            return {job.job: job.reasons for job in engine.plan_flow(params=params) if job.state == "run"}

    def flow(part: FlowPart) -> dict[str, str]:
        with Engine(root) as engine:
            return {step.job: step.state for step in engine.flow(part)}

    assert list(plan()) == ["first", "left", "last"]
    assert flow(FlowPart(end="left")) == {"first": "done", "left": "done"}
    assert plan() == {"last": ("it was never run",)}
    assert flow(FlowPart()) == {"first": "fresh", "left": "fresh", "last": "done"}
    assert plan() == {}
    (root / "jobs/rates.py").write_text("RATE = 3  # since May\nOTHER = 2\n")
    assert plan() == {
        "left": ("`jobs/rates.py:RATE` was changed",),
        "last": ("`left` will have a new version",),
    }
    assert flow(FlowPart(["last"])) == {"first": "fresh", "left": "done", "last": "done"}
    (root / "raw.csv").write_text("n\n1\n2\n3\n")
    assert plan()["first"] == ("the files of `raw` were changed",)
    with Engine(root) as engine:
        engine.restore("last", 0)
    assert plan()["last"][0].startswith("`last` was changed since by a commit that no run made (RESTORE)")
