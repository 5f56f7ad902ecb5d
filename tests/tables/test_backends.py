"""What every backend does with a table: one suite, which delta-rs and Spark pass alike."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sparkops.errors import BadData, SchemaChanged, TableBusy, TableError
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.table import MicroBatch
from sparkops.pipeline.write import Write
from sparkops.tables import Tables
from sparkops.tables.backends.deltars.backend import DeltaRsBackend
from sparkops.tables.backends.protocol import (
    Restore,
    RowBatch,
    RowQuery,
    TableBackend,
    TableWrite,
    UnsupportedOperation,
)
from sparkops.tables.backends.replaced_slice import ReplacedSlice
from sparkops.tables.backends.selection import run_on_backend
from sparkops.tables.backends.spark.backend import SparkBackend
from sparkops.tables.catalog import Catalog, Location
from sparkops.tables.log.commit_info import WriteId, format_user_metadata
from sparkops.tables.log.delta_log import find_version, read_history
from sparkops.tables.session import Session
from sparkops.tables.staging.stage import Staging

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

pytestmark = pytest.mark.spark

FOURTH, FIFTH = date(2013, 7, 4), date(2013, 7, 5)
NOON = datetime(2013, 7, 4, 12, tzinfo=UTC)
BATCH = RowBatch(
    columns={
        "id": "bigint",
        "name": "string",
        "score": "double",
        "ok": "boolean",
        "size": "int",
        "at": "timestamp",
    },
    rows=[
        {"id": 1, "name": "a", "score": 1.5, "ok": True, "size": 3, "at": NOON},
        {"id": 2, "name": "b", "score": None, "ok": False, "size": None, "at": NOON},
        {"id": 2, "name": "b", "score": None, "ok": False, "size": None, "at": NOON},
    ],
)


@pytest.fixture
def session(spark) -> Session:
    return Session(spark)


@pytest.fixture
def catalog(make_settings) -> Catalog:
    return Catalog(make_settings())


@pytest.fixture
def location(catalog) -> Location:
    return catalog.locate("t")


@pytest.fixture(params=["delta-rs", "Spark"])
def backend(request, location, session) -> TableBackend:
    """Return each backend of the table `t`."""
    return SparkBackend(location, session) if request.param == "Spark" else DeltaRsBackend(location)


@pytest.fixture
def write(backend, catalog, location, session) -> Callable[..., None]:
    """Return a function that stages a frame and writes it into the table with the backend."""

    def stage_and_write(frame: DataFrame, write: Write, write_id: WriteId, **parameters: Any) -> None:
        staging, part = Staging(catalog, session), StagedPart(write_id.run_id, "t")
        staged = staging.stage(frame, part, partition_by=write.partition_by)
        replaced = (
            ReplacedSlice.from_parameters(write.by, parameters, staged) if write.mode == "replace" else None
        )
        backend.write(
            TableWrite(
                frame=staged,
                write=write,
                write_id=write_id,
                before=find_version(location, session),
                replaced=replaced,
                open_files=lambda _: nullcontext(staging.find_local_folder(part)),
            )
        )

    return stage_and_write


@pytest.fixture
def read(spark, location) -> Callable[[], list[tuple[Any, ...]]]:
    """Return a function that reads the table with Spark, whichever backend wrote it."""
    return lambda: sorted(tuple(row) for row in spark.read.format("delta").load(location.address).collect())


def test_overwrite_replaces_all_rows(write, frame, read):
    write(frame(), Write(table="t"), WriteId("r1"))
    assert len(read()) == 3
    write(frame([(FIFTH, "DL", None)]), Write(table="t"), WriteId("r2"))
    assert read() == [(FIFTH, "DL", None)]


def test_append_adds_rows(write, frame, read):
    write(frame([(FOURTH, "UA", 1.0)]), Write(table="t", mode="append"), WriteId("r1"))
    write(frame([(FIFTH, "DL", 2.0)]), Write(table="t", mode="append"), WriteId("r2"))
    write(frame([]), Write(table="t", mode="append"), WriteId("r3"))
    assert read() == [(FOURTH, "UA", 1.0), (FIFTH, "DL", 2.0)]


def test_the_partitions_of_a_new_table_are_those_of_the_write(write, frame, read, location, session):
    partitioned = Write(table="t", partition_by=("day",))
    write(frame(), partitioned, WriteId("r1"))
    version = find_version(location, session)
    assert version is not None
    assert version.partition_by == ("day",)
    write(frame([(FIFTH, "DL", 2.0)]), partitioned, WriteId("r2"))
    assert read() == [(FIFTH, "DL", 2.0)]


def test_replace_touches_only_the_partition_of_its_parameter(write, frame, read):
    by_day = Write(table="t", mode="replace", by=("day",), partition_by=("day",))
    write(frame(), by_day, WriteId("r1"))
    write(frame([(FOURTH, "DL", 1.0)]), by_day, WriteId("r2"), day=FOURTH)
    assert read() == [(FOURTH, "DL", 1.0), (FIFTH, "UA", 7.0)]
    write(frame([]), by_day, WriteId("r3"), day=FOURTH)
    assert read() == [(FIFTH, "UA", 7.0)]


def test_replace_without_parameter_replaces_the_partitions_in_the_frame(write, frame, read):
    by_day = Write(table="t", mode="replace", by=("day",), partition_by=("day",))
    write(frame(), by_day, WriteId("r1"))
    write(frame([(FIFTH, "DL", 1.0)]), by_day, WriteId("r2"))
    assert read() == [(FOURTH, "AA", 5.0), (FOURTH, "UA", 3.0), (FIFTH, "DL", 1.0)]


def test_a_table_returns_to_a_version_or_becomes_empty(write, frame, read, backend, location, session):
    by_day = Write(table="t", mode="replace", by=("day",), partition_by=("day",))
    write(frame(), by_day, WriteId("r1"))
    write(frame([(FOURTH, "DL", 1.0)]), by_day, WriteId("r2"), day=FOURTH)
    backend.restore(Restore(version=0, newest=1, write_id=WriteId("undo")))
    assert read() == [(FOURTH, "AA", 5.0), (FOURTH, "UA", 3.0), (FIFTH, "UA", 7.0)]
    backend.restore(Restore(version=None, newest=2, write_id=WriteId("empty")))
    assert read() == []
    backend.restore(Restore(version=1, newest=3, write_id=None))
    assert read() == [(FOURTH, "DL", 1.0), (FIFTH, "UA", 7.0)]
    runs = [commit.run_id for commit in read_history(location, session)]
    assert runs == [None, "empty", "undo", "r2", "r1"]


def test_a_version_that_is_not_the_newest_is_not_replaced(write, frame, read, backend):
    write(frame([(FOURTH, "UA", 1.0)]), Write(table="t", mode="append"), WriteId("r1"))
    write(frame([(FIFTH, "DL", 2.0)]), Write(table="t", mode="append"), WriteId("r2"))
    with pytest.raises(TableBusy, match="changed at the same time"):
        backend.restore(Restore(version=0, newest=0, write_id=WriteId("undo")))
    assert len(read()) == 2


def test_a_slice_that_is_not_a_partition_is_replaced_or_refused(write, frame, read, backend):
    by_carrier = Write(table="t", mode="replace", by=("carrier",))
    write(frame(), Write(table="t"), WriteId("r1"))
    replacement = frame([(FOURTH, "UA", 1.0)])
    if isinstance(backend, DeltaRsBackend):
        with pytest.raises(UnsupportedOperation, match="not a whole partition"):
            write(replacement, by_carrier, WriteId("r2"))
        assert len(read()) == 3
    else:
        write(replacement, by_carrier, WriteId("r2"))
        assert read() == [(FOURTH, "AA", 5.0), (FOURTH, "UA", 1.0)]


def test_merge_into_an_existing_table_updates_and_inserts_or_is_refused(write, frame, read, backend):
    merge = Write(table="t", mode="merge", by=("day", "carrier"))
    write(frame(), merge, WriteId("r1"))
    update = frame([(FOURTH, "UA", 9.0), (FIFTH, "B6", 1.0)])
    if isinstance(backend, DeltaRsBackend):
        with pytest.raises(UnsupportedOperation, match="delta-rs does not merge"):
            write(update, merge, WriteId("r2"))
        assert len(read()) == 3
    else:
        write(update, merge, WriteId("r2"))
        assert read() == [(FOURTH, "AA", 5.0), (FOURTH, "UA", 9.0), (FIFTH, "B6", 1.0), (FIFTH, "UA", 7.0)]


@pytest.mark.parametrize("batch", [None, MicroBatch(stream="s", number=4)], ids=["run", "micro-batch"])
def test_a_write_that_the_table_has_is_not_made_again(write, frame, read, batch):
    append = Write(table="t", mode="append")
    write(frame(), append, WriteId("r1", batch))
    # delta-rs leaves the repeated write to Spark, which writes nothing
    try:
        write(frame(), append, WriteId("r1", batch))
    except UnsupportedOperation as unsupported:
        assert "has this write already" in str(unsupported)
    assert len(read()) == 3


def test_a_later_micro_batch_of_the_same_stream_is_written(write, frame, read):
    append = Write(table="t", mode="append")
    for number in (0, 1):
        write(
            frame([(FOURTH, "UA", float(number))]),
            append,
            WriteId("r1", MicroBatch(stream="s", number=number)),
        )
    assert read() == [(FOURTH, "UA", 0.0), (FOURTH, "UA", 1.0)]


def test_a_commit_records_run_micro_batch_and_rows(write, frame, location, session):
    batch = MicroBatch(stream="s", number=0)
    write(frame(), Write(table="t"), WriteId("r1"))
    write(frame([(FIFTH, "DL", 2.0)]), Write(table="t", mode="append"), WriteId("r2", batch))
    newest, oldest = read_history(location, session)
    assert (newest.version, newest.run_id, newest.batch, newest.rows) == (1, "r2", batch, 1)
    assert (oldest.version, oldest.run_id, oldest.batch, oldest.rows) == (0, "r1", None, 3)


def test_rows_are_appended_once_for_each_transaction(backend, location, session):
    for txn_version in (1, 1, 2, 1):
        backend.append_rows(BATCH, WriteId("r1"), txn_version=txn_version)
    assert len(backend.read_rows(RowQuery())) == 6
    assert [(commit.version, commit.run_id, commit.rows) for commit in read_history(location, session)] == [
        (1, "r1", 3),
        (0, "r1", 3),
    ]


def test_appended_rows_are_read_back(backend):
    backend.append_rows(BATCH, WriteId("r1"), txn_version=1)
    rows = sorted(backend.read_rows(RowQuery()), key=lambda row: row["id"])
    assert [{**row, "at": row["at"].astimezone(UTC)} for row in rows] == list(BATCH.rows)


def test_an_append_may_add_a_column(backend):
    backend.append_rows(BATCH, WriteId("r1"), txn_version=1)
    wider = RowBatch(columns={"id": "bigint", "note": "string"}, rows=[{"id": 3, "note": "x"}])
    backend.append_rows(wider, WriteId("r2"), txn_version=1)
    rows = backend.read_rows(RowQuery(columns=("id", "note")))
    assert sorted((row["id"], row["note"] or "") for row in rows) == [(1, ""), (2, ""), (2, ""), (3, "x")]


def test_rows_are_filtered_limited_and_counted(backend):
    backend.append_rows(BATCH, WriteId("r1"), txn_version=1)
    assert [row["id"] for row in backend.read_rows(RowQuery(columns=("id",), where={"name": "a"}))] == [1]
    assert len(backend.read_rows(RowQuery(limit=2))) == 2
    assert [row["id"] for row in backend.read_rows(RowQuery(where={"score": None, "name": "b"}))] == [2, 2]
    counted = backend.read_rows(RowQuery(columns=("id", "name"), count=True))
    assert sorted((row["id"], row["count"]) for row in counted) == [(1, 1), (2, 2)]


def test_a_column_that_the_table_lacks_is_null(backend):
    backend.append_rows(BATCH, WriteId("r1"), txn_version=1)
    assert backend.read_rows(RowQuery(columns=("id", "none"), where={"name": "a", "none": None})) == [
        {"id": 1}
    ]
    assert backend.read_rows(RowQuery(where={"none": "x"})) == []


def test_added_columns_are_null_until_rows_are_updated(backend, location, session):
    backend.append_rows(BATCH, WriteId("r1"), txn_version=1)
    backend.add_columns(
        {"owner": "string", "closed": "timestamp"},
        user_metadata=format_user_metadata("release-1", mode="prepare"),
    )
    assert len(backend.read_rows(RowQuery(where={"owner": None, "closed": None}))) == 3
    metadata = format_user_metadata("release-1", mode="stamp")
    backend.update_rows({"name": "b"}, {"owner": "me", "closed": NOON}, user_metadata=metadata)
    updated = backend.read_rows(RowQuery(columns=("id", "owner", "closed"), where={"owner": "me"}))
    assert [(row["id"], row["closed"].astimezone(UTC)) for row in updated] == [(2, NOON), (2, NOON)]
    backend.update_rows({"name": "b", "owner": "me"}, {"owner": None}, user_metadata=metadata)
    assert len(backend.read_rows(RowQuery(where={"owner": None}))) == 3
    commits = read_history(location, session)
    assert [(commit.run_id, commit.rows) for commit in commits[:2]] == [("release-1", 2)] * 2


def test_a_quote_in_a_condition_selects_no_other_row(backend):
    backend.append_rows(BATCH, WriteId("r1"), txn_version=1)
    hostile = "x' OR '1'='1"
    assert backend.read_rows(RowQuery(where={"name": hostile})) == []
    try:
        backend.update_rows({"name": hostile}, {"name": "z"}, user_metadata="")
    except UnsupportedOperation as unsupported:
        assert "cannot be written into a predicate" in str(unsupported)
    assert backend.read_rows(RowQuery(where={"name": "z"})) == []


# Rules hold before a backend is selected, so they refuse the same writes on both paths.


@pytest.fixture(params=["auto", "spark"])
def tables(request, spark, make_settings) -> Tables:
    """Return the tables of a project, with each setting of `commits`."""
    return Tables(spark, make_settings(commits=request.param))


@pytest.mark.parametrize("partition_by", [(), ("k",)], ids=["not partitioned", "partitioned"])
@pytest.mark.parametrize("staged", [True, False], ids=["staged", "not staged"])
def test_a_duplicate_merge_key_is_refused_in_the_first_write(tables, frame, partition_by, staged):
    write = Write(table="t", mode="merge", by=("k",), partition_by=partition_by)
    rows = frame([(1, "a"), (1, "b"), (2, "c")], "k int, v string")
    if staged:
        rows = tables.staging.stage(rows, StagedPart("r1", "t"), write=write)
    part = StagedPart("r1", "t") if staged else None
    with pytest.raises(BadData, match=r"merged on `k`, and the frame has 2 rows with the key \{'k': 1\}"):
        tables.publish(rows, write, run_id="r1", staged=part)
    assert not tables.describe("t").exists


def test_a_duplicate_merge_key_is_refused_in_a_later_write(tables, frame, rows):
    write = Write(table="t", mode="merge", by=("k",))
    tables.publish(frame([(1, "a")], "k int, v string"), write, run_id="r1")
    with pytest.raises(BadData, match=r"2 rows with the key \{'k': None\}"):
        tables.publish(frame([(None, "b"), (None, "c")], "k int, v string"), write, run_id="r2")
    assert rows("t") == [(1, "a")]


@pytest.mark.parametrize("staged", [True, False], ids=["staged", "not staged"])
def test_a_row_outside_the_slice_is_refused_and_nothing_is_written(tables, frame, rows, staged):
    by_day = Write(table="t", mode="replace", by=("day",), partition_by=("day",))
    tables.publish(frame(), by_day, run_id="r1")
    replacement = tables.staging.stage(frame(), StagedPart("r2", "t"), write=by_day) if staged else frame()
    part = StagedPart("r2", "t") if staged else None
    with pytest.raises(BadData, match="returned a row outside of that"):
        tables.publish(replacement, by_day, run_id="r2", values={"day": FOURTH}, staged=part)
    assert len(rows("t")) == 3
    assert len(tables.read_history("t")) == 1


@pytest.mark.parametrize("mode", ["overwrite", "append"])
def test_a_schema_change_is_refused_unless_it_is_allowed(tables, frame, mode):
    tables.publish(frame([(1, "a")], "k int, v string"), Write(table="t"), run_id="r1")
    wider = frame([(2, "b", True)], "k int, v string, w boolean")
    with pytest.raises(SchemaChanged, match="`w` boolean is new"):
        tables.publish(wider, Write(table="t", mode=mode), run_id="r2")
    tables.publish(wider, Write(table="t", mode=mode, schema_change=True), run_id="r2")
    assert dict(tables.read_schema("t"))["w"] == "boolean"


def test_a_type_that_delta_does_not_store_is_refused(tables, spark):
    with pytest.raises(TableError, match="`n` holds only nulls"):
        tables.publish(spark.sql("SELECT NULL AS n"), Write(table="t"), run_id="r1")


# The selection of the backend


def selected(location: Location, session: Session) -> str:
    """Return the name of the backend that appends rows to a table."""
    names: list[str] = []

    def append(backend: TableBackend) -> None:
        backend.append_rows(BATCH, WriteId("r9"), txn_version=1)
        names.append(type(backend).__name__)

    run_on_backend(location, session, append)
    return names[-1]


def test_a_local_table_is_committed_by_delta_rs(location, session):
    assert selected(location, session) == "DeltaRsBackend"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            "SET TBLPROPERTIES (delta.enableChangeDataFeed = true)",
            "changeDataFeed|enableChangeDataFeed|version 4",
        ),
        (
            "SET TBLPROPERTIES (delta.columnMapping.mode = 'name', delta.minReaderVersion = 2, delta.minWriterVersion = 5)",
            "columnMapping|version 5",
        ),
        ("ADD CONSTRAINT positive CHECK (id > 0)", "checkConstraints|constraints|version 3"),
    ],
    ids=["change data feed", "column mapping", "check constraint"],
)
def test_a_feature_of_the_table_selects_spark_and_is_logged(
    location, session, spark, caplog, statement, reason
):
    DeltaRsBackend(location).append_rows(BATCH, WriteId("r1"), txn_version=1)
    spark.sql(f"ALTER TABLE delta.`{location.address}` {statement}")
    with caplog.at_level(logging.INFO, logger="sparkops.tables"):
        assert selected(location, session) == "SparkBackend"
    [message] = [record.getMessage() for record in caplog.records if "Spark is used" in record.getMessage()]
    assert any(part in message for part in reason.split("|")), message


def test_a_generated_column_selects_spark(location, session, spark):
    spark.sql(
        f"CREATE TABLE delta.`{location.address}` (id BIGINT, name STRING, score DOUBLE, ok BOOLEAN, size INT, "
        "at TIMESTAMP, day DATE GENERATED ALWAYS AS (CAST(at AS DATE))) USING delta"
    )
    assert selected(location, session) == "SparkBackend"
    assert {row.day for row in spark.read.format("delta").load(location.address).collect()} == {FOURTH}


def test_a_catalog_table_is_left_to_spark():
    location = Location(table="t", kind="delta", name="default.sparkops_t")
    with pytest.raises(UnsupportedOperation, match="it is a catalog table"):
        DeltaRsBackend(location).read_rows(RowQuery())


def test_storage_that_is_not_local_is_left_to_spark():
    location = Location(table="t", kind="delta", path="s3a://bucket/t")
    with pytest.raises(UnsupportedOperation, match="not on the local file system"):
        DeltaRsBackend(location).append_rows(BATCH, WriteId("r1"), txn_version=1)


def test_files_that_spark_staged_elsewhere_are_left_to_spark(location, session, frame, tmp_path):
    # on Databricks and HDFS, Spark resolves a path without a scheme on another file system than Python does
    (tmp_path / "empty").mkdir()
    request = TableWrite(
        frame=frame(),
        write=Write(table="t"),
        write_id=WriteId("r1"),
        open_files=lambda _: nullcontext(None),
    )
    with pytest.raises(UnsupportedOperation, match="staged files are not on the local file system"):
        DeltaRsBackend(location).write(request)
    assert find_version(location, session) is None


def test_staged_files_that_are_not_split_by_partition_are_left_to_spark(catalog, location, session, frame):
    staging, part = Staging(catalog, session), StagedPart("r1", "t")
    request = TableWrite(
        frame=staging.stage(frame(), part),
        write=Write(table="t", partition_by=("day",)),
        write_id=WriteId("r1"),
        open_files=lambda _: nullcontext(staging.find_local_folder(part)),
    )
    with pytest.raises(UnsupportedOperation, match="not split by the partition columns"):
        DeltaRsBackend(location).write(request)
    assert find_version(location, session) is None
