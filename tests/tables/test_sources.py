import gzip
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from sparkops.errors import BadData, InputError, UnknownName, VersionGone
from sparkops.tables import Tables
from sparkops.tables.catalog import Location
from sparkops.tables.sources.csv_layout import has_quoted_line_break
from sparkops.tables.sources.file_columns import require_declared_columns
from sparkops.tables.sources.file_schemas import SourceFiles

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
    assert tables.describe("raw").exists


def test_a_source_without_changes_keeps_its_pin(source):
    tables = source("id,k\n1,a\n2,NA\n")
    assert tables.pin("raw") == tables.pin("raw")
    assert tables.pin("raw").version is None
    assert read(tables) == [(1, "a"), (2, None)]


@pytest.mark.parametrize(
    "change",
    [
        {"encoding": "ISO-8859-1"},
        {"strict": False},
        {"optional": ["k"]},
        {"options": OPTIONS | {"sep": ";"}},
        {"options": {"header": "true"}},
        {"schema": "id INT, k STRING, n INT"},
        {"schema": "id BIGINT, k STRING"},
        {"format": "text"},
    ],
    ids=str,
)
def test_a_source_that_is_read_in_another_way_has_another_pin_of_the_same_files(source, change):
    before, after = source("id,k\n1,a\n").pin("raw"), source("id,k\n1,a\n", **change).pin("raw")
    assert before.options_hash != after.options_hash
    assert source("id,k\n1,a\n", schema="id  INT,\n k STRING").pin("raw").options_hash == before.options_hash


def test_no_two_pins_of_a_table_of_the_metastore_are_equal(spark, make_settings):
    tables = Tables(spark, make_settings(tables={"raw": {"name": "default.raw", "format": "parquet"}}))
    assert tables.pin("raw").identity == tables.pin("raw").identity
    assert tables.pin("raw").options_hash != tables.pin("raw").options_hash


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
    assert not tables.describe("raw").exists


def test_a_source_has_no_versions(source):
    tables = source("id,k\n1,a\n")
    with pytest.raises(UnknownName, match="read-only source, whose files have no versions"):
        tables.pin("raw", at=3)
    with pytest.raises(InputError, match="read-only source"):
        tables.read_history("raw")
    assert tables.count("raw") == 1
    assert tables.read_schema("raw") == (("id", "int"), ("k", "string"))


def test_a_source_newer_than_the_moment_is_read_with_a_warning(source, caplog):
    tables = source("id,k\n1,a\n")
    pin = tables.pin("raw", as_of=datetime(2013, 6, 1, tzinfo=UTC))
    assert pin == tables.pin("raw")
    assert "Source `raw` is read as it is now, not as of 2013-06-01 00:00:00Z" in caplog.text


def refusal(tables: Tables, *columns: str) -> str:
    """Return the message of the error that reading the source ends with."""
    with pytest.raises(Exception) as raised:  # noqa: PT011
        read(tables, *columns)
    explained = tables.explain(raised.value)
    assert isinstance(explained, BadData), raised.value
    return str(explained)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('"a\nb"', "a\nb"),
        ('"say ""hi"""', 'say "hi"'),
        ('"a,b"', "a,b"),
        ('""', ""),
        ("", None),
        ("NA", None),
        ("back\\slash", "back\\slash"),
        ('"ends with \\"', "ends with \\"),
        ('5" pipe', '5" pipe'),
    ],
)
def test_quoted_values_are_read_as_the_standard_of_csv_defines(source, cell, value):
    assert read(source(f"id,k\n1,{cell}\n2,b\n")) == [(1, value), (2, "b")]


def test_a_file_without_quoted_line_breaks_is_split(source, tmp_path):
    source('id,k\n1,"a"\n')
    assert not has_quoted_line_break([tmp_path / "raw.csv"], '"')
    (tmp_path / "raw.csv").write_text('id,k\n1,"a\nb"\n')
    assert has_quoted_line_break([tmp_path / "raw.csv"], '"')
    (tmp_path / "raw.csv").write_text("id,k\n" + "1,a\n" * 400_000 + '2,"' + "a" * 2_000_000 + '\nb"\n')
    assert has_quoted_line_break([tmp_path / "raw.csv"], '"')
    assert not has_quoted_line_break([tmp_path / "raw.csv"], "'")


