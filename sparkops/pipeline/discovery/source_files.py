"""The files that a job's code consists of: its own, and the modules of the project that it imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

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
            waiting += _find_imported_files(path, root)
    return tuple(sorted(files))


def read_source(path: Path) -> str:
    """Return the text of a file; empty where it cannot be read."""
    try:
        return path.read_text("utf-8", errors="replace") if path.is_file() else ""
    except OSError:
        return ""


def _find_imported_files(path: Path, root: Path) -> Iterator[Path]:
    try:
        tree = ast.parse(read_source(path))
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _find_absolute_import(alias.name.split("."), path, root)
        elif isinstance(node, ast.ImportFrom):
            module = node.module.split(".") if node.module else []
            for alias in node.names:
                if node.level:
                    yield from _find_module_files(path.parents[node.level - 1], [*module, alias.name])
                else:
                    yield from _find_absolute_import([*module, alias.name], path, root)


def _find_absolute_import(names: list[str], path: Path, root: Path) -> Iterator[Path]:
    """Yield the files of an absolute import, from the nearest folder that has the module."""
    for base in _find_import_roots(path, root, names[0]):
        files = list(_find_module_files(base, names))
        if files:
            yield from files
            return


def _find_import_roots(path: Path, root: Path, first: str) -> Iterator[Path]:
    """Yield the folders between a file and its project or package, from which its modules are imported."""
    if path.is_relative_to(root):
        yield from (parent for parent in path.parents if parent.is_relative_to(root))
        return
    package = path.parent
    while (package.parent / "__init__.py").is_file():
        package = package.parent
    if package.name == first:
        yield package.parent


def _find_module_files(base: Path, names: list[str]) -> Iterator[Path]:
    """Yield the file of a module and the `__init__.py` of each package that contains it.

    Args:
        base: Folder that the import is relative to.
        names: The dotted name, split; the last part may be a name inside the module.
    """
    folder = base
    for name in names:
        module = folder / f"{name}.py"
        if module.is_file():
            yield module
            return
        folder /= name
        if not folder.is_dir():
            return
        init = folder / "__init__.py"
        if init.is_file():
            yield init
