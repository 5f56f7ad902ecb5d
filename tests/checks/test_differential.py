"""Verdicts without Great Expectations' engine are those of its own Spark engine, for every core expectation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fakes import stock_checks

from sparkops.checks.execution.compiled_suite import compile_suite
from sparkops.checks.gx.expectation_builder import build
from sparkops.checks.gx.library import Library
from sparkops.checks.suite.suite import Suite

pytestmark = pytest.mark.spark

RECORDED: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("stock_results.json").read_text(encoding="utf-8")
)


def ours(suite: Suite, folder: Path, frame: Any) -> dict[str, dict[str, Any]]:
    from sparkops.checks.execution.evaluation import check

    compiled = compile_suite(suite, folder)
    assert not compiled.others, [suite.expectations[index].label for index in compiled.others]
    found = check(frame, compiled.native).found
    return {
        suite.expectations[index].label: {
            "success": one.success,
            "result": stock_checks.comparable(one.result),
            "raised": one.raised is not None,
        }
        for index, one in found.items()
    }


@pytest.mark.parametrize("case", list(stock_checks.CASES))
def test_every_result_equals_the_stock_engines(tmp_path: Path, spark, case: str) -> None:
    Library().wait()
    suite = stock_checks.suite_of(tmp_path, stock_checks.lines_of(case))
    with stock_checks.ansi(spark, on=stock_checks.CASES[case]):
        mine = ours(suite, tmp_path, stock_checks.frame_of(spark, case))
    assert sorted(mine) == sorted(RECORDED[case])
    differ = {
        label: (one, RECORDED[case][label]) for label, one in mine.items() if one != RECORDED[case][label]
    }
    assert not differ, "\n".join(f"{label}\n  {a}\n  {b}" for label, (a, b) in differ.items())


def test_what_is_recorded_of_the_stock_engine_is_what_it_says_today(tmp_path: Path, spark) -> None:
    Library().wait()
    lines = stock_checks.lines_of("mixed").splitlines()[4::11]
    suite = stock_checks.suite_of(tmp_path, "\n".join(lines))
    told = stock_checks.stock(build(suite), stock_checks.frame_of(spark, "mixed"))
    for index, expectation in enumerate(suite.expectations):
        assert told[index] == RECORDED["mixed"][expectation.label], expectation.label
