"""Expectations about unique keys, of one column or of several. Each groups the rows by key, in a job of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

from pyspark.sql import Window
from pyspark.sql import functions as F

from sparkops.checks.expectations.map_plans import (
    build_evaluated_count_metrics,
    build_map_result,
    find_evaluated_count,
    format_row_count_name,
    get_first_field,
    satisfies_mostly,
)
from sparkops.checks.expectations.metric_plan import (
    CONDITION_ARGUMENTS,
    Arguments,
    ExpectationPlanner,
    FailingRows,
    MetricPlan,
    MetricValues,
    Verdict,
)
from sparkops.checks.expectations.multicolumn import build_dict_converter, build_ignore_condition
from sparkops.checks.expectations.spark_conditions import filter_evaluated, to_condition
from sparkops.checks.results import SAMPLE_SIZE
from sparkops.checks.suite.schema_columns import Columns
from sparkops.scoring.ir.conditions import And, ColumnRef, IsNull, Not, RowRule

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Column of a grouped frame: number of rows.
_GROUP_SIZE = "group size"


def _plan_unique(args: Arguments, columns: Columns) -> MetricPlan:
    name = columns.find(args["column"])
    rule = RowRule(
        fields=(name,), expects=And(()), unless=IsNull(ColumnRef(name)), where=args["row_condition"]
    )
    return _UniqueKey(rule, args["mostly"], get_first_field).plan()


def _plan_compound_unique(args: Arguments, columns: Columns) -> MetricPlan:
    names = tuple(columns.find(name) for name in args["column_list"])
    unless = build_ignore_condition([ColumnRef(name) for name in names], args["ignore_row_if"])
    rule = RowRule(fields=names, expects=And(()), unless=unless, where=args["row_condition"])
    return _UniqueKey(rule, args["mostly"], build_dict_converter(names)).plan()


@dataclass(frozen=True, slots=True)
class _UniqueKey:
    """The requirement that no two rows have the same key, among the rows that a rule evaluates.

    Args:
        rule: Its fields are the key, its conditions restrict the rows.
        mostly: Share of the rows that must have a key of their own.
        to_sample: Converts a key to a sample.
    """

    rule: RowRule
    mostly: float
    to_sample: Callable[[Sequence[Any]], Any]

    def plan(self) -> MetricPlan:
        """Return the plan that counts the rows whose key another row has too."""
        failing_rows = FailingRows(
            count="duplicates",
            condition=_build_duplicate_condition(self.rule),
            fields=self.rule.fields,
            to_sample=self.to_sample,
            select=self._select_duplicates,
        )
        return MetricPlan(
            judge=self._judge,
            metrics=build_evaluated_count_metrics(self.rule),
            compute_own=self._count_duplicates,
            failing_rows=failing_rows,
        )

    def _judge(self, values: MetricValues, samples: list[Any]) -> Verdict:
        rows = values[format_row_count_name(self.rule.where)]
        evaluated = find_evaluated_count(self.rule, values)
        success = not rows or not evaluated or satisfies_mostly(evaluated, values["duplicates"], self.mostly)
        return Verdict(success, build_map_result(rows, evaluated, values["duplicates"], samples))

    def _group_duplicates(self, frame: DataFrame) -> DataFrame:
        """Return the keys that several rows have, as `key 0`, `key 1`, ..., with the number of their rows."""
        keys = [F.col(field).alias(f"key {index}") for index, field in enumerate(self.rule.fields)]
        groups = filter_evaluated(frame, self.rule).groupBy(*keys).agg(F.count(F.lit(1)).alias(_GROUP_SIZE))
        return groups.where(F.col(_GROUP_SIZE) > 1)

    def _count_duplicates(self, frame: DataFrame) -> MetricValues:
        row = self._group_duplicates(frame).agg(F.sum(_GROUP_SIZE)).collect()[0]
        return {"duplicates": row[0] or 0}

    def _select_duplicates(self, frame: DataFrame) -> DataFrame:
        """Return the first duplicate keys, each as often as it occurs."""
        keys = [f"key {index}" for index in range(len(self.rule.fields))]
        groups = self._group_duplicates(frame).orderBy(*keys).limit(SAMPLE_SIZE)
        copies = F.array_repeat(F.lit(1), F.least(F.col(_GROUP_SIZE), F.lit(SAMPLE_SIZE)).cast("int"))
        return groups.select(*keys, F.explode(copies)).select(*keys).limit(SAMPLE_SIZE)


def _build_duplicate_condition(rule: RowRule) -> Column | None:
    """Return the condition of the rows whose key another row has too.

    None with a row condition, because the window would also count the rows outside it.
    """
    if rule.where is not None:
        return None
    group_size = F.count(F.lit(1)).over(Window.partitionBy(F.struct(*map(F.col, rule.fields))))
    parts = [group_size > 1]
    if rule.unless is not None:
        parts.insert(0, to_condition(Not(rule.unless)))
    return reduce(and_, parts)


PLANNERS: Mapping[str, ExpectationPlanner] = {
    "expect_column_values_to_be_unique": ExpectationPlanner(
        ("column", "mostly", *CONDITION_ARGUMENTS), _plan_unique, own_job=True
    ),
    "expect_compound_columns_to_be_unique": ExpectationPlanner(
        ("column_list", "mostly", "ignore_row_if", *CONDITION_ARGUMENTS), _plan_compound_unique, own_job=True
    ),
}
