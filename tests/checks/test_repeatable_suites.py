"""Which suites have one result for each version: those that depend on its rows alone."""

from __future__ import annotations

from typing import Any

import pytest

from sparkops.checks.suite.repeatable import is_repeatable
from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.core.place import Place

PLACE = Place("conf/checks/orders.yml", 1)


def make_suite(expectation_type: str = "expect_column_values_to_not_be_null", **kwargs: Any) -> Suite:
    first = Expectation(
        type="expect_table_row_count_to_equal", kwargs={"value": 3}, policy="fail", place=PLACE
    )
    other = Expectation(type=expectation_type, kwargs=kwargs, policy="warn", place=PLACE)
    return Suite(table="orders", expectations=(first, other), place=PLACE)


@pytest.mark.parametrize(
    "condition",
    [
        "time > now()",
        "day = CURRENT_DATE",
        "day >= date_sub(current_date(), 7)",
        "time < localtimestamp",
        "day < DATE 'today'",
        "rand() < 0.1",
        "uuid() <> id",
        "unix_timestamp() > seconds",
        "carrier IN (SELECT carrier FROM airlines)",
    ],
)
def test_a_condition_on_time_chance_or_other_tables_is_not_repeatable(condition: str) -> None:
    assert not is_repeatable(make_suite(column="n", row_condition=condition))


@pytest.mark.parametrize(
    ("expectation_type", "kwargs"),
    [
        ("unexpected_rows_expectation", {"unexpected_rows_query": "SELECT * FROM {batch} WHERE n < 0"}),
        ("expect_query_results_to_match_comparison", {"base_query": "a", "comparison_query": "b"}),
        ("expect_table_row_count_to_equal_other_table", {"other_table_name": "airlines"}),
    ],
)
def test_a_query_or_another_table_is_not_repeatable(expectation_type: str, kwargs: dict[str, str]) -> None:
    assert not is_repeatable(make_suite(expectation_type, **kwargs))


@pytest.mark.parametrize(
    "condition",
    [
        None,
        "n > 3",
        "known = 'yes' AND brand <> 'x'",
        "day < DATE '2026-01-01'",
        "current = 1 OR selected IS NULL",
        "uuid_text IS NOT NULL",
    ],
)
def test_a_condition_on_the_row_is_repeatable(condition: str | None) -> None:
    assert is_repeatable(make_suite(column="n", row_condition=condition))
    assert is_repeatable(make_suite(column="query_count", max_value=3))
