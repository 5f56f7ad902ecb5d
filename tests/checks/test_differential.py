"""Every core expectation that has a planner gives the result of Great Expectations' own Spark engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fakes import stock_checks

from sparkops.checks.execution.suite_cache import compile_suite
from sparkops.checks.gx.expectation_builder import build_expectations
from sparkops.checks.gx.library import GxLibrary
from sparkops.checks.suite.suite import Suite

pytestmark = pytest.mark.spark

RECORDED: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("stock_results.json").read_text(encoding="utf-8")
)


def evaluate_natively(suite: Suite, folder: Path, frame: Any) -> dict[str, dict[str, Any]]:
    """Return the results by label, in the form in which the stock results are recorded."""
    from sparkops.checks.execution.evaluation import evaluate

    compiled = compile_suite(suite, folder)
    assert not compiled.by_gx, [suite.expectations[index].label for index in compiled.by_gx]
    results = evaluate(frame, compiled.native).results
    return {
        suite.expectations[index].label: {
            "success": result.success,
            "result": stock_checks.comparable(result.result),
            "raised": result.exception is not None,
        }
        for index, result in results.items()
    }


@pytest.mark.matrix(every=4)
@pytest.mark.parametrize("case", list(stock_checks.CASES))
def test_every_result_equals_the_stock_engines(tmp_path: Path, spark, case: str) -> None:
    GxLibrary().ensure_imported()
    suite = stock_checks.suite_of(tmp_path, stock_checks.lines_of(case))
    with stock_checks.ansi(spark, on=stock_checks.CASES[case]):
        results = evaluate_natively(suite, tmp_path, stock_checks.frame_of(spark, case))
    assert sorted(results) == sorted(RECORDED[case])
    different = {
        label: (result, RECORDED[case][label])
        for label, result in results.items()
        if result != RECORDED[case][label]
    }
    assert not different, "\n".join(f"{label}\n  {a}\n  {b}" for label, (a, b) in different.items())


def test_the_recorded_results_are_those_of_the_installed_stock_engine(tmp_path: Path, spark) -> None:
    GxLibrary().ensure_imported()
    lines = stock_checks.lines_of("mixed").splitlines()[4::11]
    suite = stock_checks.suite_of(tmp_path, "\n".join(lines))
    results = stock_checks.evaluate_with_stock_engine(
        build_expectations(suite), stock_checks.frame_of(spark, "mixed")
    )
    for index, expectation in enumerate(suite.expectations):
        assert results[index] == RECORDED["mixed"][expectation.label], expectation.label
