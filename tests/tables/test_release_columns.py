"""The columns of releases in a quarantine: written by delta-rs without a JVM, or by Spark where it must."""

from __future__ import annotations

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from sparkops.tables import Tables


@pytest.fixture
def quarantine(tmp_path):
    """Write a quarantine of three rows of two runs; return its folder."""
    folder = tmp_path / "warehouse" / "t__quarantine"
    folder.mkdir(parents=True)
    rows = {
        "id": pa.array([1, 2, 2], pa.int32()),
        "_sparkops_reasons": [["a"], ["b"], ["b"]],
        "_sparkops_run": ["r1", "r2", "r2"],
    }
    write_deltalake(str(folder), pa.table(rows))
    return folder


def states(tables: Tables) -> list[tuple[str, str, int]]:
    return [(each.run, each.state, each.rows) for each in tables.summarize_quarantine("t").counts]


def test_rows_of_a_run_are_discarded_once(quarantine, make_settings) -> None:
    tables = Tables(None, make_settings())
    releases = tables.get_releases("t")
    releases.add_release_columns("discard-1")
    releases.add_release_columns("discard-1")
    assert releases.discard("discard-1", run="r2") == 2
    assert releases.discard("discard-2", run="r2") == 0
    assert states(tables) == [("r1", "held", 1), ("r2", "discarded", 2)]
    assert [(each.run_id, each.rows) for each in tables.read_history("t__quarantine")][-3:] == [
        ("discard-1", 2),
        ("discard-1", None),
        (None, 3),
    ]


def test_the_rows_of_a_release_are_completed_or_in_quarantine_again(quarantine, make_settings) -> None:
    tables = Tables(None, make_settings())
    releases = tables.get_releases("t")
    releases.add_release_columns("release-1")
    DeltaTable(str(quarantine)).update(new_values={"_sparkops_release": "release-1"}, predicate="id = 2")
    assert tables.summarize_quarantine("t").interrupted == ("release-1",)
    releases.undo("release-1")
    assert tables.summarize_quarantine("t").row_count == 3
    DeltaTable(str(quarantine)).update(new_values={"_sparkops_release": "release-2"}, predicate="id = 1")
    assert releases.complete("release-2") == 1
    releases.undo("release-2")
    assert states(tables) == [("r1", "released", 1), ("r2", "held", 2)]


@pytest.mark.spark
def test_a_quarantine_that_only_spark_writes_is_updated_by_spark(tables, quarantine, spark) -> None:
    spark.sql(f"ALTER TABLE delta.`{quarantine}` SET TBLPROPERTIES (delta.enableChangeDataFeed = true)")
    releases = tables.get_releases("t")
    releases.add_release_columns("release-1")
    rows = releases.select_unreleased(
        spark.createDataFrame([], "id INT, late STRING").schema, {"late": "'x'"}, run="r2"
    )
    assert [tuple(row)[:2] for row in rows.collect()] == [(2, "x"), (2, "x")]
    releases.mark(rows, "release-1", count=2)
    assert releases.complete("release-1") == 2
    assert states(tables) == [("r1", "held", 1), ("r2", "released", 2)]
    assert tables.read_history("t__quarantine")[0].run_id == "release-1"
