"""Rows of a table are read without Spark: of a version, or of what one commit added."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from sparkops.config.settings import Settings
from sparkops.errors import TableError, UnknownName, VersionGone
from sparkops.tables import Tables
from sparkops.tables.backends.deltars.arrow_rows import to_rows


def no_spark() -> None:
    raise AssertionError("Spark is not needed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "warehouse" / "sales"
    rows = {"id": [1, 2], "day": [date(2013, 7, 4)] * 2, "at": [datetime(2013, 7, 4, 12, tzinfo=UTC)] * 2}
    write_deltalake(folder, pa.table(rows), partition_by=["day"])
    later = {"id": [3], "day": [date(2013, 7, 5)], "at": [datetime(2013, 7, 5, 12, tzinfo=UTC)]}
    write_deltalake(folder, pa.table(later), mode="append")
    return folder


@pytest.fixture
def tables(folder: Path, make_settings: Callable[..., Settings]) -> Tables:
    return Tables(no_spark, make_settings())  # type: ignore[arg-type]


def read_ids(
    tables: Tables, version: int | None = None, *, limit: int = 100, committed: bool = False
) -> list[int]:
    rows = tables.read_arrow("sales", version, limit=limit, committed=committed)
    return sorted(rows.column("id").to_pylist())


def test_the_rows_of_a_version_are_read(tables: Tables) -> None:
    assert read_ids(tables) == [1, 2, 3]
    assert read_ids(tables, 0) == [1, 2]
    assert len(read_ids(tables, limit=2)) == 2


def test_the_rows_that_a_commit_added_are_read(tables: Tables) -> None:
    assert read_ids(tables, 0, committed=True) == [1, 2]
    assert read_ids(tables, 1, committed=True) == [3]


def test_values_are_those_of_the_table(tables: Tables) -> None:
    [row] = to_rows(tables.read_arrow("sales", 1, limit=5, committed=True))
    assert row == {"id": 3, "day": date(2013, 7, 5), "at": datetime(2013, 7, 5, 12, tzinfo=UTC)}


def test_a_commit_that_added_no_file_has_no_rows_but_columns(folder: Path, tables: Tables) -> None:
    from deltalake import DeltaTable

    DeltaTable(folder).delete("id = 3")
    rows = tables.read_arrow("sales", 2, limit=5, committed=True)
    assert (rows.num_rows, rows.column_names) == (0, ["id", "day", "at"])


def test_a_version_whose_files_were_removed_is_gone(folder: Path, tables: Tables) -> None:
    for file in folder.glob("day=2013-07-05/*.parquet"):
        file.unlink()
    assert read_ids(tables, 0) == [1, 2]
    with pytest.raises(VersionGone, match=r"Files of version 1 of sales were removed"):
        read_ids(tables, 1)


def test_a_damaged_file_is_an_error_of_the_table(folder: Path, tables: Tables) -> None:
    for file in folder.glob("day=2013-07-05/*.parquet"):
        file.write_bytes(b"PAR1 no parquet PAR1")
    with pytest.raises(TableError, match="The rows of sales can only be read by Spark"):
        read_ids(tables, 1)


@pytest.mark.parametrize("version", [7, 1 << 40])
def test_a_version_that_does_not_exist_is_said_so(tables: Tables, version: int) -> None:
    with pytest.raises(UnknownName, match=str(version)):
        read_ids(tables, version)


def test_a_table_that_does_not_exist_is_said_so(tables: Tables) -> None:
    with pytest.raises(UnknownName, match=r"No table `sale` in the catalog\. Did you mean `sales`"):
        tables.read_arrow("sale", limit=1)