@pytest.mark.parametrize("name", ["raw.csv", "raw.json", "raw.txt"])
def test_bytes_of_another_encoding_are_refused_unless_it_is_declared(source, tmp_path, name):
    ending = name.rpartition(".")[2]
    text = {"csv": "id,k\n1,Málaga\n", "json": '{"id": 1, "k": "Málaga"}\n', "txt": "Málaga\n"}[ending]
    entry = {"format": {"txt": "text"}.get(ending, ending), "options": OPTIONS if ending == "csv" else {}}
    schema = "value STRING" if ending == "txt" else "id INT, k STRING"
    expected = [("Málaga",)] if ending == "txt" else [(1, "Málaga")]
    tables = source("", schema, name, **entry)
    (tmp_path / name).write_text(text, "utf-8")
    assert read(tables) == expected
    (tmp_path / name).write_text(text, "latin-1")
    message = refusal(tables)
    # the JSON reader of Spark refuses such bytes itself
    column = {"csv": "column `k`: M", "txt": "column `value`: M", "json": "a record cannot be parsed"}[ending]
    assert f"{name}: {column}" in message
    assert "encoding`, for example to ISO-8859-1" in message
    assert read(_with(source, tmp_path, schema, name, encoding="ISO-8859-1", **entry)) == expected
    assert read(_with(source, tmp_path, schema, name, strict=False, **entry)) != expected


def _with(source, folder, schema, name, **entry):
    """Return the source with other keys in its entry and the same bytes in its file."""
    content = (folder / name).read_bytes()
    tables = source("", schema, name, **entry)
    (folder / name).write_bytes(content)
    return tables


def test_a_byte_order_mark_is_no_part_of_the_first_name(source, tmp_path):
    tables = source("")
    for text in ("id,k\n1,a\n", 'id,k\n1,"a\nb"\n'):
        (tmp_path / "raw.csv").write_text(text, "utf-8-sig")
        assert read(tables)[0][0] == 1


