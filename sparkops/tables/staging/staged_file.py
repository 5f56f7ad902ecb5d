"""The files of a staged frame, each with the partition it belongs to and its statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sparkops.tables.staging.file_stats import FileStats, file_stats

MARK = "sparkops_by_"  # before a partition column's name: names the folders, beside the column in the files
_NULL = "__HIVE_DEFAULT_PARTITION__"
_NAMED = frozenset(("byte", "short", "integer", "long", "string", "date"))


@dataclass(frozen=True, slots=True)
class Part:
    """One staged file.

    Args:
        file: Where it stands.
        values: Partition column to its value as Delta writes it; None is null.
        stats: Its statistics.
    """

    file: Path
    values: Mapping[str, str | None]
    stats: FileStats


def staged_by(struct: Mapping[str, Any], partition_by: Sequence[str]) -> tuple[str, ...]:
    """Return the columns by which a frame is staged: those it is partitioned by, where folders can name their values."""
    kinds = {field["name"]: field["type"] for field in struct["fields"]}
    fit = all(isinstance(kinds.get(name), str) and kinds[name] in _NAMED for name in partition_by)
    return tuple(partition_by) if fit else ()


def parts_of(folder: Path, columns: Sequence[str]) -> tuple[Part, ...]:
    """Return the staged files that hold rows.

    Args:
        folder: Where a frame was staged.
        columns: Its columns, in order.
    """
    found = (
        Part(file, _values(file.relative_to(folder)), file_stats(file, columns))
        for file in sorted(folder.rglob("*.parquet"))
        if not file.name.startswith((".", "_"))
    )
    return tuple(part for part in found if part.stats.rows)


def _values(path: Path) -> dict[str, str | None]:
    pairs = (folder.split("=", 1) for folder in path.parts[:-1])
    return {unquote(key).removeprefix(MARK): None if text == _NULL else unquote(text) for key, text in pairs}
