"""Find the jobs of a folder by importing its files."""

from __future__ import annotations

import ast
import importlib
import importlib.machinery
import importlib.util
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from sparkops.errors import DeclarationError
from sparkops.pipeline.discovery.declared_jobs import BrokenFile, DeclaredJobs, broken_file
from sparkops.pipeline.discovery.jobs_folder import JobsFolder, Stamp
from sparkops.pipeline.discovery.short_names import install_short_names, remove_short_names
from sparkops.pipeline.job import Job

_MARK = "__sparkops_jobs__"
_SESSION = (
    ". There is no Spark session while files are imported: create columns and functions inside the job."
)


def discover(folder: Path) -> DeclaredJobs:
    """Return every job declared in the folder's files and those of its subfolders, by name.

    The folder is a package: a file is imported as `jobs.sales.daily`, so that relative imports and `from jobs.x import y`
    work. Modules directly in the folder may also be imported under their short names (`from _money import cents`). A file
    whose name begins with `_` is only imported by other files. A second call returns the same jobs until a file changes.

    A file that cannot be used is in the result's `broken`; it does not affect the others.
    """
    home = JobsFolder.of(folder)
    imported, broken = import_all(folder)
    return jobs_of(home, imported, broken)


def modules(folder: Path) -> tuple[ModuleType, ...]:
    """Return the imported modules whose files are in the folder or its subfolders."""
    imported = JobsFolder.of(folder).modules().values()
    return tuple(
        {
            id(module): module for module in imported if hasattr(module, "__file__") and module.__file__
        }.values()
    )


def is_discovered(folder: Path) -> bool:
    """Return whether the folder's modules are imported and their files unchanged since."""
    home = JobsFolder.of(folder)
    stamp = home.stamp()
    return any(vars(module).get(_MARK) == stamp for module in home.modules().values())


def import_all(folder: Path) -> tuple[tuple[ModuleType, ...], list[BrokenFile]]:
    """Import the folder's files; return the modules, and the files that cannot be used. Unchanged modules are kept."""
    home = JobsFolder.of(folder)
    files = home.job_files()
    stamp = home.stamp()
    forget(folder, keep=stamp)
    broken: list[BrokenFile] = []
    imported: list[ModuleType] = []
    prepare_package(home)
    for file in files:
        problem = _name_problem(home, file)
        module = _import(home, file) if problem is None else problem
        if isinstance(module, str):
            broken.append(broken_file(file, home.display(file), module))
        else:
            imported.append(module)
    for module in home.modules().values():
        setattr(module, _MARK, stamp)
    return tuple(imported), broken


def jobs_of(home: JobsFolder, imported: Iterable[ModuleType], broken: Iterable[BrokenFile]) -> DeclaredJobs:
    """Return the jobs that these modules declare, by name; imported jobs are left out."""
    jobs: dict[str, Job] = {}
    twins: list[BrokenFile] = []
    for module in imported:
        twins += _hidden_functions(home, module)
        for value in list(vars(module).values()):
            if not isinstance(value, Job) or value.function.__module__ != module.__name__:
                continue
            other = jobs.setdefault(value.name, value)
            if other is not value:
                twins.append(_twin(value.name, "jobs", str(other.place), str(value.place)))
    names = {name for twin in twins for name in twin.jobs}
    usable = {name: job for name, job in jobs.items() if name not in names}
    return DeclaredJobs(usable, [*broken, *(_with_writes(twin, jobs) for twin in twins)])


def forget(folder: Path, *, keep: Stamp | None = None) -> None:
    """Remove from `sys.modules` this folder's modules (unless stamped `keep`) and those of other job folders with the same names."""
    home = JobsFolder.of(folder)
    names = {home.package.partition(".")[0], *home.short_names()}
    for name, module in list(sys.modules.items()):
        mark: Stamp | None = vars(module).get(_MARK) if isinstance(module, ModuleType) else None
        if mark is None or mark == keep:
            continue
        if mark[0] == str(home.path) or name.partition(".")[0] in names:
            del sys.modules[name]
            _remove_attribute(name, module)
    remove_short_names()
    importlib.invalidate_caches()


def _remove_attribute(name: str, module: ModuleType) -> None:
    """Remove a module from the package that holds it, which may outlive it."""
    parent, _, child = name.rpartition(".")
    package = sys.modules.get(parent)
    if package is not None and vars(package).get(child) is module:
        delattr(package, child)