@pytest.mark.matrix(every=4)
@pytest.mark.parametrize(
    ("schema", "cell", "value"),
    [
        ("d DECIMAL(10, 2)", "1.239", None),
        ("d DECIMAL(10, 2)", "1.230", Decimal("1.23")),
        ("d DECIMAL(10, 2)", "-0.005", None),
        # the last digit is beyond the 38 digits that a decimal can have
        ("d DECIMAL(10, 2)", "1.50000000000000000000000000000000000000001", None),
        ("d DECIMAL(10, 2)", "15e-1", Decimal("1.50")),
        ("d DECIMAL(10, 2)", "1.5E+3", Decimal("1500.00")),
        ("d DECIMAL(10, 2)", "1234e-3", None),
        ("d DECIMAL(10, 2)", "0e-9", Decimal("0.00")),
        ("d DECIMAL(38, 2)", "1.239", None),
        (
            "d DECIMAL(38, 2)",
            "123456789012345678901234567890123456.78",
            Decimal("123456789012345678901234567890123456.78"),
        ),
        ("d DECIMAL(38, 2)", "123456789012345678901234567890123456.789", None),
        ("d DECIMAL(38, 2)", "1.50000000000000000000000000000000000000000", Decimal("1.50")),
        ("d DECIMAL(38, 0)", "99999999999999999999999999999999999999", Decimal("9" * 38)),
        ("d DECIMAL(38, 0)", "0.5", None),
        (
            "d DECIMAL(38, 38)",
            "0.12345678901234567890123456789012345678",
            Decimal("0.12345678901234567890123456789012345678"),
        ),
        ("d DECIMAL(38, 38)", "0.123456789012345678901234567890123456789", None),
        ("d ARRAY<DECIMAL(38, 2)>", "[1, null, 2.5]", [Decimal("1.00"), None, Decimal("2.50")]),
        ("d ARRAY<DECIMAL(38, 2)>", "[1, 2.505]", None),
        ("d MAP<STRING, DECIMAL(38, 2)>", '{"a": 2.505}', None),
        ("d STRUCT<a: DECIMAL(38, 2), b: STRING>", '{"a": 2.505, "b": "x"}', None),
        ("d STRUCT<a: DECIMAL(38, 2), b: STRING>", '{"a": 2.5, "b": "x"}', (Decimal("2.50"), "x")),
        ("d DECIMAL(10, 0)", "7", Decimal(7)),
        ("d DECIMAL(38, 10)", "1.5", Decimal("1.5")),
        ("d ARRAY<DECIMAL(10, 2)>", "[1.239]", None),
        ("d STRUCT<a: DECIMAL(10, 2)>", '{"a": 1.239}', None),
        ("d STRUCT<a: DECIMAL(10, 2)>", '{"a": 1.5}', (Decimal("1.5"),)),
    ],
)
def test_a_decimal_with_more_digits_than_declared_is_not_rounded(source, schema, cell, value):
    tables = source(f'{{"d": {cell}}}\n', schema, "raw.json", format="json", options={})
    if value is None:
        assert "would be rounded: declare more digits in `tables.raw.schema`" in refusal(tables)
    else:
        assert read(tables) == [(value,)]
        assert tables.read_schema("raw")[0][1] == schema[2:].lower().replace(" ", "")
    if not cell.startswith(("[", "{")):
        tables = source(f"id,d\n1,{cell}\n", f"id INT, {schema}")
        assert (refusal(tables) if value is None else read(tables)) is not None
        if value is not None:
            assert read(tables) == [(1, value)]


@pytest.mark.parametrize(
    ("schema", "cell", "problem"),
    [
        (
            "d DECIMAL(38, 2)",
            "1234567890123456789012345678901234567",
            "has more digits before the point than decimal(38,2)",
        ),
        ("d DECIMAL(38, 0)", "1" + "0" * 38, "has more digits before the point than decimal(38,0)"),
        ("d DECIMAL(38, 38)", "1.5", "has more digits before the point than decimal(38,38)"),
        ("d DECIMAL(10, 2)", "123456789", "has more digits before the point than decimal(10,2)"),
        ("d DECIMAL(38, 2)", '"many"', "many is not a number: correct the record"),
        ("d DECIMAL(10, 2)", '"1.2.3"', "1.2.3 is not a number: correct the record"),
        ("d DECIMAL(10, 2)", "true", "true is not a number: correct the record"),
        ("d ARRAY<DECIMAL(5, 1)>", "[1, 12345]", "12345 has more digits before the point than decimal(5,1)"),
    ],
)
@pytest.mark.parametrize("file_format", ["json", "csv"])
def test_a_decimal_that_the_type_cannot_hold_is_refused(source, schema, cell, problem, file_format):
    if file_format == "json":
        tables = source(f'{{"d": {cell}}}\n', schema, "raw.json", format="json", options={})
    elif "<" in schema:
        return
    else:
        tables = source(f"id,d\n1,{cell}\n", f"id INT, {schema}")
    message = refusal(tables)
    assert f"raw.{file_format}: column `d`: " in message
    assert problem in message


def test_what_the_reader_is_told_about_bad_decimals_stays(source):
    options = OPTIONS | {"mode": "PERMISSIVE"}
    assert read(source("id,d\n1,x\n2,\n3,1.5\n", "id INT, d DECIMAL(38, 2)", options=options)) == [
        (1, None), (2, None), (3, Decimal("1.50"))
    ]  # fmt: skip
    options = OPTIONS | {"locale": "de-DE", "sep": ";"}
    assert read(source("id;d\n1;1.234,5\n", "id INT, d DECIMAL(38, 2)", options=options)) == [
        (1, Decimal("1234.50"))
    ]


