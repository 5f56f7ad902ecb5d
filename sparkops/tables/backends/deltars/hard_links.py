"""Files put into a table's folder by hard links, taken back unless their commit is made."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.tables.staging.staged_file import Part

if TYPE_CHECKING:
    from deltalake.transaction import AddAction

# No link to there: another file system, or one without links.
_UNLINKABLE = (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK)


class Links:
    """The links of one commit.

    Args:
        folder: The table's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[Path] = []

    def __enter__(self) -> Links:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._made:
            file.unlink(missing_ok=True)

    def keep(self) -> None:
        """Leave the files where they are: their commit is made."""
        self._made.clear()

    def add(self, number: int, part: Part) -> AddAction:
        """Link a file and return the action that adds it to the table.

        Args:
            number: Tells it from a file of the same name in another partition.
            part: The file.
        """
        from deltalake.transaction import AddAction

        target = self._folder / f"{number:05d}-{part.file.name}"
        target.unlink(missing_ok=True)  # of an attempt that was killed before its commit
        self._made.append(target)
        try:
            os.link(part.file, target)
        except OSError as error:
            if error.errno not in _UNLINKABLE:
                raise
            shutil.copy2(part.file, target)
        facts = target.stat()
        stamp = int(facts.st_mtime * 1000)
        return AddAction(target.name, facts.st_size, dict(part.values), stamp, True, part.stats.text)
