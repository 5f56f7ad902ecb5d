"""A replayed frame is compared with what the run's commit wrote, in each write mode; other commits do not matter."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from sparkops.errors import BadData, TableError, VersionGone
from sparkops.pipeline.reports.replay_verdict import TableComparison
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.table import PublishedVersion
from sparkops.pipeline.write import Write
from sparkops.tables import Tables
from sparkops.tables.compare.committed_rows import CommittedWrite
from sparkops.tables.compare.row_difference import CompareOptions

pytestmark = pytest.mark.spark

OPTIONS = CompareOptions(tolerance=1e-9, examples=3)
COLUMNS = "k int, p string, v double"


@pytest.fixture
def replay(
    spark: Any, make_settings: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., TableComparison]:
    """Return a function that publishes frames, the last but one of which is replayed with another frame."""
    histories: dict[str, tuple[Tables, list[PublishedVersion]]] = {}
    numbers = count()

    def publish(
        write: Write, commits: list[list[Any]], columns: str, values: dict[str, Any] | None
    ) -> tuple[Tables, list[PublishedVersion]]:
        tables = Tables(spark, make_settings(tmp_path_factory.mktemp("tables")))
        published = []
        for number, rows in enumerate(commits):
            part = StagedPart(f"r{number}", "t")
            frame = tables.staging.stage(spark.createDataFrame(rows, columns), part, write=write)
            published.append(tables.publish(frame, write, run_id=f"r{number}", values=values, staged=part))
        return tables, published

    def compare(
        write: Write,
        commits: list[list[Any]],
        rows: list[Any],
        *,
        at: int = -2,
        columns: str = COLUMNS,
        schema: str = COLUMNS,
        values: dict[str, Any] | None = None,
    ) -> TableComparison:
        # Replays of one history share its table, which they do not change.
        key = repr((write, commits, columns, values))
        if key not in histories:
            histories[key] = publish(write, commits, columns, values)
        tables, published = histories[key]
        commit = published[at]
        replayed = CommittedWrite(
            write=write, version=commit.version, identity=commit.identity, parameters=values or {}
        )
        before = sorted(info.name for info in tables.list())
        staged = tables.replayed.stage(
            spark.createDataFrame(rows, schema), f"replay{next(numbers)}", replayed
        )
        comparison = tables.replayed.compare(staged, replayed, OPTIONS)
        # The replayed rows are no table of the project.
        assert sorted(info.name for info in tables.list()) == before
        assert tables.describe("t").version == published[-1].version
        return comparison

    return compare


FIRST, SECOND, THIRD = (
    [(1, "a", 1.0), (2, "b", 2.0)],
    [(2, "b", 2.5), (3, "c", 3.0), (3, "c", 3.0)],
    [(9, "z", 9.0)],
)


@pytest.mark.matrix(every=2)
@pytest.mark.parametrize("partition_by", [(), ("p",)])
@pytest.mark.parametrize("mode", ["overwrite", "append"])
def test_overwrites_and_appends_are_compared_with_the_rows_of_their_commit(
    replay: Callable[..., TableComparison], mode: Any, partition_by: tuple[str, ...]
) -> None:
    write = Write(table="t", mode=mode, partition_by=partition_by)
    same = replay(write, [FIRST, SECOND, THIRD], SECOND[::-1])
    assert same.is_identical
    assert same.rows.recorded == 3
    other = replay(write, [FIRST, SECOND, THIRD], SECOND[:2])
    assert (other.rows.missing, other.rows.added) == (1, 0)


def test_a_slice_of_a_parameter_is_compared_with_the_rows_of_that_slice(
    replay: Callable[..., TableComparison],
) -> None:
    write, values = Write(table="t", mode="replace", by=("p",)), {"p": "b"}
    slices = [[(1, "b", 1.0)], [(2, "b", 2.0), (3, "b", None)], [(4, "b", 4.0)]]
    assert replay(write, slices, slices[1], values=values).is_identical
    other = replay(write, slices, [(2, "b", 2.0), (3, "b", 3.0)], values=values)
    assert other.rows.columns == ("v",)
    assert other.compared == "the rows where `p` = 'b'"


@pytest.mark.matrix(every=2)
@pytest.mark.parametrize("partition_by", [(), ("p",)])
def test_slices_that_rows_define_are_those_of_the_run_and_of_the_replay(
    replay: Callable[..., TableComparison], partition_by: tuple[str, ...]
) -> None:
    write = Write(table="t", mode="replace", by=("p",), partition_by=partition_by)
    commits = [[(1, "a", 1.0), (2, "b", 2.0), (3, "c", 3.0)], [(20, "b", 20.0)], THIRD]
    assert replay(write, commits, [(20, "b", 20.0)]).is_identical
    # A replay that replaces another slice leaves the run's slice as it was, and changes its own.
    other = replay(write, commits, [(30, "c", 30.0)])
    assert {tuple(example.row.values()) for example in other.rows.missing_examples} == {
        (20, "b", 20.0),
        (3, "c", 3.0),
    }
    assert {tuple(example.row.values()) for example in other.rows.added_examples} == {
        (2, "b", 2.0),
        (30, "c", 30.0),
    }


@pytest.mark.slow
def test_a_merge_is_compared_with_what_it_left_of_every_key(replay: Callable[..., TableComparison]) -> None:
    write = Write(table="t", mode="merge", by=("k",))
    commits = [FIRST, [(2, "b", 2.5), (3, "c", 3.0), (None, "n", 0.0)], THIRD]
    assert replay(write, commits, commits[1]).is_identical
    other = replay(write, commits, [(2, "b", 2.5), (1, "a", 1.5)])
    missing = {example.row["k"]: example.row["v"] for example in other.rows.missing_examples}
    added = {example.row["k"]: example.row["v"] for example in other.rows.added_examples}
    assert missing == {1: 1.0, 3: 3.0, None: 0.0}
    assert added == {1: 1.5}
    # A key that the replay lacks, and whose row the run did not change, makes no difference.
    assert replay(write, [FIRST, [(1, "a", 1.0), (3, "c", 3.0)], THIRD], [(3, "c", 3.0)]).is_identical
    # The first commit creates the table.
    assert replay(write, [FIRST, SECOND[:2]], FIRST, at=0).is_identical
    with pytest.raises(BadData, match="2 rows with the key"):
        replay(write, commits, [(2, "b", 2.5), (2, "b", 2.6)])


def test_an_ordered_merge_does_not_expect_older_rows(replay: Callable[..., TableComparison]) -> None:
    write = Write(table="t", mode="merge", by=("k",), order_by=("v",))
    commits = [[(1, "a", 5.0)], [(1, "old", 4.0), (2, "b", 1.0)], THIRD]
    assert replay(write, commits, commits[1]).is_identical
    other = replay(write, commits, [(1, "new", 6.0), (2, "b", 1.0)])
    assert (other.rows.missing, other.rows.added) == (1, 1)


def test_changed_columns_are_named_and_the_others_compared(replay: Callable[..., TableComparison]) -> None:
    write = Write(table="t")
    added = replay(write, [FIRST, THIRD], [(*row, 1) for row in FIRST], schema=f"{COLUMNS}, extra int")
    assert added.schema == ("column `extra` int is only in the replay",)
    assert added.rows.is_empty
    dropped = replay(write, [FIRST, THIRD], [row[:2] for row in FIRST], schema="k int, p string")
    assert dropped.schema == ("column `v` double is only in the run",)
    renamed = replay(write, [FIRST, THIRD], FIRST, schema="k int, p string, w double")
    assert renamed.schema[-1] == "column `w` double is only in the replay (perhaps renamed)"
    typed = replay(write, [FIRST, THIRD], FIRST, schema="k long, p string, v double")
    assert typed.schema == ("column `k` is int in the run and bigint in the replay",)
    assert typed.rows.is_empty
    assert replay(write, [FIRST, THIRD], FIRST, schema="K int, p string, v double").is_identical
    reordered = [(v, k, p) for k, p, v in FIRST]
    assert replay(write, [FIRST, THIRD], reordered, schema="v double, k int, p string").is_identical
    with pytest.raises(TableError, match="cannot store this frame"):
        replay(write, [FIRST, THIRD], [(1, None)], schema="k int, n void")


def test_values_are_compared_as_the_table_stores_them(replay: Callable[..., TableComparison]) -> None:
    # Delta stores an empty text of a partition column as null.
    write = Write(table="t", partition_by=("p",))
    assert replay(write, [[(1, "", 1.0)], THIRD], [(1, "", 1.0)]).is_identical
    nulls = replay(write, [[(1, "", 1.0)], THIRD], [(1, None, 1.0)])
    assert nulls.is_identical


def test_a_merge_needs_the_version_before_it(spark: Any, make_settings: Callable[..., Any]) -> None:
    tables = Tables(spark, make_settings())
    write = Write(table="t", mode="merge", by=("k",))
    for number, committed in enumerate((FIRST, SECOND[:2])):
        tables.publish(spark.createDataFrame(committed, COLUMNS), write, run_id=f"r{number}")
    commit = CommittedWrite(write=write, version=1, identity=tables.pin("t").identity, parameters={})
    staged = tables.replayed.stage(spark.createDataFrame(SECOND[:2], COLUMNS), "replay", commit)
    assert tables.replayed.compare(staged, commit, OPTIONS).is_identical
    present = {
        row.file for row in tables.read(tables.pin("t")).selectExpr("_metadata.file_name AS file").collect()
    }
    folder = tables._catalog.locate("t").local
    assert folder is not None
    for file in folder.glob("*.parquet"):
        if file.name not in present:
            file.unlink()
    with pytest.raises(VersionGone, match="Version 0 of table `t` can no longer be read"):
        tables.replayed.compare(staged, commit, OPTIONS)


@pytest.mark.matrix(every=4)
@pytest.mark.parametrize(
    "write",
    [
        Write(table="t"),
        Write(table="t", mode="append"),
        Write(table="t", mode="merge", by=("k",)),
        Write(table="t", mode="replace", by=("p",)),
    ],
    ids=lambda write: write.mode,
)
def test_copies_are_read_where_files_were_removed(
    spark: Any, make_settings: Callable[..., Any], write: Write
) -> None:
    tables = Tables(spark, make_settings())
    for number, (committed, by) in enumerate(
        ((FIRST, write), (SECOND[:2], write), (THIRD, Write(table="t")))
    ):
        tables.publish(spark.createDataFrame(committed, COLUMNS), by, run_id=f"r{number}")
    newest = tables.pin("t")
    tables.copies.create("t", newest.identity, 1)
    if write.mode in ("merge", "replace"):
        tables.copies.create("t", newest.identity, 0)
    present = {row.file for row in tables.read(newest).selectExpr("_metadata.file_name AS file").collect()}
    for file in tables._catalog.locate("t").local.glob("*.parquet"):
        if file.name not in present:
            file.unlink()
    commit = CommittedWrite(write=write, version=1, identity=newest.identity, parameters={})
    for number, (rows, is_identical) in enumerate(((SECOND[:2], True), (SECOND[:1], False))):
        staged = tables.replayed.stage(spark.createDataFrame(rows, COLUMNS), f"replay{number}", commit)
        assert tables.replayed.compare(staged, commit, OPTIONS).is_identical is is_identical
    if write.mode == "append":
        tables.copies.remove("t", newest.identity, 1)
        with pytest.raises(VersionGone, match="Version 1 of table `t` can no longer be read"):
            tables.replayed.compare(staged, commit, OPTIONS)
