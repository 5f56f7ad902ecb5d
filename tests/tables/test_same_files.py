"""A replay that wrote the same bytes as the run is identical without reading rows; any other one is compared by its rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from sparkops.pipeline.write import Mode, Write
from sparkops.tables.catalog import Catalog
from sparkops.tables.compare.committed_rows import CommittedWrite
from sparkops.tables.compare.committed_versions import CommittedVersions
from sparkops.tables.compare.same_files import count_in_same_files
from sparkops.tables.session import Session


class Commits:
    """A table with two commits, of which the second is replayed."""

    def __init__(self, warehouse: Path, catalog: Catalog, mode: Mode, **options: Any) -> None:
        self.folder = warehouse / "t"
        self.folder.mkdir(parents=True)
        for values in ([1], [2, 3]):
            rows = pa.table({"n": values, "p": ["a"] * len(values)})
            write_deltalake(
                str(self.folder), rows, mode="append" if mode == "append" else "overwrite", **options
            )
        table = DeltaTable(str(self.folder))
        identity = str(table.metadata().id)
        self.commit = CommittedWrite(
            write=Write(table="t", mode=mode), version=1, identity=identity, parameters={}
        )
        self.versions = CommittedVersions(
            catalog=catalog, session=Session(None), table="t", identity=identity
        )
        # The file of the second commit, as a replay would stage it.
        self.staged = warehouse / "staged" / "part 0.parquet"
        self.staged.parent.mkdir()
        newest = max(self.folder.rglob("*.parquet"), key=lambda path: path.stat().st_mtime_ns)
        shutil.copy(newest, self.staged)

    def count(self, *uris: str) -> int | None:
        return count_in_same_files(uris or [self.staged.as_uri()], self.versions, self.commit)


@pytest.fixture
def make_commits(tmp_path: Path, make_settings: Callable[..., Any]) -> Callable[..., Commits]:
    settings = make_settings(tmp_path)
    return lambda mode, **options: Commits(Path(settings.warehouse), Catalog(settings), mode, **options)


@pytest.mark.parametrize("mode", ["overwrite", "append"])
def test_the_same_bytes_are_the_same_rows(mode: Mode, make_commits: Callable[..., Commits]) -> None:
    assert make_commits(mode).count() == 2


@pytest.mark.parametrize("change", ["byte", "missing", "more", "twice"])
def test_other_files_are_not_the_same(change: str, make_commits: Callable[..., Commits]) -> None:
    commits = make_commits("overwrite")
    uri = commits.staged.as_uri()
    if change == "byte":
        content = bytearray(commits.staged.read_bytes())
        content[20] ^= 1
        commits.staged.write_bytes(content)
    if change == "missing":
        commits.staged.unlink()
    if change in ("more", "twice"):
        assert commits.count(uri, uri) is None
    else:
        assert commits.count(uri) is None


@pytest.mark.parametrize("mode", ["replace", "merge"])
def test_a_write_that_keeps_other_rows_is_compared_by_its_rows(
    mode: Mode, make_commits: Callable[..., Commits]
) -> None:
    assert make_commits(mode).count() is None


def test_a_partitioned_table_is_compared_by_its_rows(make_commits: Callable[..., Commits]) -> None:
    assert make_commits("overwrite", partition_by=["p"]).count() is None


def test_a_table_that_was_created_again_is_compared_by_its_rows(make_commits: Callable[..., Commits]) -> None:
    commits = make_commits("overwrite")
    commits.versions = replace(commits.versions, identity="another")
    assert commits.count() is None
