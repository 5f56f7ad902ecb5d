"""The jobs of a folder as declared, without importing Spark: for lists, help and parameter errors."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NoReturn

from sparkops.errors import DeclarationError
from sparkops.pipeline.discover import discover, forget, import_all, is_discovered, jobs_of, modules
from sparkops.pipeline.job import Job
from sparkops.pipeline.placeholder import PlaceholderFinder, heavy_imported, holds_placeholder, is_placeholder

_log = logging.getLogger("sparkops.pipeline")


def peek(folder: Path) -> Mapping[str, Job]:
    """Return the folder's jobs as `discover` does, with heavy libraries stood in for, in a fraction of its time.

    The jobs may be described, bound and ordered; their functions are not the author's and must not be called. Where
    a file needs a real answer of a heavy library while it is imported, or anything else goes wrong, the folder is
    discovered for real, and so is it when such a library is imported already, or the folder was discovered before. No other thread may be importing a
    heavy library meanwhile.
    """
    jobs = None if heavy_imported() or is_discovered(folder) else _peeked(folder)
    if jobs is None:
        return discover(folder)
    return {name: replace(job, function=_NotLoaded(job)) for name, job in jobs.items()}


def _peeked(folder: Path) -> Mapping[str, Job] | None:
    """Return the jobs read with stand-ins, or None when they cannot be trusted."""
    try:
        with _standing_in(folder):
            jobs = jobs_of(import_all(folder))
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with a stand-in is tried again with the real thing
        _log.debug("cannot peek at %s, so it is discovered: %s", folder, error)
        return None
    return None if any(_doubtful(job) for job in jobs.values()) else jobs


class _NotLoaded:
    """Stands for the author's function in a job that was only peeked at."""

    def __init__(self, job: Job) -> None:
        self._told = f"Job `{job.name}` ({job.place}) was only looked at, not loaded: find it with `discover` to call it"
        self.__name__ = job.name
        self.__doc__ = job.doc

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise DeclarationError(self._told)


def _doubtful(job: Job) -> bool:
    """Tell whether a parameter's type or default was made of a placeholder."""
    return any(is_placeholder(param.default) or is_placeholder(param.annotation) for param in job.params)


@contextmanager
def _standing_in(folder: Path) -> Iterator[None]:
    """Serve placeholders, then take every trace of them out of sys.modules."""
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
    """Drop the modules imported since that lie in the folder or hold anything made of a placeholder."""
    new = {name: module for name, module in sys.modules.items() if name not in before}
    own = {module.__name__ for module in modules(folder)}
    dropped = {name for name in new if name in own or holds_placeholder(new[name])}
    while more := {name for name in new.keys() - dropped if _leans_on(new[name], dropped)}:
        dropped |= more
    for name in dropped:
        module = sys.modules.pop(name)
        parent, _, child = name.rpartition(".")
        if vars(sys.modules.get(parent, module)).get(child) is module:
            delattr(sys.modules[parent], child)


def _leans_on(module: ModuleType, dropped: set[str]) -> bool:
    """Tell whether a module has a function, class or instance of a dropped module, or the module, among its names."""
    return any(_origin(value) in dropped for value in list(vars(module).values()))


def _origin(value: Any) -> str:
    if isinstance(value, ModuleType):
        return value.__name__
    return str(value.__module__ if isinstance(value, type | FunctionType) else type(value).__module__)