@pytest.fixture
def new_york(spark):
    """Set the time zone of the session to one that skips an hour in spring."""
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    yield
    spark.conf.set("spark.sql.session.timeZone", before)


@pytest.mark.parametrize(
    ("text", "options", "utc"),
    [
        ("2024-03-10 02:30:00", {}, None),
        ("2024-03-10T02:30:00", {}, None),
        ("10.03.2024 02:30", {"timestampFormat": "dd.MM.yyyy HH:mm"}, None),
        ("2024-03-10 03:30:00", {}, "2024-03-10 07:30:00"),
        ("2024-03-10T02:30:00Z", {}, "2024-03-10 02:30:00"),
        ("2024-03-10 02:30:00-05:00", {}, "2024-03-10 07:30:00"),
        ("2024-03-10 01:30:00 America/Chicago", {}, "2024-03-10 07:30:00"),
        ("2024-03-10", {}, "2024-03-10 05:00:00"),
        ("10.03.2024 01:30", {"timestampFormat": "dd.MM.yyyy HH:mm"}, "2024-03-10 06:30:00"),
        ("noon", {}, "wrong"),
    ],
)
@pytest.mark.usefixtures("new_york")
def test_a_time_that_the_time_zone_skips_is_not_moved(source, text, options, utc):
    tables = source(f"id,t\n1,{text}\n", "id INT, t TIMESTAMP", options=OPTIONS | options)
    if utc is None:
        assert "does not exist in the time zone America/New_York" in refusal(tables)
    elif utc == "wrong":
        assert "raw.csv: column `t`: noon is not a timestamp" in refusal(tables)
    else:
        frame = tables.read(tables.pin("raw"))
        seconds = frame.selectExpr("unix_seconds(t) AS s").first().s
        assert datetime.fromtimestamp(seconds, tz=UTC).replace(tzinfo=None).isoformat(" ") == utc


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"id": 1, "k": "a"}\n{"id": 2}\n', ""),
        ('{"id": 1}\n{"id": 2, "k": null}\n', ""),
        ('{"id": 1, "k": "a", "more": 1}\n', ""),
        ('{"id": 1}\n{"id": 2}\n', "no record has the key `k`"),
        ('{"id": 1, "K": "a"}\n', "no record has the key `k`; there is `K`"),
        ('{"id": 1, "kk": "a"}\n', "no record has the key `k`"),
        ('{"ident": 1, "kind": "a"}\n', "no record has the key `id`"),
    ],
)
def test_a_json_source_has_every_declared_key_in_some_record(source, text, problem):
    entry = {"format": "json", "options": {}}
    tables = source(text, name="raw.json", **entry)
    if not problem:
        assert len(read(tables)) == text.count("\n")
        return
    message = refusal(tables)
    assert problem in message
    assert "`tables.raw.strict: false` reads any file" in message
    assert read(source(text, name="raw.json", strict=False, **entry))[0][1] is None
    relaxed = source(text, name="raw.json", optional=["k", "id"], **entry)
    assert len(read(relaxed)) == text.count("\n")


def test_a_key_of_json_that_only_a_late_record_has_is_enough(source):
    text = '{"id": 1}\n' * 1500 + '{"id": 2, "k": "a"}\n'
    assert len(read(source(text, name="raw.json", format="json", options={}))) == 1501


