"""The choice between Spark's transform and the compiled scorer in `mapInArrow`; no Spark is used."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from fakes.scorer import TenTimesScorer
from pyspark.sql.types import LongType, StructField, StructType

from sparkops.batch.planner import Planner, find_unsupported_column
from sparkops.config.settings import ModelSettings, Settings

FRAME: Any = SimpleNamespace(schema=SimpleNamespace(fields=[]))
BENCHMARK = {"transform": 30.0, "mapInArrow": 8.5, "rows": 40000.0}


def choose(
    benchmark: dict[str, float],
    batch: Any = "auto",
    *,
    seconds: float = 5e-6,
    compiled: bool = True,
    problem: str = "",
    rules: int = 0,
    function_problem: str = "",
) -> str:
    """Return the chosen method and its reason."""
    scorer: Any = TenTimesScorer() if compiled else None
    planner = Planner(
        scorer=scorer,
        settings=Settings.model_construct(models=ModelSettings(batch=batch)),
        benchmark=benchmark,
        seconds_per_row=lambda: seconds,
        executor_problem=lambda: problem,
        rules=rules,
        function_problem=function_problem,
    )
    return str(planner.choose(FRAME))


def test_the_faster_method_of_the_benchmark_is_chosen_with_both_figures() -> None:
    assert choose(BENCHMARK) == "mapInArrow (8.5 us a row, transform 30, when it was registered)"
    assert choose({**BENCHMARK, "transform": 4.25}) == (
        "transform (4.25 us a row, mapInArrow 8.5, when it was registered)"
    )


@pytest.mark.parametrize(("seconds", "method"), [(5e-6, "mapInArrow"), (40e-6, "transform")])
def test_without_a_benchmark_the_scorers_time_decides(seconds: float, method: str) -> None:
    expected = f"{method} (the scorer takes {seconds * 1e6:.1f} us a row in a batch)"
    assert choose({}, seconds=seconds) == expected


def test_the_setting_takes_precedence_over_the_benchmark() -> None:
    assert choose(BENCHMARK, "transform") == "transform (set by models.batch)"
    assert choose({**BENCHMARK, "transform": 1.0}, "mapInArrow") == "mapInArrow (set by models.batch)"
    assert choose(BENCHMARK, compiled=False) == "transform (the model is not compiled)"


def test_transform_is_chosen_if_executors_cannot_call_row_functions() -> None:
    problem = "row functions of its stages are not sent to remote executors"
    assert choose(BENCHMARK, function_problem=problem) == f"transform ({problem})"
    assert choose({}, "mapInArrow", function_problem=problem) == f"transform ({problem})"


def test_transform_is_chosen_if_executors_cannot_run_the_scorer() -> None:
    problem = "executors can't run the scorer: ModuleNotFoundError: No module named 'numpy'"
    assert choose({}, problem=problem) == f"transform ({problem})"
    assert choose({**BENCHMARK, "transform": 1.0}, problem=problem).startswith("transform (1 us")
    assert choose({}, "mapInArrow", problem=problem) == "mapInArrow (set by models.batch)"


def test_rules_prefer_the_scorer_and_the_reason_says_whether_they_are_evaluated() -> None:
    slower = {"transform": 4.0, "mapInArrow": 8.5, "rows": 9.0}
    figures = "4 us a row, mapInArrow 8.5, when it was registered"
    rules = "mapInArrow (its 2 rules are evaluated only there"
    assert choose(slower, rules=2) == f"{rules}, although it is slower; {figures})"
    assert choose(BENCHMARK, rules=2).startswith(f"{rules}; 8.5 us a row, transform 30")
    assert (
        choose(slower, "mapInArrow", rules=1) == "mapInArrow (set by models.batch; its 1 rule is evaluated)"
    )
    assert choose(slower, "transform", rules=1) == (
        "transform (set by models.batch; its 1 rule is not evaluated there)"
    )
    assert choose(slower, rules=2, problem="no NumPy") == (
        "transform (no NumPy; its 2 rules are not evaluated there)"
    )


def test_a_column_name_with_a_dot_is_unsupported_in_map_in_arrow() -> None:
    def frame(name: str) -> Any:
        return SimpleNamespace(schema=StructType([StructField(name, LongType())]))

    assert find_unsupported_column(frame("home port")) == ""
    assert (
        find_unsupported_column(frame("a.b")) == "PySpark's mapInArrow takes no column that is called 'a.b'"
    )
