from datetime import date

import pytest

from sparkops.errors import BadData, InputError, SchemaChanged, TableError
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.table import MicroBatch
from sparkops.pipeline.write import Write
from sparkops.tables import Tables

pytestmark = pytest.mark.spark

FOURTH, FIFTH = date(2013, 7, 4), date(2013, 7, 5)
BY_DAY = Write(table="flights", mode="replace", by=("day",))


@pytest.fixture
def tables(spark, make_settings):
    """Return the tables of a project whose commits are all Spark's; test_commit_files covers those of delta-rs."""
    return Tables(spark, make_settings(commits="spark"))


def test_a_new_table_has_the_published_rows_and_reports_them(tables, frame, rows):
    done = tables.publish(frame(), Write(table="flights"), run_id="r1")
    assert (done.table, done.version, done.rows, done.already_published) == ("flights", 0, 3, False)
    assert len(rows("flights")) == 3
    pin = tables.pin("flights")
    assert (pin.version, pin.identity, pin.schema_hash) == (0, done.identity, done.schema_hash)


def test_overwrite_leaves_only_the_new_rows(tables, frame, rows):
    tables.publish(frame(), Write(table="flights"), run_id="r1")
    done = tables.publish(frame([(FIFTH, "DL", 1.0)]), Write(table="flights"), run_id="r2")
    assert (done.version, done.rows) == (1, 1)
    assert rows("flights") == [(FIFTH, "DL", 1.0)]


@pytest.mark.matrix(every=2)
@pytest.mark.parametrize(
    "write",
    [
        Write(table="flights"),
        Write(table="flights", mode="append"),
        BY_DAY,
        Write(table="flights", mode="merge", by=("day", "carrier")),
    ],
)
def test_a_retried_run_writes_once_in_every_mode(tables, frame, rows, write):
    tables.publish(frame(), Write(table="flights"), run_id="r0")
    first = tables.publish(frame([(FOURTH, "DL", 1.0)]), write, run_id="r1")
    after = rows("flights")
    tables.publish(frame([(FIFTH, "B6", 2.0)]), Write(table="flights", mode="append"), run_id="r2")
    again = tables.publish(frame([(FOURTH, "DL", 1.0)]), write, run_id="r1")
    assert (again.version, again.rows, again.already_published) == (first.version, first.rows, True)
    assert rows("flights") == sorted([*after, (FIFTH, "B6", 2.0)])
    assert rows("flights", at=first.version) == after


@pytest.mark.parametrize(
    "write",
    [Write(table="flights", mode="append"), Write(table="flights", mode="merge", by=("day", "carrier"))],
)
def test_a_micro_batch_is_written_once_whichever_run_computes_it(tables, frame, rows, write):
    tables.publish(frame(), Write(table="flights"), run_id="r0")
    news = frame([(FOURTH, "DL", 1.0)])
    first = tables.publish(news, write, run_id="r1", batch=MicroBatch(stream="s", number=0))
    after = rows("flights")
    again = tables.publish(news, write, run_id="r2", batch=MicroBatch(stream="s", number=0))
    assert (again.version, again.already_published, rows("flights")) == (first.version, True, after)
    later = tables.publish(
        frame([(FIFTH, "B6", 2.0)]), write, run_id="r2", batch=MicroBatch(stream="s", number=1)
    )
    other = tables.publish(
        frame([(FIFTH, "AA", 2.0)]), write, run_id="r3", batch=MicroBatch(stream="t", number=0)
    )
    assert not later.already_published
    assert not other.already_published
    commits = {commit.version: commit for commit in tables.read_history("flights")}
    assert (commits[first.version].run_id, commits[later.version].batch) == (
        "r1",
        MicroBatch(stream="s", number=1),
    )


@pytest.mark.parametrize("commits", ["spark", "auto"])
def test_delta_itself_refuses_the_second_write_of_a_run(spark, make_settings, frame, tmp_path, commits):
    # The log no longer names the run of its commit; Delta still knows the transaction.
    tables, write = Tables(spark, make_settings(commits=commits)), Write(table="flights", mode="append")
    tables.publish(frame(), write, run_id="r1")
    log = tmp_path / "warehouse" / "flights" / "_delta_log"
    commit = log / f"{0:020}.json"
    commit.write_text(commit.read_text().replace("sparkops_run", "someone_else"))
    for name in (f".{0:020}.json.crc", f"{0:020}.crc", f".{0:020}.crc.crc"):
        (log / name).unlink(missing_ok=True)
    again = tables.publish(frame(), write, run_id="r1")
    assert again.already_published
    assert tables.count("flights") == 3


