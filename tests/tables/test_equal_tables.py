"""Random frames, modes and partitions: the table is the same whichever backend commits it."""

from __future__ import annotations

import itertools
import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparkops.errors import SparkopsError
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.write import Write
from sparkops.tables import Tables

pytestmark = pytest.mark.spark

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": st.sampled_from([None, 0, -1, 7, 2**31 - 1]),
    "string": st.sampled_from(
        [None, "", " ", "a", "A", "a=b", "x/y", "%41", "__HIVE_DEFAULT_PARTITION__", "07"]
    ),
    "date": st.sampled_from([None, date(1, 1, 1), date(1582, 10, 10), date(2013, 7, 4), date(9999, 12, 31)]),
    "double": st.sampled_from([None, 0.0, -0.0, math.nan, math.inf, 1.5]),
    "boolean": st.sampled_from([None, True, False]),
    "decimal(9,2)": st.sampled_from([None, Decimal("0.00"), Decimal("-1.50")]),
    "timestamp": st.sampled_from([None, datetime(2013, 7, 4, 12, 0, 0, 1), datetime(1900, 1, 1)]),
}
COUNTER = itertools.count()


@st.composite
def writes(draw):
    """Draw the type of the key column, and two writes: rows, mode and whether the slice has a parameter."""
    column_type = draw(st.sampled_from(sorted(VALUES)))
    partition_by = draw(st.sampled_from([(), ("k",)]))
    steps = []
    for _ in range(2):
        mode = draw(st.sampled_from(["overwrite", "append", "replace", "merge"]))
        keys = draw(st.lists(VALUES[column_type], max_size=4))
        parameter = draw(st.none() | VALUES[column_type]) if mode == "replace" else None
        # rows of other slices are refused, which is compared, too
        steps.append((mode, [(key, number) for number, key in enumerate(keys)], parameter))
    return column_type, partition_by, steps


def publish_all(tables: Tables, spark, case) -> list[str]:
    """Publish the writes; return the rows of the table as text, and the class of each error."""
    column_type, partition_by, steps = case
    results = []
    for number, (mode, rows, parameter) in enumerate(steps):
        by = ("k",) if mode in ("replace", "merge") else ()
        order_by = ("n",) if mode == "merge" else ()
        write = Write(table="t", mode=mode, by=by, partition_by=partition_by, order_by=order_by)
        frame = spark.createDataFrame(rows, f"k {column_type}, n int").coalesce(1)
        values = {} if parameter is None else {"k": parameter}
        try:
            staged = tables.staging.stage(frame, StagedPart(f"r{number}", "t"), write=write)
            tables.publish(
                staged, write, run_id=f"r{number}", staged=StagedPart(f"r{number}", "t"), values=values
            )
        except SparkopsError as error:
            results.append(type(error).__name__)
    if tables.info("t").exists:
        stored = tables.read(tables.pin("t"))
        text = stored.selectExpr(
            "concat_ws('|', typeof(k), nvl(cast(k AS STRING), 'NULL'), cast(n AS STRING))"
        )
        results += sorted(row[0] for row in text.collect())
        results += [str(tables.count("t"))]
    return results


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=writes())
def test_every_write_leaves_the_same_table(spark, make_settings, tmp_path, case):
    folder = tmp_path / str(next(COUNTER))
    by_delta_rs = publish_all(Tables(spark, make_settings(folder / "auto")), spark, case)
    by_spark = publish_all(Tables(spark, make_settings(folder / "spark", commits="spark")), spark, case)
    assert by_delta_rs == by_spark
