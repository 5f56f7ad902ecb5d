"""Read job declarations without importing Spark: for lists, help and parameter errors."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NoReturn

from sparkops.errors import DeclarationError
from sparkops.pipeline.discovery.declared_jobs import DeclaredJobs
from sparkops.pipeline.discovery.discover import discover, forget, import_all, is_discovered, jobs_of
from sparkops.pipeline.discovery.jobs_folder import JobsFolder
from sparkops.pipeline.discovery.placeholder import (
    PlaceholderFinder,
    has_placeholder,
    is_heavy_library_imported,
    is_placeholder,
)
from sparkops.pipeline.discovery.short_names import remove_short_names
from sparkops.pipeline.job import Job

_log = logging.getLogger("sparkops.pipeline")


def peek(folder: Path) -> DeclaredJobs:
    """Return the folder's jobs as `discover` does, with placeholders instead of heavy libraries: much faster.

    The jobs can be described, bound and ordered, but not called. `discover` is used instead when a heavy library is
    already imported, when the folder was already discovered, or when a file cannot be imported with placeholders. No
    other thread may import a heavy library at the same time.
    """
    jobs = None if is_heavy_library_imported() or is_discovered(folder) else _import_with_placeholders(folder)
    if jobs is None:
        return discover(folder)
    peeked = {name: replace(job, function=_NotLoaded(job)) for name, job in jobs.items()}
    return DeclaredJobs(peeked, jobs.broken)


def _import_with_placeholders(folder: Path) -> DeclaredJobs | None:
    """Return the jobs, or None when a declaration depends on a placeholder or an import failed that may succeed without."""
    with _placeholders_installed(folder):
        jobs = jobs_of(JobsFolder.of(folder), *import_all(folder))
    doubtful = [broken for broken in jobs.broken if not _fails_anyway(broken.message)]
    if doubtful:
        _log.debug("cannot peek at %s, importing it instead: %s", folder, doubtful[0].message)
    return None if doubtful or any(_uses_placeholder(job) for job in jobs.values()) else jobs


def _fails_anyway(message: str) -> bool:
    """Return whether an error does not depend on the placeholders."""
    return any(
        text in message
        for text in (": this is not Python: ", " are named `", "ModuleNotFoundError: No module")
    )


class _NotLoaded:
    """Replaces the author's function in a peeked job; raises when it is called."""

    def __init__(self, job: Job) -> None:
        self._message = f"Job `{job.name}` ({job.place}) was read without importing its libraries: load it with `discover` to call it"
        self.__name__ = job.name
        self.__doc__ = job.doc

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise DeclarationError(self._message)


def _uses_placeholder(job: Job) -> bool:
    """Return whether a parameter's type or default is a placeholder."""
    return any(is_placeholder(param.default) or is_placeholder(param.annotation) for param in job.params)


@contextmanager
def _placeholders_installed(folder: Path) -> Iterator[None]:
    """Install placeholders for heavy libraries; on exit, remove every module that used them from `sys.modules`."""
    forget(folder)
    before = set(sys.modules)
    finder = PlaceholderFinder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        _drop(folder, before)


def _drop(folder: Path, before: set[str]) -> None:
    """Remove modules imported since `before` that belong to the folder or refer to a placeholder."""
    new = {name: module for name, module in sys.modules.items() if name not in before}
    own = JobsFolder.of(folder).modules()
    dropped = {name for name in new if name in own or has_placeholder(new[name])}
    while more := {name for name in new.keys() - dropped if _refers_to(new[name], dropped)}:
        dropped |= more
    for name in dropped:
        module = sys.modules.pop(name)
        parent, _, child = name.rpartition(".")
        if vars(sys.modules.get(parent, module)).get(child) is module:
            delattr(sys.modules[parent], child)
    remove_short_names()


def _refers_to(module: ModuleType, dropped: set[str]) -> bool:
    """Return whether a module refers to a dropped module, or to a function, class or instance of one."""
    return any(_module_of(value) in dropped for value in list(vars(module).values()))


def _module_of(value: Any) -> str:
    if isinstance(value, ModuleType):
        return value.__name__
    return str(value.__module__ if isinstance(value, type | FunctionType) else type(value).__module__)
