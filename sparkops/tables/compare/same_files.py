"""Recognise without reading a row that a replay wrote what the run wrote: by files that are equal byte for byte."""

from __future__ import annotations

import filecmp
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sparkops.tables.compare.committed_rows import CommittedWrite
from sparkops.tables.compare.committed_versions import CommittedVersions
from sparkops.tables.log.log_folder import UNREADABLE, open_log, read_actions
from sparkops.tables.log.replay import count_file_rows, resolve_path


def count_in_same_files(
    uris: Iterable[str], versions: CommittedVersions, commit: CommittedWrite
) -> int | None:
    """Return the number of rows if the staged files are, byte for byte, those that a commit added.

    Args:
        uris: URIs of the files of a replayed frame that has the columns of the committed version.
        versions: The versions of the table.
        commit: The commit.

    Returns:
        The number of rows; None if the files differ, which says nothing about their rows, if the commit did not only
        add the rows of the run, or if the files are not on this machine.
    """
    folder, version = versions.location.local, versions.find(commit.version)
    if folder is None or version is None or version.is_mapped or version.partition_by:
        return None
    if commit.write.mode not in ("overwrite", "append"):
        return None
    try:
        added = _list_added(folder, commit.version)
        recorded = [resolve_path(folder, action["path"]) for action in added]
        staged = [resolve_path(folder, uri) for uri in uris]
        counts = [count_file_rows(action) for action in added]
        if None in counts or not _have_same_content(recorded, staged):
            return None
    except UNREADABLE:
        return None
    return sum(count or 0 for count in counts)


def _list_added(folder: Path, version: int) -> list[dict[str, Any]]:
    """Return the actions by which a commit added files.

    Raises:
        KeyError: The log no longer has the commit.
    """
    log = open_log(folder)
    actions = read_actions(log.commits[version]) if log is not None else ()
    return [action["add"] for action in actions if "add" in action]


def _have_same_content(first: list[Path], second: list[Path]) -> bool:
    """Return whether the files of two lists have the same content, in any order."""
    if len(first) != len(second):
        return False
    rest = list(second)
    for path in first:
        equal = next((other for other in rest if filecmp.cmp(path, other, shallow=False)), None)
        if equal is None:
            return False
        rest.remove(equal)
    return True
