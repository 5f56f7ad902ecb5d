"""Make the package of a jobs folder importable, and remove its modules again when their files change."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from sparkops.pipeline.discovery.jobs_folder import JobsFolder, Stamp
from sparkops.pipeline.discovery.short_names import install_short_names, remove_short_names

# Attribute of an imported module: the stamp of its folder at the import.
_STAMP_ATTRIBUTE = "__sparkops_jobs__"


def is_discovered(folder: Path) -> bool:
    """Return whether the folder's modules are imported and their files unchanged since."""
    jobs_folder = JobsFolder.of(folder)
    stamp = jobs_folder.compute_stamp()
    return any(vars(module).get(_STAMP_ATTRIBUTE) == stamp for module in jobs_folder.find_modules().values())


def stamp_modules(jobs_folder: JobsFolder, stamp: Stamp) -> None:
    """Record in the imported modules of a folder the stamp that it had before the import."""
    for module in jobs_folder.find_modules().values():
        setattr(module, _STAMP_ATTRIBUTE, stamp)


def forget_package(folder: Path, *, keep: Stamp | None = None) -> None:
    """Remove from `sys.modules` the modules of this folder, and those of other job folders with the same names.

    Args:
        folder: The folder.
        keep: Modules with this stamp are kept: their files did not change.
    """
    jobs_folder = JobsFolder.of(folder)
    names = {jobs_folder.package.partition(".")[0], *jobs_folder.find_short_names()}
    for name, module in list(sys.modules.items()):
        stamp: Stamp | None = vars(module).get(_STAMP_ATTRIBUTE) if isinstance(module, ModuleType) else None
        if stamp is None or stamp == keep:
            continue
        if stamp[0] == str(jobs_folder.path) or name.partition(".")[0] in names:
            del sys.modules[name]
            remove_from_parent(name, module)
    remove_short_names()
    importlib.invalidate_caches()


def remove_from_parent(name: str, module: ModuleType) -> None:
    """Remove a module from its parent package, if that has it as an attribute."""
    parent, _, child = name.rpartition(".")
    package = sys.modules.get(parent)
    if package is not None and vars(package).get(child) is module:
        delattr(package, child)


def prepare_package(jobs_folder: JobsFolder) -> None:
    """Make the package of a folder importable under its name, whatever else of that name is on `sys.path`."""
    root = str(jobs_folder.import_root)
    if root not in sys.path:
        sys.path.append(root)
    install_short_names(jobs_folder)
    imported = sys.modules.get(jobs_folder.package)
    paths = [str(path) for path in getattr(imported, "__path__", ())]
    if imported is not None and str(jobs_folder.path) in paths:
        return
    parent, _, child = jobs_folder.package.rpartition(".")
    spec = _make_package_spec(jobs_folder)
    package = importlib.util.module_from_spec(spec)
    sys.modules[jobs_folder.package] = package
    if parent:
        setattr(importlib.import_module(parent), child, package)
    if spec.loader is not None and spec.origin is not None:
        try:
            spec.loader.exec_module(package)
        except (Exception, SystemExit):  # noqa: BLE001 - each file of the package reports it
            del sys.modules[jobs_folder.package]


def _make_package_spec(jobs_folder: JobsFolder) -> importlib.machinery.ModuleSpec:
    init = jobs_folder.path / "__init__.py"
    if init.is_file():
        spec = importlib.util.spec_from_file_location(
            jobs_folder.package, init, submodule_search_locations=[str(jobs_folder.path)]
        )
        if spec is not None:
            return spec
    spec = importlib.machinery.ModuleSpec(jobs_folder.package, None, is_package=True)
    spec.submodule_search_locations = [str(jobs_folder.path)]
    return spec
