from datetime import UTC, datetime

import pytest

from sparkops.errors import BadData, InputError, UnknownName, VersionGone
from sparkops.tables import Tables

pytestmark = pytest.mark.spark

FLIGHTS = (
    "year INT, month INT, day INT, dep_time INT, sched_dep_time INT, dep_delay DOUBLE, arr_time INT, "
    "sched_arr_time INT, arr_delay DOUBLE, carrier STRING, flight INT, tailnum STRING, origin STRING, dest STRING, "
    "air_time DOUBLE, distance DOUBLE, hour INT, minute INT, time_hour TIMESTAMP"
)
OPTIONS = {"header": "true", "nullValue": "NA"}


@pytest.fixture
def source(spark, make_settings, tmp_path):
    """Make the tables of a project with one csv source of the given text."""

    def make(text, schema="id INT, k STRING", name="raw.csv", **entry):
        (tmp_path / name).write_text(text)
        entry = {"path": name, "format": "csv", "options": OPTIONS, "schema": schema, **entry}
        return Tables(spark, make_settings(tables={"raw": entry}))

    return make


def read(tables, *columns):
    frame = tables.read(tables.pin("raw"))
    return [tuple(row) for row in (frame.select(*columns) if columns else frame).collect()]


def test_the_published_flights_are_read_from_their_archive(spark, make_settings, flights_data):
    entry = {
        "path": str(flights_data / "flights.csv.zip"),
        "format": "csv",
        "options": OPTIONS,
        "schema": FLIGHTS,
    }
    tables = Tables(spark, make_settings(tables={"raw": entry}))
    frame = tables.read(tables.pin("raw"))
    assert frame.count() == 336_776
    assert frame.where("dep_time IS NULL").count() == 8_255
    first = frame.first()
    assert (first.carrier, first.time_hour.isoformat()) == ("UA", "2013-01-01T10:00:00")
    assert tables.info("raw").exists


def test_a_source_without_changes_keeps_its_pin(source):
    tables = source("id,k\n1,a\n2,NA\n")
    assert tables.pin("raw") == tables.pin("raw")
    assert tables.pin("raw").version is None
    assert read(tables) == [(1, "a"), (2, None)]


def test_a_source_that_changed_since_it_was_pinned_is_not_read(source, tmp_path):
    tables = source("id,k\n1,a\n")
    pin = tables.pin("raw")
    (tmp_path / "raw.csv").write_text("id,k\n1,a\n2,b\n")
    with pytest.raises(VersionGone, match=r"source `raw`.*changed since"):
        tables.read(pin)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("x7,c", r"raw\.csv, line 3: `x7` does not have the declared type"),
        ("3,c,d", r"raw\.csv, line 3: the record `3,c,d` does not have the declared number"),
    ],
)
def test_a_corrupt_csv_row_is_reported_with_file_and_line(source, line, message):
    tables = source(f"id,k\n1,a\n{line}\n4,d\n")
    with pytest.raises(Exception) as raised:  # noqa: PT011
        read(tables)
    explained = tables.explain(raised.value)
    assert isinstance(explained, BadData)
    with pytest.raises(BadData, match=message):
        raise explained


def test_a_record_of_another_shape_stops_a_job_that_reads_only_its_first_column(source):
    with pytest.raises(Exception, match="MALFORMED"):
        read(source("id,k\n1,a\n2,b,c\n"), "id")


def test_columns_in_another_order_than_declared_are_not_misread(source):
    tables = source("k,id\na,1\n", "id STRING, k STRING")
    with pytest.raises(Exception) as raised:  # noqa: PT011
        read(tables)
    assert "the header differs from the declared schema (Header: k, id" in str(tables.explain(raised.value))


def test_a_corrupt_json_record_names_its_field(source):
    tables = source('{"id": 1}\n{"id": "x"}\n', "id INT", "raw.json", format="json", options={})
    with pytest.raises(Exception) as raised:  # noqa: PT011
        read(tables)
    assert "line 2: field `id` holds x, which is not int" in str(tables.explain(raised.value))


def test_a_file_that_is_not_parquet_is_named(source):
    tables = source("nope", None, "raw.parquet", format="parquet", options={})
    with pytest.raises(BadData, match=r"raw\.parquet cannot be read: .*is not a Parquet file"):
        tables.preview("raw")


def test_a_missing_file_is_named_with_its_path(source, tmp_path):
    tables = source("id,k\n")
    (tmp_path / "raw.csv").unlink()
    with pytest.raises(BadData, match=r"Source `raw` has no file at .*raw\.csv: put it there"):
        tables.pin("raw")
    assert not tables.info("raw").exists


def test_a_source_has_no_versions(source):
    tables = source("id,k\n1,a\n")
    with pytest.raises(UnknownName, match="read-only source, whose files have no versions"):
        tables.pin("raw", at=3)
    with pytest.raises(InputError, match="read-only source"):
        tables.history("raw")
    assert tables.count("raw") == 1
    assert tables.schema("raw") == (("id", "int"), ("k", "string"))


def test_a_source_newer_than_the_moment_is_read_with_a_warning(source, caplog):
    tables = source("id,k\n1,a\n")
    pin = tables.pin("raw", as_of=datetime(2013, 6, 1, tzinfo=UTC))
    assert pin == tables.pin("raw")
    assert "Source `raw` is read as it is now, not as of 2013-06-01 00:00:00Z" in caplog.text
