"""Appends beside another writer of the table, which is not sparkops."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager

import pytest

from sparkops.errors import TableBusy
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.write import Write
from sparkops.tables import Tables

pytestmark = pytest.mark.spark

APPEND = Write(table="t", mode="append")


@pytest.fixture(params=["auto", "spark"])
def tables(request, spark, make_settings) -> Tables:
    """Return the tables of a project, with each setting of `commits`."""
    return Tables(spark, make_settings(commits=request.param))


@contextmanager
def foreign_writer(folder):
    """Append single rows to a table by delta-rs during the block; give the numbers of those that were committed."""
    import pyarrow as pa
    from deltalake import write_deltalake

    stop, committed = threading.Event(), []

    def append():
        for number in range(1_000_000, 2_000_000):
            if stop.wait(0.02):
                return
            write_deltalake(folder, pa.table({"n": pa.array([number], pa.int32())}), mode="append")
            committed.append(number)

    thread = threading.Thread(target=append)
    thread.start()
    try:
        yield committed
    finally:
        stop.set()
        thread.join()


def test_appends_beside_another_writer_succeed_and_every_row_is_there_once(spark, make_settings, frame):
    tables = Tables(spark, make_settings(commits="auto"))
    assert append_beside_another_writer(tables, frame) == (Counter(range(9)), Counter())


@pytest.mark.slow
def test_appends_by_spark_beside_another_writer_succeed_and_their_rows_are_there_once(
    spark, make_settings, frame
):
    tables = Tables(spark, make_settings(commits="spark"))
    # On a local disk Spark may replace a commit that the other writer makes in the same instant: see
    # docs/explanation/exactly-once.md. The rows of sparkops are not affected.
    own, _ = append_beside_another_writer(tables, frame)
    assert own == Counter(range(9))


def append_beside_another_writer(tables, frame):
    """Return how often each row of sparkops is in the table, and the difference of the other writer's rows."""
    tables.publish(frame([(0,)], "n int"), APPEND, run_id="r0")
    with foreign_writer(tables.describe("t").location) as committed:
        for number in range(1, 9):
            staged = tables.staging.stage(
                frame([(number,)], "n int"), StagedPart(f"r{number}", "t"), write=APPEND
            )
            tables.publish(staged, APPEND, run_id=f"r{number}", staged=StagedPart(f"r{number}", "t"))
    stored = Counter(row.n for row in tables.read(tables.pin("t")).collect())
    own = Counter({number: count for number, count in stored.items() if number < 1_000_000})
    foreign = stored - own
    return own, (foreign - Counter(committed)) + (Counter(committed) - foreign)


def test_several_writers_may_create_the_table_at_the_same_time(tables, frame):
    errors = []

    def append(number):
        try:
            staged = tables.staging.stage(
                frame([(number,)], "n int"), StagedPart(f"r{number}", "t"), write=APPEND
            )
            tables.publish(staged, APPEND, run_id=f"r{number}", staged=StagedPart(f"r{number}", "t"))
        except Exception as error:  # noqa: BLE001 - reported by the assertion
            errors.append(error)

    threads = [threading.Thread(target=append, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(row.n for row in tables.read(tables.pin("t")).collect()) == [0, 1, 2, 3]


def test_an_append_whose_table_got_other_columns_is_checked_again(tables, frame):
    tables.publish(frame([(0,)], "n int"), APPEND, run_id="r0")
    staged = tables.staging.stage(frame([(1,)], "n int"), StagedPart("r1", "t"), write=APPEND)
    wider = Write(table="t", schema_change=True)
    tables.publish(frame([(2, "x")], "n int, s string"), wider, run_id="r2")
    with pytest.raises(Exception, match="`s` string is missing") as raised:
        tables.publish(staged, APPEND, run_id="r1", staged=StagedPart("r1", "t"))
    assert not isinstance(raised.value, TableBusy)
