"""Link files into a table's folder, and remove the links unless their commit succeeds."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.tables.staging.staged_file import StagedFile

if TYPE_CHECKING:
    from deltalake.transaction import AddAction

# Errors of `os.link` to another file system, or on one without hard links.
_NO_LINK = (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK)


class HardLinks:
    """The links of one commit.

    Args:
        folder: The table's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._uncommitted: list[Path] = []

    def __enter__(self) -> HardLinks:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        for path in self._uncommitted:
            path.unlink(missing_ok=True)

    def commit(self) -> None:
        """Leave the links where they are, because their commit succeeded."""
        self._uncommitted.clear()

    def add(self, number: int, file: StagedFile) -> AddAction:
        """Link a file and return the action that adds it to the table.

        Args:
            number: Position of the file in the commit; it makes the name unique across partitions.
            file: The staged file.
        """
        from deltalake.transaction import AddAction

        target = self._folder / f"{number:05d}-{file.path.name}"
        # An attempt that was killed before its commit may have left a link.
        target.unlink(missing_ok=True)
        self._uncommitted.append(target)
        try:
            os.link(file.path, target)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            shutil.copy2(file.path, target)
        stat = target.stat()
        modified = int(stat.st_mtime * 1000)
        return AddAction(target.name, stat.st_size, dict(file.partition), modified, True, file.stats.json)
