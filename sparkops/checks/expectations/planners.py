"""The planners of all expectations by name. An expectation without one is evaluated by Great Expectations."""

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
    uniqueness,
)
from sparkops.checks.expectations.metric_plan import ExpectationPlanner

PLANNERS: Mapping[str, ExpectationPlanner] = {
    **column_values.PLANNERS,
    **multicolumn.PLANNERS,
    **uniqueness.PLANNERS,
    **distinct_values.PLANNERS,
    **ordering.PLANNERS,
    **column_aggregates.PLANNERS,
    **outliers.PLANNERS,
    **table_level.PLANNERS,
}