def test_nested_keys_of_json_are_required_too(source):
    entry = {"name": "raw.json", "format": "json", "options": {}, "schema": "s STRUCT<a: INT, b: INT>"}
    assert read(source('{"s": {"a": 1}}\n{"s": {"b": 2}}\n', **entry))[0][0].a == 1
    assert "there is no field `s.b`" in refusal(source('{"s": {"a": 1}}\n', **entry))


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("id INT, k STRING", ""),
        ("k STRING, id SMALLINT", ""),
        ("ID INT, K STRING", ""),
        ("id INT, k STRING, more DATE", ""),
        ("id INT", "there is no column `k`"),
        ("id INT, kk STRING", "there is no column `k`; there is `kk`"),
        ("id BIGINT, k STRING", "`id` is bigint in the file and declared int"),
        ("id STRING, k STRING", "`id` is string in the file and declared int"),
        ("id INT, k INT", "`k` is int in the file and declared string"),
    ],
)
@pytest.mark.parametrize("file_format", ["parquet", "orc"])
def test_columnar_files_have_the_declared_columns_and_types(
    spark, make_settings, tmp_path, file_format, written, problem
):
    columns = [part.split() for part in written.split(", ")]
    casts = [f"CAST({'NULL' if kind == 'DATE' else 1} AS {kind}) AS {name}" for name, kind in columns]
    spark.range(1).selectExpr(*casts).write.format(file_format).save(str(tmp_path / "raw"))

    def tables(**more):
        entry = {"path": "raw", "format": file_format, "schema": "id INT, k STRING", **more}
        return Tables(spark, make_settings(tables={"raw": entry}))

    if not problem:
        assert read(tables()) == [(1, "1")]
        return
    assert problem in refusal(tables())
    if "no column" in problem:
        assert read(tables(optional=["k"])) == [(1, None)]
        assert read(tables(strict=False)) == [(1, None)]


@pytest.mark.parametrize("file_format", ["parquet", "orc"])
def test_a_file_of_several_that_lacks_a_column_is_named(spark, make_settings, tmp_path, file_format):
    for day, columns in (("1", ["1 AS id", "'a' AS k"]), ("2", ["1 AS id", "'a' AS kind"])):
        frame = spark.range(1).selectExpr(*columns)
        frame.write.format(file_format).save(str(tmp_path / "raw" / f"day={day}"))
    entry = {"path": "raw", "format": file_format, "schema": "id INT, k STRING, day INT"}
    message = refusal(Tables(spark, make_settings(tables={"raw": entry})))
    assert "day=2" in message
    assert "there is no column `k`" in message
    assert "no column `day`" not in message


ONE, OTHER = '{"id": 1, "k": "a"}\n', '{"id": 2, "kind": "b"}\n'


@pytest.mark.parametrize(
    ("files", "lacking"),
    [
        ({"1.json": ONE, "2.json": OTHER}, "2.json"),
        ({"1.json": OTHER, "2.json": ONE}, "1.json"),
        ({"1.json": ONE, "2.json.gz": OTHER}, "2.json.gz"),
        ({"day=1/1.json": ONE, "day=2/[a] {b}.json": OTHER}, "[a] {b}.json"),
        ({"1.json": ONE, "2.json": OTHER * 1500}, "2.json"),
        ({"1.json": ONE, "2.json": "{}\n"}, "2.json"),
        ({"1.json": ONE, "2.json": OTHER * 1500 + ONE}, ""),
        ({"1.json": ONE, "2.json.gz": OTHER + ONE}, ""),
        ({"1.json": ONE, "2.json": "", "3.json": "\n"}, ""),
        ({"1.json": ONE, "2.json": '{"id": 2, "k": null}\n'}, ""),
    ],
    ids=str,
)
def test_each_json_file_has_every_declared_key(spark, make_settings, tmp_path, files, lacking):
    for name, text in files.items():
        file = tmp_path / "raw" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())

    def tables(**more):
        entry = {"path": "raw", "format": "json", "schema": "id INT, k STRING", **more}
        return Tables(spark, make_settings(tables={"raw": entry}))

    rows = sum(len(text.split()) > 0 and text.strip().count("\n") + 1 for text in files.values())
    if not lacking:
        assert len(read(tables())) == rows
        return
    message = refusal(tables())
    assert f"{lacking}: no record has the key" in message
    assert "the key `k`" in message
    assert "`tables.raw.optional`" in message
    more = ["id"] if "{}\n" in files.values() else []
    assert len(read(tables(optional=["k", *more]))) == rows
    assert len(read(tables(strict=False))) == rows


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"id": 1, "s": {"a": 1}},\n {"id": 2, "s": {"b": 2}}]', ""),
        ('[{"id": 1, "s": {"a": 1}}]', "there is no field `s.b`"),
        ('{\n"id": 1,\n"s": null\n}', ""),
        ('{\n"id": 1\n}', "no record has the key `s`"),
    ],
)
def test_json_of_several_lines_has_every_declared_key(source, text, problem):
    entry = {"format": "json", "options": {"multiLine": "true"}, "schema": "id INT, s STRUCT<a: INT, b: INT>"}
    tables = source(text, name="raw.json", **entry)
    if problem:
        assert problem in refusal(tables)
    else:
        assert len(read(tables)) == text.count("id")


