"""Every function that SQLTransformer compiles has Spark's types, values and errors on edge values."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from struct import pack, unpack
from typing import Any

import pyarrow as pa
import pytest

from parity.sql_comparison import SqlComparison, compare
from parity.sql_functions import GROUPS, ZONED
from sparkops.compiler import read_session
from sparkops.compiler.sql.functions.registry import FUNCTIONS
from sparkops.compiler.sql.functions.registry import GROUPS as COMPILED
from sparkops.compiler.sql.functions.uncompiled import OPERATORS, UNCOMPILED
from sparkops.scoring.jvm.numbers import choose_text_function

pytestmark = pytest.mark.spark
# Failing rows of each group that Spark evaluates one by one.
_SINGLY = 12


@pytest.fixture
def time_zone(spark: Any) -> Iterator[str]:
    """Set a session's time zone with daylight saving time, and restore the setting."""
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    yield "America/New_York"
    spark.conf.set("spark.sql.session.timeZone", before)


@pytest.mark.parametrize("name", GROUPS)
def test_functions_have_the_types_values_and_errors_of_spark(spark: Any, name: str) -> None:
    group, result = GROUPS[name], SqlComparison()
    compare(spark, group.expressions, group.rows(), result, types=group.types, singly=_SINGLY)
    assert (result.wrong, result.uncompiled, result.unknown) == ([], [], 0)
    assert result.compared == len(group.expressions)


def test_functions_of_time_follow_the_session_s_time_zone(spark: Any, time_zone: str) -> None:
    assert read_session(spark).time_zone == time_zone
    result = SqlComparison()
    compare(spark, ZONED.expressions, ZONED.rows(), result, types=ZONED.types, singly=_SINGLY)
    assert (result.wrong, result.uncompiled, result.unknown) == ([], [], 0)


def test_doubles_and_floats_are_written_as_java_writes_them(spark: Any) -> None:
    draw = Random(11)
    doubles = [unpack("<d", pack("<Q", draw.getrandbits(64)))[0] for _ in range(6_000)]
    doubles += [draw.choice([-1, 1]) * draw.randrange(10**6) / 10 ** draw.randrange(8) for _ in range(6_000)]
    floats = [unpack("<f", pack("<I", draw.getrandbits(32)))[0] for _ in doubles]
    table = pa.table({"x": doubles, "f": pa.array(floats, pa.float32())})
    rows = (
        spark.createDataFrame(table)
        .selectExpr("x", "f", "CAST(x AS string) AS a", "CAST(f AS string) AS b")
        .collect()
    )
    java = read_session(spark).java
    write, write_float = choose_text_function("double", java), choose_text_function("float", java)
    assert [row.a for row in rows] == [write(row.x) for row in rows]
    assert [row.b for row in rows] == [write_float(row.f) for row in rows]


def test_each_function_of_spark_is_compiled_or_listed_with_the_reason(spark: Any) -> None:
    names = {row[0] for row in spark.sql("SHOW SYSTEM FUNCTIONS").collect()}
    assert not set(FUNCTIONS) & set(UNCOMPILED)
    assert names - set(FUNCTIONS) - set(UNCOMPILED) - OPERATORS == set()
    assert {*FUNCTIONS, *UNCOMPILED, *OPERATORS} - names == set()


def test_each_compiled_function_is_compared_with_spark() -> None:
    expressions = " ".join(expression for group in GROUPS.values() for expression in group.expressions)
    untested = [name for group in COMPILED.values() for name in group if f"{name}(" not in expressions]
    assert untested == []