def test_the_commit_names_its_run(tables, frame):
    tables.publish(frame(), Write(table="flights"), run_id="r1")
    tables.publish(frame(), Write(table="flights", mode="append"), run_id="r2")
    assert [(c.version, c.run_id, c.rows) for c in tables.read_history("flights")] == [
        (1, "r2", 3),
        (0, "r1", 3),
    ]
    published = tables.find_published("flights", "r1")
    assert published is not None
    assert (published.version, published.already_published) == (0, True)
    assert tables.find_published("flights", "r9") is None


def test_replace_touches_only_the_slice_its_parameter_names(tables, frame, rows):
    tables.publish(frame(), Write(table="flights"), run_id="r1")
    done = tables.publish(frame([(FOURTH, "DL", 1.0)]), BY_DAY, run_id="r2", values={"day": FOURTH})
    assert done.rows == 1
    assert rows("flights") == [(FOURTH, "DL", 1.0), (FIFTH, "UA", 7.0)]


def test_a_slice_that_became_empty_is_emptied(tables, frame, rows):
    tables.publish(frame(), Write(table="flights"), run_id="r1")
    tables.publish(frame([]), BY_DAY, run_id="r2", values={"day": FOURTH})
    assert rows("flights") == [(FIFTH, "UA", 7.0)]


@pytest.mark.parametrize("exists", [True, False])
def test_a_row_outside_the_slice_is_refused_and_nothing_is_written(tables, frame, exists):
    if exists:
        tables.publish(frame(), Write(table="flights"), run_id="r1")
    with pytest.raises(BadData, match=r"`day` = DATE '2013-07-04'.*datetime.date\(2013, 7, 5\)"):
        tables.publish(frame(), BY_DAY, run_id="r2", values={"day": FOURTH})
    assert tables.describe("flights").version == (0 if exists else None)


def test_replace_without_its_parameter_replaces_the_values_in_the_frame(tables, frame, rows):
    tables.publish(frame(), Write(table="flights"), run_id="r1")
    tables.publish(frame([(FOURTH, "DL", 1.0)]), BY_DAY, run_id="r2", values={"day": None})
    assert rows("flights") == [(FOURTH, "DL", 1.0), (FIFTH, "UA", 7.0)]
    empty = tables.publish(frame([]), BY_DAY, run_id="r3")
    assert empty.rows == 0
    assert len(rows("flights")) == 2


def test_partitions_are_replaced_completely_and_the_others_remain(tables, frame, rows):
    write = Write(table="flights", mode="replace", by=("day",), partition_by=("day",))
    tables.publish(frame(), write, run_id="r1")
    tables.publish(frame([(FOURTH, "DL", 1.0)]), write, run_id="r2")
    assert rows("flights") == [(FOURTH, "DL", 1.0), (FIFTH, "UA", 7.0)]


@pytest.mark.slow
def test_a_slice_may_be_named_by_any_text(tables, frame, rows):
    names = ["O'Hare", 'a"b', "back\\slash", "${x}", "", "naïve ☃", "x' OR '1'='1"]
    write, columns = Write(table="t", mode="replace", by=("k",)), "k string, n int"
    before = [*((name, 1) for name in names), ("other", 2)]
    tables.publish(frame(before, columns), Write(table="t"), run_id="r0")
    for run, name in enumerate(names, start=1):
        tables.publish(frame([(name, 3)], columns), write, run_id=f"r{run}", values={"k": name})
    assert rows("t") == sorted([*((name, 3) for name in names), ("other", 2)])


