"""A suite in two, for rows that come back to a table: what is asked of each row, and what of the table with them."""

from __future__ import annotations

from dataclasses import replace

from sparkops.checks.suite.suite import Expectation, Suite

_ABOUT_ROWS = (
    "expect_column_values_to_",
    "expect_column_value_lengths_to_",
    "expect_column_pair_values_",
    "expect_multicolumn_",
    "expect_select_column_values_",
)
_ABOUT_ALL = (  # named like those about rows, and yet a row alone cannot tell
    "expect_column_values_to_be_unique",
    "expect_column_values_to_be_increasing",
    "expect_column_values_to_be_decreasing",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_in_type_list",
)


def of_each_row(suite: Suite) -> Suite | None:
    """Return what each row must meet that comes back; a row that breaks it is set apart. None where there is nothing."""
    rows = [one for one in suite.expectations if _of_a_row(one)]
    return _with(suite, [replace(one, policy="quarantine", fail_over=None) for one in rows])


def of_the_whole(suite: Suite) -> Suite | None:
    """Return what the table must meet with those rows in it: counts, means, keys, shares. None where there is nothing."""
    rest = [one for one in suite.expectations if one.policy != "warn" and not _of_a_row(one)]
    limited = [one for one in suite.expectations if one.policy == "warn" and one.fail_over]
    return _with(suite, [*(replace(one, policy="fail", fail_over=None) for one in rest), *limited])


def _of_a_row(expectation: Expectation) -> bool:
    """Tell whether one row alone can break it; with `mostly` some rows may."""
    alone = expectation.type.startswith(_ABOUT_ROWS) and expectation.type not in _ABOUT_ALL
    return alone and expectation.policy != "warn" and expectation.kwargs.get("mostly", 1) == 1


def _with(suite: Suite, expectations: list[Expectation]) -> Suite | None:
    if not expectations:
        return None
    return replace(suite, expectations=tuple(expectations), quarantine_limit=None, quarantine_rows=None)
