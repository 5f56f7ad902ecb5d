"""What statements of a file contain: a hash of their syntax tree, the names that they use, and their imports."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sparkops.pipeline.code.module_names import ImportedName, list_imports

# Fields of syntax trees that change nothing: the prefix of u"text", and comments about types.
_IGNORED: Final = frozenset({"kind", "type_comment"})
_DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
# What has variables of its own, which are none of the function around it.
_INNER_SCOPES: Final = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Statements:
    """The contents of statements.

    Args:
        digest: Hash of their syntax trees.
        names: The attributes that they use of a name, by name; None if they use the name by itself, too.
        imports: What imports inside of them define a name as, by name.
    """

    digest: str
    names: Mapping[str, frozenset[str] | None]
    imports: Mapping[str, Sequence[ImportedName]]


def read_statements(statements: Sequence[ast.stmt]) -> Statements:
    """Return the contents of statements."""
    reader = _Reader()
    text = "\n".join(map(reader.dump, statements))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    imports: dict[str, list[ImportedName]] = {}
    for name, imported in list_imports(reader.imports):
        imports.setdefault(name, []).append(imported)
    names = {
        name: None if name in reader.alone else frozenset(reader.attributes[name])
        for name in sorted({*reader.attributes, *reader.alone})
    }
    return Statements(digest, names, imports)


class _Reader:
    """Reads syntax trees in one pass. Arguments and variables of functions are no names that they use.

    Attributes:
        attributes: The attributes that are used of a name, by name.
        alone: Names that are used by themselves.
        imports: Import statements.
    """

    def __init__(self) -> None:
        self.attributes: dict[str, set[str]] = {}
        self.alone: set[str] = set()
        self.imports: list[ast.stmt] = []
        # The names that an attribute is taken of; such a name is read after the attribute.
        self._owners: set[int] = set()
        # The variables of the functions around the present node.
        self._scopes: list[set[str]] = []

    def dump(self, value: Any) -> str:
        """Return a syntax tree as text that is equal in all versions of Python: without positions and empty fields."""
        if isinstance(value, ast.AST):
            self._collect(value)
            is_function = isinstance(value, _FUNCTIONS)
            fields = [
                f"{name}={self._dump_body(value, inner) if is_function and name == 'body' else self.dump(inner)}"
                for name in value._fields
                if (inner := getattr(value, name, None)) is not None and inner != [] and name not in _IGNORED
            ]
            return f"{type(value).__name__}({', '.join(fields)})"
        if isinstance(value, list):
            return f"[{', '.join(map(self.dump, value))}]"
        return repr(value)

    def _dump_body(self, function: Any, body: Any) -> str:
        self._scopes.append(_find_variables(function))
        text = self.dump(body)
        self._scopes.pop()
        return text

    def _collect(self, node: ast.AST) -> None:
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name):
                self._owners.add(id(node.value))
                if not self._is_variable(node.value.id):
                    self.attributes.setdefault(node.value.id, set()).add(node.attr)
        elif isinstance(node, ast.Name):
            if id(node) not in self._owners and not self._is_variable(node.id):
                self.alone.add(node.id)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            self.alone.update(name for name in node.names if not self._is_variable(name))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self.imports.append(node)

    def _is_variable(self, name: str) -> bool:
        return any(name in scope for scope in self._scopes)


def _find_variables(function: Any) -> set[str]:
    """Return the arguments and variables of a function, without those that it imports or declares as global."""
    arguments = function.args
    names = {
        argument.arg
        for argument in (
            *arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg,
        )
        if argument is not None
    }  # fmt: skip
    others: set[str] = set()
    waiting: list[ast.AST] = list(function.body) if isinstance(function.body, list) else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, _DEFINITIONS):
            names.add(node.name)
        elif isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                names.add(node.id)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            others.update(node.names)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            others.update(name for name, _ in list_imports([node]))
        elif not isinstance(node, _INNER_SCOPES):
            waiting += ast.iter_child_nodes(node)
    return names - others
