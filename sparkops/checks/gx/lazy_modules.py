"""Lazy import: load a module at the first access to one of its attributes.

Great Expectations imports altair and scipy.stats for three expectations that are rarely used. Importing them lazily
makes its import twice as fast (measured in Python 3.11 on two busy cores: 9.8 and 10.9 s without, 4.3 and 7.5 s with
it).

`importlib.util.LazyLoader` is as fast (5.8 and 6.2 s) but not correct in Python 3.11, which sparkops supports:

- It is not safe across threads. It makes the module an ordinary one before it executes its code, without a lock.
  Another thread that uses the module meanwhile sees it half executed and gets an AttributeError. Jobs run in threads
  and may use scipy.stats themselves.
- A module whose code raises is not loaded again. The second access finds an empty module and raises an AttributeError
  that hides the cause.
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

_STATE = "_sparkops_lazy_state"
# The import system reads these attributes; they do not load the module.
_IMPORT_ATTRIBUTES = ("__path__", "__file__", "__cached__", "__loader__", "__spec__", "__package__")


@contextmanager
def import_lazily(names: Collection[str]) -> Iterator[None]:
    """Import these modules lazily in this thread; a module that is already imported does not change."""
    finder = _LazyFinder(frozenset(names), threading.get_ident())
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _LazyFinder(MetaPathFinder):
    """Find the lazy modules, for one thread."""

    def __init__(self, names: frozenset[str], thread: int) -> None:
        self._names, self._thread = names, thread

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._names or threading.get_ident() != self._thread:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _LazyModuleLoader(spec.loader)
        return spec


class _LazyModuleLoader(Loader):
    """Create the module and leave it empty."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = _LazyModule(spec.name)
        module.__dict__[_STATE] = _LazyState(self._loader)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Execute nothing yet."""


class _LazyState:
    """The loader of a lazy module, and a lock so that one thread executes it."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader
        self.lock = threading.RLock()
        self.is_loading = False

    def load(self, module: ModuleType) -> None:
        """Load the module. Other threads wait; the loading thread itself sees what is defined so far."""
        with self.lock:
            if self.is_loading:
                return
            self.is_loading = True
            if module.__spec__ is not None:
                module.__spec__.loader = module.__loader__ = self.loader
            try:
                self.loader.exec_module(module)
            except BaseException:
                # The next access loads the module again and raises the same error.
                self.is_loading = False
                raise
            module.__dict__.pop(_STATE, None)


class _LazyModule(ModuleType):
    """A module that loads itself at the first access to an attribute that it does not have yet."""

    def __getattr__(self, name: str) -> Any:
        state = self.__dict__.get(_STATE)
        if state is not None and name not in _IMPORT_ATTRIBUTES:
            state.load(self)
        if name in self.__dict__:
            return self.__dict__[name]
        module_getattr = self.__dict__.get("__getattr__")
        if module_getattr is not None:
            return module_getattr(name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
