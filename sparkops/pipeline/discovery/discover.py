"""Find the jobs of a folder by importing its files."""

from __future__ import annotations

import ast
import importlib
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Final

from sparkops.core.bounded_file import MAX_SOURCE, read_bytes
from sparkops.core.imported_files import parse_python
from sparkops.errors import DeclarationError
from sparkops.pipeline.discovery.declared_jobs import BrokenFile, DeclaredJobs, read_broken_file
from sparkops.pipeline.discovery.jobs_folder import JobsFolder
from sparkops.pipeline.discovery.jobs_package import forget_package, prepare_package, stamp_modules
from sparkops.pipeline.job import Job

# The first line of a function at the top level of a file.
_DEFINITION: Final = re.compile(rb"(?:\A|[\r\n\f])def\s+(\w+)")
_NO_SESSION = (
    ". There is no Spark session while files are imported: create columns and functions inside the job."
)


def discover(folder: Path) -> DeclaredJobs:
    """Return every job declared in the folder's files and those of its subfolders, by name.

    The folder is a package: a file is imported as `jobs.sales.daily`, so that relative imports and
    `from jobs.x import y` work. Modules directly in the folder may also be imported under their short names
    (`from _money import cents`). A file whose name begins with `_` is only imported by other files. A second call
    returns the same jobs until a file changes.

    A file that cannot be used is in the result's `broken`; it does not affect the others.
    """
    jobs_folder = JobsFolder.of(folder)
    imported, broken = import_all(folder)
    return collect_jobs(jobs_folder, imported, broken)


def import_all(folder: Path) -> tuple[tuple[ModuleType, ...], list[BrokenFile]]:
    """Import the folder's files; return the modules, and the files that cannot be used. Unchanged modules are kept."""
    jobs_folder = JobsFolder.of(folder)
    files = jobs_folder.find_job_files()
    stamp = jobs_folder.compute_stamp()
    forget_package(folder, keep=stamp)
    broken: list[BrokenFile] = []
    imported: list[ModuleType] = []
    prepare_package(jobs_folder)
    for file in files:
        result = _import_file(jobs_folder, file)
        if isinstance(result, BrokenFile):
            broken.append(result)
        else:
            imported.append(result)
    stamp_modules(jobs_folder, stamp)
    return tuple(imported), broken


def _import_file(jobs_folder: JobsFolder, file: Path) -> ModuleType | BrokenFile:
    shown = jobs_folder.display(file)
    problem = _find_name_problem(jobs_folder, file)
    if problem is not None:
        return read_broken_file(file, shown, problem)
    try:
        return importlib.import_module(jobs_folder.get_module_name(file))
    # An author's file may raise anything; it is reported with its line.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        message = _describe_import_error(jobs_folder, file, error)
        is_independent = isinstance(error, SyntaxError | ModuleNotFoundError)
        return read_broken_file(file, shown, message, is_library_independent=is_independent)


def collect_jobs(
    jobs_folder: JobsFolder, imported: Iterable[ModuleType], broken: Iterable[BrokenFile]
) -> DeclaredJobs:
    """Return the jobs that these modules declare, by name; jobs that they import from elsewhere are left out."""
    jobs: dict[str, Job] = {}
    duplicates: list[BrokenFile] = []
    for module in imported:
        duplicates += _find_hidden_functions(jobs_folder, module)
        for value in list(vars(module).values()):
            if not isinstance(value, Job) or value.function.__module__ != module.__name__:
                continue
            other = jobs.setdefault(value.name, value)
            if other is not value:
                duplicates.append(_describe_duplicate(value.name, "jobs", str(other.place), str(value.place)))
    ambiguous = {name for duplicate in duplicates for name in duplicate.jobs}
    usable = {name: job for name, job in jobs.items() if name not in ambiguous}
    return DeclaredJobs(usable, [*broken, *(_add_writes(duplicate, jobs) for duplicate in duplicates)])


def _find_name_problem(jobs_folder: JobsFolder, file: Path) -> str | None:
    """Return why a file cannot be imported under its name, or None."""
    shown = jobs_folder.display(file)
    if not file.is_file():
        is_other = file.exists() and not file.is_dir()
        problem = "this is no regular file" if is_other else "there is no such file to read"
        return f"{shown}: {problem}. Remove it, or restore what it links to."
    bad = [
        part for part in file.relative_to(jobs_folder.path).with_suffix("").parts if not part.isidentifier()
    ]
    if bad:
        return f"{shown}: `{bad[0]}` is not a valid module name: use letters, digits and _ only."
    if file.parent != jobs_folder.path:
        return None
    # Python puts the folder of a script first on its path, where such a file would hide the module.
    if file.stem in sys.stdlib_module_names:
        return f"{shown}: Python itself has a module `{file.stem}`. Rename the file."
    imported = sys.modules.get(file.stem)
    is_foreign = imported is not None and imported is not sys.modules.get(jobs_folder.get_module_name(file))
    if is_foreign and not _is_copy(imported, file):
        return f"{shown}: another module `{file.stem}` is imported already. Rename the file."
    return None


def _is_copy(module: ModuleType | None, file: Path) -> bool:
    """Return whether a module was imported from the same file under its short name, as Spark's workers do."""
    return getattr(module, "__file__", None) == str(file)


def _describe_import_error(jobs_folder: JobsFolder, file: Path, error: BaseException) -> str:
    shown = jobs_folder.display(file)
    if isinstance(error, DeclarationError):
        return str(error)
    if isinstance(error, SyntaxError) and error.filename:
        line = f":{error.lineno}" if error.lineno else ""
        return f"{jobs_folder.display(error.filename)}{line}: this is not Python: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename).is_relative_to(jobs_folder.path)]
    place = f"{jobs_folder.display(inside[-1].filename)}:{inside[-1].lineno}" if inside else shown
    message = f"{place}: the file cannot be imported: {type(error).__name__}: {error}".removesuffix(": ")
    return message + _NO_SESSION if "pyspark" in Path(frames[-1].filename).parts else message


def _find_hidden_functions(jobs_folder: JobsFolder, module: ModuleType) -> Iterator[BrokenFile]:
    """Yield each decorated function that a later one of the same name in its file replaces."""
    file = Path(str(module.__file__))
    source = read_bytes(file, MAX_SOURCE)
    names = _DEFINITION.findall(source)
    if len(set(names)) == len(names):
        # Reading the syntax of every file would take as long as importing it.
        return
    body = parse_python(source).body
    decorated = [node for node in body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    first: dict[str, ast.FunctionDef] = {}
    shown = jobs_folder.display(file)
    for node in decorated:
        other = first.setdefault(node.name, node)
        if other is not node:
            yield _describe_duplicate(
                node.name, "functions", f"{shown}:{other.lineno}", f"{shown}:{node.lineno}"
            )


def _describe_duplicate(name: str, kind: str, first: str, second: str) -> BrokenFile:
    message = f"Two {kind} are named `{name}`: {first} and {second}. Rename one."
    return BrokenFile(
        file=second.rpartition(":")[0], message=message, jobs=(name,), is_library_independent=True
    )


def _add_writes(duplicate: BrokenFile, jobs: dict[str, Job]) -> BrokenFile:
    writes = tuple(write.table for name in duplicate.jobs if name in jobs for write in jobs[name].writes)
    return replace(duplicate, writes=writes)
