"""Parse the statement of SQLTransformer with sqlglot; refuse one that sqlglot and Spark may parse differently."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sparkops.compiler.plan import CannotCompile
from sparkops.scoring.sql.expression import MAX_SIZE

_ALLOWED_CLAUSES = {"expressions", "from_", "from", "where", "kind", "operation_modifiers"}
# Characters of a statement.
_MAX_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed SELECT over __THIS__.

    Args:
        items: The select list, as sqlglot nodes.
        where: The condition as a sqlglot node, or None.
        table: Alias of __THIS__ in lower case, which may qualify columns.
    """

    items: tuple[Any, ...]
    where: Any
    table: str


def parse_statement(text: str) -> Statement:
    """Parse a statement.

    Raises:
        CannotCompile: It has other clauses than SELECT, FROM __THIS__ and WHERE, or sqlglot may parse it differently
            from Spark.
    """
    try:
        from sqlglot import exp
        from sqlglot.errors import SqlglotError
    except ImportError:
        raise CannotCompile(
            "sqlglot, which reads its statement, is not installed (pip install sqlglot)"
        ) from None
    if "\\" in text:
        raise CannotCompile("its statement has a backslash, which SQL parsers read differently")
    if len(text) > _MAX_LENGTH:
        raise CannotCompile(f"its statement is longer than {_MAX_LENGTH} characters")
    try:
        statements = [item for item in _parse_trees(text) if item is not None]
    except (SqlglotError, RecursionError) as error:
        raise CannotCompile(f"its statement cannot be read: {str(error).splitlines()[0]}") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Select):
        raise CannotCompile("its statement is not one SELECT ... FROM __THIS__")
    select = statements[0]
    unsupported = sorted(
        name for name, value in select.args.items() if value and name not in _ALLOWED_CLAUSES
    )
    if unsupported or select.args.get("kind") or select.args.get("operation_modifiers"):
        raise CannotCompile(
            f"its statement has more than SELECT, FROM and WHERE ({', '.join(unsupported) or 'a modifier'})"
        )
    _check_precedence(select)
    where = select.args.get("where")
    return Statement(tuple(select.expressions), where.this if where else None, _input_alias(select))


def _input_alias(select: Any) -> str:
    source = select.args.get("from_") or select.args.get("from")
    table: Any = source.this if source is not None else None
    is_input = type(table).__name__ == "Table" and table.name == "__THIS__"
    if not is_input or any(value for name, value in table.args.items() if name not in ("this", "alias")):
        raise CannotCompile("its statement does not read FROM __THIS__ alone")
    return str(table.alias or "__THIS__").lower()


def _parse_trees(text: str) -> list[Any]:
    dialect, parser = _parser()
    tokens = dialect.tokenize(text)
    plus_signs = [token for token in tokens if token.token_type.name == "PLUS"]
    trees = list(parser(dialect=dialect).parse(tokens, text))
    additions = sum(
        1 for tree in trees if tree is not None for node in tree.walk() if type(node).__name__ == "Add"
    )
    if len(plus_signs) != additions:
        # sqlglot drops a unary plus sign, Spark evaluates it.
        raise CannotCompile("its statement has a plus sign before a value")
    return trees


@cache
def _parser() -> tuple[Any, Any]:
    """Return the Spark dialect and a parser that keeps each function call as written."""
    from sqlglot.dialects.spark import Spark

    base: Any = Spark.Parser
    words = {
        name: rule for name, rule in base.FUNCTION_PARSERS.items() if name in ("CAST", "TRY_CAST", "EXTRACT")
    }
    case = {name: rule for name, rule in base.NO_PAREN_FUNCTION_PARSERS.items() if name == "CASE"}
    changed = {
        "FUNCTIONS": {},
        "FUNCTION_PARSERS": words,
        "NO_PAREN_FUNCTIONS": {},
        "NO_PAREN_FUNCTION_PARSERS": case,
    }
    return Spark(), type("Parser", (base,), changed)


# Operator precedence of Spark's grammar. sqlglot keeps parentheses as nodes, so a child without any must bind more
# tightly than its parent, or equally on the left. Then there is only one reading, and it is Spark's.
_PRECEDENCE = {
    "Or": 1, "And": 2, "Not": 3,
    "Is": 4, "In": 4, "Between": 4, "Like": 4, "Escape": 4,
    "EQ": 5, "NEQ": 5, "NullSafeEQ": 5, "NullSafeNEQ": 5, "LT": 5, "LTE": 5, "GT": 5, "GTE": 5,
    "Add": 9, "Sub": 9, "DPipe": 9,
    "Mul": 10, "Div": 10, "IntDiv": 10, "Mod": 10,
    "Neg": 11,
}  # fmt: skip


def _check_precedence(select: Any) -> None:
    """Refuse a statement whose operators sqlglot and Spark may group differently, or that is too long."""
    count = 0
    for node in select.walk():
        count += 1
        precedence = _PRECEDENCE.get(type(node).__name__)
        if precedence is None:
            continue
        for name, child in node.args.items():
            child_precedence = _PRECEDENCE.get(type(child).__name__)
            if child_precedence is not None and (
                child_precedence < precedence or (child_precedence == precedence and name != "this")
            ):
                raise CannotCompile(
                    f"its statement may be read in two ways: put `{child.sql('spark')}` in parentheses"
                )
    if count > MAX_SIZE * 4:
        raise CannotCompile("its statement is too long")
