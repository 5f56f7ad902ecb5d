"""The Python code of a model's own stages: copied from the project into the model's folder, or named as packages."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions, version
from pathlib import Path
from types import ModuleType
from typing import Any

from sparkops.artifact.model_columns import list_leaf_stages
from sparkops.config.settings import Settings
from sparkops.core.bounded_file import MAX_SOURCE, read_bytes
from sparkops.core.imported_files import parse_python, read_source
from sparkops.errors import ModelError
from sparkops.pipeline.discovery.jobs_folder import JobsFolder
from sparkops.pipeline.discovery.source_files import find_source_files
from sparkops.scoring.function_declaration import find_row_function

_PACKAGE_PREFIX = "package:"


@dataclass(frozen=True, slots=True)
class StageCode:
    """The Python code of a model's own stages.

    Args:
        files: The project's file, by path in the model's folder of code. A file of the jobs has several, because
            imports may name it relative to the project, to the folder of jobs, or to the folder above its package.
        requirements: Packages that the stages or these files import, in pip's notation.
    """

    files: dict[str, Path]
    requirements: tuple[str, ...]

    def copy_to(self, folder: Path) -> None:
        """Copy the files into a folder, which is made if there are any."""
        for name, file in self.files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(read_bytes(file, MAX_SOURCE))


def find_stage_code(fitted: Any, settings: Settings) -> StageCode:
    """Return the code of the stages that are not Spark's own.

    Raises:
        ModelError: A stage's class is defined where no other process finds it.
    """
    files: dict[str, Path] = {}
    packages: set[str] = set()
    for module in _find_own_modules(fitted):
        file = Path(str(module.__file__)).resolve()
        if not _is_in_project(file, settings.root):
            packages.add(module.__name__.partition(".")[0])
            continue
        for source in find_source_files(file, settings.root.resolve()):
            if source.is_file():
                files |= dict.fromkeys(_list_code_paths(source, settings), source)
                packages |= _find_imported_packages(source)
    return StageCode(files, tuple(_find_requirements(packages)))


def _find_own_modules(fitted: Any) -> Iterator[ModuleType]:
    classes = {type(stage) for stage in list_leaf_stages(fitted)}
    functions = filter(None, map(find_row_function, classes))
    names = {definition.__module__ for definition in (*classes, *functions)}
    for name in sorted(names):
        if name.partition(".")[0] == "pyspark":
            continue
        module = sys.modules.get(name)
        if name == "__main__" or module is None or not getattr(module, "__file__", None):
            raise ModelError(
                f"a stage's class is defined in {name}, which no other process can import: move it to a module"
            )
        yield module


def _is_in_project(file: Path, root: Path) -> bool:
    return file.is_relative_to(root.resolve()) and "site-packages" not in file.parts


def _list_code_paths(source: Path, settings: Settings) -> Iterator[str]:
    """Yield the paths of a file in the folder of code, one for each folder from which it may be imported."""
    yield source.relative_to(settings.root.resolve()).as_posix()
    if settings.jobs.startswith(_PACKAGE_PREFIX):
        return
    jobs = JobsFolder.of(Path(settings.jobs))
    if source.is_relative_to(jobs.path):
        yield source.relative_to(jobs.import_root).as_posix()
        yield source.relative_to(jobs.path).as_posix()


def _find_imported_packages(source: Path) -> set[str]:
    packages = set()
    for node in ast.walk(parse_python(read_source(source))):
        if isinstance(node, ast.Import):
            packages |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            packages.add(node.module.partition(".")[0])
    return packages


def _find_requirements(packages: Iterable[str]) -> Iterator[str]:
    """Yield the installed distributions of packages, except Spark's."""
    distributions = packages_distributions()
    names = {name for package in packages for name in distributions.get(package, ())}
    yield from sorted(f"{name}=={version(name)}" for name in names if not name.startswith("pyspark"))
