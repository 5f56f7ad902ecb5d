"""Compilation of a SELECT: the columns it passes through, the columns it computes, and the condition of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.session import SessionSettings
from sparkops.scoring.sql.expression import MAX_DEPTH, MAX_SIZE, Expression
from sparkops.scoring.sql.types import is_simple, is_supported

from .expressions import format_sql, type_expression
from .functions.registry import build_call
from .functions.structs import contains_struct, get_struct_field, is_struct
from .functions.uncompiled import WITHOUT_PARENTHESES
from .operators import require_boolean
from .parser import Query, parse_statement
from .session_binding import bind_session

Columns = Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class CompiledSelect:
    """A compiled SELECT.

    Args:
        unchanged: Input columns of the result, under their own names.
        computed: Other columns of the result, in order: name and expression.
        conditions: Conditions in the order in which they are evaluated; a row that does not satisfy one is dropped.
    """

    unchanged: tuple[str, ...]
    computed: tuple[tuple[str, Expression], ...]
    conditions: tuple[Expression, ...]


def compile_select(
    statement: str, types: Mapping[str, str], session: SessionSettings | None = None
) -> CompiledSelect:
    """Compile a statement over columns of these types.

    Args:
        statement: The SELECT.
        types: Type of each input column.
        session: Settings of the session that the statement belongs to; None for Spark's defaults.

    Raises:
        CannotCompile: A part of it is not supported.
    """
    session = session or SessionSettings()
    columns = {name: Expression("column", type_, value=name) for name, type_ in types.items()}
    query = parse_statement(statement)
    try:
        result, conditions = _select(query, columns)
    except RecursionError:
        raise CannotCompile("its statement is nested too deeply") from None
    except ValueError as error:
        # sqlglot reads `1e.` and `decimal(10, ²)` as numbers.
        raise CannotCompile(f"a number in its statement cannot be read: {error}") from None
    computed = tuple((name, tree) for name, tree in result.items() if not _is_unchanged(name, tree))
    struct = next((name for name, tree in computed if is_struct(tree)), None)
    if struct is not None:
        raise CannotCompile(f"its column `{struct}` is a struct, which no row can hold")
    if not session.ansi and (conditions or any(tree.op != "column" for _, tree in computed)):
        raise CannotCompile(_describe_ansi(session))
    return CompiledSelect(
        tuple(name for name, tree in result.items() if _is_unchanged(name, tree)),
        tuple((name, bind_session(tree, session)) for name, tree in computed),
        tuple(bind_session(condition, session) for condition in conditions),
    )


def _describe_ansi(session: SessionSettings) -> str:
    if session.defaults_of:
        return (
            f"`spark.sql.ansi.enabled` is false by default in Spark {session.defaults_of}, which saved it, and only "
            "ANSI mode is compiled: pass --ansi if its session set it to true"
        )
    return "its session has `spark.sql.ansi.enabled` set to false; only ANSI mode is compiled"


def _is_unchanged(name: str, tree: Expression) -> bool:
    return tree.op == "column" and tree.value == name


def _select(query: Query, inputs: Columns) -> tuple[dict[str, Expression], list[Expression]]:
    """Return the columns of a SELECT over the statement's input, and the conditions of its rows."""
    source, conditions = (dict(inputs), []) if query.source is None else _select(query.source, inputs)
    scope = _Scope(source, query.names)
    result: list[tuple[str, Expression]] = []
    for item in query.items:
        if _is_star(item, query.names):
            result += source.items()
            continue
        try:
            name, tree = _compile_item(item, scope)
        except _UnknownColumn:
            # Most often the label. A later stage that needs the result reports it.
            continue
        result.append((name, tree))
        if not _is_unchanged(name, tree):
            scope.add_alias(name, tree)
    _check_unique([name for name, _ in result])
    if query.where is not None:
        condition = _type_expression(query.where, _Scope(source, query.names))
        conditions = [*conditions, require_boolean(condition)]
    return dict(result), conditions


def _compile_item(item: Any, scope: _Scope) -> tuple[str, Expression]:
    """Return the name of a select item, as written, and its expression; an input column may have any type."""
    name, inner = (str(item.alias), item.this) if type(item).__name__ == "Alias" else ("", item)
    if scope.is_column(inner):
        return name or str(inner.name), scope.columns[scope.find_column(inner)]
    tree = _type_expression(inner, scope)
    if not name:
        raise CannotCompile(f"its expression `{format_sql(inner)}` has no name of its own (AS ...)")
    return name, tree


def list_aliases(statement: str) -> list[str]:
    """Return the aliases of a statement, as far as it can be parsed."""
    try:
        return [
            str(item.alias) for item in parse_statement(statement).items if type(item).__name__ == "Alias"
        ]
    except CannotCompile:
        return []


@dataclass(frozen=True, slots=True)
class StatementColumns:
    """Columns that a statement names.

    Args:
        read: Columns that it reads from __THIS__, as written.
        created: Columns that it makes.
    """

    read: tuple[str, ...]
    created: tuple[str, ...]


def find_statement_columns(statement: str) -> StatementColumns:
    """Return the columns that a statement reads and makes; none of a statement that cannot be parsed."""
    try:
        query = parse_statement(statement)
    except CannotCompile:
        return StatementColumns((), ())
    created = [str(item.alias) for item in query.items if type(item).__name__ == "Alias"]
    return StatementColumns(tuple(dict.fromkeys(_list_columns_read(query))), tuple(created))


