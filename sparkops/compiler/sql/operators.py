"""Operators with Spark's result types."""

from __future__ import annotations

from decimal import Decimal

from sparkops.compiler.plan import CannotCompile
from sparkops.scoring.ir.field import INTEGER_RANGES
from sparkops.scoring.sql.expression import Expression, make_expression
from sparkops.scoring.sql.types import is_floating, is_integral, is_numeric, parse_decimal_type

from .coercion import (
    INTEGER_DIGITS,
    VOID,
    cast,
    coerce_all,
    find_arithmetic_type,
    find_common_type,
    find_promoted_type,
    literal,
    widen_decimals,
)


def arithmetic(op: str, left: Expression, right: Expression) -> Expression:
    """Return arithmetic: add, sub, mul, div, mod, intdiv, pmod."""
    if op in ("add", "sub") and "date" in (left.type, right.type):
        return _date_arithmetic(op, left, right)
    left, right = _cast_numeric_operands(op, left, right)
    first, second = parse_decimal_type(left.type), parse_decimal_type(right.type)
    if first and second:
        if op == "pmod":
            return make_expression("decimal_pmod", find_arithmetic_type("mod", first, second), [left, right])
        return make_expression(
            op, "long" if op == "intdiv" else find_arithmetic_type(op, first, second), [left, right]
        )
    if op == "div":
        return make_expression("div", "double", [cast(left, "double"), cast(right, "double")])
    if op == "intdiv":
        return make_expression("intdiv", "long", [cast(left, "long"), cast(right, "long")])
    type_ = find_common_numeric_type(left, right)
    if op == "pmod" and type_ not in ("integer", "long", "double"):
        raise CannotCompile(f"pmod of {type_} is not supported")
    return make_expression(op, type_, [cast(left, type_), cast(right, type_)])


def try_arithmetic(op: str, left: Expression, right: Expression) -> Expression:
    """Return arithmetic that is null where it has no result: add, sub, mul, div, mod."""
    if "date" in (left.type, right.type) or "timestamp" in (left.type, right.type):
        raise CannotCompile(f"`try_{op}` of {left.type} and {right.type} is not supported")
    node = arithmetic(op, left, right)
    return make_expression(f"try_{op}", node.type, node.args)


def bitwise(op: str, left: Expression, right: Expression) -> Expression:
    """Return bit_and, bit_or or bit_xor of two integers."""
    types = {left.type, right.type} - {VOID}
    if not types or not all(map(is_integral, types)):
        raise CannotCompile(f"`{op}` of {left.type} and {right.type} is not supported")
    type_ = find_common_numeric_type(left, right)
    return make_expression(op, type_, [cast(left, type_), cast(right, type_)])


def bit_not(node: Expression) -> Expression:
    """Return the complement of an integer."""
    if not is_integral(node.type):
        raise CannotCompile(f"`~` of {node.type} is not supported")
    return make_expression("bit_not", node.type, [node])


def shift(op: str, value: Expression, count: Expression) -> Expression:
    """Return an integer shifted by a number of bits."""
    if not is_integral(value.type) or count.type not in ("byte", "short", "integer", VOID):
        raise CannotCompile(f"`{op}` of {value.type} by {count.type} is not supported")
    type_ = "long" if value.type == "long" else "integer"
    return make_expression(op, type_, [cast(value, type_), cast(count, "integer")])


def _cast_numeric_operands(op: str, left: Expression, right: Expression) -> tuple[Expression, Expression]:
    if left.type == right.type == VOID:
        raise CannotCompile("all its operands are null")
    if "string" in (left.type, right.type):
        type_ = find_common_type(left.type, right.type) if left.type != right.type else "double"
        left, right = cast(left, str(type_)), cast(right, str(type_))
    if VOID in (left.type, right.type):
        type_ = left.type if right.type == VOID else right.type
        left, right = cast(left, type_), cast(right, type_)
    if not is_numeric(left.type) or not is_numeric(right.type):
        raise CannotCompile(f"`{op}` of {left.type} and {right.type} is not supported")
    return _align_decimals(left, right)


def _align_decimals(left: Expression, right: Expression) -> tuple[Expression, Expression]:
    """Cast a decimal and another number to a common type.

    With an integer both become decimals, with a float or double both become doubles.
    """
    first, second = parse_decimal_type(left.type), parse_decimal_type(right.type)
    if bool(first) == bool(second):
        return left, right
    if first:
        return (
            (cast(left, "double"), cast(right, "double"))
            if is_floating(right.type)
            else (left, _to_decimal(right))
        )
    return (
        (cast(left, "double"), cast(right, "double"))
        if is_floating(left.type)
        else (_to_decimal(left), right)
    )


def _to_decimal(node: Expression) -> Expression:
    precision, scale = INTEGER_DIGITS[node.type]
    if node.op == "literal" and node.value is not None:
        precision = len(str(abs(node.value)))
    if node.op == "cast" and node.args[0].op == "literal":
        raise CannotCompile("whole numbers like 1L beside decimals are not supported")
    return cast(node, f"decimal({precision},{scale})")