def test_objects_of_json_are_read_as_declared_maps(source):
    entry = {"name": "raw.json", "format": "json", "options": {}, "schema": "id INT, m MAP<STRING, INT>"}
    assert read(source('{"id": 1, "m": {"a": 1}}\n{"id": 2}\n', **entry)) == [(1, {"a": 1}), (2, None)]
    # Spark decides about the keys of a file whose first records lack one
    text = '{"id": 1}\n' * 1001 + '{"id": 2, "m": {"a": 1}}\n'
    assert read(source(text, **entry))[-1] == (2, {"a": 1})


@pytest.mark.parametrize("file_format", ["parquet", "orc", "json"])
def test_files_that_only_spark_can_list_are_compared_one_by_one(spark, tmp_path, file_format):
    for day, columns in (("a b=1", ["1 AS id", "'a' AS k"]), ("a b=2", ["1 AS id", "'a' AS kind"])):
        spark.range(1).selectExpr(*columns).write.format(file_format).save(str(tmp_path / "raw" / day))
    path = str(tmp_path / "raw")
    location = Location(table="raw", kind="source", path=path, format=file_format, ddl="id INT, k STRING")
    declared = {
        "fields": [{"name": name, "type": kind} for name, kind in (("id", "integer"), ("k", "string"))]
    }
    with pytest.raises(BadData, match=r"a b=2/.*(no column|no record has the key) `k`"):
        require_declared_columns(SourceFiles(location, declared, [path]), spark)


def test_files_that_a_pattern_excludes_are_not_compared(spark, make_settings, tmp_path):
    spark.range(1).selectExpr("1 AS id", "'a' AS k").write.parquet(str(tmp_path / "raw"))
    (tmp_path / "raw" / "README.txt").write_text("about these files")
    entry = {"path": "raw", "format": "parquet", "schema": "id INT, k STRING"}
    assert "README.txt cannot be read" in refusal(Tables(spark, make_settings(tables={"raw": entry})))
    entry["options"] = {"pathGlobFilter": "*.parquet"}
    assert read(Tables(spark, make_settings(tables={"raw": entry}))) == [(1, "a")]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("raw.csv", "id,d\n1,1.239\n", "would be rounded"),
        ("raw.json", '{"id": 1}\n', "no record has the key `d`"),
        ("raw.json", '{"id": 1, "d": 1.239}\n', "would be rounded"),
        ("raw.csv", "id,d\n1,1.23\n", ""),
    ],
)
def test_a_stream_of_a_source_is_read_by_the_same_rules(spark, make_settings, tmp_path, name, text, problem):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_text(text)
    file_format = name.rpartition(".")[2]
    entry = {"path": "in", "format": file_format, "schema": "id INT, d DECIMAL(10, 2)"}
    entry["options"] = {"header": "true"} if file_format == "csv" else {}
    tables = Tables(spark, make_settings(tables={"raw": entry}))
    batches: list[list[tuple[object, ...]]] = []

    def run() -> None:
        tables.streams.run(
            tables.streams.read("raw"), name="s", output_mode="append", every=None,
            process_batch=lambda rows, _: batches.append([tuple(row) for row in rows.collect()]),
        )  # fmt: skip

    if not problem:
        run()
        assert batches == [[(1, Decimal("1.23"))]]
        return
    with pytest.raises(Exception) as raised:  # noqa: PT011
        run()
    assert problem in str(tables.explain(raised.value))