def test_merge_updates_present_keys_and_inserts_the_others_with_null_as_a_key(tables, frame, rows, spark):
    merged = Write(table="t", mode="merge", by=("k",))
    tables.publish(frame([("a", 1), (None, 2), ("c", 3)], "k string, n int"), merged, run_id="r1")
    done = tables.publish(frame([("a", 10), (None, 20), ("d", 40)], "k string, n int"), merged, run_id="r2")
    assert done.rows == 3
    assert {tuple(r) for r in tables.read(tables.pin("t")).collect()} == {
        ("a", 10),
        (None, 20),
        ("c", 3),
        ("d", 40),
    }
    assert spark.conf.get("spark.databricks.delta.write.txnAppId", "unset") == "unset"
    assert spark.conf.get("spark.databricks.delta.commitInfo.userMetadata", "unset") == "unset"


def test_a_duplicate_merge_key_is_refused(tables, frame):
    with pytest.raises(BadData, match=r"merged on `k`.*2 rows with the key \{'k': 'a'\}"):
        tables.publish(
            frame([("a", 1), ("a", 2)], "k string, n int"),
            Write(table="t", mode="merge", by=("k",)),
            run_id="r1",
        )


@pytest.mark.parametrize("mode", ["overwrite", "append", "replace", "merge"])
def test_a_schema_change_is_refused_naming_the_columns_both_ways(tables, frame, mode):
    tables.publish(frame(), Write(table="flights"), run_id="r1")
    other = frame([(FOURTH, 1, "x")], "day date, carrier int, note string")
    with pytest.raises(SchemaChanged) as refused:
        tables.publish(other, Write(table="flights", mode=mode, by=("day",)), run_id="r2")
    text = str(refused.value)
    assert "`delay` double is missing" in text
    assert "`note` string is new" in text
    assert "`carrier` is string in the table and int now" in text
    assert tables.describe("flights").version == 0


def test_an_allowed_change_takes_the_new_columns_when_the_table_is_overwritten(tables, frame):
    tables.publish(frame(), Write(table="flights"), run_id="r1")
    other = frame([(FOURTH, 1)], "day date, carrier int")
    tables.publish(other, Write(table="flights", schema_change=True), run_id="r2")
    assert tables.read_schema("flights") == (("day", "date"), ("carrier", "int"))
    assert tables.read_schema("flights", at=0)[1] == ("carrier", "string")


@pytest.mark.parametrize("mode", ["append", "replace", "merge"])
def test_an_allowed_change_may_add_columns_to_rows_that_stay(tables, frame, rows, mode):
    tables.publish(frame([("a", 1), ("b", 2)], "k string, n int"), Write(table="t"), run_id="r1")
    wider = frame([("c", 3, True)], "k string, n int, late boolean")
    tables.publish(wider, Write(table="t", mode=mode, by=("k",), schema_change=True), run_id="r2")
    assert rows("t") == [("a", 1, None), ("b", 2, None), ("c", 3, True)]
    with pytest.raises(SchemaChanged, match="may not change existing ones"):
        tables.publish(
            frame([("c", "x")], "k string, n string"),
            Write(table="t", mode=mode, by=("k",), schema_change=True),
            run_id="r3",
        )


def test_the_order_of_columns_does_not_matter(tables, frame, rows):
    tables.publish(frame([("a", 1)], "k string, n int"), Write(table="t"), run_id="r1")
    tables.publish(frame([(2, "b")], "n int, k string"), Write(table="t", mode="append"), run_id="r2")
    assert rows("t") == [("a", 1), ("b", 2)]


def test_columns_that_delta_cannot_store_are_refused_before_anything_is_computed(tables, spark):
    bad = spark.sql("SELECT 1 AS `a b`, NULL AS n, 2 AS x, 3 AS X")
    with pytest.raises(
        TableError, match=r"`x` is a duplicate name.*`a b` has a character.*`n` holds only nulls"
    ):
        tables.staging.stage(bad, StagedPart("r1", "t"))


def test_a_source_cannot_be_written_to(spark, make_settings, frame):
    from sparkops.tables import Tables

    tables = Tables(spark, make_settings(tables={"raw": {"path": "raw.csv", "format": "csv"}}))
    with pytest.raises(InputError, match="`raw` is a read-only source"):
        tables.publish(frame(), Write(table="raw"), run_id="r1")


def test_a_missing_key_column_is_named(tables, frame):
    with pytest.raises(SchemaChanged, match=r"needs column `month`.*it has `day`, `carrier`, `delay`"):
        tables.publish(frame(), Write(table="flights", mode="replace", by=("month",)), run_id="r1")
