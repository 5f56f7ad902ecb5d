"""The rows that a table gained and lost between two versions, from its log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sparkops.pipeline.table import VersionChange
from sparkops.tables.log.version_change import count_change

METADATA = {
    "metaData": {
        "id": "i", "schemaString": '{"type": "struct", "fields": []}', "partitionColumns": [], "configuration": {}
    }
}  # fmt: skip
PROTOCOL = {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}


def write_log(table: Path, *commits: tuple[str, dict[str, Any], dict[str, str]]) -> Path:
    """Write the log of a table: of each commit the operation, its metrics and parameters."""
    log = table / "_delta_log"
    log.mkdir()
    for version, (operation, metrics, parameters) in enumerate(commits):
        info = {
            "timestamp": 0,
            "operation": operation,
            "operationMetrics": metrics,
            "operationParameters": parameters,
        }
        actions: list[dict[str, Any]] = [{"commitInfo": info}]
        actions += [PROTOCOL, METADATA] if version == 0 else []
        path = f"{version}.parquet"
        actions += [{"add": {"path": path, "stats": json.dumps({"numRecords": 10 * (version + 1)})}}]
        actions += [{"remove": {"path": f"{version - 1}.parquet"}}] if version else []
        (log / f"{version:020d}.json").write_text("".join(json.dumps(action) + "\n" for action in actions))
    return table


CREATED: tuple[str, dict[str, Any], dict[str, str]] = ("WRITE", {"numOutputRows": "10"}, {"mode": "Append"})


@pytest.mark.parametrize(
    ("operation", "metrics", "parameters", "rows"),
    [
        ("WRITE", {"numOutputRows": "5"}, {"mode": "Append"}, (5, 0)),
        ("WRITE", {"numOutputRows": "5", "numDeletedRows": "2"}, {"mode": "Overwrite", "predicate": "x"}, (5, 2)),
        ("WRITE", {"numOutputRows": "7", "numCopiedRows": "2", "numDeletedRows": "1"}, {"mode": "Overwrite"}, (5, 1)),
        # delta-rs counts no removed rows: without a predicate, these are all of the version before.
        ("WRITE", {"numOutputRows": "5"}, {"mode": "Overwrite"}, (5, 10)),
        ("WRITE", {"numOutputRows": "5"}, {"mode": "Overwrite", "predicate": "x"}, None),
        ("DELETE", {"numDeletedRows": "4"}, {}, (0, 4)),
        ("DELETE", {}, {}, None),
        ("MERGE", {"numTargetRowsInserted": "3", "numTargetRowsUpdated": "2", "numTargetRowsDeleted": "1"}, {}, (5, 3)),
        ("MERGE", {"numTargetRowsInserted": "3"}, {}, None),
        ("OPTIMIZE", {"numAddedFiles": "1"}, {}, (0, 0)),
        ("WRITE", {"numOutputRows": "many"}, {"mode": "Append"}, None),
        ("RESTORE", {}, {}, None),
        ("SOMETHING NEW", {"numOutputRows": "5"}, {}, None),
    ],
)  # fmt: skip
def test_the_rows_of_a_commit(
    tmp_path: Path,
    operation: str,
    metrics: dict[str, Any],
    parameters: dict[str, str],
    rows: tuple[int, int] | None,
) -> None:
    table = write_log(tmp_path, CREATED, (operation, metrics, parameters))
    added, removed = rows or (None, None)
    assert count_change(table, "i", 0, 1) == VersionChange(
        added=added, removed=removed, rows_before=10, rows_after=20
    )


def test_several_commits_are_added_up_and_turned_round(tmp_path: Path) -> None:
    table = write_log(
        tmp_path, CREATED, ("WRITE", {"numOutputRows": "5"}, {"mode": "Append"}), ("DELETE", {"numDeletedRows": "4"}, {})
    )  # fmt: skip
    assert count_change(table, "i", 0, 2) == VersionChange(added=5, removed=4, rows_before=10, rows_after=30)
    assert count_change(table, "i", 2, 0) == VersionChange(added=4, removed=5, rows_before=30, rows_after=10)


def test_another_table_or_a_version_that_is_gone_has_no_change(tmp_path: Path) -> None:
    table = write_log(tmp_path, CREATED, CREATED)
    assert count_change(table, "other", 0, 1) is None
    assert count_change(table, "i", 0, 9) is None
    assert count_change(tmp_path / "none", "i", 0, 1) is None
