import errno

import pytest
from deltalake.exceptions import DeltaError

from sparkops.errors import (
    JobFailed,
    RunCancelled,
    SchemaChanged,
    SparkopsError,
    TableBusy,
    TableError,
    VersionGone,
)
from sparkops.pipeline.write import Write
from sparkops.tables.error_messages.spark_errors import explain_error, translate_spark_errors


def catch_explained(act):
    """Call a function that fails, and return the error that is shown for it."""
    with pytest.raises(Exception) as raised:  # noqa: PT011
        act()
    return explain_error(raised.value)


def test_errors_of_others_are_left_alone():
    assert explain_error(ValueError("x")) is None
    assert explain_error(FileNotFoundError(errno.ENOENT, "no", "/x")) is None
    own = TableError("ours")
    assert explain_error(own) is own


def test_a_full_disk_is_named():
    error = explain_error(OSError(errno.ENOSPC, "No space left on device", "/data/x"))
    assert str(error) == "/data/x: No space left on device. Free disk space, or choose another folder."


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_disk_error_of_delta_rs_is_recognized_by_its_text(code: int):
    text = f"Generic LocalFileSystem error: Unable to copy data to file: (os error {code})"
    with (
        pytest.raises(TableError, match="Free disk space, or choose another folder"),
        translate_spark_errors(),
    ):
        raise OSError(text)
    with (
        pytest.raises(TableError, match="Free disk space, or choose another folder"),
        translate_spark_errors(),
    ):
        raise DeltaError(f"Failed to parse parquet: External: {text}")
    for other in (OSError("Not found (os error 2)"), DeltaError("Not found (os error 2)"), ValueError(text)):
        with pytest.raises(type(other), match="os error"), translate_spark_errors():
            raise other


@pytest.mark.spark
def test_a_missing_column_is_named_with_a_close_one(frame):
    error = catch_explained(lambda: frame().select("carier"))
    assert isinstance(error, TableError)
    assert str(error).startswith("There is no column `carier`. Did you mean `carrier`? Columns: `carrier`")
    wrapped = RuntimeError("from another library")
    with pytest.raises(Exception) as raised:  # noqa: PT011
        frame().select("carier")
    wrapped.__cause__ = raised.value
    assert str(explain_error(wrapped)) == str(error)


@pytest.mark.spark
def test_a_missing_table_or_path_is_named(spark, tmp_path):
    assert "`default.nope`" in str(catch_explained(lambda: spark.read.table("default.nope").count()))
    assert str(tmp_path / "no") in str(catch_explained(lambda: spark.read.parquet(str(tmp_path / "no"))))


@pytest.mark.spark
def test_an_error_in_an_expression_is_shown_in_sparks_sentence(frame):
    from pyspark.sql import functions as F

    error = catch_explained(lambda: frame().select(F.col("carrier").cast("int")).collect())
    assert isinstance(error, JobFailed)
    assert 'The value \'UA\' of the type "STRING" cannot be cast to "INT"' in str(error)
    assert "\n" not in str(error)


@pytest.mark.spark
def test_an_error_in_a_python_function_is_shown_with_its_message(frame):
    from pyspark.sql import functions as F

    def fail(_):
        raise ValueError("odd carrier")

    error = catch_explained(lambda: frame().select(F.udf(fail)("carrier")).collect())
    assert isinstance(error, JobFailed)
    assert str(error) == "Spark failed: ValueError: odd carrier"


@pytest.mark.spark
def test_a_file_removed_while_it_is_read_is_named(tables, frame, tmp_path):
    tables.publish(frame(), Write(table="t"), run_id="r1")
    read = tables.read(tables.pin("t"))
    (file,) = (tmp_path / "warehouse" / "t").glob("*.parquet")
    file.unlink()
    error = catch_explained(read.collect)
    assert isinstance(error, VersionGone)
    assert file.name in str(error)


@pytest.mark.spark
def test_a_folder_that_cannot_be_written_to_is_named(frame):
    error = catch_explained(lambda: frame().write.parquet("/proc/sparkops/x"))
    assert isinstance(error, TableError)
    assert "Cannot write to /proc/sparkops/x" in str(error)
    error = catch_explained(lambda: frame().write.format("delta").save("/proc/sparkops/y"))
    assert "Cannot write to /proc/sparkops/y" in str(error)


@pytest.mark.spark
def test_of_several_writers_at_once_the_losers_get_table_busy(tables, frame, spark):
    from concurrent.futures import ThreadPoolExecutor

    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    for number in range(4):
        tables.publish(frame(), Write(table="t", mode="append"), run_id=f"r{number}")

    def overwrite(number):
        try:
            return tables.publish(frame(), Write(table="t"), run_id=f"w{number}")
        except (SparkopsError, PySparkException, Py4JError) as error:
            return explain_error(error)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(overwrite, range(4)))
    lost = [f for f in results if isinstance(f, SparkopsError)]
    assert all(isinstance(error, TableBusy) for error in lost), lost
    assert tables.describe("t").version == 3 + len(results) - len(lost)
    assert tables.count("t") == 3


@pytest.mark.spark
def test_a_foreign_write_of_other_columns_is_a_schema_change(tables, frame):
    tables.publish(frame(), Write(table="t"), run_id="r1")
    location = tables.pin("t").location
    other = frame([("x",)], "carrier string").selectExpr("carrier", "1 AS more")
    assert isinstance(
        catch_explained(lambda: other.write.format("delta").mode("append").save(location)), SchemaChanged
    )


@pytest.mark.spark
def test_cancelled_spark_jobs_are_a_cancelled_run(spark):
    import threading

    spark.sparkContext.addJobTag("sleepy")
    timer = threading.Timer(1.0, lambda: spark.sparkContext.cancelJobsWithTag("sleepy"))
    timer.start()
    try:
        error = catch_explained(
            lambda: spark.sql(
                "SELECT java_method('java.lang.Thread', 'sleep', 20000L + id) FROM range(2)"
            ).collect()
        )
    finally:
        timer.join()
        spark.sparkContext.removeJobTag("sleepy")
    assert isinstance(error, RunCancelled)
