"""Find the jobs of a folder by importing its files."""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType

from sparkops.errors import DeclarationError, ProjectError
from sparkops.pipeline.job import Job

# Attribute of an imported module: the fingerprint of its folder at the import.
_FINGERPRINT = "__sparkops_jobs__"
_NO_SESSION_ADVICE = (
    ". There is no Spark session while files are imported: create columns and functions inside the job."
)
# Path of a folder, and for each of its files name, time of modification and size.
FolderFingerprint = tuple[str, tuple[tuple[str, int, int], ...]]


def discover(folder: Path) -> Mapping[str, Job]:
    """Return every job declared in the folder's files, by name.

    The files are imported under their short names, with the folder on `sys.path`, so that jobs may import neighbouring
    files (`from flights_common import x`). A file whose name begins with `_` is only imported by other files. A second
    call returns the same jobs until a file changes.

    Raises:
        DeclarationError: A file cannot be imported, a module name clashes, or two jobs have one name.
    """
    return jobs_of(import_all(folder))


def modules(folder: Path) -> tuple[ModuleType, ...]:
    """Return the imported modules whose files are in the folder."""
    home = str(folder.resolve())
    return tuple(module for module in list(sys.modules.values()) if _folder_of(module) == home)


def is_discovered(folder: Path) -> bool:
    """Return whether the folder's modules are imported and their files unchanged since."""
    fingerprint = _fingerprint(folder.resolve())
    return any(vars(module).get(_FINGERPRINT) == fingerprint for module in modules(folder))


def job_files(folder: Path) -> tuple[Path, ...]:
    """Return the files that may declare jobs, sorted by name."""
    if not folder.is_dir():
        raise ProjectError(
            f"No folder {folder}: jobs are declared in jobs/*.py. Create it, or run `sparkops init`."
        )
    return tuple(path for path in sorted(folder.resolve().glob("*.py")) if not path.name.startswith("_"))


def import_all(folder: Path) -> tuple[ModuleType, ...]:
    """Import the folder's files and return the modules; unchanged modules are kept."""
    files = job_files(folder)
    _check_module_names(files)
    fingerprint = _fingerprint(folder.resolve())
    forget(folder, keep=fingerprint)
    if str(folder.resolve()) not in sys.path:
        sys.path.append(str(folder.resolve()))
    problems: list[str] = []
    imported = [module for path in files if (module := _import(path, problems)) is not None]
    for module in modules(folder):
        setattr(module, _FINGERPRINT, fingerprint)
    if problems:
        forget(folder)
        raise DeclarationError("\n".join(dict.fromkeys(problems)))
    return tuple(imported)


def jobs_of(imported: Iterable[ModuleType]) -> Mapping[str, Job]:
    """Return the jobs that these modules declare, by name; imported jobs are left out."""
    jobs: dict[str, Job] = {}
    problems = []
    for module in imported:
        for value in list(vars(module).values()):
            if not isinstance(value, Job) or value.function.__module__ != module.__name__:
                continue
            other = jobs.setdefault(value.name, value)
            if other is not value:
                problems.append(
                    f"Two jobs are named `{value.name}`: {other.place} and {value.place}. Rename one."
                )
    if problems:
        raise DeclarationError("\n".join(problems))
    return jobs


def forget(folder: Path, *, keep: FolderFingerprint | None = None) -> None:
    """Remove this folder's modules from `sys.modules`, and modules of other job folders that have the same names.

    Args:
        folder: The folder.
        keep: Modules that were imported with this fingerprint stay.
    """
    home = folder.resolve()
    names = {path.stem for path in home.glob("*.py")}
    for name, module in list(sys.modules.items()):
        fingerprint: FolderFingerprint | None = (
            vars(module).get(_FINGERPRINT) if isinstance(module, ModuleType) else None
        )
        if fingerprint is None or fingerprint == keep:
            continue
        module_folder = fingerprint[0]
        if module_folder != str(home) and module_folder in sys.path:
            sys.path.remove(module_folder)
        if module_folder == str(home) or name in names:
            del sys.modules[name]
    importlib.invalidate_caches()


def _fingerprint(home: Path) -> FolderFingerprint:
    facts = ((path.name, path.stat()) for path in sorted(home.glob("*.py")))
    return str(home), tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in facts)


def _folder_of(module: ModuleType) -> str | None:
    file = getattr(module, "__file__", None)
    return os.path.dirname(file) if isinstance(file, str) else None  # noqa: PTH120 - called for every imported module, so speed counts


def _find_duplicates(path: Path) -> list[str]:
    """Return an error line for each decorated function that a later one of the same name replaces."""
    body = ast.parse(path.read_bytes()).body
    decorated = [node for node in body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    first: dict[str, ast.FunctionDef] = {}
    return [
        f"Two functions are named `{node.name}`: {_display_path(path)}:{first[node.name].lineno} and "
        f"{_display_path(path)}:{node.lineno}. Rename one."
        for node in decorated
        if first.setdefault(node.name, node) is not node
    ]


def _check_module_names(files: Iterable[Path]) -> None:
    problems = []
    for path in files:
        if not path.stem.isidentifier():
            problems.append(
                f"{_display_path(path)}: `{path.stem}` is not a valid module name: use letters, digits and _ only."
            )
        elif path.stem in sys.stdlib_module_names:
            problems.append(
                f"{_display_path(path)}: Python itself has a module `{path.stem}`. Rename the file."
            )
    if problems:
        raise DeclarationError("\n".join(problems))


def _import(path: Path, problems: list[str]) -> ModuleType | None:
    present = sys.modules.get(path.stem)
    if present is not None and _folder_of(present) == str(path.parent):
        return present
    if present is not None:
        problems.append(
            f"{_display_path(path)}: another module `{path.stem}` is imported already. Rename the file."
        )
        return None
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        problems.append(f"{_display_path(path)}: cannot be imported")
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an author's file may raise anything; it is reported with its line
        sys.modules.pop(path.stem, None)
        problems.append(_import_error_message(path, error))
        return None
    problems += _find_duplicates(path)
    return module


def _import_error_message(path: Path, error: BaseException) -> str:
    if isinstance(error, DeclarationError):
        return str(error)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_display_path(Path(error.filename))}:{error.lineno}: this is not Python: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename).parent == path.parent]
    where = (
        f"{_display_path(Path(inside[-1].filename))}:{inside[-1].lineno}" if inside else _display_path(path)
    )
    message = f"{where}: the file cannot be imported: {type(error).__name__}: {error}".removesuffix(": ")
    return message + _NO_SESSION_ADVICE if "pyspark" in Path(frames[-1].filename).parts else message


def _display_path(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
