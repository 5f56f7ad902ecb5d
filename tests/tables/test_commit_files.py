"""Staged files become files of the table, and leave the same table as Spark's own write of the same frames."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from sparkops.errors import BadData
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.write import Write
from sparkops.tables import Tables
from sparkops.tables.staging.staged_file import list_staged_files

pytestmark = pytest.mark.spark

FOURTH, FIFTH = date(2013, 7, 4), date(2013, 7, 5)
BY_DAY = Write(table="t", mode="replace", by=("day",), partition_by=("day",))


@pytest.fixture(params=["staged files", pytest.param("temporary files", marks=pytest.mark.slow), "Spark"])
def publish(request, spark, make_settings):
    """Return a function that stages and publishes a frame: by its files, by new files, or by Spark."""
    by_spark, staged_files = request.param == "Spark", request.param == "staged files"
    tables = Tables(spark, make_settings(commits="spark" if by_spark else "auto"))

    def stage_and_publish(frame, write, run_id, **values):
        part = StagedPart(run_id, write.table)
        staged = tables.staging.stage(frame, part, write=write)
        return tables.publish(
            staged, write, run_id=run_id, values=values, staged=part if staged_files else None
        )

    stage_and_publish.by_spark = by_spark  # type: ignore[attr-defined]
    return stage_and_publish


def engine(tmp_path, table, version):
    log = tmp_path / "warehouse" / table / "_delta_log" / f"{version:020}.json"
    [info] = [json.loads(line)["commitInfo"] for line in log.read_text().splitlines() if "commitInfo" in line]
    return info["engineInfo"].split(":")[0]


def test_every_mode_leaves_the_same_table_and_the_same_facts(publish, tables, frame, rows, tmp_path):
    overwrite, append = Write(table="t"), Write(table="t", mode="append")
    done = [
        publish(frame(), overwrite, "r1"),
        publish(frame([(FIFTH, "DL", None)]), append, "r2"),
        publish(frame([]), append, "r3"),
        publish(frame([(FOURTH, "B6", 1.5)]), overwrite, "r4"),
    ]
    assert [(each.version, each.rows, each.already_published) for each in done] == [
        (0, 3, False),
        (1, 1, False),
        (2, 0, False),
        (3, 1, False),
    ]
    assert rows("t") == [(FOURTH, "B6", 1.5)]
    assert len(rows("t", at=1)) == 4
    newest = tables.read_history("t")[0]
    assert (newest.version, newest.run_id, newest.rows) == (3, "r4", 1)
    assert publish(frame(), overwrite, "r4").already_published
    assert engine(tmp_path, "t", 3) == (
        "Apache-Spark/4.1.4 Delta-Lake/4.4.0" if publish.by_spark else "delta-rs"
    )


def test_partitions_are_replaced_by_name_or_by_what_the_frame_holds(publish, frame, rows):
    publish(frame(), BY_DAY, "r1")
    publish(frame([(FIFTH, "DL", 1.0)]), BY_DAY, "r2", day=FIFTH)
    assert rows("t") == [(FOURTH, "AA", 5.0), (FOURTH, "UA", 3.0), (FIFTH, "DL", 1.0)]
    publish(frame([(FOURTH, "B6", 2.0)]), BY_DAY, "r3")
    assert rows("t") == [(FOURTH, "B6", 2.0), (FIFTH, "DL", 1.0)]
    publish(frame([]), BY_DAY, "r4", day=FIFTH)
    assert rows("t") == [(FOURTH, "B6", 2.0)]
    with pytest.raises(BadData, match="returned a row outside of that"):
        publish(frame(), BY_DAY, "r5", day=FOURTH)


def test_a_partition_may_be_named_by_any_text_or_none(publish, frame, tables):
    write = Write(table="t", partition_by=("k",))
    texts = ["a/b", "x=y", "50%", "naïve ☃", " ", "a b+c", None]
    publish(frame([(text, 1) for text in texts], "k string, n int"), write, "r1")
    stored = [tuple(row) for row in tables.read(tables.pin("t")).collect()]
    assert len(stored) == len(texts)
    assert set(stored) == {(text, 1) for text in texts}


def test_spark_continues_with_a_table_of_committed_files_as_with_its_own(
    tables, frame, rows, spark, tmp_path
):
    from delta.tables import DeltaTable

    tables.publish(
        tables.staging.stage(frame(), StagedPart("r1", "t")),
        Write(table="t"),
        run_id="r1",
        staged=StagedPart("r1", "t"),
    )
    folder = str(tmp_path / "warehouse" / "t")
    table = DeltaTable.forPath(spark, folder)
    table.delete("carrier = 'AA'")
    tables.publish(
        frame([(FOURTH, "UA", 9.0), (FIFTH, "B6", 1.0)]),
        Write(table="t", mode="merge", by=("day", "carrier")),
        run_id="r2",
    )
    table.optimize().executeCompaction()
    assert rows("t") == [(FOURTH, "UA", 9.0), (FIFTH, "B6", 1.0), (FIFTH, "UA", 7.0)]
    assert len(rows("t", at=0)) == 3
    tables.restore("t", 0)
    assert len(rows("t")) == 3


def test_readers_that_skip_files_by_their_statistics_lose_no_row(tables, frame, spark, tmp_path):
    nan = float("nan")
    schema = "x double, s string, d date, m decimal(10, 2), n int"
    values = [
        (nan, "z" * 400, FOURTH, Decimal(1), None),
        (-1.0, "a", FIFTH, Decimal(-5), 3),
        (None, None, None, None, 4),
    ]
    staged = tables.staging.stage(frame(values, schema).repartition(3), StagedPart("r1", "t"))
    tables.publish(staged, Write(table="t"), run_id="r1", staged=StagedPart("r1", "t"))
    table = spark.read.format("delta").load(str(tmp_path / "warehouse" / "t"))
    assert table.where("x > 5").count() == 1, "NaN is Spark's greatest number"
    assert table.where("s > 'b'").count() == 1
    assert table.where("d = DATE '2013-07-05'").count() == 1
    assert table.where("m < 0").count() == 1
    assert table.where("n IS NULL").count() == 1
    assert table.where("x < 0").count() == 1


@pytest.mark.parametrize(
    ("delay", "settings"),
    [
        ("DOUBLE NOT NULL", ""),
        ("DOUBLE", "TBLPROPERTIES (delta.enableChangeDataFeed = true)"),
        ("DOUBLE", "TBLPROPERTIES (delta.columnMapping.mode = 'name')"),
        ("DOUBLE", "TBLPROPERTIES (delta.enableDeletionVectors = true)"),
    ],
    ids=["not null", "change data feed", "column mapping", "deletion vectors"],
)
def test_a_table_with_rules_or_features_is_left_to_spark(
    tables, frame, rows, spark, tmp_path, delay, settings
):
    folder = tmp_path / "warehouse" / "t"
    spark.sql(
        f"CREATE TABLE delta.`{folder}` (day DATE, carrier STRING, delay {delay}) USING delta {settings}"
    )
    staged = tables.staging.stage(frame(), StagedPart("r1", "t"))
    done = tables.publish(staged, Write(table="t"), run_id="r1", staged=StagedPart("r1", "t"))
    assert (done.rows, len(rows("t"))) == (3, 3)
    assert engine(tmp_path, "t", done.version).startswith("Apache-Spark")


def test_a_link_of_a_killed_attempt_is_replaced_by_the_next(tables, frame, rows, tmp_path):
    staged = tables.staging.stage(frame(), StagedPart("r1", "t"))
    [file] = list_staged_files(tmp_path / "warehouse" / "_staging" / "r1" / "t", staged.columns)
    folder = tmp_path / "warehouse" / "t"
    folder.mkdir()
    (folder / f"00000-{file.path.name}").write_bytes(b"half")
    assert tables.publish(staged, Write(table="t"), run_id="r1", staged=StagedPart("r1", "t")).rows == 3
    tables.staging.discard("r1")
    assert len(rows("t")) == 3, "the table's files are its own"


def test_a_commit_that_loses_against_another_writer_leaves_no_file(tables, frame, tmp_path):
    from sparkops.errors import TableBusy
    from sparkops.tables.backends.deltars.commit_files import FileCommit
    from sparkops.tables.backends.deltars.support import open_if_supported
    from sparkops.tables.log.commit_info import WriteId

    tables.publish(frame(), Write(table="t"), run_id="r1")
    folder = tmp_path / "warehouse" / "t"
    stale = open_if_supported(folder)
    tables.publish(frame(), Write(table="t"), run_id="r2")
    before = {file.name for file in folder.glob("*.parquet")}
    staged = tables.staging.stage(frame(), StagedPart("r3", "t"))
    files = list_staged_files(tmp_path / "warehouse" / "_staging" / "r3" / "t", staged.columns)
    with pytest.raises(TableBusy, match="changed by another writer"):
        FileCommit(files, Write(table="t"), WriteId("r3")).add_to(stale, folder)
    assert {file.name for file in folder.glob("*.parquet")} == before
