"""All rules by Great Expectations' names; what is not among them, Great Expectations itself judges."""

from __future__ import annotations

from collections.abc import Mapping

from sparkops.checks.expectations import (
    column_aggregates,
    column_values,
    distinct_values,
    multicolumn,
    ordering,
    outliers,
    table_level,
)
from sparkops.checks.expectations.rule import Rule

RULES: Mapping[str, Rule] = {
    **column_values.RULES,
    **multicolumn.RULES,
    **column_aggregates.RULES,
    **outliers.RULES,
    **distinct_values.RULES,
    **ordering.RULES,
    **table_level.RULES,
}
