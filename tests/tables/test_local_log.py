import json
from datetime import UTC, datetime

import pytest

from sparkops.tables.log.local_log import find_oldest_version, read_commits, read_transactions, read_version
from sparkops.tables.log.replay import count_rows, find_missing_file, list_data_files

SCHEMA = {"type": "struct", "fields": [{"name": "k", "type": "string", "nullable": True, "metadata": {}}]}
META = {"metaData": {"id": "abc", "schemaString": json.dumps(SCHEMA), "partitionColumns": ["k"]}}
PROTOCOL = {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}


def info(version, **more):
    return {"commitInfo": {"timestamp": 1_000_000 + version * 1000, "operation": "WRITE", **more}}


@pytest.fixture
def log(tmp_path):
    """Return a function that writes one commit of a log."""
    folder = tmp_path / "_delta_log"
    folder.mkdir()

    def write(version, *actions, name="{:020}.json"):
        lines = "\n".join(json.dumps(action) for action in actions)
        (folder / name.format(version)).write_text(lines)
        return tmp_path

    return write


def add(path, rows, **more):
    return {"add": {"path": path, "stats": json.dumps({"numRecords": rows}), **more}}


def test_the_newest_version_is_read_from_the_commits_alone(log):
    log(0, info(0), META, PROTOCOL, add("a", 1))
    table = log(1, info(1), add("b", 2))
    tip = read_version(table)
    assert (tip.version, tip.identity, tip.partition_by) == (1, "abc", ("k",))
    assert tip.time == datetime.fromtimestamp(1001, tz=UTC)
    assert tip.schema == SCHEMA
    assert read_version(table, at=0).version == 0
    assert read_version(table, at=2) is None


def test_a_folder_without_a_log_is_not_a_table(tmp_path):
    assert read_version(tmp_path) is None
    assert read_commits(tmp_path) is None
    assert find_oldest_version(tmp_path) is None
    assert read_transactions(tmp_path) is None
    assert list_data_files(tmp_path, 0) is None


def test_the_in_commit_timestamp_precedes_the_writers_clock(log):
    table = log(0, info(0, inCommitTimestamp=5_000), META, PROTOCOL)
    assert read_version(table).time == datetime.fromtimestamp(5, tz=UTC)


def test_a_log_whose_newest_commits_are_in_a_catalog_is_left_to_spark(log):
    managed = {
        "protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "writerFeatures": ["catalogManaged"]}
    }
    assert read_version(log(0, info(0), META, managed)) is None


def test_a_damaged_log_is_left_to_spark(log):
    table = log(0, info(0), META, PROTOCOL)
    (table / "_delta_log" / f"{1:020}.json").write_text('{"commitInfo": {"times')
    assert read_version(table) is None
    assert read_commits(table) is None
    assert count_rows(table, 1) is None


def test_a_gap_in_the_commits_bounds_what_can_be_rebuilt(log):
    log(0, info(0), META, PROTOCOL)
    table = log(2, info(2), META, PROTOCOL)
    assert find_oldest_version(table) == 2
    assert read_version(table, at=0) is None


def test_history_counts_the_rows_that_came_and_names_the_run(log):
    metrics = {"numOutputRows": "5", "numCopiedRows": "2"}
    merged = {"numTargetRowsInserted": "1", "numTargetRowsUpdated": "2", "numOutputRows": "9"}
    log(0, info(0, operationMetrics=metrics, userMetadata='{"sparkops_run": "r1"}'), META, PROTOCOL)
    log(
        1,
        {
            "commitInfo": {
                "timestamp": 1,
                "operation": "MERGE",
                "operationMetrics": merged,
                "userMetadata": "hi",
            }
        },
    )
    table = log(2, info(2, operation="OPTIMIZE", userMetadata='["x"]'))
    history = [(c.version, c.operation, c.rows, c.run_id) for c in read_commits(table)]
    assert history == [(2, "OPTIMIZE", None, None), (1, "MERGE", 3, None), (0, "WRITE", 3, "r1")]
    assert len(read_commits(table, limit=1)) == 1


def test_files_are_replayed_with_removals_and_deleted_rows(log):
    vector = {"storageType": "u", "pathOrInlineDv": "x", "offset": 1, "cardinality": 3}
    log(0, info(0), META, PROTOCOL, add("a", 10), add("b%20c", 5))
    table = log(1, info(1), {"remove": {"path": "a"}}, add("a", 10, deletionVector=vector))
    assert count_rows(table, 0) == 15
    assert count_rows(table, 1) == 12
    (table / "a").touch()
    assert find_missing_file(table, 1).name == "b c"
    (table / "b c").touch()
    assert find_missing_file(table, 1) is None


def test_a_file_without_statistics_leaves_the_count_to_spark(log):
    table = log(0, info(0), META, PROTOCOL, {"add": {"path": "a"}})
    assert count_rows(table, 0) is None
    assert len(list_data_files(table, 0)) == 1


def test_a_checkpoint_of_several_parts_counts_only_when_it_is_complete(log):
    table = log(3, info(3), META, PROTOCOL)
    part = table / "_delta_log" / f"{2:020}.checkpoint.{1:010}.{2:010}.parquet"
    part.touch()
    assert find_oldest_version(table) == 3
    (table / "_delta_log" / f"{2:020}.checkpoint.{2:010}.{2:010}.parquet").touch()
    assert find_oldest_version(table) == 2
