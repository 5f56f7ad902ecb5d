"""Import modules of the jobs' folder under their short names: `_money` is `jobs._money`, one module under two names."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from sparkops.pipeline.discovery.jobs_folder import JobsFolder


class ShortNameFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import hook that loads the module of the full name and also returns it for the short one.

    A module of that name elsewhere on `sys.path` takes precedence.
    """

    def __init__(self, folder: JobsFolder) -> None:
        self.folder = folder
        self._names = folder.find_short_names() - {folder.package}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for a short name of the folder."""
        del path, target
        first, _, below = name.partition(".")
        if first not in self._names or not self._is_in_folder(first, below):
            return None
        try:
            full_spec = importlib.util.find_spec(f"{self.folder.package}.{name}")
        except (ImportError, ValueError):
            return None
        if full_spec is None:
            return None
        is_package = full_spec.submodule_search_locations is not None
        return importlib.machinery.ModuleSpec(name, self, is_package=is_package)

    def _is_in_folder(self, first: str, below: str) -> bool:
        """Return whether the first part of a name is a module of this folder rather than one from elsewhere."""
        if below:
            full = sys.modules.get(f"{self.folder.package}.{first}")
            return full is not None and sys.modules.get(first) is full
        # The folder itself is on the path of a script that was started from it.
        folder = str(self.folder.path)
        elsewhere = [entry for entry in sys.path if os.path.realpath(entry) != folder]
        return importlib.machinery.PathFinder.find_spec(first, elsewhere) is None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the module of the full name."""
        module = importlib.import_module(f"{self.folder.package}.{spec.name}")
        # The import system is about to set the spec of the short name; `exec_module` restores this one.
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Restore the module's own spec: its code was run under its full name."""
        short = module.__spec__
        if short is not None and short.loader is self:
            module.__spec__ = short.loader_state


def install_short_names(folder: JobsFolder) -> None:
    """Make the short names of a folder importable, in place of those of other folders."""
    remove_short_names()
    sys.meta_path.insert(0, ShortNameFinder(folder))


def remove_short_names() -> None:
    """Remove the import hooks of all folders."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, ShortNameFinder)]
