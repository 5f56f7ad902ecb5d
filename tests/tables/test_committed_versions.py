"""What a commit is compared with is read from copies where VACUUM removed the files; without Spark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from sparkops.errors import VersionGone
from sparkops.pipeline.write import Write
from sparkops.tables import Tables
from sparkops.tables.compare.committed_rows import CommittedWrite
from sparkops.tables.compare.committed_versions import CommittedVersions
from sparkops.tables.log.changed_files import list_changed_files


class Reader:
    """A session that records what it reads, and a frame that records its condition."""

    def __init__(self) -> None:
        self.read, self.loaded, self.files = self, "", ()

    def get(self) -> Reader:
        return self

    def format(self, name: str) -> Reader:
        return self

    def option(self, name: str, value: int) -> Reader:
        self.loaded = f"{name}={value} "
        return self

    def load(self, path: str) -> Reader:
        self.loaded += path
        return self

    def metadataColumn(self, name: str) -> Reader:
        return self

    def getField(self, name: str) -> Reader:
        return self

    def isin(self, names: list[str]) -> tuple[str, ...]:
        return tuple(names)

    def where(self, names: tuple[str, ...]) -> Reader:
        self.files = names
        return self


@pytest.fixture
def versions(make_settings: Callable[..., Any], tmp_path: Path) -> CommittedVersions:
    """Return a table of which only version 3, and a copy of version 1, have their files."""
    path = tmp_path / "warehouse" / "t"
    path.mkdir(parents=True)
    for number, mode in enumerate(("append", "append", "append", "overwrite")):
        write_deltalake(str(path), pa.table({"a": [number]}), mode=mode)  # type: ignore[call-overload]
    tables = Tables(None, make_settings())
    identity = str(DeltaTable(str(path)).metadata().id)
    tables.copies.create("t", identity, 1)
    newest = {Path(file).name for file in DeltaTable(str(path)).file_uris()}
    for file in path.glob("*.parquet"):
        if file.name not in newest:
            file.unlink()
    session: Any = Reader()
    return CommittedVersions(catalog=tables._catalog, session=session, table="t", identity=identity)


def test_a_version_is_read_from_its_copy(versions: CommittedVersions) -> None:
    copy: Any = versions.load(1)
    assert copy.loaded.startswith(str(versions.catalog.warehouse))
    assert "/_copies/t@1-" in copy.loaded
    assert Path(copy.loaded).is_dir()
    facts = versions.find(1)
    assert facts is not None
    assert facts.identity == versions.identity


@pytest.mark.parametrize("version", [0, 2])
def test_a_version_without_files_and_copy_is_gone(versions: CommittedVersions, version: int) -> None:
    with pytest.raises(VersionGone, match=f"Version {version} of table `t` can no longer be read"):
        versions.load(version)


def test_the_newest_version_is_read_from_the_table(versions: CommittedVersions) -> None:
    frame: Any = versions.load(3)
    assert frame.loaded == f"versionAsOf=3 {versions.location.address}"


def test_the_files_of_a_commit_are_found_in_the_copy(versions: CommittedVersions) -> None:
    added, _ = list_changed_files(versions.location, 1) or (frozenset(), frozenset())
    frame: Any = versions.load_files(1, added)
    (file,) = frame.files
    assert file.partition("-")[2] in added
    assert (Path(frame.loaded) / file).is_file()
    # A copy that Spark wrote has other files: none of them is known to be of the commit.
    assert versions.load_files(1, frozenset({"part-of-the-table.parquet"})) is None
    newest: Any = versions.load_files(3, frozenset({"b.parquet", "a.parquet"}))
    assert newest.files == ("a.parquet", "b.parquet")


@pytest.mark.parametrize(
    ("write", "version", "parameters", "is_needed"),
    [
        (Write(table="t"), 2, {}, False),
        (Write(table="t", mode="append"), 2, {}, False),
        (Write(table="t", mode="merge", by=("k",)), 2, {}, True),
        (Write(table="t", mode="merge", by=("k",)), 0, {}, False),
        (Write(table="t", mode="replace", by=("day",)), 2, {"day": "2026-01-01"}, False),
        (Write(table="t", mode="replace", by=("day",)), 2, {}, True),
        (Write(table="t", mode="replace", by=("day", "p")), 2, {"day": "2026-01-01", "p": None}, True),
    ],
)
def test_the_version_before_is_needed_only_where_rows_of_it_remain(
    write: Write, version: int, parameters: dict[str, Any], is_needed: bool
) -> None:
    commit = CommittedWrite(write=write, version=version, identity="i", parameters=parameters)
    assert commit.needs_before is is_needed
