"""The names of one Python file: what defines each, what the file does when it is imported, and what it imports."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sparkops.core.imported_files import parse_python, read_source

_DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DECORATOR: Final = "job"
# Decorators that change only what they decorate. Any other may enter it somewhere, such as in a registry of functions.
_PURE_DECORATORS: Final = frozenset(
    {
        "abstractmethod",
        "cache",
        "contextmanager",
        "dataclass",
        "lru_cache",
        "overload",
        "override",
        "pandas_udf",
        "runtime_checkable",
        "total_ordering",
        "udf",
        "unique",
        "wraps",
    }
)
_ASSIGNMENTS: Final = (ast.Assign, ast.AnnAssign, ast.AugAssign)


@dataclass(frozen=True, slots=True)
class ImportedName:
    """What a name that an import defines refers to.

    Args:
        module: The dotted module, as written; empty for `from . import x`.
        name: The name that is imported from the module; None if the module itself is.
        level: Number of leading dots.
        is_parent: Whether the name refers to a package above the module: `import a.b` defines `a`.
    """

    module: str
    name: str | None = None
    level: int = 0
    is_parent: bool = False


@dataclass(frozen=True, slots=True)
class ModuleNames:
    """The names of one file.

    Args:
        path: The file.
        definitions: The statements that define or change a name, by name.
        imports: What a name that is imported at the top level refers to, by name; several where a block chooses.
        stars: Modules of which all names are imported.
        effects: Statements that do something when the file is imported.
    """

    path: Path
    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imports: dict[str, list[ImportedName]] = field(default_factory=dict)
    stars: list[ImportedName] = field(default_factory=list)
    effects: list[ast.stmt] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Return whether the file defines a name or imports it by its name."""
        return name in self.definitions or name in self.imports


def read_module(path: Path) -> ModuleNames | None:
    """Return the names of a file, without docstrings and the decorators `@job`; None if it is not Python."""
    try:
        tree = parse_python(read_source(path))
    except (SyntaxError, ValueError, RecursionError):
        return None
    jobs = _strip(tree)
    module = ModuleNames(path)
    for statement in tree.body:
        _add(module, statement, jobs)
    return module


def list_imports(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, ImportedName]]:
    """Yield each name that imports in these nodes define, at any depth; `*` for all names of a module."""
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Import):
                for alias in inner.names:
                    first, dot, _ = alias.name.partition(".")
                    is_parent = bool(dot) and alias.asname is None
                    yield alias.asname or first, ImportedName(alias.name, is_parent=is_parent)
            elif isinstance(inner, ast.ImportFrom):
                for alias in inner.names:
                    imported = ImportedName(inner.module or "", alias.name, inner.level)
                    yield alias.asname or alias.name, imported


def _strip(tree: ast.Module) -> set[ast.stmt]:
    """Remove docstrings, and the decorators `@job`, whose arguments are read from the declared job; return the jobs."""
    jobs: set[ast.stmt] = set()
    for node in ast.walk(tree):
        if isinstance(node, _DEFINITIONS):
            others = [item for item in node.decorator_list if not _is_job_decorator(item)]
            if len(others) < len(node.decorator_list):
                jobs.add(node)
            node.decorator_list = others
            if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:] or [ast.Pass()]
    return jobs


def _is_job_decorator(node: ast.expr) -> bool:
    return _get_decorator_name(node) == _DECORATOR


def _get_decorator_name(node: ast.expr) -> str:
    """Return the last part of a decorator's name: `udf` of `@F.udf("int")`."""
    target = node.func if isinstance(node, ast.Call) else node
    return target.attr if isinstance(target, ast.Attribute) else str(getattr(target, "id", ""))


def _add(module: ModuleNames, statement: ast.stmt, jobs: Collection[ast.stmt]) -> None:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        _add_imports(module, statement)
    elif isinstance(statement, _DEFINITIONS):
        module.definitions.setdefault(statement.name, []).append(statement)
        names = map(_get_decorator_name, statement.decorator_list)
        if statement not in jobs and not _PURE_DECORATORS.issuperset(names):
            # A job's other decorators count for that job only.
            module.effects.append(statement)
    elif isinstance(statement, _ASSIGNMENTS):
        _define_targets(module, statement)
    elif not _is_inert(statement):
        _add_block(module, statement)


def _add_imports(module: ModuleNames, statement: ast.stmt) -> None:
    for name, imported in list_imports([statement]):
        if imported.name == "*":
            module.stars.append(imported)
        else:
            module.imports.setdefault(name, []).append(imported)


def _define_targets(module: ModuleNames, statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
    targets = [*statement.targets] if isinstance(statement, ast.Assign) else [statement.target]
    # `total = (rate := 2) + 1` defines a name in its value.
    targets += [node.target for node in ast.walk(statement) if isinstance(node, ast.NamedExpr)]
    stored = [node for target in targets for node in ast.walk(target) if _is_stored(node)]
    for name in sorted({node.id for node in stored if isinstance(node, ast.Name)}):
        module.definitions.setdefault(name, []).append(statement)
    if any(not isinstance(node, ast.Name) for node in stored):
        # `settings["x"] = 1` or `settings.x = 1` changes an object.
        module.effects.append(statement)


def _is_stored(node: ast.AST) -> bool:
    """Return whether a node is a name, attribute or item that is assigned; `x` of `names[x] = 1` is only read."""
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store)


def _add_block(module: ModuleNames, statement: ast.stmt) -> None:
    """Add an `if`, `try`, `with`, loop or expression as one statement, which may define several names."""
    _add_imports(module, statement)
    if _is_test_of(statement, "TYPE_CHECKING", "typing.TYPE_CHECKING"):
        return
    module.effects.append(statement)
    for node in ast.walk(statement):
        if isinstance(node, _DEFINITIONS):
            module.definitions.setdefault(node.name, []).append(statement)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            module.definitions.setdefault(node.id, []).append(statement)


def _is_inert(statement: ast.stmt) -> bool:
    """Return whether a statement does nothing at an import: a docstring, `pass`, or what only a script executes."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass) or _is_test_of(
        statement, "__name__ == '__main__'", "'__main__' == __name__"
    )


def _is_test_of(statement: ast.stmt, *conditions: str) -> bool:
    """Return whether a statement is an `if` without `else` of one of these conditions."""
    return (
        isinstance(statement, ast.If) and not statement.orelse and ast.unparse(statement.test) in conditions
    )
