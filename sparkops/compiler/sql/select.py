"""Compilation of a SELECT: the columns it passes through, the columns it computes, and the condition of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sparkops.compiler.plan import CannotCompile
from sparkops.scoring.sql.expression import MAX_DEPTH, MAX_SIZE, Expression
from sparkops.scoring.sql.types import SIMPLE_TYPES

from .expressions import sql_text, type_expression
from .operators import require_boolean
from .parser import parse_statement


@dataclass(frozen=True, slots=True)
class CompiledSelect:
    """A compiled SELECT.

    Args:
        unchanged: Input columns of the result, under their own names.
        computed: Other columns of the result, in order: name and expression.
        where: The condition, or None.
    """

    unchanged: tuple[str, ...]
    computed: tuple[tuple[str, Expression], ...]
    where: Expression | None


def compile_select(statement: str, types: Mapping[str, str]) -> CompiledSelect:
    """Compile a statement over columns of these types.

    Raises:
        CannotCompile: A part of it is not supported.
    """
    parsed = parse_statement(statement)
    scope = _Scope(types, parsed.table)
    unchanged: list[str] = []
    computed: list[tuple[str, Expression]] = []
    for item in parsed.items:
        if _is_star(item, parsed.table):
            unchanged += types
            continue
        try:
            name, tree = _compile_item(item, scope)
        except _UnknownColumn:
            # Most often the label. A later stage that needs the result reports it.
            continue
        if tree.op == "column" and name == tree.value:
            unchanged.append(tree.value)
        else:
            computed.append((name, tree))
            scope.add_alias(name, tree)
    _check_unique([*unchanged, *(name for name, _ in computed)])
    where = (
        None
        if parsed.where is None
        else require_boolean(_typed_expression(parsed.where, _Scope(types, parsed.table)))
    )
    return CompiledSelect(tuple(unchanged), tuple(computed), where)


def _compile_item(item: Any, scope: _Scope) -> tuple[str, Expression]:
    """Return the name of a select item, as written, and its expression; an input column may have any type."""
    name, inner = (str(item.alias), item.this) if type(item).__name__ == "Alias" else ("", item)
    if scope.is_column(inner):
        column = scope.column(inner)
        return name or str(inner.name), Expression("column", scope.types[column], value=column)
    tree = _typed_expression(inner, scope)
    if not name:
        raise CannotCompile(f"its expression `{sql_text(inner)}` has no name of its own (AS ...)")
    return name, tree


def named_columns(statement: str) -> list[str]:
    """Return the aliases of a statement, as far as it can be parsed."""
    try:
        return [
            str(item.alias) for item in parse_statement(statement).items if type(item).__name__ == "Alias"
        ]
    except CannotCompile:
        return []


def _typed_expression(item: Any, scope: _Scope) -> Expression:
    tree = type_expression(item, scope)
    if tree.depth > MAX_DEPTH or tree.size > MAX_SIZE:
        raise CannotCompile(f"its expression `{sql_text(item)}` is too large")
    if tree.type == "void":
        raise CannotCompile(f"its expression `{sql_text(item)}` is always null")
    return tree


def _is_star(item: Any, table: str) -> bool:
    """Return whether an item is `*` or `t.*`; other forms of it are refused."""
    if type(item).__name__ == "Column" and type(item.this).__name__ == "Star":
        if str(item.table).lower() not in (table, "__this__"):
            raise CannotCompile(f"its expression `{sql_text(item)}` is not supported")
        item = item.this
    if type(item).__name__ != "Star":
        return False
    if any(item.args.values()):
        raise CannotCompile(f"its expression `{sql_text(item)}` is not supported")
    return True


def _check_unique(names: list[str]) -> None:
    lower = [name.lower() for name in names]
    twice = next((name for name in names if lower.count(name.lower()) > 1), None)
    if twice is not None:
        raise CannotCompile(f"it makes the column `{twice}` twice")


class _UnknownColumn(CannotCompile):
    """A column that neither the signature nor a stage provides."""


class _Scope:
    """Column names, case-insensitive as in Spark: input columns first, then aliases of the same SELECT."""

    def __init__(self, types: Mapping[str, str], table: str) -> None:
        self.types, self._table = types, table
        self._aliases: dict[str, Expression] = {}

    def add_alias(self, name: str, tree: Expression) -> None:
        """Make an alias visible to later expressions of the SELECT."""
        self._aliases.setdefault(name.lower(), tree)

    def is_column(self, item: Any) -> bool:
        """Return whether a node is an input column."""
        return type(item).__name__ == "Column" and self._find(item) is not None

    def column(self, item: Any) -> str:
        """Return the name of an input column.

        Raises:
            CannotCompile: There is none.
        """
        name = self._find(item)
        if name is None:
            raise _UnknownColumn(
                f"it reads the column `{sql_text(item)}`, which neither the signature nor a stage provides"
            )
        return name

    def _find(self, item: Any) -> str | None:
        qualifiers = [str(item.args[part].this) for part in ("table", "db", "catalog") if item.args.get(part)]
        if len(qualifiers) > 1 or any(word.lower() not in (self._table, "__this__") for word in qualifiers):
            raise CannotCompile(f"its expression `{sql_text(item)}` is not supported")
        name = str(item.name)
        same = [known for known in self.types if known.lower() == name.lower()]
        if len(same) > 1:
            raise CannotCompile(f"`{name}` is ambiguous: it may be {' or '.join(same)}")
        return same[0] if same else None

    def __call__(self, item: Any) -> Expression:
        """Return the expression of a column node."""
        name = self._find(item)
        if name is None:
            alias = self._aliases.get(str(item.name).lower())
            return alias if alias is not None else Expression("column", "", value=self.column(item))
        type_ = self.types[name]
        if type_ not in SIMPLE_TYPES:
            raise CannotCompile(f"it calculates with the column `{name}` of type {type_}")
        return Expression("column", type_, value=name)
