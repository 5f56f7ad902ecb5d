"""Replay the log of a local table: the data files of one version, whether they exist, and their number of rows."""

from __future__ import annotations

from base64 import b85decode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote
from uuid import UUID

from sparkops.config.state_file import require_text
from sparkops.core.bounded_file import parse_json
from sparkops.tables.log.log_folder import UNREADABLE, LogFolder, open_log, read_actions, read_checkpoint

# Digits of a UUID in Z85.
_VECTOR_DIGITS: Final = 20
# The digits of Z85 to those of Python's base 85, in order.
_Z85: Final = str.maketrans(
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
)
# Path and deletion vector, which identify a file in the log.
FileKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class DataFile:
    """A data file of a table version; `rows` is None where its statistics lack the number."""

    path: Path
    rows: int | None


def list_data_files(table: Path, version: int) -> tuple[DataFile, ...] | None:
    """Return the data files of a version, or None where only Spark can replay the log.

    Args:
        table: The table's folder.
        version: The version.
    """
    actions = list_add_actions(table, version)
    if actions is None:
        return None
    try:
        return tuple(DataFile(resolve_path(table, add["path"]), count_file_rows(add)) for add in actions)
    except UNREADABLE:
        return None


def list_add_actions(table: Path, version: int) -> list[dict[str, Any]] | None:
    """Return the actions that added the data files of a version, or None where only Spark can replay the log."""
    log = open_log(table)
    if log is None or not log.oldest <= version <= log.newest:
        return None
    base = log.find_base(version)
    try:
        live_files = read_checkpoint_files(log, base)
        if live_files is None:
            return None
        for number in range(base + 1, version + 1):
            _apply_commit(live_files, log.commits[number])
        if not all(isinstance(add.get("size", 0), int) for add in live_files.values()):
            return None
    except UNREADABLE:
        return None
    return list(live_files.values())


def count_rows(table: Path, version: int) -> int | None:
    """Return the number of rows of a version from the statistics of its files, or None where a file lacks them."""
    files = list_data_files(table, version)
    if files is None or any(file.rows is None for file in files):
        return None
    return sum(file.rows or 0 for file in files)


def find_missing_file(table: Path, version: int) -> Path | None:
    """Return a data file or deletion vector of a version that was removed from the disk, or None."""
    try:
        paths = [path for add in list_add_actions(table, version) or () for path in list_paths(table, add)]
    except UNREADABLE:
        return None
    return next((path for path in dict.fromkeys(paths) if not path.exists()), None)


def list_paths(table: Path, action: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the files that a reader of a data file opens: the file, and that of its deletion vector.

    Raises:
        ValueError: One is not on this machine.
    """
    yield resolve_path(table, action["path"])
    vector = action.get("deletionVector") or {}
    if vector.get("storageType") == "p":
        yield resolve_path(table, vector["pathOrInlineDv"])
    elif vector.get("storageType") == "u":
        # A vector of another form is left to Spark.
        with suppress(ValueError):
            yield table / _name_vector(vector["pathOrInlineDv"])


def _name_vector(text: str) -> str:
    """Return the path of a deletion vector's file: a folder, then its UUID in Z85."""
    folder, encoded = text[:-_VECTOR_DIGITS], text[-_VECTOR_DIGITS:]
    number = UUID(bytes=b85decode(encoded.translate(_Z85)))
    return f"{folder}/deletion_vector_{number}.bin" if folder else f"deletion_vector_{number}.bin"


def identify_file(action: dict[str, Any]) -> FileKey:
    """Return what identifies a file in the log: its path and its deletion vector; TypeError if it has no path."""
    vector = action.get("deletionVector") or {}
    vector_id = f"{vector.get('storageType')}{vector.get('pathOrInlineDv')}@{vector.get('offset')}"
    return require_text(action, "path"), vector_id


def _apply_commit(live_files: dict[FileKey, dict[str, Any]], commit: Path) -> None:
    """Remove the files that a commit removed, and add those that it added, in place."""
    for action in read_actions(commit):
        if "remove" in action:
            live_files.pop(identify_file(action["remove"]), None)
        if "add" in action:
            live_files[identify_file(action["add"])] = action["add"]


def read_checkpoint_files(log: LogFolder, version: int) -> dict[FileKey, dict[str, Any]] | None:
    """Return the live files of a checkpoint; no file for version -1, None if only Spark can read the checkpoint."""
    if version < 0:
        return {}
    live_files: dict[FileKey, dict[str, Any]] = {}
    for file in log.checkpoints[version]:
        rows = read_checkpoint(file, ("add", "sidecar"))
        # delta-rs writes the column `sidecar`, and leaves it empty.
        if any((row.get("sidecar") or {}).get("path") for row in rows):
            return None
        live_files |= {identify_file(row["add"]): row["add"] for row in rows if row["add"]}
    return live_files if log.checkpoints[version] else None


def count_file_rows(add: dict[str, Any]) -> int | None:
    """Return the number of rows of a file, less those that its deletion vector removes; None without statistics."""
    stats = parse_json(add["stats"]) if add.get("stats") else {}
    if "numRecords" not in stats:
        return None
    return int(stats["numRecords"]) - int((add.get("deletionVector") or {}).get("cardinality") or 0)


def resolve_path(table: Path, path: str) -> Path:
    """Return the path of a file in the log: relative to the table, or a URI in the log of a shallow clone."""
    text = unquote(path)
    if "://" in text or text.startswith("file:"):
        if not text.startswith("file:"):
            raise ValueError(f"{text} is not on this machine")
        return Path("/" + text.removeprefix("file:").lstrip("/"))
    return table / text
