"""Parse the statement of SQLTransformer with sqlglot; refuse one that sqlglot and Spark may parse differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sparkops.compiler.plan import CannotCompile
from sparkops.scoring.sql.expression import MAX_SIZE

from .string_literals import ExtractedLiterals, extract_literals

_ALLOWED_CLAUSES = {"expressions", "from_", "from", "where", "kind", "operation_modifiers", "with_", "with"}
# Characters of a statement.
_MAX_LENGTH = 20_000
# The table that a SQLTransformer selects from.
_THIS = "__THIS__"


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed SELECT.

    Args:
        items: The select list, as sqlglot nodes.
        where: The condition as a sqlglot node, or None.
        source: What it selects from: another SELECT, or None for __THIS__.
        names: Names in lower case that may qualify its columns.
    """

    items: tuple[Any, ...]
    where: Any
    source: Query | None
    names: tuple[str, ...]


def parse_statement(text: str) -> Query:
    """Parse a statement.

    Raises:
        CannotCompile: It has other clauses than WITH, SELECT, FROM and WHERE over __THIS__, or sqlglot may parse it
            differently from Spark.
    """
    try:
        from sqlglot import exp
        from sqlglot.errors import SqlglotError
    except ImportError:
        raise CannotCompile(
            "sqlglot, which reads its statement, is not installed (pip install sqlglot)"
        ) from None
    if len(text) > _MAX_LENGTH:
        raise CannotCompile(f"its statement is longer than {_MAX_LENGTH} characters")
    literals = extract_literals(text)
    if any(_THIS in value for value in literals.texts):
        raise CannotCompile("its statement has `__THIS__` within a string")
    try:
        statements = [item for item in _parse_trees(literals) if item is not None]
    except (SqlglotError, RecursionError) as error:
        raise CannotCompile(f"its statement cannot be read: {str(error).splitlines()[0]}") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Select):
        raise CannotCompile("its statement is not one SELECT ... FROM __THIS__")
    _check_precedence(statements[0])
    return _read_query(statements[0], {})


def _read_query(select: Any, tables: Mapping[str, Query]) -> Query:
    """Return a parsed SELECT.

    Args:
        select: The sqlglot node.
        tables: Common table expressions that it may name, by name in lower case.
    """
    if type(select).__name__ != "Select":
        raise CannotCompile("its statement combines several SELECTs")
    unsupported = sorted(
        name for name, value in select.args.items() if value and name not in _ALLOWED_CLAUSES
    )
    if unsupported or select.args.get("kind") or select.args.get("operation_modifiers"):
        clauses = ", ".join(name.rstrip("_") for name in unsupported) or "a modifier"
        raise CannotCompile(f"its statement has more than WITH, SELECT, FROM and WHERE ({clauses})")
    with_ = select.args.get("with_") or select.args.get("with")
    if with_ is not None:
        tables = _read_common_tables(with_, tables)
    where = select.args.get("where")
    source, names = _read_source(select, tables)
    return Query(tuple(select.expressions), where.this if where else None, source, names)


def _read_common_tables(with_: Any, tables: Mapping[str, Query]) -> Mapping[str, Query]:
    """Return the common table expressions of a WITH clause, each of which may name those before it."""
    if with_.args.get("recursive"):
        raise CannotCompile("its statement has a recursive WITH")
    known = dict(tables)
    for table in with_.expressions:
        _check_alias(table.args.get("alias"))
        known[str(table.alias).lower()] = _read_query(table.this, known)
    return known


def _check_alias(alias: Any) -> None:
    if alias is not None and alias.args.get("columns"):
        raise CannotCompile("its statement renames the columns of a SELECT in parentheses after its name")


def _read_source(select: Any, tables: Mapping[str, Query]) -> tuple[Query | None, tuple[str, ...]]:
    """Return what a SELECT reads, None for __THIS__, and the names that may qualify its columns."""
    clause = select.args.get("from_") or select.args.get("from")
    source: Any = clause.this if clause is not None else None
    kind = type(source).__name__
    extra = [
        name for name, value in source.args.items() if value and name not in ("this", "alias")
    ] if source is not None else []  # fmt: skip
    if kind in ("Table", "Subquery"):
        _check_alias(source.args.get("alias"))
    if kind == "Subquery" and not extra:
        return _read_query(source.this, tables), (str(source.alias).lower(),) if source.alias else ()
    name = str(source.name) if kind == "Table" else ""
    is_known = name == _THIS or name.lower() in tables
    if not is_known or extra:
        raise CannotCompile("its statement does not read FROM __THIS__ alone")
    names = (str(source.alias or name).lower(), _THIS.lower() if name == _THIS else name.lower())
    return (None if name == _THIS else tables[name.lower()]), names


