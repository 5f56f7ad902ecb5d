import shutil
from datetime import UTC, datetime, timedelta

import pytest

from sparkops.errors import EngineError, InputError, UnknownName, VersionGone
from sparkops.pipeline.write import Write
from sparkops.tables import Tables

pytestmark = pytest.mark.spark


@pytest.fixture
def three(tables, frame):
    """A table with three versions, and the log's folder."""
    for number in range(3):
        tables.publish(frame([(f"v{number}",)], "k string"), Write(table="t"), run_id=f"r{number}")
    return tables


def test_two_reads_of_one_pin_see_one_version(three, frame, rows):
    pin = three.pin("t")
    three.publish(frame([("later",)], "k string"), Write(table="t"), run_id="r9")
    assert [r.k for r in three.read(pin).collect()] == ["v2"]
    assert rows("t", at=0) == [("v0",)]


def test_pins_of_local_tables_need_no_spark(three, make_settings):
    light = Tables(None, make_settings())
    assert light.pin("t") == three.pin("t")
    assert light.pin("t", at=1).version == 1
    assert light.count("t", at=1) == 1
    assert light.schema("t") == (("k", "string"),)
    assert [t.name for t in light.list()] == ["t"]
    with pytest.raises(EngineError, match="needs Spark"):
        light.read(light.pin("t"))


def test_the_pin_from_the_log_is_the_pin_from_spark(three, spark):
    from sparkops.tables.catalog import Catalog
    from sparkops.tables.log.delta_log import _history_by_spark, _tip_by_spark, history, tip
    from sparkops.tables.session import Session

    session, location = Session(spark), Catalog(three._catalog.settings).locate("t")
    ours, theirs = tip(location, session), _tip_by_spark(location, session, None)
    assert (ours.version, ours.identity, ours.partition_by) == (
        theirs.version,
        theirs.identity,
        theirs.partition_by,
    )
    assert ours.schema == theirs.schema
    mine, its = history(location, session), _history_by_spark(location, session, None)
    assert [(c.version, c.operation, c.rows, c.run_id) for c in mine] == [
        (c.version, c.operation, c.rows, c.run_id) for c in its
    ]
    assert all(abs(a.time - b.time) < timedelta(seconds=5) for a, b in zip(mine, its, strict=True))


def test_a_version_that_never_was_is_told_with_those_that_are(three):
    with pytest.raises(UnknownName, match=r"No version `7` in table `t`. Known: 0 to 2."):
        three.pin("t", at=7)


def test_a_moment_means_the_version_of_that_moment(three):
    times = [c.time for c in reversed(three.history("t"))]
    assert three.pin("t", as_of=times[1]).version == 1
    assert three.pin("t", as_of=times[1].replace(tzinfo=None)).version == 1
    assert three.pin("t", as_of=times[2] - timedelta(microseconds=1)).version == 1
    assert three.pin("t", as_of=datetime.now(UTC) + timedelta(days=1)).version == 2
    with pytest.raises(InputError, match="its first version is of"):
        three.pin("t", as_of=times[0] - timedelta(seconds=1))


def test_a_vacuumed_version_is_told_before_it_is_read(three, spark):
    spark.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    try:
        from delta.tables import DeltaTable

        DeltaTable.forPath(spark, three.pin("t").location).vacuum(0)
    finally:
        spark.conf.unset("spark.databricks.delta.retentionDurationCheck.enabled")
    with pytest.raises(VersionGone, match=r"Version 0 of table `t` can no longer be read.*VACUUM"):
        three.pin("t", at=0)
    with pytest.raises(VersionGone, match="Version 0"):
        three.restore("t", 0)
    assert three.pin("t").version == 4  # vacuum commits its own start and end


def test_a_log_that_was_cleaned_up_says_what_can_still_be_read(three, spark, tmp_path):
    location = str(tmp_path / "warehouse" / "t")
    spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, location).checkpoint()
    log = tmp_path / "warehouse" / "t" / "_delta_log"
    for version in (0, 1):
        for file in log.glob(f"*{version:020}*"):
            file.unlink()
    with pytest.raises(
        VersionGone, match=r"Version 1 of table `t` is no longer kept.*Versions 2 can be read"
    ):
        three.pin("t", at=1)
    (log / f"{2:020}.crc").unlink(missing_ok=True)
    pin = three.pin("t")  # now only the checkpoint knows the columns
    assert pin.version == 2
    assert three.count("t") == 1


def test_a_table_made_anew_is_not_the_pinned_one(three, frame, tmp_path):
    pin = three.pin("t")
    shutil.rmtree(tmp_path / "warehouse" / "t")
    three.publish(frame([("new",)], "k string"), Write(table="t"), run_id="r8")
    with pytest.raises(VersionGone, match="made anew"):
        three.read(pin)


def test_an_unknown_table_is_told_with_close_ones(three):
    with pytest.raises(UnknownName, match=r"No table `tt` in the catalog. Did you mean `t`\?"):
        three.pin("tt")


def test_a_listed_table_that_no_job_made_says_what_to_do(spark, make_settings):
    tables = Tables(spark, make_settings(tables={"weather": {"description": "Hourly"}}))
    with pytest.raises(UnknownName, match="not made yet: run the job that writes it"):
        tables.pin("weather")
    assert not tables.info("weather").exists
