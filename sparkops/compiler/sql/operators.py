"""Operators, typed as Spark types them."""

from __future__ import annotations

from decimal import Decimal

from sparkops.compiler.plan import CannotCompile
from sparkops.scoring.sql.expression import (Node, top)
from sparkops.scoring.sql.types import decimal_of, real, whole

from .coercion import VOID, cast, constant, is_number, met, result_decimal, tight, together, wider_decimal

_FITTING = {"byte": (3, 0), "short": (5, 0), "integer": (10, 0), "long": (20, 0)}
_FLIPPED = {"gt": "lt", "ge": "le"}


def binary(op: str, left: Node, right: Node) -> Node:
    """Return arithmetic: add, sub, mul, div, mod, intdiv, pmod."""
    if op in ("add", "sub") and "date" in (left.type, right.type):
        return _moved(op, left, right)
    left, right = _numbers(op, left, right)
    first, second = decimal_of(left.type), decimal_of(right.type)
    if first and second:
        if op == "pmod":
            raise CannotCompile("pmod of decimals is not in the list of functions")
        return top(op, "long" if op == "intdiv" else result_decimal(op, first, second), [left, right])
    if op == "div":
        return top("div", "double", [cast(left, "double"), cast(right, "double")])
    if op == "intdiv":
        return top("intdiv", "long", [cast(left, "long"), cast(right, "long")])
    kind = common_number(left, right)
    if op == "pmod" and kind not in ("integer", "long", "double"):
        raise CannotCompile(f"pmod of {kind} is not in the list of functions")
    return top(op, kind, [cast(left, kind), cast(right, kind)])


def _numbers(op: str, left: Node, right: Node) -> tuple[Node, Node]:
    if left.type == right.type == VOID:
        raise CannotCompile("it calculates with nothing but nulls")
    if "string" in (left.type, right.type):
        kind = met(left.type, right.type) if left.type != right.type else "double"
        left, right = cast(left, str(kind)), cast(right, str(kind))
    if VOID in (left.type, right.type):
        kind = left.type if right.type == VOID else right.type
        left, right = cast(left, kind), cast(right, kind)
    if not is_number(left.type) or not is_number(right.type):
        raise CannotCompile(f"`{op}` of {left.type} and {right.type} is not in the list of expressions")
    return _decimals(left, right)


def _decimals(left: Node, right: Node) -> tuple[Node, Node]:
    """Bring a decimal and another number together: to decimals beside whole numbers, to doubles beside real ones."""
    first, second = decimal_of(left.type), decimal_of(right.type)
    if bool(first) == bool(second):
        return left, right
    if first:
        return (
            (cast(left, "double"), cast(right, "double")) if real(right.type) else (left, _as_decimal(right))
        )
    return (cast(left, "double"), cast(right, "double")) if real(left.type) else (_as_decimal(left), right)


def _as_decimal(node: Node) -> Node:
    precision, scale = _FITTING[node.type]
    if node.op == "literal" and node.value is not None:
        precision = len(str(abs(node.value)))
    if node.op == "cast" and node.args[0].op == "literal":
        raise CannotCompile("whole numbers like 1L beside decimals are not in the list of expressions")
    return cast(node, f"decimal({precision},{scale})")


def common_number(left: Node, right: Node) -> str:
    """Return the type that two numbers are calculated in."""
    kind = tight(left.type, right.type)
    if kind is None or not is_number(kind):
        raise CannotCompile(f"numbers of {left.type} and {right.type} are not in the list of expressions")
    return kind


def _moved(op: str, left: Node, right: Node) -> Node:
    day, days = (left, right) if left.type == "date" else (right, left)
    if days.type not in ("byte", "short", "integer") or (op == "sub" and day is right):
        raise CannotCompile(f"`{op}` of {left.type} and {right.type} is not in the list of expressions")
    return move(day, days, back=op == "sub")


def move(day: Node, days: Node, *, back: bool) -> Node:
    """Return a date some days later, or earlier."""
    if days.type not in ("byte", "short", "integer"):
        raise CannotCompile(f"date arithmetic with {days.type} is not in the list of functions")
    days = cast(days, "integer")
    return top("date_add", "date", [cast(day, "date"), _turned(days) if back else days])


def _turned(days: Node) -> Node:
    if days.op == "literal" and days.value is not None and days.value > -(2**31):
        return constant(-days.value, "integer")
    return top("neg", "integer", [days])


def compare(op: str, left: Node, right: Node) -> Node:
    """Return a comparison: eq, ne, lt, le, gt, ge, eqnull."""
    if left.type == right.type == VOID:
        raise CannotCompile("it compares nulls")
    first, second = _compared(left, right)
    if op == "ne":
        return top("not", "boolean", [top("eq", "boolean", [first, second])])
    return top(op, "boolean", [first, second])


def _compared(left: Node, right: Node) -> tuple[Node, Node]:
    if is_number(left.type) and is_number(right.type):
        left, right = _decimals(left, right)
        first, second = decimal_of(left.type), decimal_of(right.type)
        if first and second:
            kind = wider_decimal(first, second)
            return cast(left, kind), cast(right, kind)
    close = tight(left.type, right.type)
    if close is None and "string" in (left.type, right.type):
        close = met(left.type, right.type)
    if close is None or close.startswith(("array", "vector")):
        raise CannotCompile(f"a comparison of {left.type} and {right.type} is not in the list of expressions")
    return cast(left, close), cast(right, close)


def negate(node: Node) -> Node:
    """Return unary minus."""
    if node.op == "literal" and node.value is not None and is_number(node.type):
        return _turned_literal(node)
    return unary("neg", node)


def _turned_literal(node: Node) -> Node:
    if whole(node.type):
        limit = {"byte": 2**7, "short": 2**15, "integer": 2**31, "long": 2**63}[node.type]
        if node.value == -limit:
            return unary("neg", node)
        return constant(-node.value, node.type)
    if real(node.type):
        return constant(-float.fromhex(node.value), node.type)
    return constant(-Decimal(node.value) or Decimal(0), node.type)


def is_null(node: Node) -> Node:
    """Return the test for null."""
    return constant(True, "boolean") if node.type == VOID else top("isnull", "boolean", [node])


def unary(op: str, node: Node) -> Node:
    """Return neg or abs; text becomes a double."""
    node = cast(node, "double") if node.type in ("string", VOID) else node
    if not is_number(node.type):
        raise CannotCompile(f"`{op}` of {node.type} is not in the list of expressions")
    return top(op, node.type, [node])


def both(op: str, nodes: list[Node]) -> Node:
    """Return and, or: one node for a chain of them."""
    flat = [part for node in nodes for part in (node.args if node.op == op else [node])]
    return top(op, "boolean", [boolean(part) for part in flat])


def boolean(node: Node) -> Node:
    """Return a node that must be a boolean."""
    if node.type == VOID:
        return cast(node, "boolean")
    if node.type != "boolean":
        raise CannotCompile(f"a condition of type {node.type} is not in the list of expressions")
    return node


def choose(pairs: list[tuple[Node, Node]], other: Node | None) -> Node:
    """Return CASE: conditions with their values, and the value where none holds."""
    values = together([*(value for _, value in pairs), *([other] if other is not None else [])])
    kind = values[0].type
    if kind == VOID:
        raise CannotCompile("it chooses among nothing but nulls")
    last = values.pop() if other is not None else Node("literal", kind)
    args = [part for (test, _), value in zip(pairs, values, strict=True) for part in (boolean(test), value)]
    return top("case", kind, [*args, last])
