"""A merge keeps the newest row of each key: within a frame, and against the table."""

from __future__ import annotations

from datetime import datetime

import pytest

from sparkops.errors import BadData, SchemaChanged
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.table import MicroBatch
from sparkops.pipeline.write import Write
from sparkops.tables import Tables

pytestmark = pytest.mark.spark

MERGE = Write(table="t", mode="merge", by=("k",), order_by=("ts",))
COLUMNS = "k int, ts int, v string"


@pytest.fixture(params=["auto", "spark"])
def tables(request, spark, make_settings) -> Tables:
    """Return the tables of a project, with each setting of `commits`."""
    return Tables(spark, make_settings(commits=request.param))


@pytest.fixture(params=[True, pytest.param(False, marks=pytest.mark.slow)], ids=["staged", "not staged"])
def merge(request, tables, frame):
    """Return a function that merges rows into the table, staged or as they are."""

    def publish(rows, run_id, *, write=MERGE, columns=COLUMNS):
        new = frame(rows, columns)
        if request.param:
            new = tables.staging.stage(new, StagedPart(run_id, "t"), write=write)
        return tables.publish(
            new, write, run_id=run_id, staged=StagedPart(run_id, "t") if request.param else None
        )

    return publish


def test_the_row_with_the_greatest_order_is_kept_in_the_first_and_in_later_merges(merge, rows):
    merge([(1, 1, "old"), (1, 2, "new"), (2, 5, "only")], "r1")
    assert rows("t") == [(1, 2, "new"), (2, 5, "only")]
    merge([(1, 4, "newest"), (1, 3, "newer"), (3, 1, "x"), (3, 2, "y")], "r2")
    assert rows("t") == [(1, 4, "newest"), (2, 5, "only"), (3, 2, "y")]


def test_an_older_row_does_not_replace_a_newer_one_of_the_table(merge, rows):
    merge([(1, 5, "new"), (2, 5, "two")], "r1")
    merge([(1, 4, "late"), (2, 6, "newer")], "r2")
    assert rows("t") == [(1, 5, "new"), (2, 6, "newer")]


def test_a_row_of_the_same_order_replaces_that_of_the_table(merge, rows):
    merge([(1, 5, "first")], "r1")
    merge([(1, 5, "corrected")], "r2")
    assert rows("t") == [(1, 5, "corrected")]


def test_null_is_the_lowest_order(merge, tables):
    merge([(1, None, "null"), (1, -5, "number"), (2, None, "a")], "r1")
    merge([(1, None, "late"), (2, None, "b")], "r2")
    stored = {row.k: (row.ts, row.v) for row in tables.read(tables.pin("t")).collect()}
    assert stored == {1: (-5, "number"), 2: (None, "b")}


def test_a_null_key_is_one_key(merge, tables):
    merge([(None, 1, "a"), (None, 2, "b")], "r1")
    merge([(None, 1, "c"), (None, 3, "d")], "r2")
    assert [tuple(row) for row in tables.read(tables.pin("t")).collect()] == [(None, 3, "d")]


def test_equal_rows_are_one_row(merge, rows):
    merge([(1, 2, "a"), (1, 2, "a"), (1, 1, "b"), (1, 1, "c")], "r1")
    assert rows("t") == [(1, 2, "a")]


def test_equal_rows_with_maps_and_microseconds_are_one_row_and_different_ones_are_refused(merge, rows):
    columns = "k int, ts timestamp, m map<string,timestamp>"
    noon, later = datetime(2020, 1, 1, 12, 0, 0, 1), datetime(2020, 1, 1, 12, 0, 0, 2)
    merge([(1, noon, {"a": noon}), (1, noon, {"a": noon})], "r1", columns=columns)
    assert rows("t") == [(1, noon, {"a": noon})]
    with pytest.raises(BadData, match=r"2 different rows with the key \{'k': 1\}"):
        merge([(1, noon, {"a": noon}), (1, noon, {"a": later})], "r2", columns=columns)


def test_different_rows_of_the_same_order_are_refused_by_their_key(merge, rows):
    merge([(1, 1, "a")], "r1")
    with pytest.raises(BadData, match=r"2 different rows with the key \{'k': 7\} and the same greatest `ts`"):
        merge([(7, 2, "a"), (7, 2, "b"), (7, 1, "c")], "r2")
    assert rows("t") == [(1, 1, "a")]


def test_several_columns_order_from_first_to_last(merge, rows):
    write = Write(table="t", mode="merge", by=("k",), order_by=("ts", "v"))
    merge([(1, 1, "z"), (1, 2, "a"), (1, 2, "b")], "r1", write=write)
    assert rows("t") == [(1, 2, "b")]
    merge([(1, 2, "aa")], "r2", write=write)
    assert rows("t") == [(1, 2, "b")]


def test_an_order_column_that_the_table_lacks_is_null_in_its_rows(tables, frame, rows):
    tables.publish(frame([(1, "a")], "k int, v string"), Write(table="t"), run_id="r1")
    write = Write(table="t", mode="merge", by=("k",), order_by=("ts",), schema_change=True)
    tables.publish(frame([(1, 1, "b")], COLUMNS), write, run_id="r2")
    assert rows("t") == [(1, "b", 1)]


def test_a_frame_without_the_order_column_is_refused(tables, frame):
    with pytest.raises(SchemaChanged, match="needs column `ts`"):
        tables.publish(frame([(1, "a")], "k int, v string"), MERGE, run_id="r1")


def test_without_order_the_message_names_it(tables, frame):
    write = Write(table="t", mode="merge", by=("k",))
    with pytest.raises(BadData, match='order_by="updated_at"'):
        tables.publish(frame([(1, 1, "a"), (1, 2, "b")], COLUMNS), write, run_id="r1")


def test_a_micro_batch_keeps_the_newest_rows(tables, frame, rows):
    for number, values in enumerate([[(1, 1, "a"), (1, 2, "b")], [(1, 3, "d"), (1, 2, "c")], [(1, 1, "e")]]):
        batch = MicroBatch(stream="s", number=number)
        staged = tables.staging.stage(frame(values, COLUMNS), StagedPart("r1", "t"), write=MERGE)
        tables.publish(staged, MERGE, run_id="r1", staged=StagedPart("r1", "t"), batch=batch)
    assert rows("t") == [(1, 3, "d")]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("date'+10000-01-01'", "'+10000-01-01'"),
        ("timestamp_ntz'-0044-03-15 12:00:00'", "'-0044-03-15T12:00:00'"),
        ("timestamp'0000-12-31 22:00:00'", "'0000-12-31T22:00:00'"),
        ("named_struct('day', date'+10000-01-01')", "Row(day='+10000-01-01')"),
    ],
)
def test_a_repeated_key_is_shown_whatever_its_date(tables, spark, value, shown):
    repeated = spark.sql(f"SELECT {value} AS k, id AS n FROM range(2)")
    with pytest.raises(BadData) as raised:
        tables.publish(repeated, Write(table="t", mode="merge", by=("k",)), run_id="r1")
    assert f"2 rows with the key {{'k': {shown}}}" in str(raised.value)
