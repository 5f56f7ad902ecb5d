"""Find the files of a source that Spark leaves out without a message.

Spark reads the files of a folder, and those below it whose folders are partitions (`day=2024-03-02`). It ignores other
subfolders, files beside folders of partitions, and files whose name begins with `_` or `.`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from sparkops.errors import BadData
from sparkops.tables.catalog import Location
from sparkops.tables.sources.source_files import expand_path, is_ignored, list_source_files

_log = logging.getLogger("sparkops.tables")

_MAX_NAMES = 5


def require_files_are_read(location: Location, addresses: Sequence[str] = ()) -> None:
    """Refuse a source if Spark would leave out some of its files; a source that is not strict gets a warning.

    Args:
        location: The source.
        addresses: Its files, if they are not on this machine.

    Raises:
        BadData: Names the files.
    """
    options = {name.lower(): value for name, value in location.options.items()}
    pattern = options.get("pathglobfilter", "*")
    if options.get("recursivefilelookup", "false").lower() == "true":
        return
    if location.local is not None:
        unread = list(_find_unread_local(location.local, pattern))
    else:
        folder = unquote(urlsplit(location.address).path).rstrip("/") + "/"
        paths = (unquote(urlsplit(address).path) for address in addresses)
        relative = (path.removeprefix(folder) for path in paths if path.startswith(folder))
        unread = _find_unread(path for path in relative if PurePosixPath(path).match(pattern))
    if not unread:
        return
    names = ", ".join(unread[:_MAX_NAMES]) + (", ..." if len(unread) > _MAX_NAMES else "")
    entry = f"tables.{location.table}"
    message = (
        f"Source `{location.table}`: Spark does not read {len(unread)} of the files at {location.address}: {names}. It "
        "ignores subfolders that are not partitions (`day=2024-03-02`), files beside such partitions, and names that "
        f"begin with `_` or `.`. Move or rename the files, name them in `{entry}.path`, or set "
        f'`{entry}.options.recursiveFileLookup: "true"` to read every folder'
    )
    if location.strict:
        raise BadData(f"{message}; `{entry}.strict: false` reads the source without them.")
    _log.warning("%s.", message)


def _find_unread(relative_paths: Iterable[str]) -> list[str]:
    """Return the files of one folder that Spark leaves out, given their paths in it."""
    partitions: list[str] = []
    files: list[str] = []
    subfolders: list[str] = []
    for path in relative_paths:
        folders = path.split("/")[:-1]
        if not folders:
            files.append(path)
        elif any("=" in name for name in folders):
            partitions.append(path)
        else:
            subfolders.append(path)
    return sorted([*files, *subfolders] if partitions else subfolders)


def _find_unread_local(path: Path, pattern: str) -> Iterator[str]:
    for root in expand_path(path):
        if root.is_file():
            # A file that a wildcard matches is hidden on purpose, like a file in a folder.
            if is_ignored(root.name) and is_ignored(path.name):
                yield root.name
            continue
        files = [file for file in list_source_files(root) if file.match(pattern)]
        if any(file.suffix == ".zip" for file in files):
            # Archives are unpacked, and the files beside them are named one by one.
            continue
        yield from _find_unread(file.relative_to(root).as_posix() for file in files)
