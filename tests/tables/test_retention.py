"""Versions of a local table: whether they can be read, until when, and their copies; without Spark."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from sparkops.config.settings import Settings
from sparkops.errors import VersionGone
from sparkops.tables import Tables
from sparkops.tables.log.replay import find_missing_file
from sparkops.tables.log.retention import examine_versions

# Deletion vectors as a log names them, and their files; the first is the example of Delta's protocol.
VECTORS = {
    1: ("ab^-aqEH.-t@S}K{vb[*k^", "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"),
    2: ("00000000000000000000", "deletion_vector_00000000-0000-0000-0000-000000000000.bin"),
}


@pytest.fixture
def tables(make_settings: Callable[..., Settings]) -> Tables:
    return Tables(None, make_settings())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a table whose versions 0 and 1 were appended, and version 2 overwrote them."""
    path = tmp_path / "warehouse" / "t"
    path.mkdir(parents=True)
    for number, mode in enumerate(("append", "append", "overwrite")):
        write_deltalake(str(path), pa.table({"a": [number]}), mode=mode)  # type: ignore[call-overload]
    return path


def identify(folder: Path) -> str:
    return str(DeltaTable(str(folder)).metadata().id)


def test_an_older_version_may_be_removed_by_vacuum_and_the_newest_never(folder: Path) -> None:
    examined = examine_versions(folder, identify(folder), [0, 1, 2]) or {}
    week = datetime.now(UTC) + timedelta(weeks=1)
    for version in (0, 1):
        removable = examined[version].removable
        assert removable is not None
        assert abs(removable - week) < timedelta(minutes=5)
        assert (examined[version].problem, examined[version].by) == ("", "VACUUM")
    assert (examined[2].problem, examined[2].removable) == ("", None)


def test_properties_of_the_table_change_the_dates(folder: Path) -> None:
    properties = {
        "delta.deletedFileRetentionDuration": "interval 60 days",
        "delta.logRetentionDuration": "interval 10 days",
    }
    DeltaTable(str(folder)).alter.set_table_properties(properties)
    examined = examine_versions(folder, identify(folder), [0, 3]) or {}
    removable = examined[0].removable
    assert removable is not None
    assert abs(removable - datetime.now(UTC) - timedelta(days=10)) < timedelta(minutes=5)
    assert examined[0].by == "log clean-up"
    assert examined[3].removable is None


@pytest.mark.parametrize("weeks", [10**6, 10**9, 10**18])
def test_a_retention_beyond_all_dates_is_never_over(folder: Path, weeks: int) -> None:
    log = folder / "_delta_log" / "00000000000000000000.json"
    [metadata] = [line for line in log.read_text().splitlines() if "metaData" in line]
    properties = {
        "delta.deletedFileRetentionDuration": f"interval {weeks} weeks",
        "delta.logRetentionDuration": f"interval {weeks} weeks",
    }
    changed = json.loads(metadata)
    changed["metaData"]["configuration"] = properties
    log.write_text(log.read_text().replace(metadata, json.dumps(changed)))
    examined = examine_versions(folder, identify(folder), [0, 1, 2]) or {}
    assert [(item.problem, item.removable) for item in examined.values()] == [("", None)] * 3


def test_an_earlier_deletion_vector_of_a_live_file_may_be_removed(folder: Path) -> None:
    """The log of a `DELETE` that replaced the deletion vector of a file, as Delta writes it."""
    log, identity = folder / "_delta_log", identify(folder)
    [path] = DeltaTable(str(folder)).file_uris()
    name = Path(path).name
    add: dict[str, Any] = {
        "path": name,
        "size": 1,
        "partitionValues": {},
        "modificationTime": 0,
        "dataChange": True,
    }

    def vector(number: int) -> dict[str, Any]:
        return {
            "deletionVector": {
                "storageType": "u",
                "pathOrInlineDv": VECTORS[number][0],
                "offset": 1,
                "sizeInBytes": 1,
                "cardinality": 1,
            }
        }

    removed_at = int(datetime.now(UTC).timestamp() * 1000)
    remove = {"path": name, "deletionTimestamp": removed_at, "dataChange": True}
    for version, actions in enumerate(
        (
            [{"remove": remove}, {"add": add | vector(1)}],
            [{"remove": remove | vector(1)}, {"add": add | vector(2)}],
        ),
        3,
    ):
        lines = [{"commitInfo": {"timestamp": removed_at, "operation": "DELETE"}}, *actions]
        (log / f"{version:020}.json").write_text("\n".join(map(json.dumps, lines)))
    for _, vector_file in VECTORS.values():
        (folder / vector_file).parent.mkdir(exist_ok=True)
        (folder / vector_file).touch()
    examined = examine_versions(folder, identity, [2, 3, 4]) or {}
    # The file itself is live in all of them; only version 3 needs the vector that was replaced.
    assert [examined[version].by for version in (2, 3, 4)] == ["log clean-up", "VACUUM", ""]
    # A reader of version 3 needs the vector, too.
    (folder / VECTORS[1][1]).unlink()
    examined = examine_versions(folder, identity, [2, 3, 4]) or {}
    vector_name = Path(VECTORS[1][1]).name
    expected = ["", f"the deletion vector {vector_name} of its file {name} was removed", ""]
    assert [examined[version].problem for version in (2, 3, 4)] == expected
    assert [find_missing_file(folder, version) for version in (2, 3, 4)] == [
        None,
        folder / VECTORS[1][1],
        None,
    ]


