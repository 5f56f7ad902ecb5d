"""The core expectations are classified by name as the classes of Great Expectations are."""

from __future__ import annotations

import pytest

from sparkops.checks.gx.expectation_builder import is_row_level
from sparkops.checks.gx.library import GxLibrary
from sparkops.checks.suite.core_expectations import NEEDS_COLUMNS, ROW_LEVEL, TABLE_LEVEL, list_named_columns

# Importing Great Expectations warns.
pytestmark = pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning")

NAMES_COLUMNS_WITHOUT_NEEDING_THEM = {
    "expect_column_to_exist",
    "expect_table_columns_to_match_ordered_list",
    "expect_table_columns_to_match_set",
}


def test_every_core_expectation_is_classified_as_its_class() -> None:
    GxLibrary().ensure_imported()
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

    classes = {name: get_expectation_impl(name) for name in list_registered_expectation_implementations()}
    core = {name: one for name, one in classes.items() if one.__module__.startswith("great_expectations.")}
    core = {name: one for name, one in core.items() if ".core." in one.__module__}
    assert {name for name, one in core.items() if is_row_level(one)} == ROW_LEVEL & core.keys()
    assert {name for name, one in core.items() if not is_row_level(one)} == TABLE_LEVEL & core.keys()
    assert core.keys() <= ROW_LEVEL | TABLE_LEVEL
    named = dict.fromkeys(("column", "column_A", "column_B"), "a") | {
        "column_list": ["a"],
        "column_set": ["a"],
    }
    about = {
        name
        for name, one in core.items()
        if list_named_columns({k: v for k, v in named.items() if k in one.__fields__})
    }
    assert about - NAMES_COLUMNS_WITHOUT_NEEDING_THEM == NEEDS_COLUMNS & core.keys()
