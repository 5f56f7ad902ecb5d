"""The two suites that quarantined rows must pass before they are released: one for each row, one for the table."""

from __future__ import annotations

from dataclasses import replace

from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.checks.suite.threshold import UNLIMITED

_ROW_LEVEL_PREFIXES = (
    "expect_column_values_to_",
    "expect_column_value_lengths_to_",
    "expect_column_pair_values_",
    "expect_multicolumn_",
    "expect_select_column_values_",
)
# These have such a prefix, but one row alone cannot fail them.
_NOT_ROW_LEVEL = (
    "expect_column_values_to_be_unique",
    "expect_column_values_to_be_increasing",
    "expect_column_values_to_be_decreasing",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_in_type_list",
)


def select_row_level(suite: Suite) -> Suite | None:
    """Return the suite of row-level expectations, all with the policy `quarantine`; None if there are none."""
    row_level = [expectation for expectation in suite.expectations if _is_row_level(expectation)]
    return _replace_expectations(suite, [replace(e, policy="quarantine", fail_over=None) for e in row_level])


def select_table_level(suite: Suite) -> Suite | None:
    """Return the suite that the table must pass with the released rows in it; None if it would be empty.

    It contains every other expectation that is more than a warning, with the policy `fail`, and warnings with a
    threshold.
    """
    required = [e for e in suite.expectations if e.policy != "warn" and not _is_row_level(e)]
    limited = [e for e in suite.expectations if e.policy == "warn" and e.fail_over]
    return _replace_expectations(
        suite, [*(replace(e, policy="fail", fail_over=None) for e in required), *limited]
    )


def _is_row_level(expectation: Expectation) -> bool:
    """Return whether one row alone can fail it; with `mostly` below 1 it cannot."""
    if not expectation.type.startswith(_ROW_LEVEL_PREFIXES) or expectation.type in _NOT_ROW_LEVEL:
        return False
    return expectation.policy != "warn" and expectation.kwargs.get("mostly", 1) == 1


def _replace_expectations(suite: Suite, expectations: list[Expectation]) -> Suite | None:
    if not expectations:
        return None
    return replace(suite, expectations=tuple(expectations), quarantine_limit=UNLIMITED)