def test_versions_that_are_gone_are_found_by_looking(folder: Path) -> None:
    identity = identify(folder)
    assert (examine_versions(folder, "other", [0]) or {})[0].problem == "the table was created again"
    DeltaTable(str(folder)).vacuum(0, dry_run=False, enforce_retention_duration=False)
    examined = examine_versions(folder, identity, [0, 1, 2, 9]) or {}
    assert "was removed" in examined[0].problem
    assert "was removed" in examined[1].problem
    assert examined[2].problem == ""
    assert examined[9].problem == "its log was cleaned up"
    shutil.rmtree(folder)
    assert (examine_versions(folder, identity, [0]) or {})[0].problem == "the table does not exist any more"


def test_after_a_checkpoint_missing_files_and_commits_are_found(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.mkdir()
    for number in range(6):
        write_deltalake(str(path), pa.table({"a": [number]}), mode="append")
        if number == 2:
            DeltaTable(str(path)).create_checkpoint()
    log, identity = path / "_delta_log", identify(path)
    for version in range(2):
        (log / f"{version:020}.json").unlink()
    newest_file, *_, oldest_file = (Path(uri) for uri in DeltaTable(str(path)).file_uris())
    newest_file.unlink()
    examined = examine_versions(path, identity, range(6)) or {}
    problems = [examined[version].problem for version in range(6)]
    assert problems[:2] == ["its log was cleaned up"] * 2
    assert problems[2:] == ["", "", "", f"its file {newest_file.name} was removed"]
    oldest_file.unlink()
    examined = examine_versions(path, identity, range(6)) or {}
    removed = f"its file {oldest_file.name} was removed"
    assert [examined[version].problem for version in range(2, 6)] == [removed] * 4
    (log / f"{4:020}.json").unlink()
    examined = examine_versions(path, identity, range(6)) or {}
    assert {item.problem for item in examined.values()} == {"version 4 of its log is missing"}


def test_a_restored_file_is_live_again(folder: Path) -> None:
    DeltaTable(str(folder)).restore(1)
    examined = examine_versions(folder, identify(folder), [1, 2, 3]) or {}
    assert examined[1].by == "log clean-up"
    assert examined[2].by == "VACUUM"


def test_many_versions_are_examined_at_once(tmp_path: Path) -> None:
    path = tmp_path / "many"
    path.mkdir()
    for number in range(30):
        write_deltalake(str(path), pa.table({"a": [number]}), mode="overwrite")
    DeltaTable(str(path)).create_checkpoint()
    examined = examine_versions(path, identify(path), range(30)) or {}
    assert [version for version in range(30) if examined[version].removable is None] == [29]


def test_a_copy_outlives_vacuum_and_takes_no_space_before(folder: Path, tables: Tables) -> None:
    identity, copies = identify(folder), tables.copies
    before = copies.describe("t", identity, 1)
    assert (before.exists, before.is_linked) == (False, True)
    assert before.bytes == sum(path.stat().st_size for path in folder.glob("*.parquet")) * 2 // 3
    copies.create("t", identity, 1)
    copies.create("t", identity, 1)
    path = Path(copies.find("t", identity, 1) or "")
    assert {file.stat().st_nlink for file in path.glob("*.parquet")} == {2}
    DeltaTable(str(folder)).vacuum(0, dry_run=False, enforce_retention_duration=False)
    rows = pa.RecordBatchReader.from_stream(DeltaTable(str(path)).scan()).read_all()
    assert sorted(row["a"] for row in rows.to_pylist()) == [0, 1]
    assert (tables.examine_versions("t", identity, [0, 1]) or {})[1].problem == ""
    # A run reads the version from its copy; a table is not restored to it.
    assert tables.pin("t", at=1).identity == identity
    with pytest.raises(VersionGone):
        tables.restore("t", 1)
    with pytest.raises(VersionGone):
        tables.pin("t", at=0)
    copies.remove("t", identity, 1)
    assert copies.find("t", identity, 1) is None
    with pytest.raises(VersionGone, match=r"cannot be copied|was removed"):
        copies.create("t", identity, 1)


def test_a_version_after_a_checkpoint_is_copied(tmp_path: Path, tables: Tables) -> None:
    path = tmp_path / "warehouse" / "p"
    path.mkdir(parents=True)
    for number in range(3):
        write_deltalake(
            str(path), pa.table({"a": [number], "day": [f"d{number}"]}), mode="append", partition_by=["day"]
        )
    DeltaTable(str(path)).create_checkpoint()
    identity = identify(path)
    tables.copies.create("p", identity, 2)
    copy = tables.copies.find("p", identity, 2)
    rows = pa.RecordBatchReader.from_stream(DeltaTable(str(copy)).scan()).read_all().to_pylist()
    assert sorted((row["a"], row["day"]) for row in rows) == [(0, "d0"), (1, "d1"), (2, "d2")]
