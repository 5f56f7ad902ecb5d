"""Modules that an import asks for and hardly ever uses, loaded when they are first used.

Great Expectations imports altair and scipy.stats for the pictures and tests of three rarely used expectations; the
two are two fifths of its import. Inside `late` their import only notes where they are; the first attribute that
anyone asks of them loads them, whole and once.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_WAITING = "_sparkops_waiting"
_OF_THE_IMPORT = ("__path__", "__file__", "__cached__", "__loader__", "__spec__", "__package__")


@contextmanager
def late(names: Collection[str]) -> Iterator[None]:
    """Put off loading these modules while this thread imports others; what is loaded already stays as it is."""
    finder = _Finder(frozenset(names), threading.get_ident())
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Finder(MetaPathFinder):
    """Finds the modules that may wait, for one thread."""

    def __init__(self, names: frozenset[str], thread: int) -> None:
        self._names, self._thread = names, thread

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._names or threading.get_ident() != self._thread:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(Loader):
    """Makes the module and leaves it empty."""

    def __init__(self, real: Loader) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = _Late(spec.name)
        module.__dict__[_WAITING] = _Waiting(self._real)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Execute nothing yet."""


class _Waiting:
    """What a module needs to load itself once, whichever thread asks first."""

    def __init__(self, real: Loader) -> None:
        self.real = real
        self.lock = threading.RLock()
        self.begun = False

    def load(self, module: ModuleType) -> None:
        """Load the module; another thread waits, the loading one sees what is there so far."""
        with self.lock:
            if self.begun:
                return
            self.begun = True
            if module.__spec__ is not None:
                module.__spec__.loader = module.__loader__ = self.real
            try:
                self.real.exec_module(module)
            except BaseException:
                self.begun = False  # the next use tries again and tells the same error
                raise
            module.__dict__.pop(_WAITING, None)


class _Late(ModuleType):
    """A module that loads itself when an attribute is asked for that it does not have yet."""

    def __getattr__(self, name: str) -> Any:
        waiting = self.__dict__.get(_WAITING)
        if waiting is not None and name not in _OF_THE_IMPORT:
            waiting.load(self)
        if name in self.__dict__:
            return self.__dict__[name]
        own = self.__dict__.get("__getattr__")
        if own is not None:
            return own(name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