def prepare_package(home: JobsFolder) -> None:
    """Make the package of a folder importable: its name stands for this folder only, whatever else is on `sys.path`."""
    root = str(home.import_root)
    if root not in sys.path:
        sys.path.append(root)
    install_short_names(home)
    present = sys.modules.get(home.package)
    paths = [str(path) for path in getattr(present, "__path__", ())]
    if present is not None and str(home.path) in paths:
        return
    parent, _, child = home.package.rpartition(".")
    spec = _package_spec(home)
    package = importlib.util.module_from_spec(spec)
    sys.modules[home.package] = package
    if parent:
        setattr(importlib.import_module(parent), child, package)
    if spec.loader is not None and spec.origin is not None:
        try:
            spec.loader.exec_module(package)
        except (Exception, SystemExit):  # noqa: BLE001 - each file of the package reports it
            del sys.modules[home.package]


def _package_spec(home: JobsFolder) -> importlib.machinery.ModuleSpec:
    init = home.path / "__init__.py"
    if init.is_file():
        spec = importlib.util.spec_from_file_location(
            home.package, init, submodule_search_locations=[str(home.path)]
        )
        if spec is not None:
            return spec
    spec = importlib.machinery.ModuleSpec(home.package, None, is_package=True)
    spec.submodule_search_locations = [str(home.path)]
    return spec


def _name_problem(home: JobsFolder, file: Path) -> str | None:
    """Return why a file cannot be imported under its name, or None."""
    shown = home.display(file)
    if file.is_dir() or not file.exists():
        return f"{shown}: there is no such file to read. Remove it, or restore what it links to."
    bad = [part for part in file.relative_to(home.path).with_suffix("").parts if not part.isidentifier()]
    if bad:
        return f"{shown}: `{bad[0]}` is not a valid module name: use letters, digits and _ only."
    if file.parent != home.path:
        return None
    # Python puts the folder of a script first on its path, where such a file would hide the module.
    if file.stem in sys.stdlib_module_names:
        return f"{shown}: Python itself has a module `{file.stem}`. Rename the file."
    present = sys.modules.get(file.stem)
    is_foreign = present is not None and present is not sys.modules.get(home.module_name(file))
    if is_foreign and not _is_copy(present, file):
        return f"{shown}: another module `{file.stem}` is imported already. Rename the file."
    return None


def _is_copy(module: ModuleType | None, file: Path) -> bool:
    """Return whether a module was imported from the same file under its short name, as Spark's workers do."""
    return getattr(module, "__file__", None) == str(file)


def _import(home: JobsFolder, file: Path) -> ModuleType | str:
    """Return the module of a file, or why it cannot be imported."""
    try:
        return importlib.import_module(home.module_name(file))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an author's file may raise anything; it is reported with its line
        return _import_error_message(home, file, error)


def _import_error_message(home: JobsFolder, file: Path, error: BaseException) -> str:
    shown = home.display(file)
    if isinstance(error, DeclarationError):
        return str(error)
    if isinstance(error, SyntaxError) and error.filename:
        line = f":{error.lineno}" if error.lineno else ""
        return f"{home.display(error.filename)}{line}: this is not Python: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename).is_relative_to(home.path)]
    where = f"{home.display(inside[-1].filename)}:{inside[-1].lineno}" if inside else shown
    message = f"{where}: the file cannot be imported: {type(error).__name__}: {error}".removesuffix(": ")
    return message + _SESSION if "pyspark" in Path(frames[-1].filename).parts else message


def _hidden_functions(home: JobsFolder, module: ModuleType) -> Iterator[BrokenFile]:
    """Yield each decorated function that a later one of the same name in its file replaces."""
    file = Path(str(module.__file__))
    body = ast.parse(file.read_bytes()).body
    decorated = [node for node in body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    first: dict[str, ast.FunctionDef] = {}
    shown = home.display(file)
    for node in decorated:
        other = first.setdefault(node.name, node)
        if other is not node:
            yield _twin(node.name, "functions", f"{shown}:{other.lineno}", f"{shown}:{node.lineno}")


def _twin(name: str, kind: str, first: str, second: str) -> BrokenFile:
    message = f"Two {kind} are named `{name}`: {first} and {second}. Rename one."
    return BrokenFile(file=second.rpartition(":")[0], message=message, jobs=(name,))


def _with_writes(twin: BrokenFile, jobs: dict[str, Job]) -> BrokenFile:
    writes = tuple(write.table for name in twin.jobs if name in jobs for write in jobs[name].writes)
    return BrokenFile(file=twin.file, message=twin.message, jobs=twin.jobs, writes=writes)
