"""The plan of an expectation: what it computes on a frame, and its verdict. Great Expectations is not imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sparkops.checks.suite.schema_columns import Columns
from sparkops.scoring.ir.conditions import RowRule

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

Arguments = Mapping[str, Any]
MetricValues = Mapping[str, Any]
# Arguments that restrict an expectation to some rows.
CONDITION_ARGUMENTS = ("row_condition", "condition_parser")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an expectation is met, with the result that Great Expectations returns at result format BASIC."""

    success: bool
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingRows:
    """The rows that fail an expectation.

    Args:
        count: Name of the metric that counts them.
        condition: True for them, false or NULL for other rows; it may contain a window. None if no condition can tell.
        fields: Columns to sample.
        to_sample: Converts the values of these columns in one row to a sample.
        select: Returns at most `SAMPLE_SIZE` of them with these columns; if None, the condition selects them.
        known_samples: Returns the samples of a number of rows, if they are known without reading the rows.
    """

    count: str
    condition: Column | None
    fields: Sequence[str]
    to_sample: Callable[[Sequence[Any]], Any]
    select: Callable[[DataFrame], DataFrame] | None = None
    known_samples: Callable[[int], list[Any]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPlan:
    """What one expectation computes.

    Args:
        judge: Returns the verdict from all metric values and the samples of failing rows.
        metrics: Aggregates by name. The metrics of all expectations are computed in one job, so a name must always
            denote the same aggregate.
        compute_own: Computes, in a job of its own, the metrics that are not aggregates of the frame's rows.
        plan_dependent: Returns the plan of the metrics that depend on the first ones.
        failing_rows: Rows that fail it, if it is about rows.
    """

    judge: Callable[[MetricValues, list[Any]], Verdict]
    metrics: Mapping[str, Column] = field(default_factory=dict)
    compute_own: Callable[[DataFrame], MetricValues] | None = None
    plan_dependent: Callable[[MetricValues], MetricPlan] | None = None
    failing_rows: FailingRows | None = None


@dataclass(frozen=True, slots=True)
class ExpectationPlanner:
    """How one type of expectation is evaluated without Great Expectations.

    Args:
        arguments: Arguments that it supports; an expectation with any other is evaluated by Great Expectations.
        plan: Returns the plan for arguments that Great Expectations has validated and the frame's columns. Raises
            ValueError, TypeError or LookupError if Great Expectations would not evaluate the expectation either.
        own_job: Whether it needs a Spark job of its own.
        row_rule: Returns the equivalent rule about one row, if there is one; needs no Spark and raises as `plan` does.
    """

    arguments: tuple[str, ...]
    plan: Callable[[Arguments, Columns], MetricPlan]
    own_job: bool = False
    row_rule: Callable[[Arguments, Columns], RowRule] | None = None
