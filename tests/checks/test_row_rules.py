"""A row is judged as the table is: the judge's broken and judged rows are those that the stock engine counted."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import stock_checks
from pyspark.sql import types as T

from sparkops.checks.execution.compiled_suite import compile_suite
from sparkops.checks.expectations.registry import RULES
from sparkops.checks.gx.library import Library
from sparkops.checks.suite.schema_columns import Columns
from sparkops.errors import ModelError
from sparkops.scoring.ir.conditions import RowRule, Some
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
FIELDS = [
    Field(name, kind.typeName()) for name, kind in TYPES.items() if name not in ("m", "p")
]  # no model reads decimals and structs
# Judged on the table, and said to be left out on a row.
LEFT_OUT = {
    "its row condition is text of SQL": 4,
    "column `m` is not read by the model": 2,
    "column `p.q` is not read by the model": 1,
    "it compares with a moment, which Spark reads by the clock of its machine": 1,
}


def rules_of(folder: Path, case: str) -> dict[str, RowRule]:
    """Return the rules about rows of a case's suite, by the label of the expectation."""
    Library().wait()
    suite = stock_checks.suite_of(folder, stock_checks.lines_of(case))
    columns = Columns.of(T.StructType([T.StructField(*pair) for pair in TYPES.items()]))
    found = {}
    for index, (kind, arguments) in compile_suite(suite, folder).native.items():
        label, row = suite.expectations[index].label, RULES[kind].row
        if row is not None and not RECORDED[case][label]["raised"]:
            found[label] = row(arguments, columns)
    return found


def counted(rule: RowRule, case: str) -> int:
    """Return how many rows of a case's frame break a rule, each judged alone."""
    asked = compile_rules([rule], FIELDS)
    rows = stock_checks.FRAMES[case.removesuffix(" without ANSI")]
    return sum(bool(asked(dict(zip(TYPES, row, strict=True)))) for row in rows)


@pytest.mark.parametrize("case", list(stock_checks.CASES))
def test_rows_judged_alone_count_as_the_stock_engine_counted_the_table(tmp_path: Path, case: str) -> None:
    left_out: list[str] = []
    for label, rule in rules_of(tmp_path, case).items():
        stock = json.loads(RECORDED[case][label]["result"])
        try:
            broken = counted(rule, case)
        except ModelError as error:
            left_out.append(str(error))
            continue
        assert broken == (stock["unexpected_count"] or 0), label
        if "missing_count" in stock:
            judged = counted(replace(rule, expects=Some(())), case)
            assert judged == stock["element_count"] - stock["missing_count"], label
    if case == "mixed":
        assert Counter(left_out) == LEFT_OUT
