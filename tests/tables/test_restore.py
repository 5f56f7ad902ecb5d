"""Tables with features that only Spark commits to are restored, with their columns, exactly once for a run."""

from __future__ import annotations

import pytest

from sparkops.errors import TableBusy
from sparkops.pipeline.write import Write

pytestmark = pytest.mark.spark


@pytest.mark.matrix(every=4)
@pytest.mark.parametrize(
    ("columns", "properties"),
    [
        ("n bigint", "'delta.enableDeletionVectors'='true'"),
        ("n bigint", "'delta.constraints.small'='n < 100'"),
        ("n bigint NOT NULL", ""),
        ("n bigint", "'delta.columnMapping.mode'='name'"),
        ("n bigint", "'delta.enableChangeDataFeed'='true'"),
        ("n bigint", ""),
    ],
    ids=["deletion vectors", "constraint", "not null", "column mapping", "change data feed", "no feature"],
)
def test_a_table_with_a_feature_returns_with_its_columns(tables, spark, rows, columns, properties):
    address = tables.describe("t").location
    text = f"TBLPROPERTIES ({properties})" if properties else ""
    spark.sql(f"CREATE TABLE delta.`{address}` ({columns}) USING delta {text}")
    tables.publish(spark.range(1, 4).toDF("n").coalesce(1), Write(table="t", mode="append"), run_id="r1")
    spark.sql(f"DELETE FROM delta.`{address}` WHERE n = 2")
    before = rows("t")
    wider = spark.sql("SELECT 9L AS n, 'x' AS more")
    changed = tables.publish(wider, Write(table="t", mode="append", schema_change=True), run_id="r2").version
    restored = tables.restore("t", changed - 1, run_id="undo", newest=changed)
    assert (restored.version, restored.rows) == (changed + 1, 2)
    assert rows("t") == before == [(1,), (3,)]
    again = tables.restore("t", changed - 1, run_id="undo", newest=changed)
    assert (again.version, again.already_published) == (changed + 1, True)
    emptied = tables.restore("t", None, run_id="empty", newest=changed + 1)
    assert emptied.rows == 0
    tables.publish(spark.range(1).toDF("n"), Write(table="t", mode="append"), run_id="r3")
    with pytest.raises(TableBusy, match="run r3 made version"):
        tables.restore("t", 1, run_id="late", newest=emptied.version)


def test_a_merge_is_undone(tables, frame, rows, spark):
    merge = Write(table="t", mode="merge", by=("day", "carrier"))
    tables.publish(frame(), merge, run_id="r1")
    before = rows("t")
    changed = tables.publish(
        frame([(row[0], row[1], -1.0) for row in before[:2]]), merge, run_id="r2"
    ).version
    assert rows("t") != before
    tables.restore("t", changed - 1, run_id="undo", newest=changed)
    assert rows("t") == before
