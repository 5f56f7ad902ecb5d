"""Files that Spark would leave out without a message stop the run that would have lost their rows."""

import pytest

from sparkops.errors import BadData
from sparkops.tables import Tables

pytestmark = pytest.mark.spark

# The files of a folder, each with the rows that its name says, and those that Spark leaves out.
LAYOUTS = {
    "files": (["a.csv", "b.csv"], []),
    "hidden files": (["a.csv", "_SUCCESS", ".b.csv", "_logs/c.csv"], []),
    "partitions": (["day=1/a.csv", "day=2/b.csv"], []),
    "partitions of partitions": (["day=1/hour=1/a.csv", "day=1/hour=2/b.csv"], []),
    "folders in partitions": (["day=1/x/a.csv", "day=2/b.csv"], []),
    "subfolders": (["a.csv", "2024/b.csv", "2024/03/c.csv"], ["2024/03/c.csv", "2024/b.csv"]),
    "only subfolders": (["2024/b.csv", "2025/c.csv"], ["2024/b.csv", "2025/c.csv"]),
    "files beside partitions": (["a.csv", "day=1/b.csv"], ["a.csv"]),
}


@pytest.fixture
def make_source(spark, make_settings, tmp_path):
    """Make a source of CSV files, whose one row holds the name of its file."""

    def make(names, path="in", **entry):
        for name in names:
            file = tmp_path / "in" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"name\n{name}\n")
        declared = {
            "path": path,
            "format": "csv",
            "options": {"header": "true"},
            "schema": "name STRING",
            **entry,
        }
        return Tables(spark, make_settings(tables={"raw": declared}))

    return make


def read_names(tables):
    return sorted(row.name for row in tables.read(tables.pin("raw")).select("name").collect())


def visible(names):
    return sorted(name for name in names if not name.startswith(("_", ".")))


@pytest.mark.parametrize(("names", "unread"), LAYOUTS.values(), ids=LAYOUTS)
def test_the_files_that_spark_leaves_out_are_those_that_the_error_names(make_source, names, unread):
    lenient = make_source(names, strict=False)
    assert read_names(lenient) == sorted(set(visible(names)) - set(unread))
    strict = make_source(names)
    if not unread:
        assert read_names(strict) == visible(names)
        return
    with pytest.raises(
        BadData, match=rf"does not read {len(unread)} of the files at .*: {', '.join(unread)}\. "
    ):
        strict.pin("raw")


def test_a_source_that_is_not_strict_warns_of_them(make_source, caplog):
    make_source(LAYOUTS["subfolders"][0], strict=False).pin("raw")
    assert "Spark does not read 2 of the files" in caplog.text


def test_recursive_lookup_reads_every_folder(make_source):
    names = LAYOUTS["subfolders"][0]
    options = {"header": "true", "recursiveFileLookup": "true"}
    assert read_names(make_source(names, options=options)) == visible(names)


def test_files_that_a_filter_excludes_are_excluded_on_purpose(make_source):
    options = {"header": "true", "pathGlobFilter": "*.csv"}
    assert read_names(make_source(["a.csv", "old/b.txt"], options=options)) == ["a.csv"]


@pytest.mark.parametrize("path", ["in/_a.csv", "in/.a.csv", "in/_*.csv"])
def test_a_file_whose_name_hides_it_from_spark_is_not_taken_for_an_empty_one(make_source, path):
    with pytest.raises(BadData, match=r"Spark does not read 1 of the files at .*: [_.]a\.csv\. "):
        make_source(["_a.csv", ".a.csv"], path).pin("raw")


def test_a_wildcard_matches_no_hidden_file(make_source):
    assert read_names(make_source(["a.csv", ".b.csv", "_c.csv"], "in/*.csv")) == ["a.csv"]


def test_subfolders_of_folders_that_a_pattern_matches_are_found(make_source):
    with pytest.raises(BadData, match=r"does not read 1 of the files at .*: more/b\.csv\. "):
        make_source(["2024/a.csv", "2024/more/b.csv"], "in/20*").pin("raw")


@pytest.mark.parametrize("layout", ["files", "partitions", "subfolders", "files beside partitions"])
def test_files_that_only_spark_can_list_are_compared_too(make_source, spark, tmp_path, layout):
    names, unread = LAYOUTS[layout]
    host = layout.replace(" ", "-")
    spark.sparkContext._jsc.hadoopConfiguration().set(
        f"fs.viewfs.mounttable.{host}.link./in", f"file://{tmp_path}/in"
    )
    tables = make_source(names, f"viewfs://{host}/in")
    if not unread:
        assert read_names(tables) == names
        return
    with pytest.raises(
        BadData, match=rf"does not read {len(unread)} of the files at .*: {', '.join(unread)}\. "
    ):
        tables.pin("raw")


def test_a_stream_does_not_begin_where_files_would_be_left_out(make_source):
    with pytest.raises(BadData, match="Spark does not read 1 of the files"):
        make_source(LAYOUTS["files beside partitions"][0]).streams.read("raw")
