from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum

import pytest

from sparkops.errors import BadData
from sparkops.tables.sql_text import format_equality, format_literal, quote_name


class Airport(Enum):
    JFK = "JFK"


VALUES = [
    (True, "boolean"),
    (7, "int"),
    (-(2**40), "bigint"),
    (7, "double"),
    (1.5e300, "double"),
    (Decimal("1.50"), "decimal(5,2)"),
    ("it's", "string"),
    ("a\\b\n${c}", "string"),
    (date(2013, 7, 4), "date"),
    (7, "string"),
    (datetime(2013, 7, 4, 1, 2, 3, 456789, tzinfo=UTC), "timestamp"),
]


def test_names_and_values_are_written_as_sql():
    assert quote_name("a`b") == "`a``b`"
    assert format_equality("day", date(2013, 7, 4), "date") == "`day` = DATE '2013-07-04'"
    assert format_equality("origin", Airport.JFK, "string") == "`origin` = 'JFK'"
    assert format_equality("origin", None, "string") == "`origin` IS NULL"
    assert format_equality("month", [1, 2], "int") == "(`month` = 1 OR `month` = 2)"
    assert format_equality("month", [], "int") == "false"


def test_a_value_without_a_literal_is_refused():
    with pytest.raises(BadData, match="cannot be selected by"):
        format_literal(object(), "string")


@pytest.mark.spark
@pytest.mark.parametrize(("value", "kind"), VALUES)
def test_spark_reads_a_literal_as_the_value_it_was_written_from(spark, value, kind):
    from pyspark.sql import functions as F

    column = F.expr(format_literal(value, kind))
    same = F.lit(value).cast(kind)
    row = spark.range(1).select(column.eqNullSafe(same), F.typeof(column)).first()
    assert tuple(row) == (True, kind)
