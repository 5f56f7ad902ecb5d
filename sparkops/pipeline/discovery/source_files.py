"""The files that a job's code consists of: its own, and the modules of the project that it imports."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from sparkops.core.imported_files import find_imported_files, read_source

_JOB: Final = re.compile(r"^@(\w+\.)*job\b", re.MULTILINE)


def find_source_files(file: Path, root: Path) -> tuple[Path, ...]:
    """Return the files whose change is a change of a job's code, sorted by path.

    They are the job's file, the modules beside it that declare no job, and every module of the project or of the
    job's own package that these import, directly or not. Imports inside functions count. Other installed packages do
    not.

    Args:
        file: The file that declares the job.
        root: The project's folder.
    """
    files: set[Path] = set()
    beside = [path for path in sorted(file.parent.glob("*.py")) if not _JOB.search(read_source(path))]
    waiting = [file, *beside]
    while waiting:
        path = waiting.pop()
        if path not in files:
            files.add(path)
            waiting += find_imported_files(path, root)
    return tuple(sorted(files))
