"""The jobs of a folder, found by importing its files."""

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

_MARK = "__sparkops_jobs__"
_SESSION = ". No session stands while files are imported: make Spark's columns and functions inside the job."
Stamp = tuple[str, tuple[tuple[str, int, int], ...]]


def discover(folder: Path) -> Mapping[str, Job]:
    """Return every job declared in the folder's files, by name.

    The files are imported under their own short names, with the folder on `sys.path`, so that jobs may import files
    beside them (`from flights_common import x`). A file whose name begins with `_` is imported only by others. A
    second call gives the same jobs until a file changes.

    Raises:
        DeclarationError: For files that do not import, names that clash and jobs of the same name.
    """
    return jobs_of(import_all(folder))


def modules(folder: Path) -> tuple[ModuleType, ...]:
    """Return the imported modules whose files lie in the folder."""
    home = str(folder.resolve())
    return tuple(module for module in list(sys.modules.values()) if _home(module) == home)


def is_discovered(folder: Path) -> bool:
    """Tell whether the folder's modules stand imported as its files are now."""
    stamp = _stamp(folder.resolve())
    return any(vars(module).get(_MARK) == stamp for module in modules(folder))


def job_files(folder: Path) -> tuple[Path, ...]:
    """Return the files that may declare jobs, in order of names."""
    if not folder.is_dir():
        raise ProjectError(f"No folder {folder}: jobs stand in jobs/*.py. Make it, or run `sparkops init`.")
    return tuple(path for path in sorted(folder.resolve().glob("*.py")) if not path.name.startswith("_"))


def import_all(folder: Path) -> tuple[ModuleType, ...]:
    """Return the folder's modules, imported now or still as they were imported."""
    files = job_files(folder)
    _refuse_names(files)
    stamp = _stamp(folder.resolve())
    forget(folder, keep=stamp)
    if str(folder.resolve()) not in sys.path:
        sys.path.append(str(folder.resolve()))
    problems: list[str] = []
    found = [module for path in files if (module := _import(path, problems)) is not None]
    for module in modules(folder):
        setattr(module, _MARK, stamp)
    if problems:
        forget(folder)
        raise DeclarationError("\n".join(dict.fromkeys(problems)))
    return tuple(found)


def jobs_of(found: Iterable[ModuleType]) -> Mapping[str, Job]:
    """Return the jobs that these modules declare themselves, by name."""
    jobs: dict[str, Job] = {}
    problems = []
    for module in found:
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


def forget(folder: Path, *, keep: Stamp | None = None) -> None:
    """Drop the modules of job folders whose names this folder takes, and its own unless they bear the stamp `keep`."""
    home = folder.resolve()
    taken = {path.stem for path in home.glob("*.py")}
    for name, module in list(sys.modules.items()):
        mark: Stamp | None = vars(module).get(_MARK) if isinstance(module, ModuleType) else None
        if mark is None or mark == keep:
            continue
        if mark[0] != str(home) and mark[0] in sys.path:
            sys.path.remove(mark[0])
        if mark[0] == str(home) or name in taken:
            del sys.modules[name]
    importlib.invalidate_caches()


def _stamp(home: Path) -> Stamp:
    facts = ((path.name, path.stat()) for path in sorted(home.glob("*.py")))
    return str(home), tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in facts)


def _home(module: ModuleType) -> str | None:
    file = getattr(module, "__file__", None)
    return os.path.dirname(file) if isinstance(file, str) else None  # noqa: PTH120 - asked of every module there is


def _twins(path: Path) -> list[str]:
    """Return a line per decorated function that a later one of the same name hides in the same file."""
    body = ast.parse(path.read_bytes()).body
    decorated = [node for node in body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    first: dict[str, ast.FunctionDef] = {}
    return [
        f"Two functions are named `{node.name}`: {_shown(path)}:{first[node.name].lineno} and "
        f"{_shown(path)}:{node.lineno}. Rename one."
        for node in decorated
        if first.setdefault(node.name, node) is not node
    ]


def _refuse_names(files: Iterable[Path]) -> None:
    problems = []
    for path in files:
        if not path.stem.isidentifier():
            problems.append(
                f"{_shown(path)}: `{path.stem}` is not a module's name: letters, digits and _ only."
            )
        elif path.stem in sys.stdlib_module_names:
            problems.append(f"{_shown(path)}: Python itself has a module `{path.stem}`. Rename the file.")
    if problems:
        raise DeclarationError("\n".join(problems))


def _import(path: Path, problems: list[str]) -> ModuleType | None:
    present = sys.modules.get(path.stem)
    if present is not None and _home(present) == str(path.parent):
        return present
    if present is not None:
        problems.append(f"{_shown(path)}: another module `{path.stem}` is imported already. Rename the file.")
        return None
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        problems.append(f"{_shown(path)}: cannot be imported")
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever an author's file raises is told with its line
        sys.modules.pop(path.stem, None)
        problems.append(_told(path, error))
        return None
    problems += _twins(path)
    return module


def _told(path: Path, error: BaseException) -> str:
    if isinstance(error, DeclarationError):
        return str(error)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(Path(error.filename))}:{error.lineno}: this is not Python: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename).parent == path.parent]
    where = f"{_shown(Path(inside[-1].filename))}:{inside[-1].lineno}" if inside else _shown(path)
    told = f"{where}: the file cannot be imported: {type(error).__name__}: {error}".removesuffix(": ")
    return told + _SESSION if "pyspark" in Path(frames[-1].filename).parts else told


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
