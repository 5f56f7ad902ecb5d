"""Find the definitions that a job's function uses, in its file and in the modules of the project that it imports."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sparkops.core.imported_files import (
    find_import_roots,
    find_installed_folder,
    locate_module,
    read_source,
)
from sparkops.pipeline.code.module_names import ImportedName, ModuleNames, read_module
from sparkops.pipeline.code.package_versions import PackageVersions
from sparkops.pipeline.code.statements import Statements, read_statements

# The name under which what a file does at its import is listed.
_EFFECTS: Final = "<module>"


@dataclass(frozen=True, slots=True)
class UsedCode:
    """The code of a job.

    Args:
        definitions: The hash of the syntax tree of a definition, without comments, formatting and docstrings, by name:
            `jobs/sales.py:clean`.
        packages: Top-level modules that this code imports and that do not belong to the project.
        files: The files of these definitions.
    """

    definitions: Mapping[str, str]
    packages: tuple[str, ...]
    files: tuple[Path, ...] = field(default=(), compare=False)


@dataclass(slots=True)
class CodeReader:
    """Reads the code of a project's jobs; each file and each definition is read once.

    Args:
        root: The project's folder.
        versions: Versions of the packages that the code imports.
    """

    root: Path
    versions: PackageVersions = field(default_factory=PackageVersions)
    _modules: dict[Path, ModuleNames | None] = field(default_factory=dict)
    _statements: dict[tuple[Path, str], Statements] = field(default_factory=dict)
    _short_paths: dict[Path, str] = field(default_factory=dict)
    _installed: dict[str, Path | None] = field(default_factory=dict)
    _locations: dict[tuple[Path, ImportedName], tuple[list[Path], list[str]]] = field(default_factory=dict)

    def find_used(self, file: Path, function: str) -> UsedCode | None:
        """Return the code that a function uses, or None if the file does not define it at its top level.

        Names are followed as the text has them. All of a module is used if it is used otherwise than by its attributes,
        or if all its names are imported.
        """
        module = self.read(file)
        if module is None or function not in module.definitions:
            return None
        search = _Search(self)
        try:
            search.use_name(module, function)
        except RecursionError:
            return None
        files, packages = tuple(sorted(search.files)), tuple(sorted(search.packages))
        return UsedCode(dict(sorted(search.hashes.items())), packages, files)

    def read(self, file: Path) -> ModuleNames | None:
        """Return the names of a file, or None if it is not Python."""
        if file not in self._modules:
            self._modules[file] = read_module(file)
        return self._modules[file]

    def read_definition(self, module: ModuleNames, name: str) -> Statements:
        """Return the statements that define a name of a module, or its effects."""
        key = (module.path, name)
        if key not in self._statements:
            nodes = module.effects if name == _EFFECTS else module.definitions[name]
            self._statements[key] = read_statements(nodes)
        return self._statements[key]

    def locate(self, file: Path, imported: ImportedName) -> tuple[list[Path], list[str]]:
        """Return the files of an import of the project, and the names inside of the last; see `locate_module`."""
        key = (file, imported)
        if key not in self._locations:
            self._locations[key] = self._locate(file, imported)
        return self._locations[key]

    def _locate(self, file: Path, imported: ImportedName) -> tuple[list[Path], list[str]]:
        name = [imported.name] if imported.name and imported.name != "*" else []
        parts = [*filter(None, imported.module.split(".")), *name]
        if imported.level:
            return self._locate_relative(file, imported.level, parts)
        for base in find_import_roots(file, self.root, parts[0]):
            files, inner = locate_module(base, parts)
            if files:
                return files, inner
        installed = self._find_installed(parts[0])
        return locate_module(installed, parts) if installed is not None else ([], [])

    def _find_installed(self, name: str) -> Path | None:
        """Return the folder of the project in which Python finds a top-level module, such as `src`; cached."""
        if name not in self._installed:
            self._installed[name] = find_installed_folder(name, self.root)
        return self._installed[name]

    @staticmethod
    def _locate_relative(file: Path, level: int, parts: list[str]) -> tuple[list[Path], list[str]]:
        if level > len(file.parents):
            return [], []
        base = file.parents[level - 1]
        files, inner = locate_module(base, parts)
        init = base / "__init__.py"
        if not files and init.is_file():
            # `from . import name`, where the package itself defines the name.
            return [init], parts
        return files, inner

    def shorten(self, path: Path) -> str:
        """Return a file as it is listed: relative to the project."""
        if path not in self._short_paths:
            is_inside = path.is_relative_to(self.root)
            self._short_paths[path] = path.relative_to(self.root).as_posix() if is_inside else path.name
        return self._short_paths[path]


@dataclass(slots=True)
class _Search:
    """The search for the definitions that one function uses."""

    reader: CodeReader
    hashes: dict[str, str] = field(default_factory=dict)
    packages: set[str] = field(default_factory=set)
    files: set[Path] = field(default_factory=set)
    _seen: set[tuple[Path, str]] = field(default_factory=set)

    def use_name(self, module: ModuleNames, name: str) -> None:
        """Follow a name of a module: to its definition, or to what it is imported from."""
        if (module.path, name) in self._seen:
            return
        self._seen.add((module.path, name))
        self.use_effects(module)
        # Both, where one name is imported and then assigned: `clean = udf(clean)`.
        if name in module.definitions:
            self._use_statements(module, name)
        if name in module.imports:
            self._use_imports(module, module.imports[name], attributes=None)
        elif name not in module.definitions or name in self.reader.read_definition(module, name).names:
            # A builtin, a local name, or one of those that a star imports.
            self._use_imports(module, module.stars, attributes=None)

    def use_effects(self, module: ModuleNames) -> None:
        """Follow what a file does when it is imported, and what the files do that it imports."""
        if (module.path, _EFFECTS) in self._seen:
            return
        self._seen.add((module.path, _EFFECTS))
        if module.effects:
            self._use_statements(module, _EFFECTS)
        for imported in (*(item for items in module.imports.values() for item in items), *module.stars):
            self._use_effects_of(self.reader.locate(module.path, imported)[0])

    def use_all(self, module: ModuleNames) -> None:
        """Follow every name of a module."""
        self.use_effects(module)
        for name in (*module.definitions, *module.imports):
            self.use_name(module, name)
        self._use_imports(module, module.stars, attributes=None)

    def _use_statements(self, module: ModuleNames, name: str) -> None:
        statements = self.reader.read_definition(module, name)
        self.files.add(module.path)
        self.hashes[f"{self.reader.shorten(module.path)}:{name}"] = statements.digest
        for imported in (item for items in statements.imports.values() for item in items):
            self._use_effects_of(self.reader.locate(module.path, imported)[0])
        for used, attributes in statements.names.items():
            local = statements.imports.get(used)
            if local is not None:
                self._use_imports(module, local, attributes=attributes)
            elif used in module.imports and used not in module.definitions:
                self._use_imports(module, module.imports[used], attributes=attributes)
            else:
                self.use_name(module, used)

    def _use_imports(
        self, module: ModuleNames, imports: Iterable[ImportedName], *, attributes: frozenset[str] | None
    ) -> None:
        """Follow what a name is imported from.

        Args:
            module: The module that imports it.
            imports: What it is imported from.
            attributes: The attributes of the name that are used; None if the name itself is, too.
        """
        for imported in imports:
            files, inner = self.reader.locate(module.path, imported)
            if not files:
                if not imported.level:
                    self.packages.add(imported.module.partition(".")[0])
            elif imported.is_parent:
                for file in files:
                    self._use_file(file, None)
            else:
                self._use_effects_of(files[:-1])
                if not inner and imported.name and self._is_defined(files[:-1], imported.name):
                    # `from lib import conf`, where `lib/__init__.py` has `from .conf import conf`.
                    self._use_file(files[-2], {imported.name})
                self._use_file(files[-1], {inner[0]} if inner else attributes)

    def _is_defined(self, packages: list[Path], name: str) -> bool:
        """Return whether the innermost of these packages defines a name itself, besides a module of that name."""
        module = self.reader.read(packages[-1]) if packages else None
        return module is not None and module.has(name)

    def _use_effects_of(self, files: Iterable[Path]) -> None:
        for file in files:
            module = self.reader.read(file)
            if module is not None:
                self.use_effects(module)

    def _use_file(self, file: Path, names: Iterable[str] | None) -> None:
        module = self.reader.read(file)
        if module is None:
            self.files.add(file)
            self.hashes[self.reader.shorten(file)] = hash_text(read_source(file))
        elif names is None:
            self.use_all(module)
        else:
            for name in names:
                self._use_attribute(module, name)

    def _use_attribute(self, module: ModuleNames, name: str) -> None:
        """Follow an attribute of a module: one of its names, a module of a package, or what its effects define."""
        if module.has(name):
            self.use_name(module, name)
            return
        files: list[Path] = []
        if module.path.name == "__init__.py":
            files, _ = locate_module(module.path.parent, [name])
        for file in files:
            self._use_file(file, None)
        if module.stars or not files:
            self.use_all(module)


def hash_text(text: str) -> str:
    """Return the hash of a file that is not Python."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
