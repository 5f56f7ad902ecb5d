"""Expressions as text for messages, close to the SQL that they come from."""

from __future__ import annotations

from ...core.wording import truncate
from .expression import Expression

_OPERATORS = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "intdiv": "div", "mod": "%", "eq": "=", "lt": "<", "le": "<=",
    "gt": ">", "ge": ">=", "eqnull": "<=>", "and": "AND", "or": "OR",
}  # fmt: skip
_MAX_LENGTH = 160


def to_sql(node: Expression) -> str:
    """Return an expression as text, truncated where it is long."""
    return truncate(_format(node), _MAX_LENGTH)


def _format(node: Expression) -> str:
    if node.op in ("column", "variable"):
        return str(node.value)
    if node.op == "literal":
        return _format_literal(node)
    args = [_format(arg) if arg.size < _MAX_LENGTH else "..." for arg in node.args]
    if node.op in _OPERATORS:
        operator = f" {_OPERATORS[node.op]} "
        return f"({operator.join(args)})"
    if node.op in ("cast", "try_cast"):
        return f"{node.op}({args[0]} as {node.type})"
    return f"{node.op}({', '.join(args + _format_value(node))})"


def _format_value(node: Expression) -> list[str]:
    if isinstance(node.value, list) and node.value:
        return [repr(item) for item in node.value]
    return [] if node.value is None else [repr(node.value)]


def _format_literal(node: Expression) -> str:
    if node.value is None:
        return "null"
    if node.type in ("float", "double") and isinstance(node.value, str):
        return repr(float.fromhex(node.value))
    if node.type == "string":
        return repr(node.value)
    return str(node.value).lower() if node.type == "boolean" else str(node.value)
