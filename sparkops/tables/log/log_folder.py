"""The files of a Delta log on the local file system, and which versions can be rebuilt from them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKSUM = re.compile(r"(\d{20})\.crc")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10})|\.([0-9a-f-]{36}))?\.(parquet|json)")


@dataclass(frozen=True, slots=True)
class LogFolder:
    """What stands in one `_delta_log`.

    Args:
        path: The folder.
        commits: Version to its JSON file.
        checksums: Version to its checksum file, which repeats the metadata.
        checkpoints: Version to the Parquet files of a complete checkpoint; empty where it is of a kind not read here.
    """

    path: Path
    commits: Mapping[int, Path]
    checksums: Mapping[int, Path]
    checkpoints: Mapping[int, tuple[Path, ...]] = field(default_factory=dict)

    @property
    def newest(self) -> int:
        """Return the newest version."""
        return max(*self.commits, *self.checkpoints, -1, -1)

    @property
    def oldest(self) -> int:
        """Return the oldest version that can be rebuilt, with every later one."""
        version = self.newest
        while version in self.commits and version > 0:
            version -= 1
        if version == 0 and 0 in self.commits:
            return 0
        bases = [v for v in self.checkpoints if v >= version]
        return min(bases, default=self.newest)

    def base(self, version: int) -> int:
        """Return the newest checkpoint that `version` can be rebuilt from, or -1 for the beginning."""
        return max((v for v in self.checkpoints if v <= version), default=-1)


def open_log(table: Path) -> LogFolder | None:
    """Return the log of a table's folder, or None where there is none with a version in it."""
    folder = table / "_delta_log"
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return None
    commits = {int(m[1]): folder / n for n in names if (m := _COMMIT.fullmatch(n))}
    checksums = {int(m[1]): folder / n for n in names if (m := _CHECKSUM.fullmatch(n))}
    log = LogFolder(folder, commits, checksums, _complete(folder, names))
    return log if log.newest >= 0 else None


def _complete(folder: Path, names: list[str]) -> dict[int, tuple[Path, ...]]:
    """Return the checkpoints that have all of their parts."""
    parts: dict[int, list[Path]] = {}
    wanted: dict[int, int] = {}
    for name in names:
        found = _CHECKPOINT.fullmatch(name)
        if found is None:
            continue
        version = int(found[1])
        wanted[version] = int(found[3] or 1)
        plain = found[4] is None and found[5] == "parquet"
        parts.setdefault(version, []).extend([folder / name] if plain else [])
    return {v: tuple(files) for v, files in parts.items() if not files or len(files) >= wanted[v]}


def actions(commit: Path) -> Iterator[dict[str, Any]]:
    """Yield the actions of one commit file, in order.

    Raises:
        ValueError: The file is not a commit of Delta.
    """
    with commit.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                action = json.loads(line)
                if not isinstance(action, dict):
                    raise ValueError(f"{commit} holds a line that is no action")
                yield action


def commit_info(commit: Path) -> dict[str, Any]:
    """Return the facts that a commit says about itself; empty where it says none."""
    for action in actions(commit):
        if "commitInfo" in action:
            return dict(action["commitInfo"])
    return {}