def _parse_trees(literals: ExtractedLiterals) -> list[Any]:
    dialect, parser = _load_parser()
    text = literals.statement
    tokens = _join_shift_signs(dialect.tokenize(text))
    plus_signs = [token for token in tokens if token.token_type.name == "PLUS"]
    trees = list(parser(dialect=dialect).parse(tokens, text))
    nodes = [node for tree in trees if tree is not None for node in tree.walk()]
    if len(plus_signs) != sum(1 for node in nodes if type(node).__name__ == "Add"):
        # sqlglot drops a unary plus sign, Spark evaluates it.
        raise CannotCompile("its statement has a plus sign before a value")
    for node in nodes:
        if type(node).__name__ == "Literal" and node.is_string:
            node.set("this", literals.text_of(node.this))
    return trees


@cache
def _load_parser() -> tuple[Any, Any]:
    """Return the Spark dialect and a parser that keeps each function call as written."""
    from sqlglot.dialects.spark import Spark

    base: Any = Spark.Parser
    special = ("CAST", "TRY_CAST", "EXTRACT", "TRIM", "OVERLAY", "SUBSTRING", "SUBSTR", "POSITION")
    words = {name: rule for name, rule in base.FUNCTION_PARSERS.items() if name in special}
    case = {name: rule for name, rule in base.NO_PAREN_FUNCTION_PARSERS.items() if name == "CASE"}
    changed = {
        "FUNCTIONS": {},
        "FUNCTION_PARSERS": words,
        "NO_PAREN_FUNCTIONS": {},
        "NO_PAREN_FUNCTION_PARSERS": case,
        "BITWISE": {**base.BITWISE, _choose_shift_token(): _make_unsigned_shift},
    }
    return Spark(), type("Parser", (base,), changed)


def _choose_shift_token() -> Any:
    """Return the type of the token `>>>`, which sqlglot does not know: one that Spark has no use for."""
    from sqlglot import TokenType

    return TokenType.HASH_DASH


def _join_shift_signs(tokens: list[Any]) -> list[Any]:
    """Return tokens with one token for each `>>>`."""
    from sqlglot import Token

    joined: list[Any] = []
    for token in tokens:
        last = joined[-2:]
        if (
            len(last) == 2  # noqa: PLR2004
            and [other.token_type.name for other in (*last, token)] == ["GT"] * 3
            and (last[0].end + 2, last[1].end + 1) == (token.start, token.start)
        ):
            joined[-2:] = [
                Token(
                    _choose_shift_token(),
                    ">>>",
                    token.line,
                    token.col,
                    last[0].start,
                    token.end,
                    token.comments,
                )
            ]
        else:
            joined.append(token)
    return joined


def _make_unsigned_shift(this: Any, expression: Any) -> Any:
    """Return the node of `>>>`."""
    from sqlglot import exp

    node = exp.BitwiseRightShift(this=this, expression=expression)
    node.meta["unsigned"] = True
    return node


# Operator precedence of Spark's grammar. sqlglot keeps parentheses as nodes, so a child without any must bind more
# tightly than its parent, or equally on the left. Then there is only one reading, and it is Spark's.
_PRECEDENCE = {
    "Or": 1, "And": 2, "Not": 3,
    "Is": 4, "In": 4, "Between": 4, "Like": 4, "ILike": 4, "RegexpLike": 4, "Escape": 4,
    "EQ": 5, "NEQ": 5, "NullSafeEQ": 5, "NullSafeNEQ": 5, "LT": 5, "LTE": 5, "GT": 5, "GTE": 5,
    "BitwiseOr": 6, "BitwiseXor": 7, "BitwiseAnd": 8, "BitwiseLeftShift": 8.5, "BitwiseRightShift": 8.5,
    "Add": 9, "Sub": 9, "DPipe": 9,
    "Mul": 10, "Div": 10, "IntDiv": 10, "Mod": 10,
    "Neg": 11, "BitwiseNot": 11,
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
