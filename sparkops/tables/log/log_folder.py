"""List the files of a Delta log on the local file system, and the versions that can be rebuilt from them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sparkops.config.state_file import MALFORMED, MAX_STATE
from sparkops.core.bounded_file import iterate_lines, open_regular, parse_json, read_bytes

# Digits of the version in the names of files.
_VERSION_DIGITS: Final = 20
# Bytes of one commit, and characters of one of its actions.
_MAX_COMMIT: Final = 4 << 30
_MAX_ACTION: Final = 256 << 20
# Errors of reading a log: one of its files is damaged, is not a regular file, or has another format.
UNREADABLE: Final = (OSError, NotImplementedError, *MALFORMED)
# The actions that are read; each is an object, or null.
_KINDS: Final = ("add", "remove", "metaData", "protocol", "commitInfo")
# A checkpoint in one Parquet file, in several, or one of V2, which has a UUID.
_CHECKPOINT = re.compile(
    r"(?P<version>\d{20})\.checkpoint(?:\.\d{10}\.(?P<parts>\d{10})|\.(?P<uuid>[0-9a-f-]{36}))?"
    r"\.(?P<ending>parquet|json)"
)


@dataclass(frozen=True, slots=True)
class LogFolder:
    """The files of one `_delta_log` folder.

    Args:
        path: The folder.
        commits: JSON file of each version. A table may have thousands of them, of which few are read.
        checksums: Checksum file of each version, which repeats the metadata.
        checkpoints: Parquet files of each complete checkpoint; empty for a V2 checkpoint, which is not read.
    """

    path: Path
    commits: Mapping[int, Path]
    checksums: Mapping[int, Path]
    checkpoints: Mapping[int, tuple[Path, ...]] = field(default_factory=dict)

    @property
    def newest(self) -> int:
        """Return the newest version, or -1 if there is none."""
        return max([*self.commits, *self.checkpoints], default=-1)

    @property
    def oldest(self) -> int:
        """Return the oldest version from which every later one can be rebuilt, too."""
        version = self.newest
        while version in self.commits and version > 0:
            version -= 1
        if version == 0 and 0 in self.commits:
            return 0
        bases = [base for base in self.checkpoints if base >= version]
        return min(bases, default=self.newest)

    def find_base(self, version: int) -> int:
        """Return the version of the newest checkpoint up to `version`, or -1 if there is none."""
        return max((base for base in self.checkpoints if base <= version), default=-1)


def open_log(table: Path) -> LogFolder | None:
    """Return the log of a table's folder, or None if it has no version."""
    folder = table / "_delta_log"
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        return None
    checkpoints = _find_complete_checkpoints(folder, [name for name in names if ".checkpoint" in name])
    log = LogFolder(
        folder, _select_versions(folder, names, ".json"), _select_versions(folder, names, ".crc"), checkpoints
    )
    return log if log.newest >= 0 else None


@dataclass(frozen=True, slots=True)
class _VersionFiles(Mapping[int, Path]):
    """One file of each version, whose path is made when it is used.

    Args:
        folder: The folder of the log.
        names: Version to the name of its file, in order.
    """

    folder: Path
    names: Mapping[int, str]

    def __getitem__(self, version: int) -> Path:
        return self.folder / self.names[version]

    def __iter__(self) -> Iterator[int]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, version: object) -> bool:
        return version in self.names


def _select_versions(folder: Path, names: list[str], suffix: str) -> _VersionFiles:
    """Return the files that are named after a version with this suffix."""
    length = _VERSION_DIGITS + len(suffix)
    return _VersionFiles(
        folder,
        {
            int(name[:_VERSION_DIGITS]): name
            for name in names
            if len(name) == length and name.endswith(suffix) and name[:_VERSION_DIGITS].isdecimal()
        },
    )


def _find_complete_checkpoints(folder: Path, names: list[str]) -> dict[int, tuple[Path, ...]]:
    """Return the files of the checkpoints whose parts are all present; none for a V2 checkpoint."""
    parts: dict[int, list[Path]] = {}
    part_counts: dict[int, int] = {}
    for name in names:
        match = _CHECKPOINT.fullmatch(name)
        if match is None:
            continue
        version = int(match["version"])
        part_counts[version] = int(match["parts"] or 1)
        files = parts.setdefault(version, [])
        if match["uuid"] is None and match["ending"] == "parquet":
            files.append(folder / name)
    return {
        version: tuple(paths)
        for version, paths in parts.items()
        if not paths or len(paths) >= part_counts[version]
    }


def read_actions(commit: Path) -> Iterator[dict[str, Any]]:
    """Yield the actions of one commit file, in order.

    Raises:
        ValueError: The file is not a Delta commit.
    """
    for line in iterate_lines(open_regular(commit), _MAX_ACTION):
        if line.strip():
            action = parse_json(line)
            if not isinstance(action, dict) or not all(
                isinstance(action.get(kind), dict | None) for kind in _KINDS
            ):
                raise ValueError(f"{commit} has a line that is not an action")
            yield action


def read_checksum(file: Path) -> dict[str, Any]:
    """Return the facts of a checksum file.

    Raises:
        OSError: Or another of `UNREADABLE`: it cannot be read.
    """
    facts = parse_json(read_bytes(file, MAX_STATE))
    if not isinstance(facts, dict) or not all(
        isinstance(facts.get(key), dict | None) for key in ("metadata", "protocol")
    ):
        raise ValueError(f"{file} is no checksum file")
    return facts


def read_checkpoint(file: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of a Parquet file of a checkpoint.

    Args:
        file: The file.
        columns: Columns to read; one that the file does not have is left out.

    Raises:
        OSError: Or another of `UNREADABLE`: it cannot be read.
    """
    from pyarrow import parquet

    with open_regular(file) as stream:
        names = parquet.read_schema(stream).names
        stream.seek(0)
        rows = parquet.read_table(stream, columns=[column for column in columns if column in names])
    return rows.to_pylist()  # type: ignore[no-any-return, unused-ignore]


def mentions_any(commit: Path, texts: Iterable[bytes]) -> bool:
    """Return whether a commit file contains one of these texts, without parsing it."""
    content = read_bytes(commit, _MAX_COMMIT)
    return any(text in content for text in texts)


def read_commit_info(commit: Path) -> dict[str, Any]:
    """Return the `commitInfo` of a commit; empty if it has none."""
    for action in read_actions(commit):
        if "commitInfo" in action:
            return dict(action["commitInfo"])
    return {}
