"""What core expectations are about is known by name, and it is what Great Expectations' own classes say."""

from __future__ import annotations

import pytest

from sparkops.checks.gx.expectation_builder import is_about_rows
from sparkops.checks.gx.library import Library
from sparkops.checks.suite.core_expectations import ABOUT_ALL, ABOUT_ROWS, NEEDS_COLUMNS, columns_of

pytestmark = pytest.mark.filterwarnings(
    "ignore:module 'sre_:DeprecationWarning"
)  # Great Expectations' import

ABOUT_PRESENCE = {
    "expect_column_to_exist",
    "expect_table_columns_to_match_ordered_list",
    "expect_table_columns_to_match_set",
}


def test_every_core_expectation_is_known_as_its_class_tells() -> None:
    Library().wait()
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

    classes = {name: get_expectation_impl(name) for name in list_registered_expectation_implementations()}
    core = {name: one for name, one in classes.items() if one.__module__.startswith("great_expectations.")}
    core = {name: one for name, one in core.items() if ".core." in one.__module__}
    assert {name for name, one in core.items() if is_about_rows(one)} == ABOUT_ROWS & core.keys()
    assert {name for name, one in core.items() if not is_about_rows(one)} == ABOUT_ALL & core.keys()
    assert core.keys() <= ABOUT_ROWS | ABOUT_ALL
    named = dict.fromkeys(("column", "column_A", "column_B"), "a") | {
        "column_list": ["a"],
        "column_set": ["a"],
    }
    about = {
        name
        for name, one in core.items()
        if columns_of({k: v for k, v in named.items() if k in one.__fields__})
    }
    assert about - ABOUT_PRESENCE == NEEDS_COLUMNS & core.keys()
