"""A SELECT over known columns: what it keeps, what it makes, and which rows it drops."""

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
        kept: Columns that stay under their own names.
        made: New columns, in order: name and tree.
        where: The condition, or None.
    """

    kept: tuple[str, ...]
    made: tuple[tuple[str, Expression], ...]
    where: Expression | None


def compile_select(statement: str, types: Mapping[str, str]) -> CompiledSelect:
    """Return what a statement does to columns of these types.

    Raises:
        CannotCompile: Something of it is not in the list.
    """
    parsed = parse_statement(statement)
    names = _Names(types, parsed.table)
    kept: list[str] = []
    made: list[tuple[str, Expression]] = []
    for item in parsed.items:
        if _is_star(item, parsed.table):
            kept += types
            continue
        try:
            name, tree = _item(item, names)
        except _Missing:  # a label, most often; a stage that needs what is made of it says so
            continue
        if tree.op == "column" and name == tree.value:
            kept.append(tree.value)
        else:
            made.append((name, tree))
            names.add(name, tree)
    _once([*kept, *(name for name, _ in made)])
    where = (
        None if parsed.where is None else require_boolean(_tree(parsed.where, _Names(types, parsed.table)))
    )
    return CompiledSelect(tuple(kept), tuple(made), where)


def _item(item: Any, names: _Names) -> tuple[str, Expression]:
    """Return the name that an item gives, as it is written, and its tree; a column may be of any type."""
    name, inner = (str(item.alias), item.this) if type(item).__name__ == "Alias" else ("", item)
    if names.plain(inner):
        column = names.column(inner)
        return name or str(inner.name), Expression("column", names.types[column], value=column)
    tree = _tree(inner, names)
    if not name:
        raise CannotCompile(f"its expression `{sql_text(inner)}` has no name of its own (AS ...)")
    return name, tree


def named_columns(statement: str) -> list[str]:
    """Return the names that a statement gives, as far as it can be read."""
    try:
        return [
            str(item.alias) for item in parse_statement(statement).items if type(item).__name__ == "Alias"
        ]
    except CannotCompile:
        return []


def _tree(item: Any, names: _Names) -> Expression:
    tree = type_expression(item, names)
    if tree.depth > MAX_DEPTH or tree.size > MAX_SIZE:
        raise CannotCompile(f"its expression `{sql_text(item)}` is too large")
    if tree.type == "void":
        raise CannotCompile(f"its expression `{sql_text(item)}` is nothing but null")
    return tree


def _is_star(item: Any, table: str) -> bool:
    """Tell whether it is `*` or `t.*`; more than that is refused."""
    if type(item).__name__ == "Column" and type(item.this).__name__ == "Star":
        if str(item.table).lower() not in (table, "__this__"):
            raise CannotCompile(f"its expression `{sql_text(item)}` is not in the list of expressions")
        item = item.this
    if type(item).__name__ != "Star":
        return False
    if any(item.args.values()):
        raise CannotCompile(f"its expression `{sql_text(item)}` is not in the list of expressions")
    return True


def _once(names: list[str]) -> None:
    lower = [name.lower() for name in names]
    twice = next((name for name in names if lower.count(name.lower()) > 1), None)
    if twice is not None:
        raise CannotCompile(f"it makes the column `{twice}` twice")


class _Missing(CannotCompile):
    """A column is read that neither the signature nor a stage gives."""


class _Names:
    """Columns by name, without regard to case as in Spark; then names that the same SELECT gave before."""

    def __init__(self, types: Mapping[str, str], table: str) -> None:
        self.types, self._table = types, table
        self._made: dict[str, Expression] = {}

    def add(self, name: str, tree: Expression) -> None:
        """Let later expressions of the SELECT read a name."""
        self._made.setdefault(name.lower(), tree)

    def plain(self, item: Any) -> bool:
        """Tell whether an expression is a column that was there before."""
        return type(item).__name__ == "Column" and self._find(item) is not None

    def column(self, item: Any) -> str:
        """Return the name of the column that was there before.

        Raises:
            CannotCompile: There is none.
        """
        name = self._find(item)
        if name is None:
            raise _Missing(
                f"it reads the column `{sql_text(item)}`, which neither the signature nor a stage gives"
            )
        return name

    def _find(self, item: Any) -> str | None:
        qualifiers = [str(item.args[part].this) for part in ("table", "db", "catalog") if item.args.get(part)]
        if len(qualifiers) > 1 or any(word.lower() not in (self._table, "__this__") for word in qualifiers):
            raise CannotCompile(f"its expression `{sql_text(item)}` is not in the list of expressions")
        name = str(item.name)
        same = [known for known in self.types if known.lower() == name.lower()]
        if len(same) > 1:
            raise CannotCompile(f"`{name}` may be each of the columns {', '.join(same)}")
        return same[0] if same else None

    def __call__(self, item: Any) -> Expression:
        """Return a column as a tree."""
        name = self._find(item)
        if name is None:
            made = self._made.get(str(item.name).lower())
            return made if made is not None else Expression("column", "", value=self.column(item))
        kind = self.types[name]
        if kind not in SIMPLE_TYPES:
            raise CannotCompile(f"it calculates with the column `{name}` of type {kind}")
        return Expression("column", kind, value=name)
