import shutil
from datetime import UTC, datetime, timedelta

import pytest

from sparkops.errors import EngineError, InputError, UnknownName, VersionGone
from sparkops.pipeline.write import Write
from sparkops.tables import Tables

pytestmark = pytest.mark.spark


@pytest.fixture
def three_versions(tables, frame):
    """Publish three versions of a table; return the tables of the project."""
    for number in range(3):
        tables.publish(frame([(f"v{number}",)], "k string"), Write(table="t"), run_id=f"r{number}")
    return tables


def test_two_reads_of_one_pin_see_one_version(three_versions, frame, rows):
    pin = three_versions.pin("t")
    three_versions.publish(frame([("later",)], "k string"), Write(table="t"), run_id="r9")
    assert [r.k for r in three_versions.read(pin).collect()] == ["v2"]
    assert rows("t", at=0) == [("v0",)]


def test_pins_of_local_tables_need_no_spark(three_versions, make_settings):
    light = Tables(None, make_settings())
    assert light.pin("t") == three_versions.pin("t")
    assert light.pin("t", at=1).version == 1
    assert light.count("t", at=1) == 1
    assert light.read_schema("t") == (("k", "string"),)
    assert [t.name for t in light.list()] == ["t"]
    with pytest.raises(EngineError, match="needs Spark"):
        light.read(light.pin("t"))


def test_the_pin_from_the_log_is_the_pin_from_spark(three_versions, spark):
    from sparkops.tables.catalog import Catalog
    from sparkops.tables.log.delta_log import (
        _find_version_by_spark,
        _read_history_by_spark,
        find_version,
        read_history,
    )
    from sparkops.tables.session import Session

    session, location = Session(spark), Catalog(three_versions._catalog.settings).locate("t")
    from_log, from_spark = find_version(location, session), _find_version_by_spark(location, session, None)
    assert (from_log.version, from_log.identity, from_log.partition_by) == (
        from_spark.version,
        from_spark.identity,
        from_spark.partition_by,
    )
    assert from_log.schema == from_spark.schema
    log_history, spark_history = (
        read_history(location, session),
        _read_history_by_spark(location, session, None),
    )
    assert [(c.version, c.operation, c.rows, c.run_id) for c in log_history] == [
        (c.version, c.operation, c.rows, c.run_id) for c in spark_history
    ]
    assert all(
        abs(a.time - b.time) < timedelta(seconds=5) for a, b in zip(log_history, spark_history, strict=True)
    )


def test_an_unknown_version_is_reported_with_the_known_ones(three_versions):
    with pytest.raises(UnknownName, match=r"No version `7` in table `t`. Known: 0 to 2."):
        three_versions.pin("t", at=7)


def test_a_moment_means_the_version_of_that_moment(three_versions):
    times = [c.time for c in reversed(three_versions.read_history("t"))]
    assert three_versions.pin("t", as_of=times[1]).version == 1
    assert three_versions.pin("t", as_of=times[1].replace(tzinfo=None)).version == 1
    assert three_versions.pin("t", as_of=times[2] - timedelta(microseconds=1)).version == 1
    assert three_versions.pin("t", as_of=datetime.now(UTC) + timedelta(days=1)).version == 2
    with pytest.raises(InputError, match="its first version is of"):
        three_versions.pin("t", as_of=times[0] - timedelta(seconds=1))


def test_a_vacuumed_version_is_refused_before_it_is_read(three_versions, spark):
    spark.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    try:
        from delta.tables import DeltaTable

        DeltaTable.forPath(spark, three_versions.pin("t").location).vacuum(0)
    finally:
        spark.conf.unset("spark.databricks.delta.retentionDurationCheck.enabled")
    with pytest.raises(VersionGone, match=r"Version 0 of table `t` can no longer be read.*VACUUM"):
        three_versions.pin("t", at=0)
    with pytest.raises(VersionGone, match="Version 0"):
        three_versions.restore("t", 0)
    assert three_versions.pin("t").version == 4  # vacuum commits its own start and end


def test_a_version_whose_log_was_cleaned_up_is_reported_with_those_that_can_be_read(
    three_versions, spark, tmp_path
):
    location = str(tmp_path / "warehouse" / "t")
    spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, location).checkpoint()
    log = tmp_path / "warehouse" / "t" / "_delta_log"
    for version in (0, 1):
        for file in log.glob(f"*{version:020}*"):
            file.unlink()
    with pytest.raises(
        VersionGone, match=r"Version 1 of table `t` is no longer kept.*Versions 2 can be read"
    ):
        three_versions.pin("t", at=1)
    (log / f"{2:020}.crc").unlink(missing_ok=True)
    pin = three_versions.pin("t")  # now only the checkpoint knows the columns
    assert pin.version == 2
    assert three_versions.count("t") == 1


def test_a_table_that_was_created_again_is_not_the_pinned_one(three_versions, frame, tmp_path):
    pin = three_versions.pin("t")
    shutil.rmtree(tmp_path / "warehouse" / "t")
    three_versions.publish(frame([("new",)], "k string"), Write(table="t"), run_id="r8")
    with pytest.raises(VersionGone, match="created again"):
        three_versions.read(pin)


def test_an_unknown_table_is_reported_with_close_names(three_versions):
    with pytest.raises(UnknownName, match=r"No table `tt` in the catalog. Did you mean `t`\?"):
        three_versions.pin("tt")


def test_a_table_in_the_settings_that_no_job_wrote_is_reported_with_what_to_do(spark, make_settings):
    tables = Tables(spark, make_settings(tables={"weather": {"description": "Hourly"}}))
    with pytest.raises(UnknownName, match="does not exist yet: run the job that writes it"):
        tables.pin("weather")
    assert not tables.describe("weather").exists
