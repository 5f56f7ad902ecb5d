"""The files of a staged frame, each with its partition values and statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sparkops.core.type_names import INTEGER_BITS
from sparkops.tables.staging.file_stats import FileStats, read_file_stats

# Prefix of a partition column in the names of folders.
PARTITION_PREFIX = "sparkops_by_"
_NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__"
# Texts of a partition value that Delta reads back as null.
NULL_TEXTS = ("", _NULL_FOLDER)
# Types whose values a folder name holds exactly as Delta writes a partition value.
PARTITION_TYPES = frozenset((*INTEGER_BITS, "string", "date"))


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One staged file.

    Args:
        path: Path of the file.
        partition: Value of each partition column, as Delta writes it; None is null.
        stats: Statistics of the file.
    """

    path: Path
    partition: Mapping[str, str | None]
    stats: FileStats


def select_staging_partitions(schema: Mapping[str, Any], partition_by: Sequence[str]) -> tuple[str, ...]:
    """Return the partition columns if a folder name can hold the values of all of them, else none.

    Args:
        schema: Schema JSON of the frame.
        partition_by: Partition columns of the table.
    """
    types = {field["name"]: field["type"] for field in schema["fields"]}
    supported = all(
        isinstance(types.get(name), str) and types[name] in PARTITION_TYPES for name in partition_by
    )
    return tuple(partition_by) if supported else ()


def list_staged_files(folder: Path, columns: Sequence[str]) -> tuple[StagedFile, ...]:
    """Return the staged files that have rows.

    Args:
        folder: Folder of the staged frame.
        columns: Columns of the frame, in order.
    """
    files = (
        StagedFile(path, _parse_partition(path.relative_to(folder)), read_file_stats(path, columns))
        for path in _list_data_files(folder)
    )
    return tuple(file for file in files if file.stats.rows)


def list_staged_partitions(folder: Path) -> tuple[Mapping[str, str | None], ...]:
    """Return the partition values of each staged file, also of files without rows."""
    return tuple(_parse_partition(path.relative_to(folder)) for path in _list_data_files(folder))


def _list_data_files(folder: Path) -> Iterator[Path]:
    paths = sorted(folder.rglob("*.parquet"))
    return (path for path in paths if not path.name.startswith((".", "_")))


def _parse_partition(path: Path) -> dict[str, str | None]:
    pairs = (folder.split("=", 1) for folder in path.parts[:-1])
    return {
        unquote(key).removeprefix(PARTITION_PREFIX): None if text == _NULL_FOLDER else unquote(text)
        for key, text in pairs
    }
