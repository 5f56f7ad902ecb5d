from datetime import date

import pytest

from sparkops.errors import UnknownName
from sparkops.pipeline.write import Write
from sparkops.tables import Tables

pytestmark = pytest.mark.spark


def test_the_list_shows_the_tables_of_the_settings_and_of_the_warehouse(spark, make_settings, frame):
    tables = Tables(spark, make_settings(tables={"weather": {"description": "Hourly"}}))
    tables.publish(frame(), Write(table="flights"), run_id="r1")
    flights, weather = tables.list()
    assert (flights.name, flights.exists, flights.version) == ("flights", True, 0)
    assert (weather.name, weather.exists, weather.description) == ("weather", False, "Hourly")


def test_a_preview_shows_rows_of_the_given_version(tables, frame):
    tables.publish(frame(), Write(table="t"), run_id="r1")
    tables.publish(frame([]), Write(table="t"), run_id="r2")
    assert tables.preview("t") == ()
    assert tables.preview("t", 1, at=0) == ({"day": date(2013, 7, 4), "carrier": "UA", "delay": 3.0},)
    assert (tables.count("t"), tables.count("t", at=0)) == (0, 3)


def test_rows_with_times_beyond_pythons_years_are_shown(tables, spark):
    frame = spark.sql(
        "SELECT 1 AS n, timestamp_micros(253402300800000000) AS at, struct(date'9999-12-31' + 1 AS day) AS s"
    )
    tables.publish(frame, Write(table="t"), run_id="r1")
    assert tables.preview("t") == ({"n": 1, "at": "+10000-01-01T00:00:00", "s": {"day": "+10000-01-01"}},)
    tables.quarantine(frame.select("n", "at"), table="t", run_id="r1")
    [row] = tables.summarize_quarantine("t", rows=5).rows
    assert row["at"].startswith("+10000-01-01T00:00:00")


def test_restoring_makes_a_new_version_that_equals_the_old_one(tables, frame, rows):
    tables.publish(frame(), Write(table="t"), run_id="r1")
    tables.publish(frame([]), Write(table="t"), run_id="r2")
    done = tables.restore("t", 0)
    assert (done.version, done.rows) == (2, 3)
    assert rows("t") == rows("t", at=0)
    assert [c.operation for c in tables.read_history("t")] == ["RESTORE", "WRITE", "CREATE TABLE"]
    with pytest.raises(UnknownName, match="No version `9`"):
        tables.restore("t", 9)


def test_a_metastore_table_is_accessed_by_its_name(spark, make_settings, frame, rows):
    tables = Tables(spark, make_settings(tables={"flights": {"name": "default.sparkops_flights"}}))
    try:
        assert not tables.describe("flights").exists
        write = Write(table="flights", mode="merge", by=("day", "carrier"))
        first = tables.publish(frame(), write, run_id="r1")
        second = tables.publish(frame([(date(2013, 7, 4), "UA", 9.0)]), write, run_id="r2")
        again = tables.publish(frame([(date(2013, 7, 4), "UA", 9.0)]), write, run_id="r2")
        assert (first.version, second.version, second.rows) == (0, 1, 1)
        assert (again.version, again.already_published) == (1, True)
        assert tables.pin("flights").version == 1
        assert tables.read(tables.pin("flights", at=0)).agg({"delay": "max"}).first()[0] == 7.0
        assert [c.run_id for c in tables.read_history("flights")] == ["r2", "r1"]
        assert tables.find_published("flights", "r1").version == 0
        slice_ = Write(table="flights", mode="replace", by=("day",))
        tables.publish(frame([]), slice_, run_id="r3", values={"day": date(2013, 7, 4)})
        assert tables.count("flights") == 1
        assert tables.describe("flights").location == "default.sparkops_flights"
    finally:
        spark.sql("DROP TABLE IF EXISTS default.sparkops_flights")
