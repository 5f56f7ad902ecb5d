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
from sparkops.pipeline.discovery.discover import collect_jobs, discover, import_all
from sparkops.pipeline.discovery.jobs_folder import JobsFolder
from sparkops.pipeline.discovery.jobs_package import forget_package, is_discovered, remove_from_parent
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
    """Return the jobs, or None if a declaration depends on a placeholder, or if an import failed because of one."""
    with _install_placeholders(folder):
        jobs = collect_jobs(JobsFolder.of(folder), *import_all(folder))
    suspect = [broken for broken in jobs.broken if not broken.is_library_independent]
    if suspect:
        _log.debug("cannot peek at %s, importing it instead: %s", folder, suspect[0].message)
    return None if suspect or any(_uses_placeholder(job) for job in jobs.values()) else jobs


class _NotLoaded:
    """Replaces the author's function in a peeked job; raises when it is called."""

    def __init__(self, job: Job) -> None:
        self._message = (
            f"Job `{job.name}` ({job.place}) was read without importing its libraries: "
            "load it with `discover` to call it"
        )
        self.__name__ = job.name
        self.__doc__ = job.doc

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise DeclarationError(self._message)


def _uses_placeholder(job: Job) -> bool:
    """Return whether a parameter's type or default is a placeholder."""
    return any(is_placeholder(param.default) or is_placeholder(param.annotation) for param in job.params)


@contextmanager
def _install_placeholders(folder: Path) -> Iterator[None]:
    """Install placeholders for heavy libraries; on exit, remove every module that used them from `sys.modules`."""
    forget_package(folder)
    before = set(sys.modules)
    finder = PlaceholderFinder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        _remove_modules(folder, before)


def _remove_modules(folder: Path, before: set[str]) -> None:
    """Remove modules imported since `before` that belong to the folder or refer to a placeholder."""
    new = {name: module for name, module in sys.modules.items() if name not in before}
    own = JobsFolder.of(folder).find_modules()
    dropped = {name for name in new if name in own or has_placeholder(new[name])}
    while more := {name for name in new.keys() - dropped if _refers_to(new[name], dropped)}:
        dropped |= more
    for name in dropped:
        remove_from_parent(name, sys.modules.pop(name))
    remove_short_names()


def _refers_to(module: ModuleType, dropped: set[str]) -> bool:
    """Return whether a module refers to a dropped module, or to a function, class or instance of one."""
    return any(_get_module_name(value) in dropped for value in list(vars(module).values()))


def _get_module_name(value: Any) -> str:
    if isinstance(value, ModuleType):
        return value.__name__
    return str(value.__module__ if isinstance(value, type | FunctionType) else type(value).__module__)
