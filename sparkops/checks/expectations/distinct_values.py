"""Expectations about the distinct values of a column. Each groups the rows by value, in a job of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from sparkops.checks.expectations.bounds import BOUND_ARGUMENTS, judge_bounds
from sparkops.checks.expectations.column_aggregates import build_non_null_count
from sparkops.checks.expectations.map_plans import build_row_count_metric, get_first_field
from sparkops.checks.expectations.metric_plan import (
    CONDITION_ARGUMENTS,
    Arguments,
    ExpectationPlanner,
    FailingRows,
    MetricPlan,
    MetricValues,
    Verdict,
)
from sparkops.checks.expectations.spark_conditions import filter_evaluated, to_literal
from sparkops.checks.results import SAMPLE_SIZE, to_json_value
from sparkops.checks.suite.schema_columns import Columns
from sparkops.driver.collection import collect_rows
from sparkops.scoring.ir.conditions import And, ColumnRef, IsNull, RowRule

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Column of a grouped frame: number of rows.
_GROUP_SIZE = "group size"
_COUNT_ARGUMENTS = ("column", *BOUND_ARGUMENTS, *CONDITION_ARGUMENTS)
_SET_ARGUMENTS = ("column", "value_set", *CONDITION_ARGUMENTS)


@dataclass(frozen=True, slots=True)
class _DistinctValues:
    """The distinct non-null values of the column that an expectation's arguments name."""

    rule: RowRule

    @classmethod
    def of(cls, args: Arguments, columns: Columns) -> _DistinctValues:
        name = columns.find(args["column"])
        # A rule that no row violates: only the rows that it evaluates are of interest.
        rule = RowRule(
            fields=(name,), expects=And(()), unless=IsNull(ColumnRef(name)), where=args["row_condition"]
        )
        return cls(rule)

    def group(self, frame: DataFrame) -> DataFrame:
        """Return the distinct values as the column `value`, with the number of their rows."""
        value = F.col(self.rule.fields[0]).alias("value")
        return filter_evaluated(frame, self.rule).groupBy(value).agg(F.count(F.lit(1)).alias(_GROUP_SIZE))

    def count(self, frame: DataFrame) -> MetricValues:
        """Compute the number of distinct values."""
        return {"distinct": self.group(frame).agg(F.count("value")).collect()[0][0]}


def _plan_count(args: Arguments, columns: Columns) -> MetricPlan:
    return MetricPlan(
        compute_own=_DistinctValues.of(args, columns).count,
        judge=lambda values, _: judge_bounds(values["distinct"], args),
    )


