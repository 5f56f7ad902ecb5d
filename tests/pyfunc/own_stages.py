"""A project whose folder contains modules with stages of its own, and a registry for the models with them."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from fakes.settings import build_settings

from sparkops.config.settings import Settings


def make_project(folder: Path, empty_store: Path) -> Settings:
    """Return the settings of a new project with an empty registry.

    Args:
        folder: The project's folder.
        empty_store: A database of MLflow without models.
    """
    settings = build_settings(folder)
    (settings.state / "mlflow").mkdir(parents=True)
    shutil.copy(empty_store, settings.state / "mlflow" / "mlflow.db")
    return settings


@contextmanager
def import_from_project(root: Path, sources: Mapping[str, str]) -> Iterator[ModuleType]:
    """Write modules to the project's folder, and yield the first one, imported as a job imports it.

    Args:
        root: The project's folder.
        sources: Text of each module by its name.
    """
    for name, source in sources.items():
        (root / f"{name}.py").write_text(source)
    sys.path.insert(0, str(root))
    try:
        yield importlib.import_module(next(iter(sources)))
    finally:
        sys.path.remove(str(root))
        forget_modules(sources)


def forget_modules(names: Mapping[str, str]) -> dict[str, ModuleType]:
    """Remove modules from those that are imported, and return them."""
    return {name: sys.modules.pop(name) for name in names if name in sys.modules}
