"""The files of the project that a Python file imports, found in its text: nothing is imported."""

from __future__ import annotations

import ast
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from .bounded_file import MAX_SOURCE, read_bytes

# Folders of installed packages, which may be inside of a project: `.venv/lib/python3.12/site-packages`.
_PACKAGE_FOLDERS: Final = frozenset({"site-packages", "dist-packages"})
# Python 3.11 counts the depth of trees that it makes for all threads together. If one makes a tree while another does,
# `ast.parse` may raise "SystemError: AST constructor recursion depth mismatch".
_PARSING: Final = threading.Lock()


def read_source(path: Path) -> str:
    """Return the text of a file; empty where it cannot be read."""
    try:
        text = read_bytes(path, MAX_SOURCE).decode("utf-8", errors="replace")
    except OSError:
        return ""
    # As Python reads a text: hashes of sources do not depend on the ends of lines.
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_python(source: str | bytes) -> ast.Module:
    """Return the syntax tree of a module; one thread at a time makes one.

    Raises:
        SyntaxError: It is no Python.
        ValueError: It contains null bytes.
    """
    with _PARSING:
        return ast.parse(source)


def find_imported_files(path: Path, root: Path) -> Iterator[Path]:
    """Yield the files of the modules that a file imports from its project, or from its own package outside of it.

    Args:
        path: The file.
        root: The project's folder.
    """
    try:
        tree = parse_python(read_source(path))
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
                    yield from find_module_files(path.parents[node.level - 1], [*module, alias.name])
                else:
                    yield from _find_absolute_import([*module, alias.name], path, root)


def _find_absolute_import(names: list[str], path: Path, root: Path) -> Iterator[Path]:
    """Yield the files of an absolute import, from the nearest folder that has the module."""
    for base in find_import_roots(path, root, names[0]):
        files = list(find_module_files(base, names))
        if files:
            yield from files
            return


def find_import_roots(path: Path, root: Path, first: str) -> Iterator[Path]:
    """Yield the folders between a file and its project or package, from which its modules are imported, nearest first.

    Args:
        path: The file.
        root: The project's folder.
        first: The first part of the module's dotted name.
    """
    if path.is_relative_to(root):
        yield from (parent for parent in path.parents if parent.is_relative_to(root))
        return
    package = path.parent
    while (package.parent / "__init__.py").is_file():
        package = package.parent
    if package.name == first:
        yield package.parent


def find_installed_folder(name: str, root: Path) -> Path | None:
    """Return the folder of a project in which Python finds a top-level module; None if it finds it elsewhere.

    The layout `src/`, a package that is installed in editable mode and PYTHONPATH have such folders.

    Args:
        name: The module, which is not imported.
        root: The project's folder.
    """
    if name in sys.stdlib_module_names:
        return None
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        # A module without a specification, such as `__main__`.
        return None
    if spec is None:
        return None
    # The folders of a package, or the file of a module.
    for place in spec.submodule_search_locations or [spec.origin or ""]:
        # Without `..`, which an entry of PYTHONPATH may have.
        path = Path(os.path.normpath(place))
        if path.is_relative_to(root) and _PACKAGE_FOLDERS.isdisjoint(path.relative_to(root).parts):
            return path.parent
    return None


def find_module_files(base: Path, names: Sequence[str]) -> Iterator[Path]:
    """Yield the file of a module and the `__init__.py` of each package that contains it; see `locate_module`."""
    yield from locate_module(base, names)[0]


def locate_module(base: Path, names: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Return the `__init__.py` of each package, then the file of the module, and the names inside of that module.

    Args:
        base: Folder that the import is relative to.
        names: The dotted name, split; the last part may be a name inside the module.
    """
    folder = base
    files: list[Path] = []
    inner: list[str] = []
    for position, name in enumerate(names):
        module = folder / f"{name}.py"
        if module.is_file():
            return [*files, module], list(names[position + 1 :])
        folder /= name
        init = folder / "__init__.py"
        if not folder.is_dir():
            return files, inner or list(names[position:])
        if init.is_file():
            files.append(init)
            inner = []
        else:
            inner = inner or list(names[position:])
    return files, inner