def _plan_proportion(args: Arguments, columns: Columns) -> MetricPlan:
    distinct = _DistinctValues.of(args, columns)
    count_name, count_column = build_non_null_count(args, columns)

    def judge(values: MetricValues, _: list[Any]) -> Verdict:
        return judge_bounds(values["distinct"] / values[count_name] if values[count_name] else 0, args)

    return MetricPlan(
        metrics={**build_row_count_metric(args["row_condition"]), count_name: count_column},
        compute_own=distinct.count,
        judge=judge,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _SetComparison:
    """The comparison of the distinct values of a column with `value_set`.

    Args:
        distinct: The distinct values.
        value_set: The values to compare with.
        allow_others: Whether the column may contain other values.
        require_all: Whether it must contain each value of the set.
    """

    distinct: _DistinctValues
    value_set: list[Any]
    allow_others: bool
    require_all: bool

    def plan(self) -> MetricPlan:
        """Return the plan."""
        failing_rows = FailingRows(
            count="others",
            condition=None,
            fields=self.distinct.rule.fields,
            to_sample=get_first_field,
            select=self._select_others,
        )
        return MetricPlan(
            judge=self._judge,
            compute_own=self._compare,
            failing_rows=None if self.allow_others else failing_rows,
        )

    def _build_set_condition(self) -> Column:
        literals = [to_literal(value) for value in self.value_set]
        return F.col("value").isin(literals) if literals else F.lit(False)

    def _compare(self, frame: DataFrame) -> MetricValues:
        is_in_set = self._build_set_condition()
        metrics = (
            F.count_if(~is_in_set).alias("others"),
            F.collect_list(F.when(is_in_set, F.col("value"))).alias("present"),
        )
        [values] = collect_rows(self.distinct.group(frame).agg(*metrics))
        return values

    def _select_others(self, frame: DataFrame) -> DataFrame:
        others = self.distinct.group(frame).where(~self._build_set_condition())
        return others.orderBy("value").limit(SAMPLE_SIZE).select("value")

    def _judge(self, values: MetricValues, samples: list[Any]) -> Verdict:
        unexpected = {} if self.allow_others else _describe_unexpected(values["others"], samples)
        missing = _describe_missing(self.value_set, values["present"]) if self.require_all else {}
        success = not unexpected.get("unexpected_count") and not missing.get("missing_count")
        return Verdict(success, {"observed_value": None, **unexpected, **missing})


def _describe_unexpected(count: int, samples: list[Any]) -> dict[str, Any]:
    return {"unexpected_count": count, "partial_unexpected_list": samples}


def _describe_missing(value_set: list[Any], present: list[Any]) -> dict[str, Any]:
    count = len(value_set) - len(present) if value_set else 0
    # As in Great Expectations, a date of the set is text here, which equals no date of the column, so that every date
    # is listed as missing. A time is compared as a time.
    expected = [value if isinstance(value, datetime) else to_json_value(value) for value in value_set]
    missing = [value for value in expected if value not in present]
    return {"missing_count": count, "partial_missing_list": missing[:SAMPLE_SIZE]}


def _plan_most_common(args: Arguments, columns: Columns) -> MetricPlan:
    distinct = _DistinctValues.of(args, columns)

    def find_most_common(frame: DataFrame) -> MetricValues:
        values = F.sort_array(F.collect_list("value")).alias("values")
        by_size = distinct.group(frame).groupBy(_GROUP_SIZE).agg(values)
        rows = collect_rows(by_size.orderBy(F.desc(_GROUP_SIZE)).limit(1).select("values"))
        return {"most common": rows[0]["values"] if rows else []}

    def judge(values: MetricValues, _: list[Any]) -> Verdict:
        most_common = values["most common"]
        # As in Great Expectations, the text of a date is not equal to the date.
        expected = set(to_json_value(args["value_set"]) or ()).intersection(most_common)
        success = bool(expected) if args["ties_okay"] else len(most_common) == 1 and len(expected) == 1
        return Verdict(success, {"observed_value": most_common})

    return MetricPlan(judge=judge, compute_own=find_most_common)


def _make_set_planner(*, allow_others: bool, require_all: bool) -> ExpectationPlanner:
    def plan(args: Arguments, columns: Columns) -> MetricPlan:
        return _SetComparison(
            distinct=_DistinctValues.of(args, columns),
            value_set=list(args["value_set"]),
            allow_others=allow_others,
            require_all=require_all,
        ).plan()

    return _make_planner(_SET_ARGUMENTS, plan)


def _make_planner(
    arguments: tuple[str, ...], plan: Callable[[Arguments, Columns], MetricPlan]
) -> ExpectationPlanner:
    return ExpectationPlanner(arguments, plan, own_job=True)


PLANNERS: Mapping[str, ExpectationPlanner] = {
    "expect_column_unique_value_count_to_be_between": _make_planner(_COUNT_ARGUMENTS, _plan_count),
    "expect_column_proportion_of_unique_values_to_be_between": _make_planner(
        _COUNT_ARGUMENTS, _plan_proportion
    ),
    "expect_column_distinct_values_to_be_in_set": _make_set_planner(allow_others=False, require_all=False),
    "expect_column_distinct_values_to_contain_set": _make_set_planner(allow_others=True, require_all=True),
    "expect_column_distinct_values_to_equal_set": _make_set_planner(allow_others=False, require_all=True),
    "expect_column_most_common_value_to_be_in_set": _make_planner(
        (*_SET_ARGUMENTS, "ties_okay"), _plan_most_common
    ),
}