def _list_columns_read(query: Query) -> Iterator[str]:
    """Yield the columns of __THIS__ that a SELECT and those inside it read; a star passes columns on."""
    computed: set[str] = set()
    if query.source is not None:
        yield from _list_columns_read(query.source)
        computed = {_name_item(item) for item in query.source.items}
    passes_on = query.source is None or any(_name_item(item) == "*" for item in query.source.items)
    for item in (*query.items, *([query.where] if query.where is not None else [])):
        for node in item.walk():
            name = str(node.name)
            is_column = type(node).__name__ == "Column" and name != "*"
            is_column = is_column and str(node.table).lower() not in computed
            if is_column and passes_on and name.lower() not in computed:
                yield name
        if type(item).__name__ == "Alias":
            computed.add(_name_item(item))


def _name_item(item: Any) -> str:
    """Return the name of a select item in lower case; `*` for a star."""
    return str(item.alias or item.name or "*").lower()


def _type_expression(item: Any, scope: _Scope) -> Expression:
    tree = type_expression(item, scope)
    if is_struct(tree) and not any(map(contains_struct, tree.args)):
        # A later expression may read its fields.
        return tree
    if contains_struct(tree):
        raise CannotCompile(f"its expression `{format_sql(item)}` of a struct is not supported")
    if tree.depth > MAX_DEPTH or tree.size > MAX_SIZE:
        raise CannotCompile(f"its expression `{format_sql(item)}` is too large")
    if tree.type == "void":
        raise CannotCompile(f"its expression `{format_sql(item)}` is always null")
    if not is_supported(tree.type) or (not is_simple(tree.type) and "decimal" in tree.type):
        raise CannotCompile(f"its expression `{format_sql(item)}` of type {tree.type} is not supported")
    return tree


def _is_star(item: Any, names: tuple[str, ...]) -> bool:
    """Return whether an item is `*` or `t.*`; other forms of it are refused."""
    if type(item).__name__ == "Column" and type(item.this).__name__ == "Star":
        if str(item.table).lower() not in names:
            raise CannotCompile(f"its expression `{format_sql(item)}` is not supported")
        item = item.this
    if type(item).__name__ != "Star":
        return False
    if any(item.args.values()):
        raise CannotCompile(f"its expression `{format_sql(item)}` is not supported")
    return True


def _check_unique(names: list[str]) -> None:
    lower = [name.lower() for name in names]
    duplicate = next((name for name in names if lower.count(name.lower()) > 1), None)
    if duplicate is not None:
        raise CannotCompile(f"it makes the column `{duplicate}` twice")


class _UnknownColumn(CannotCompile):
    """A column that neither the signature nor a stage provides."""


class _Scope:
    """Column names, case-insensitive as in Spark: columns of the source first, then aliases of the same SELECT.

    Args:
        columns: Columns of what the SELECT reads, as expressions over the statement's input.
        names: Names in lower case that may qualify a column.
    """

    def __init__(self, columns: Columns, names: tuple[str, ...]) -> None:
        self.columns, self._names = columns, names
        self._aliases: dict[str, Expression] = {}

    def add_alias(self, name: str, tree: Expression) -> None:
        """Make an alias visible to later expressions of the SELECT."""
        self._aliases.setdefault(name.lower(), tree)

    def is_column(self, item: Any) -> bool:
        """Return whether a node is a column of the source."""
        return type(item).__name__ == "Column" and self._find(item) is not None

    def find_column(self, item: Any) -> str:
        """Return the name of a column of the source.

        Raises:
            CannotCompile: There is none.
        """
        name = self._find(item)
        if name is None:
            if str(item.name).lower() in WITHOUT_PARENTHESES:
                build_call(str(item.name).lower(), [])
            raise _UnknownColumn(
                f"it reads the column `{format_sql(item)}`, which neither the signature nor a stage provides"
            )
        return name

    def _find(self, item: Any) -> str | None:
        qualifiers = [str(item.args[part].this) for part in ("table", "db", "catalog") if item.args.get(part)]
        path = ".".join([*qualifiers[::-1], str(item.name)]).lower()
        matches = [known for known in self.columns if qualifiers and known.lower() == path]
        if len(matches) == 1:
            return matches[0]
        if qualifiers and self._find_struct(item) is not None:
            return None
        if len(qualifiers) > 1 or any(word.lower() not in self._names for word in qualifiers):
            raise CannotCompile(f"its expression `{format_sql(item)}` is not supported")
        name = str(item.name)
        same = [known for known in self.columns if known.lower() == name.lower()]
        if len(same) > 1:
            raise CannotCompile(f"`{name}` is ambiguous: it may be {' or '.join(same)}")
        return same[0] if same else None

    def _find_struct(self, item: Any) -> Expression | None:
        """Return the struct of the statement that qualifies a node."""
        if item.args.get("db") or not item.args.get("table"):
            return None
        name = str(item.args["table"].this).lower()
        columns = {column.lower(): tree for column, tree in self.columns.items()}
        tree = columns.get(name, self._aliases.get(name))
        return tree if tree is not None and is_struct(tree) else None

    def __call__(self, item: Any) -> Expression:
        """Return the expression of a column node."""
        name = self._find(item)
        struct = self._find_struct(item) if name is None else None
        if struct is not None:
            return get_struct_field(struct, str(item.name))
        if name is None:
            alias = self._aliases.get(str(item.name).lower())
            return alias if alias is not None else self.columns[self.find_column(item)]
        tree = self.columns[name]
        # A decimal of a row is held as the double that stages read, which is no operand of exact arithmetic.
        if not is_supported(tree.type) or (tree.op == "column" and tree.type.startswith("decimal(")):
            raise CannotCompile(f"it calculates with the column `{name}` of type {tree.type}")
        return tree
