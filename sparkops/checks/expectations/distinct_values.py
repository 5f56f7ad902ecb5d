"""Expectations about which values there are and how often: each groups its column once, in a job of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

from pyspark.sql import Window
from pyspark.sql import functions as F

from sparkops.checks.expectations.bounds import BOUNDS, between
from sparkops.checks.expectations.column_aggregates import aggregate
from sparkops.checks.expectations.map_plans import all_rows, judged, judged_rows, rows_name
from sparkops.checks.expectations.metric_plan import (
    SAMPLES,
    Answers,
    Asked,
    Judged,
    Rows,
    enough,
    first,
    shown,
)
from sparkops.checks.expectations.multicolumn import as_record, ignored
from sparkops.checks.expectations.rule import CONDITIONED, Arguments, Rule
from sparkops.checks.expectations.spark_conditions import condition, inside
from sparkops.checks.results import plain
from sparkops.checks.suite.schema_columns import Columns
from sparkops.scoring.ir.conditions import Every, Field, Missing, Not, RowRule

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_SETS = ("column", "value_set", *CONDITIONED)
_TIMES = "sparkops times"


def _unique(args: Arguments, columns: Columns) -> Asked:
    name = columns.find(args["column"])
    unless = Missing(Field(name))
    rule = RowRule(fields=(name,), expects=Every(()), unless=unless, where=args["row_condition"])
    return _without_duplicates(rule, args["mostly"], first)


def _compound(args: Arguments, columns: Columns) -> Asked:
    names = tuple(columns.find(name) for name in args["column_list"])
    unless = ignored([Field(name) for name in names], args["ignore_row_if"])
    rule = RowRule(fields=names, expects=Every(()), unless=unless, where=args["row_condition"])
    return _without_duplicates(rule, args["mostly"], as_record(names))


def _without_duplicates(rule: RowRule, mostly: float, show: Callable[[Sequence[Any]], Any]) -> Asked:
    """Return what asks for the rows whose key another row has too, among the rows that a rule judges."""
    keys = [F.col(name).alias(f"key {i}") for i, name in enumerate(rule.fields)]

    def groups(frame: DataFrame) -> DataFrame:
        grouped = looked_at(frame, rule).groupBy(*keys).agg(F.count(F.lit(1)).alias(_TIMES))
        return grouped.where(F.col(_TIMES) > 1)

    def own(frame: DataFrame) -> Answers:
        row = groups(frame).agg(F.sum(_TIMES)).collect()[0]
        return {"duplicates": row[0] or 0}

    def pick(frame: DataFrame) -> DataFrame:
        names = [f"key {i}" for i in range(len(keys))]
        several = groups(frame).orderBy(*names).limit(SAMPLES)
        copies = F.explode(F.array_repeat(F.lit(1), F.least(F.col(_TIMES), F.lit(SAMPLES)).cast("int")))
        return several.select(*names, copies).select(*names).limit(SAMPLES)

    def judge(answers: Answers, samples: list[Any]) -> Judged:
        rows, count = answers[rows_name(rule.where)], judged(rule, answers)
        success = not rows or not count or enough(count, answers["duplicates"], mostly)
        return Judged(success, shown(rows, count, answers["duplicates"], samples))

    rows = Rows(count="duplicates", condition=_repeated(rule), fields=rule.fields, show=show, pick=pick)
    return Asked(judge=judge, measures=judged_rows(rule), own=own, rows=rows)


def looked_at(frame: DataFrame, rule: RowRule) -> DataFrame:
    """Return the rows of a frame that a rule judges."""
    where = inside(rule.where)
    rows = frame if where is None else frame.where(where)
    return rows if rule.unless is None else rows.where(condition(Not(rule.unless)))


def _repeated(rule: RowRule) -> Column | None:
    """Return the rows whose key another row has too; with a row condition, no column can tell."""
    if rule.where is not None:
        return None
    times = F.count(F.lit(1)).over(Window.partitionBy(F.struct(*map(F.col, rule.fields))))
    parts = [times > 1] if rule.unless is None else [condition(Not(rule.unless)), times > 1]
    return reduce(and_, parts)


def _distinct(args: Arguments, columns: Columns) -> tuple[RowRule, Callable[[DataFrame], DataFrame]]:
    """Return what judges the values of a column, and the frame of its distinct values, as `value`."""
    name = columns.find(args["column"])
    rule = RowRule(
        fields=(name,), expects=Every(()), unless=Missing(Field(name)), where=args["row_condition"]
    )
    return (
        rule,
        lambda frame: (
            looked_at(frame, rule).groupBy(F.col(name).alias("value")).agg(F.count(F.lit(1)).alias(_TIMES))
        ),
    )


def _count(args: Arguments, columns: Columns) -> Asked:
    _, values = _distinct(args, columns)
    return Asked(
        own=lambda frame: {"distinct": values(frame).agg(F.count("value")).collect()[0][0]},
        judge=lambda answers, _: between(answers["distinct"], args),
    )


def _share(args: Arguments, columns: Columns) -> Asked:
    rule, values = _distinct(args, columns)
    key, measure = aggregate("count", lambda column, _: F.count(column), args, columns)

    def judge(answers: Answers, _: list[Any]) -> Judged:
        return between(answers["distinct"] / answers[key] if answers[key] else 0, args)

    return Asked(
        measures={**all_rows(rule.where), key: measure},
        own=lambda frame: {"distinct": values(frame).agg(F.count("value")).collect()[0][0]},
        judge=judge,
    )


def _set(*, only: bool, every: bool) -> Callable[[Arguments, Columns], Asked]:
    """Return a rule about the set of values that a column has.

    Args:
        only: Whether it may hold these values only.
        every: Whether it must hold each of them.
    """

    def ask(args: Arguments, columns: Columns) -> Asked:
        rule, values = _distinct(args, columns)
        wanted = list(args["value_set"])
        found = F.col("value").isin(wanted) if wanted else F.lit(False)
        other = ~found if wanted else F.lit(True)

        def own(frame: DataFrame) -> Answers:
            row = (
                values(frame)
                .agg(F.count_if(other), F.collect_list(F.when(found, F.col("value"))))
                .collect()[0]
            )
            return {"unexpected": row[0], "found": row[1]}

        def judge(answers: Answers, samples: list[Any]) -> Judged:
            return _judge_set(answers, samples, wanted, only=only, every=every)

        def pick(frame: DataFrame) -> DataFrame:
            return values(frame).where(other).orderBy("value").limit(SAMPLES).select("value")

        rows = Rows(count="unexpected", condition=None, fields=rule.fields, show=first, pick=pick)
        return Asked(judge=judge, own=own, rows=rows if only else None)

    return ask


def _judge_set(answers: Answers, samples: list[Any], wanted: list[Any], *, only: bool, every: bool) -> Judged:
    result: dict[str, Any] = {"observed_value": None}
    success = True
    if only:
        success = not answers["unexpected"]
        result |= {"unexpected_count": answers["unexpected"], "partial_unexpected_list": samples}
    if every:
        missing = len(wanted) - len(answers["found"]) if wanted else 0
        # Great Expectations compares the texts of dates here, so it calls them missing.
        absent = [value for value in plain(wanted) if value not in answers["found"]]
        success = success and not missing
        result |= {"missing_count": missing, "partial_missing_list": absent[:SAMPLES]}
    return Judged(success, result)


def _most_common(args: Arguments, columns: Columns) -> Asked:
    _, values = _distinct(args, columns)

    def own(frame: DataFrame) -> Answers:
        by_count = values(frame).groupBy(_TIMES).agg(F.sort_array(F.collect_list("value")))
        rows = by_count.orderBy(F.desc(_TIMES)).limit(1).collect()
        return {"common": rows[0][1] if rows else []}

    def judge(answers: Answers, _: list[Any]) -> Judged:
        common = answers["common"]
        both = set(plain(args["value_set"]) or ()).intersection(common)  # the text of a date is no date
        success = bool(both) if args["ties_okay"] else len(common) == 1 and len(both) == 1
        return Judged(success, {"observed_value": common})

    return Asked(judge=judge, own=own)


RULES: Mapping[str, Rule] = {
    "expect_column_values_to_be_unique": Rule(("column", "mostly", *CONDITIONED), _unique, own_job=True),
    "expect_compound_columns_to_be_unique": Rule(
        ("column_list", "mostly", "ignore_row_if", *CONDITIONED), _compound, own_job=True
    ),
    "expect_column_unique_value_count_to_be_between": Rule(
        ("column", *BOUNDS, *CONDITIONED), _count, own_job=True
    ),
    "expect_column_proportion_of_unique_values_to_be_between": Rule(
        ("column", *BOUNDS, *CONDITIONED), _share, own_job=True
    ),
    "expect_column_distinct_values_to_be_in_set": Rule(_SETS, _set(only=True, every=False), own_job=True),
    "expect_column_distinct_values_to_contain_set": Rule(_SETS, _set(only=False, every=True), own_job=True),
    "expect_column_distinct_values_to_equal_set": Rule(_SETS, _set(only=True, every=True), own_job=True),
    "expect_column_most_common_value_to_be_in_set": Rule((*_SETS, "ties_okay"), _most_common, own_job=True),
}
