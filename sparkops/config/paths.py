"""Resolve paths in settings: relative to the project, or inside an installed package."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Final

PACKAGE: Final = "package:"
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_SQLITE: Final = "sqlite:///"
_STORES: Final = frozenset({"databricks", "databricks-uc", "uc"})


class MissingPath(Exception):
    """A path inside a package that is not installed or lacks the file; `load` adds file and line."""


def resolve_path(root: Path, text: str) -> str:
    """Return an absolute path; a URI is returned unchanged."""
    if text.startswith(PACKAGE):
        return _resolve_in_package(text)
    return text if _URI.match(text) else str(root / Path(text).expanduser())


def resolve_jobs_folder(root: Path, text: str) -> str:
    """Return the folder of the jobs: a path in the project, or `package:acme.jobs`, a package that is installed."""
    if not text.startswith(PACKAGE):
        return str(root / Path(text).expanduser())
    name, *below = text.removeprefix(PACKAGE).split(".")
    if not all(part.isidentifier() for part in (name, *below)):
        raise MissingPath(f"`{text}` names no package: write package:NAME, as in package:acme.jobs")
    folder = Path(_find_package_folder(name)).joinpath(*below)
    if not folder.is_dir():
        raise MissingPath(f"the package `{name}` has no package `{'.'.join((name, *below))}`")
    return str(folder)


def resolve_store_uri(root: Path, text: str) -> str:
    """Return an MLflow tracking or registry URI; the path of a file URI is made absolute."""
    if text in _STORES or text.startswith("databricks:"):
        return text
    if text.startswith(_SQLITE) and text != _SQLITE + ":memory:":
        return _SQLITE + str(root / text.removeprefix(_SQLITE))
    return resolve_path(root, text)


def _resolve_in_package(text: str) -> str:
    """Return the path of `package:NAME/path`, without importing the package."""
    name, _, inside = text.removeprefix(PACKAGE).partition("/")
    if not name.isidentifier():
        raise MissingPath(f"`{text}` names no package: write package:NAME/path/inside")
    path = Path(_find_package_folder(name)) / inside
    if "*" not in inside and not path.exists():
        raise MissingPath(f"the package `{name}` has no file {inside}")
    return str(path)


def _find_package_folder(name: str) -> str:
    """Return the folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise MissingPath(
            f"the package `{name}` is not installed: `uv pip install {name}`, or give another path"
        )
    return str(next(iter(spec.submodule_search_locations)))