def find_common_numeric_type(left: Expression, right: Expression) -> str:
    """Return the type that an operation of two numbers is evaluated in."""
    type_ = find_promoted_type(left.type, right.type)
    if type_ is None or not is_numeric(type_):
        raise CannotCompile(f"numbers of {left.type} and {right.type} are not supported")
    return type_


def _date_arithmetic(op: str, left: Expression, right: Expression) -> Expression:
    day, days = (left, right) if left.type == "date" else (right, left)
    if days.type not in ("byte", "short", "integer") or (op == "sub" and day is right):
        raise CannotCompile(f"`{op}` of {left.type} and {right.type} is not supported")
    return add_days(day, days, subtract=op == "sub")


def add_days(day: Expression, days: Expression, *, subtract: bool) -> Expression:
    """Return a date plus, or minus, a number of days."""
    if days.type not in ("byte", "short", "integer"):
        raise CannotCompile(f"date arithmetic with {days.type} is not supported")
    days = cast(days, "integer")
    return make_expression("date_add", "date", [cast(day, "date"), _negate_days(days) if subtract else days])


def _negate_days(days: Expression) -> Expression:
    if days.op == "literal" and days.value is not None and days.value > -(2**31):
        return literal(-days.value, "integer")
    return make_expression("neg", "integer", [days])


def compare(op: str, left: Expression, right: Expression) -> Expression:
    """Return a comparison: eq, ne, lt, le, gt, ge, eqnull."""
    if left.type == right.type == VOID:
        raise CannotCompile("it compares null with null")
    first, second = _cast_compared_operands(left, right)
    if op == "ne":
        return make_expression("not", "boolean", [make_expression("eq", "boolean", [first, second])])
    return make_expression(op, "boolean", [first, second])


def _cast_compared_operands(left: Expression, right: Expression) -> tuple[Expression, Expression]:
    if is_numeric(left.type) and is_numeric(right.type):
        left, right = _align_decimals(left, right)
        first, second = parse_decimal_type(left.type), parse_decimal_type(right.type)
        if first and second:
            wider = widen_decimals(first, second)
            return cast(left, wider), cast(right, wider)
    type_ = find_promoted_type(left.type, right.type)
    if type_ is None and "string" in (left.type, right.type):
        type_ = find_common_type(left.type, right.type)
    if type_ is None or type_.startswith(("array", "vector")):
        raise CannotCompile(f"a comparison of {left.type} and {right.type} is not supported")
    return cast(left, type_), cast(right, type_)


def negate(node: Expression) -> Expression:
    """Return unary minus."""
    if node.op == "literal" and node.value is not None and is_numeric(node.type):
        return _negate_literal(node)
    return unary("neg", node)


def _negate_literal(node: Expression) -> Expression:
    if is_integral(node.type):
        if node.value == -INTEGER_RANGES[node.type]:
            return unary("neg", node)
        return literal(-node.value, node.type)
    if is_floating(node.type):
        return literal(-float.fromhex(node.value), node.type)
    return literal(-Decimal(node.value) or Decimal(0), node.type)


def is_null(node: Expression) -> Expression:
    """Return the test for null."""
    return literal(True, "boolean") if node.type == VOID else make_expression("isnull", "boolean", [node])


def unary(op: str, node: Expression) -> Expression:
    """Return neg or abs; a string is cast to double."""
    node = cast(node, "double") if node.type in ("string", VOID) else node
    if not is_numeric(node.type):
        raise CannotCompile(f"`{op}` of {node.type} is not supported")
    return make_expression(op, node.type, [node])


def logical(op: str, nodes: list[Expression]) -> Expression:
    """Return a conjunction or disjunction; nested ones of the same kind become one node."""
    flat = [part for node in nodes for part in (node.args if node.op == op else [node])]
    return make_expression(op, "boolean", [require_boolean(part) for part in flat])


def require_boolean(node: Expression) -> Expression:
    """Return a condition.

    Raises:
        CannotCompile: It is not a boolean.
    """
    if node.type == VOID:
        return cast(node, "boolean")
    if node.type != "boolean":
        raise CannotCompile(f"a condition of type {node.type} is not supported")
    return node


def case_when(pairs: list[tuple[Expression, Expression]], other: Expression | None) -> Expression:
    """Return a CASE expression of (condition, value) pairs and the value where no condition holds."""
    values = coerce_all([*(value for _, value in pairs), *([other] if other is not None else [])])
    type_ = values[0].type
    if type_ == VOID:
        raise CannotCompile("all its operands are null")
    last = values.pop() if other is not None else Expression("literal", type_)
    args = [
        part
        for (test, _), value in zip(pairs, values, strict=True)
        for part in (require_boolean(test), value)
    ]
    return make_expression("case", type_, [*args, last])
