"""The folder of the jobs as a Python package: its files, their module names, and what is imported from it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from sparkops.errors import ProjectError

# The relative path, modification time (ns) and size (bytes) of a file.
FileStamp = tuple[str, int, int]
# A folder, and the stamps of its files.
Stamp = tuple[str, tuple[FileStamp, ...]]

# Folders without jobs.
_SKIPPED_FOLDERS = ("__pycache__", "tests")
_INIT = "__init__.py"


@dataclass(frozen=True, slots=True)
class JobsFolder:
    """A folder of jobs.

    Args:
        path: The folder, absolute.
        package: Name of its package: `jobs`, or `acme.jobs` inside of a package.
    """

    path: Path
    package: str

    @classmethod
    def of(cls, folder: Path) -> JobsFolder:
        """Return the folder with the name of its package.

        The folders above it that have an `__init__.py` belong to the name.
        """
        path = folder.resolve()
        names, parent = [path.name], path.parent
        # The folder with conf/ is the project's own, not a package.
        while (parent / _INIT).is_file() and not (parent / "conf").is_dir():
            names.insert(0, parent.name)
            parent = parent.parent
        return cls(path, ".".join(names))

    @property
    def import_root(self) -> Path:
        """Return the folder from which the package is imported."""
        return self.path.parents[self.package.count(".")]

    def find_sources(self) -> list[Path]:
        """Return every Python file in the folder and its subfolders, sorted."""
        return sorted(_find_python_files(self.path))

    def find_job_files(self) -> tuple[Path, ...]:
        """Return the files that may declare jobs, sorted by path.

        Raises:
            ProjectError: There is no such folder.
        """
        if not self.path.is_dir():
            raise ProjectError(
                f"No folder {self.path}: jobs are declared in jobs/*.py. Create it, or run `sparkops init`."
            )
        return tuple(path for path in self.find_sources() if self._may_declare(path))

    def _may_declare(self, path: Path) -> bool:
        *folders, file = path.relative_to(self.path).parts
        is_private = file.startswith("_") and not (file == _INIT and folders)
        return not is_private and file != "conftest.py" and not any(name.startswith("_") for name in folders)

    def get_module_name(self, file: Path) -> str:
        """Return the name of a file's module: `jobs.sales.daily`."""
        parts = list(file.relative_to(self.path).with_suffix("").parts)
        return ".".join([self.package, *(parts[:-1] if parts[-1] == "__init__" else parts)])

    def find_short_names(self) -> set[str]:
        """Return the modules and packages directly in the folder, which may be imported without the package's name."""
        return {path.relative_to(self.path).parts[0].removesuffix(".py") for path in self.find_sources()} - {
            "__init__"
        }

    def compute_stamp(self) -> Stamp:
        """Return a value that changes when a file is added, removed or written."""
        return str(self.path), tuple(stamp_file(path, self.path) for path in self.find_sources())

    def find_modules(self) -> dict[str, ModuleType]:
        """Return the imported modules and packages of the folder, under each of their names in `sys.modules`."""
        folder = str(self.path)
        # A copy, which nothing interrupts: another thread may import modules now.
        return {
            name: module
            for name, module in sys.modules.copy().items()
            if (location := _locate(module)) is not None
            and (location == folder or location.startswith(folder + os.sep))
        }

    def display(self, file: Path | str) -> str:
        """Return a file as messages show it: relative to the folder above the folder of the jobs."""
        path = Path(file)
        parent = self.path.parent
        return path.relative_to(parent).as_posix() if path.is_relative_to(parent) else str(path)


def _find_python_files(folder: Path) -> Iterator[Path]:
    for entry in os.scandir(folder) if folder.is_dir() else ():
        if entry.name.startswith("."):
            continue
        if entry.name.endswith(".py"):
            yield Path(entry.path)
        elif entry.is_dir() and entry.name not in _SKIPPED_FOLDERS and entry.name.isidentifier():
            yield from _find_python_files(Path(entry.path))


def stamp_file(path: Path, folder: Path) -> FileStamp:
    """Return a value that changes when a file is written, with its path relative to a folder."""
    try:
        stat = path.stat()
    except OSError:
        # A link to a file that is missing: importing it reports that.
        return str(path.relative_to(folder)), 0, 0
    return str(path.relative_to(folder)), stat.st_mtime_ns, stat.st_size


def _locate(module: Any) -> str | None:
    """Return the file of a module, or the folder of a package that has no file."""
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return file
    paths: Any = getattr(module, "__path__", None)
    is_package = type(paths).__name__ in ("list", "_NamespacePath")
    first = next(iter(paths), None) if is_package else None
    return first if isinstance(first, str) else None
