import pytest

from sparkops.errors import TableError
from sparkops.pipeline.staging import StagedPart
from sparkops.tables import Tables

pytestmark = pytest.mark.spark


def test_a_frame_is_computed_once_however_often_its_staged_form_is_used(tables, frame, spark):
    seen = spark.sparkContext.accumulator(0)

    def count(row):
        seen.add(1)
        return row

    counted = spark.createDataFrame(frame().rdd.map(count), frame().schema)
    staged = tables.staging.stage(counted, StagedPart("r1", "t"))
    assert (staged.count(), staged.count(), len(staged.collect())) == (3, 3, 3)
    assert seen.value == 3


def test_a_staged_frame_has_the_same_columns_types_and_rows(tables, spark):
    from pyspark.ml.linalg import Vectors

    frame = spark.sql(
        "SELECT 1 AS i, CAST(2 AS DECIMAL(20,3)) AS d, DATE '1500-01-01' AS old, TIMESTAMP '2013-07-04 01:02:03.4' AS t,"
        " array(1, NULL) AS a, map('k', 1.5D) AS m, named_struct('x', 'y') AS s, X'00FF' AS b"
    )
    staged = tables.staging.stage(frame, StagedPart("r1", "t"))
    assert [(f.name, f.dataType.simpleString()) for f in staged.schema] == [
        (f.name, f.dataType.simpleString()) for f in frame.schema
    ]
    assert staged.collect() == frame.collect()
    vectors = spark.createDataFrame([(Vectors.dense([1.0, 2.0]),)], ["v"])
    assert tables.staging.stage(vectors, StagedPart("r1", "v")).collect() == vectors.collect()


def test_a_retried_run_finds_a_completely_staged_frame(tables, frame, tmp_path):
    tables.staging.stage(frame(), StagedPart("r1", "t"))
    earlier = tables.staging.find(StagedPart("r1", "t"))
    assert earlier is not None
    assert earlier.count() == 3
    assert earlier.schema == tables.staging.stage(frame(), StagedPart("r1", "t")).schema
    (tmp_path / "warehouse" / "_staging" / "r1" / "t" / "_SUCCESS").unlink()
    assert tables.staging.find(StagedPart("r1", "t")) is None
    assert tables.staging.find(StagedPart("r2", "t")) is None


def test_an_empty_frame_keeps_its_columns(tables, frame):
    tables.staging.stage(frame([]), StagedPart("r1", "t"))
    staged = tables.staging.find(StagedPart("r1", "t"))
    assert staged is not None
    assert staged.columns == ["day", "carrier", "delay"]
    assert staged.count() == 0


def test_discarding_leaves_nothing_behind(tables, frame, tmp_path):
    tables.staging.stage(frame(), StagedPart("r1", "t"))
    tables.staging.discard("r1")
    tables.staging.discard("r1")
    assert not (tmp_path / "warehouse" / "_staging" / "r1").exists()
    assert tables.list() == ()


def test_a_warehouse_without_write_permission_is_refused_before_the_frame_is_computed(
    spark, make_settings, frame
):
    tables = Tables(spark, make_settings(warehouse="/proc/sparkops"))
    with pytest.raises(
        TableError, match=r"Cannot write results under /proc/sparkops/_staging/r1.*`warehouse`"
    ):
        tables.staging.stage(frame(), StagedPart("r1", "t"))


def test_a_run_id_cannot_lead_out_of_the_warehouse(tables):
    with pytest.raises(TableError, match="cannot be a run's id"):
        tables.staging.discard("../../etc")
