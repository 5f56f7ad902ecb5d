"""A single row is judged as in a table: its violations and evaluated rows are those that the stock engine counted."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import stock_checks
from pyspark.sql import types as T

from sparkops.checks.execution.suite_cache import compile_suite
from sparkops.checks.expectations.planners import PLANNERS
from sparkops.checks.gx.library import GxLibrary
from sparkops.checks.suite.schema_columns import Columns
from sparkops.errors import ModelError
from sparkops.scoring.ir.conditions import Or, RowRule
from sparkops.scoring.ir.field import Field
from sparkops.scoring.rules.row_predicate import compile_rules

RECORDED: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("stock_results.json").read_text(encoding="utf-8")
)
TYPES = {
    "k": T.IntegerType(), "n": T.LongType(), "x": T.DoubleType(), "f": T.FloatType(), "s": T.StringType(),
    "m": T.DecimalType(10, 2), "day": T.DateType(), "at": T.TimestampType(), "ok": T.BooleanType(),
    "a.b": T.StringType(), "home port": T.StringType(), "p": T.StructType([T.StructField("q", T.IntegerType())]),
}  # fmt: skip
# No model reads decimals and structs.
FIELDS = [Field(name, kind.typeName()) for name, kind in TYPES.items() if name not in ("m", "p")]
# These can be evaluated on a table but not on a single row.
OMITTED = {
    "its row condition is text of SQL": 4,
    "column `m` is not read by the model": 2,
    "column `p.q` is not read by the model": 1,
    "it compares with a timestamp, which Spark reads in the time zone of its machine": 1,
}


def rules_of(folder: Path, case: str) -> dict[str, RowRule]:
    """Return the row rules of a case's suite, by the label of the expectation."""
    GxLibrary().ensure_imported()
    suite = stock_checks.suite_of(folder, stock_checks.lines_of(case))
    columns = Columns.of(T.StructType([T.StructField(*pair) for pair in TYPES.items()]))
    rules = {}
    for index, (kind, arguments) in compile_suite(suite, folder).native.items():
        label, row_rule = suite.expectations[index].label, PLANNERS[kind].row_rule
        if row_rule is not None and not RECORDED[case][label]["raised"]:
            rules[label] = row_rule(arguments, columns)
    return rules


def count_violations(rule: RowRule, case: str) -> int:
    """Return how many rows of a case's frame violate a rule, each judged alone."""
    is_violated = compile_rules([rule], FIELDS)
    rows = stock_checks.FRAMES[case.removesuffix(" without ANSI")]
    return sum(bool(is_violated(dict(zip(TYPES, row, strict=True)))) for row in rows)


@pytest.mark.parametrize("case", list(stock_checks.CASES))
def test_rows_judged_alone_count_as_the_stock_engine_counted_the_table(tmp_path: Path, case: str) -> None:
    omitted: list[str] = []
    for label, rule in rules_of(tmp_path, case).items():
        stock = json.loads(RECORDED[case][label]["result"])
        try:
            violations = count_violations(rule, case)
        except ModelError as error:
            omitted.append(str(error))
            continue
        assert violations == (stock["unexpected_count"] or 0), label
        if "missing_count" in stock:
            evaluated = count_violations(replace(rule, expects=Or(())), case)
            assert evaluated == stock["element_count"] - stock["missing_count"], label
    if case == "mixed":
        assert Counter(omitted) == OMITTED
