"""Which way of scoring is chosen, and why; no Spark is asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from fakes.scorer import TenTimes
from pyspark.sql.types import LongType, StructField, StructType

from sparkops.batch.planner import choose_method, find_unsupported_column
from sparkops.config.settings import ModelSettings, Settings

FRAME: Any = SimpleNamespace(schema=SimpleNamespace(fields=[]))


def chosen(
    race: dict[str, float],
    batch: Any = "auto",
    *,
    took: float = 5e-6,
    compiled: bool = True,
    afar: str = "",
    rules: int = 0,
) -> str:
    settings = Settings.model_construct(models=ModelSettings(batch=batch))
    scorer: Any = TenTimes() if compiled else None
    return str(choose_method(scorer, race, lambda: took, FRAME, settings, afar=lambda: afar, rules=rules))


def test_the_faster_of_a_race_is_taken_with_both_figures() -> None:
    race = {"transform": 30.0, "mapInArrow": 8.5, "rows": 40000.0}
    told = "8.5 us a row, transform 30, when it was registered"
    assert chosen(race) == f"mapInArrow ({told})"
    assert chosen({**race, "transform": 4.25}) == (
        "transform (4.25 us a row, mapInArrow 8.5, when it was registered)"
    )


@pytest.mark.parametrize(("took", "way"), [(5e-6, "mapInArrow"), (40e-6, "transform")])
def test_without_a_race_the_scorers_own_pace_decides(took: float, way: str) -> None:
    assert chosen({}, took=took) == f"{way} (the scorer takes {took * 1e6:.1f} us a row in a batch)"


def test_what_conf_says_goes_before_any_race() -> None:
    race = {"transform": 30.0, "mapInArrow": 8.5, "rows": 40000.0}
    assert chosen(race, "transform") == "transform (set by models.batch)"
    assert chosen({**race, "transform": 1.0}, "mapInArrow") == "mapInArrow (set by models.batch)"
    assert chosen(race, compiled=False) == "transform (the model is not compiled)"


def test_executors_that_cannot_run_the_scorer_are_left_to_sparks_own_transform() -> None:
    why = "executors can't run the scorer: ModuleNotFoundError: No module named 'numpy'"
    assert chosen({}, afar=why) == f"transform ({why})"
    assert chosen({"transform": 1.0, "mapInArrow": 2.0, "rows": 9.0}, afar=why).startswith("transform (1 us")
    assert chosen({}, "mapInArrow", afar=why) == "mapInArrow (set by models.batch)"


def test_rules_are_judged_where_that_can_be_and_else_it_is_said_that_they_are_not() -> None:
    race = {"transform": 4.0, "mapInArrow": 8.5, "rows": 9.0}
    told = "4 us a row, mapInArrow 8.5, when it was registered"
    only = "mapInArrow (its 2 rules are judged only there"
    assert chosen(race, rules=2) == f"{only}, though it is the slower way; {told})"
    assert chosen({**race, "transform": 30.0}, rules=2).startswith(f"{only}; 8.5 us a row, transform 30")
    assert chosen(race, "mapInArrow", rules=1) == "mapInArrow (set by models.batch; its 1 rule is judged)"
    assert chosen(race, "transform", rules=1) == (
        "transform (set by models.batch; its 1 rule is not judged there)"
    )
    assert chosen(race, rules=2, afar="no NumPy") == "transform (no NumPy; its 2 rules are not judged there)"


def test_a_frame_with_a_name_that_map_in_arrow_does_not_take_is_held_back() -> None:
    def named(name: str) -> Any:
        return SimpleNamespace(schema=StructType([StructField(name, LongType())]))

    assert find_unsupported_column(named("home port")) == ""
    assert (
        find_unsupported_column(named("a.b")) == "PySpark's mapInArrow takes no column that is called 'a.b'"
    )
