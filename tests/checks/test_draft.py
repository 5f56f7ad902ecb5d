"""A profile becomes a suite that is readable and that `load_suite` reads."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.checks.profiling.draft import draft
from sparkops.checks.profiling.profile import ColumnProfile, TableProfile
from sparkops.checks.profiling.ranges import round_down, round_up
from sparkops.checks.suite.suite import Expectation
from sparkops.checks.suite.suite_file import load_suite

MONTH = ColumnProfile(
    name="month",
    kind="integer",
    type_name="IntegerType",
    type_text="int",
    distinct=12,
    minimum=1,
    maximum=12,
    mean=6.5,
)
CARRIER = ColumnProfile(
    name="carrier",
    kind="text",
    type_name="StringType",
    type_text="string",
    distinct=3,
    lengths=(2, 2),
    values={"AA": 400, "B6": 300, "UA": 300},
)


def table(*columns: ColumnProfile, rows: int = 1000) -> TableProfile:
    names = tuple(column.name for column in columns)
    return TableProfile(table="flights", rows=rows, columns=columns, names=names)


def loaded(text: str) -> tuple[Expectation, ...]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "flights.yml"
        file.write_text(text, encoding="utf-8")
        return load_suite(file, "flights").expectations


def drafted_for(column: ColumnProfile, rows: int = 1000) -> dict[str, Expectation]:
    """Return the expectations drafted for a column by name, without its type."""
    expectations = loaded(draft(table(column, rows=rows)))[2:]
    return {e.type: e for e in expectations if not e.type.endswith("of_type")}


def test_a_draft_is_commented_yaml() -> None:
    text = draft(table(MONTH, replace(CARRIER, nulls=4)), version=3, writes=[800, 900])
    assert (
        text
        == """\
# Drafted from `flights` version 3: 1,000 rows, 2 columns. It describes what was observed once:
# read each line, then widen or remove it. `policy: warn` marks a guess; what has no policy blocks the table.
policy: fail
expectations:
  # these columns and no others; `exact_match: false` allows more
  - expect_table_columns_to_match_set: {column_set: [month, carrier], exact_match: true}
  # 1,000 rows, 2 writes of 800 to 900: half to twice as many
  - expect_table_row_count_to_be_between: {min_value: 400, max_value: 2000}
  # No single column is a key. If several columns are one together, name them:
  # - expect_compound_columns_to_be_unique: {column_list: [..., ...]}

  # month: about 12 values, mean 6.5
  - expect_column_values_to_be_of_type: {column: month, type_: IntegerType}  # int
  - expect_column_values_to_not_be_null: {column: month}  # no null in 1,000 rows
  # 1 to 12 observed; the months of a year
  - expect_column_values_to_be_between: {column: month, min_value: 1, max_value: 12}

  # carrier: 3 values
  - expect_column_values_to_be_of_type: {column: carrier, type_: StringType}  # string
  # 4 nulls of 1,000; `mostly` is rounded down
  - expect_column_values_to_not_be_null: {column: carrier, mostly: 0.99, policy: warn}
  # all 3 values of 996, the rarest in 300
  - expect_column_values_to_be_in_set: {column: carrier, value_set: [AA, B6, UA]}
"""
    )


def test_a_range_is_natural_if_the_name_implies_it_and_the_values_agree() -> None:
    [between] = [
        expectation
        for name, expectation in drafted_for(replace(MONTH, maximum=11)).items()
        if "between" in name
    ]
    assert (between.kwargs["max_value"], between.policy) == (12, "fail")
    [between] = [
        expectation
        for name, expectation in drafted_for(replace(MONTH, maximum=13)).items()
        if "between" in name
    ]
    assert (between.kwargs["max_value"], between.policy) == (13, "warn")


def test_a_set_with_a_rare_value_is_a_guess_and_few_rows_make_no_set() -> None:
    rare = replace(CARRIER, values={"AA": 99_990, "XX": 10})
    assert drafted_for(rare, rows=100_000)["expect_column_values_to_be_in_set"].policy == "warn"
    few = drafted_for(replace(CARRIER, values={"AA": 4, "B6": 4, "UA": 4}), rows=12)
    assert few["expect_column_value_lengths_to_equal"].kwargs == {"column": "carrier", "value": 2}


def test_nan_is_outside_every_range() -> None:
    column = ColumnProfile(
        name="x",
        kind="number",
        type_name="DoubleType",
        type_text="double",
        nulls=1,
        nans=9,
        minimum=-0.5,
        maximum=2.0,
    )
    between = drafted_for(column)["expect_column_values_to_be_between"]
    assert between.kwargs == {"column": "x", "min_value": -0.5, "max_value": 2, "mostly": 0.99}
    only_nan = replace(column, nulls=0, nans=1000, minimum=None, maximum=None)
    assert list(drafted_for(only_nan)) == ["expect_column_values_to_not_be_null"]


def test_freshness_requires_the_date_of_the_newest_value_and_skips_dates_that_python_cannot_represent() -> (
    None
):
    column = ColumnProfile(
        name="at",
        kind="timestamp",
        type_name="TimestampType",
        type_text="timestamp",
        minimum="2013-01-01 05:00:00",
        maximum="2013-12-31 23:00:00",
    )
    expectations = drafted_for(column)
    assert str(expectations["expect_column_max_to_be_between"].kwargs["min_value"]) == "2013-12-30"
    assert str(expectations["expect_column_values_to_be_between"].kwargs["min_value"]) == "2013-01-01"
    assert "expect_column_max_to_be_between" not in drafted_for(
        replace(column, maximum="+12013-01-01 00:00:00")
    )


def test_the_draft_of_an_empty_table_names_only_columns_and_types() -> None:
    expectations = loaded(draft(table(MONTH, rows=0)))
    assert [e.type for e in expectations] == [
        "expect_table_columns_to_match_set",
        "expect_column_values_to_be_of_type",
    ]


@pytest.mark.parametrize("value", [0, 7, -1.5, 1e-7, 0.1, 2**63 - 1, -(2**63), Decimal("1234.56789"), 1e300])
def test_rounded_bounds_enclose_the_value(value: Any) -> None:
    lower, upper = round_down(value), round_up(value)
    assert lower is not None
    assert upper is not None
    assert float(lower) <= float(value) <= float(upper)
    assert float(upper) - float(lower) <= abs(float(value)) * 1.01e-5
    assert round_down(float("-inf")) is None
    assert round_up(1.7976931348623157e308) is None


@given(
    name=st.text(min_size=1),
    values=st.dictionaries(st.text(max_size=40), st.just(500), min_size=2, max_size=9),
)
def test_any_names_and_values_are_read_back_unchanged(name: str, values: dict[str, int]) -> None:
    column = replace(CARRIER, name=name, values=values)
    first, *others = loaded(draft(table(column, rows=500 * len(values))))
    assert first.kwargs["column_set"] == [name]
    assert [e.kwargs["column"] for e in others[1:]] == [name] * 3
    assert others[-1].kwargs["value_set"] == list(values)
