"""Resolve paths in settings: relative to the project, or inside an installed package."""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path
from typing import Final

from sparkops.core.wording import truncate

# Bytes of the name of a file or folder, on the usual file systems.
_MAX_NAME: Final = 255
PACKAGE: Final = "package:"
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_SQLITE: Final = "sqlite:///"
_STORES: Final = frozenset({"databricks", "databricks-uc", "uc"})


class MissingPath(Exception):
    """A text is no path, or names nothing that an installed package contains; `load` adds file and line."""


def resolve_path(root: Path, text: str) -> str:
    """Return an absolute path; a URI is returned unchanged."""
    if text.startswith(PACKAGE):
        return _resolve_in_package(text)
    return text if _URI.match(text) else _resolve_local(root, text)


def _resolve_local(root: Path, text: str) -> str:
    if any(ord(character) < ord(" ") for character in text):
        raise MissingPath(f"{text!r} is no path: it has a control character")
    try:
        path = root / Path(text).expanduser()
    except RuntimeError as error:
        raise MissingPath(f"`{text}` is no path: {error}") from None
    if any(len(os.fsencode(part)) > _MAX_NAME for part in path.parts):
        raise MissingPath(f"`{truncate(text, 60)}` is no path: a name in it has more than {_MAX_NAME} bytes")
    return str(path)


def resolve_jobs_folder(root: Path, text: str) -> str:
    """Return the folder of the jobs: a path in the project, or `package:acme.jobs`, a package that is installed."""
    if not text.startswith(PACKAGE):
        return _resolve_local(root, text)
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
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError) as error:
        raise MissingPath(f"the package `{name}` cannot be found: {error}") from None
    if spec is None:
        raise MissingPath(
            f"the package `{name}` is not installed: `uv pip install {name}`, or give another path"
        )
    if not spec.submodule_search_locations:
        raise MissingPath(f"`{name}` is a module, not a package with files: give another path")
    return str(next(iter(spec.submodule_search_locations)))
