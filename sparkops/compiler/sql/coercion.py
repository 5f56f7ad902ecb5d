"""Implicit casts of Spark in ANSI mode: the common type of operands, and the casts that bring them to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import reduce
from typing import Any

from sparkops.compiler.plan import CannotCompile
from sparkops.scoring.sql import literals
from sparkops.scoring.sql.expression import Expression, make_expression
from sparkops.scoring.sql.runtime.casts import make_cast_function, needs_java
from sparkops.scoring.sql.runtime.evaluation_error import EvaluationError
from sparkops.scoring.sql.runtime.numeric import to_float
from sparkops.scoring.sql.runtime.time_casts import needs_zone
from sparkops.scoring.sql.types import (
    MAX_PRECISION,
    is_floating,
    is_integral,
    is_numeric,
    parse_decimal_type,
    parse_element_type,
)

VOID = "void"
_NUMERIC_ORDER = ("byte", "short", "integer", "long", "float", "double")
# Precision and scale of the decimal type that holds all values of an integer type.
INTEGER_DIGITS = {"byte": (3, 0), "short": (5, 0), "integer": (10, 0), "long": (20, 0)}
_MIN_ADJUSTED_SCALE = 6
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?")


def literal(value: Any, type_: str) -> Expression:
    """Return a literal."""
    return make_expression("literal", type_, value=literals.encode_literal(value, type_))


def null_literal(type_: str = VOID) -> Expression:
    """Return a null literal of a type."""
    return Expression("literal", type_)


def find_common_type(left: str, right: str) -> str | None:
    """Return the type that Spark casts two operands to; None where there is none.

    A string is cast to the type of the other operand: to long for integers, to double for other numbers.
    """
    promoted = find_promoted_type(left, right)
    if promoted is not None:
        return promoted
    if "string" in (left, right):
        other = right if left == "string" else left
        if is_integral(other):
            return "long"
        return "double" if is_numeric(other) else other
    first, second = _find_digits(left), _find_digits(right)
    if first and second:
        return widen_decimals(first, second)
    elements = parse_element_type(left), parse_element_type(right)
    if elements[0] and elements[1]:
        inner = find_common_type(elements[0], elements[1])
        return inner and f"array<{inner}>"
    return "double" if (first and is_floating(right)) or (second and is_floating(left)) else None


def find_promoted_type(left: str, right: str) -> str | None:
    """Return the type that Spark promotes two operands to, without parsing strings or widening decimals, or None."""
    if right in (left, VOID):
        return left
    if left == VOID:
        return right
    if left in _NUMERIC_ORDER and right in _NUMERIC_ORDER:
        wider = max(left, right, key=_NUMERIC_ORDER.index)
        return "double" if wider == "float" else wider
    return "timestamp" if {left, right} == {"date", "timestamp"} else None


def find_common_type_without_strings(left: str, right: str) -> str | None:
    """Return the common type of arguments of `greatest` and `least`, which do not parse strings."""
    return (
        None
        if "string" in (left, right) and find_promoted_type(left, right) is None
        else find_common_type(left, right)
    )


def _find_digits(type_: str) -> tuple[int, int] | None:
    return INTEGER_DIGITS.get(type_) or parse_decimal_type(type_)


def widen_decimals(left: tuple[int, int], right: tuple[int, int]) -> str:
    """Return the decimal type that holds the values of two decimal types.

    Raises:
        CannotCompile: It would have more than 38 digits.
    """
    scale = max(left[1], right[1])
    precision = max(left[0] - left[1], right[0] - right[1]) + scale
    if precision > MAX_PRECISION:
        raise CannotCompile(f"it has decimals of more than {MAX_PRECISION} digits")
    return _format_decimal_type(precision, scale)


def _format_decimal_type(precision: int, scale: int) -> str:
    return f"decimal({precision},{scale})"


def find_arithmetic_type(op: str, left: tuple[int, int], right: tuple[int, int]) -> str:
    """Return the result type of decimal arithmetic (Spark: DecimalPrecision)."""
    # Precision and scale of each operand.
    (p, s), (q, t) = left, right
    if op in ("add", "sub"):
        scale = max(s, t)
        return adjust_precision_scale(max(p - s, q - t) + scale + 1, scale)
    if op == "mul":
        return adjust_precision_scale(p + q + 1, s + t)
    if op == "div":
        scale = max(_MIN_ADJUSTED_SCALE, s + q + 1)
        return adjust_precision_scale(p - s + t + scale, scale)
    scale = max(s, t)
    return adjust_precision_scale(min(p - s, q - t) + scale, scale)


def adjust_precision_scale(precision: int, scale: int) -> str:
    """Return a decimal type of at most 38 digits, with a reduced scale where needed (Spark: adjustPrecisionScale)."""
    if precision <= MAX_PRECISION:
        return _format_decimal_type(precision, scale)
    integral = precision - scale
    return _format_decimal_type(MAX_PRECISION, max(MAX_PRECISION - integral, min(scale, _MIN_ADJUSTED_SCALE)))


def cast(node: Expression, type_: str, *, is_try: bool = False, is_explicit: bool = False) -> Expression:
    """Return a node cast to a type; a literal is converted at compile time where possible.

    Args:
        node: The operand.
        type_: The target type.
        is_try: A value that does not fit becomes null.
        is_explicit: The statement contains the cast. A literal stays under an explicit cast to an integer or a decimal,
            because the precision of decimal arithmetic depends on whether an operand is a literal.

    Raises:
        CannotCompile: Spark has no such cast.
    """
    if node.type == type_:
        return node
    if node.type == VOID:
        return null_literal(type_)
    literal_node = _fold_literal(node, type_, is_explicit=is_explicit)
    if literal_node is not None:
        return literal_node
    if not _is_castable(parse_element_type(node.type) or node.type, parse_element_type(type_) or type_) or (
        (parse_element_type(node.type) is None) != (parse_element_type(type_) is None)
    ):
        raise CannotCompile(f"its cast of {node.type} to {type_} is not supported")
    return make_expression("try_cast" if is_try else "cast", type_, [node])


def _is_castable(source: str, target: str) -> bool:
    """Return whether Spark has a cast; what its result depends on besides the operand is bound later."""
    if needs_java(source, target):
        return True
    return make_cast_function(source, target, "UTC" if needs_zone(source, target) else None) is not None


def _fold_literal(node: Expression, type_: str, *, is_explicit: bool) -> Expression | None:
    """Return a literal converted to another type; None where the cast must be evaluated, or refused, for each row."""
    if node.op != "literal":
        return None
    if node.value is None:
        return null_literal(type_)
    if (node.type, type_) == ("string", "timestamp"):
        return _fold_timestamp(node.value)
    function = make_cast_function(node.type, type_)
    if parse_decimal_type(node.type) and type_ == "float":
        return literal(to_float(float(node.value)), type_)
    if function is not None and not (is_explicit and (is_integral(type_) or parse_decimal_type(type_))):
        with suppress(EvaluationError):
            return literal(function(literals.decode_literal(node.value, node.type)), type_)
    return None


def _fold_timestamp(text: str) -> Expression | None:
    """Return the timestamp of a text with all digits and without a time zone; None for a text of another form."""
    if _TIMESTAMP.fullmatch(text):
        with suppress(ValueError):
            return literal(datetime.fromisoformat(text), "timestamp")
    return None


def coerce_all(nodes: Sequence[Expression], rule: Any = find_common_type) -> list[Expression]:
    """Return nodes cast to their common type.

    Raises:
        CannotCompile: They have no common type.
    """
    type_ = reduce_types((node.type for node in nodes), rule)
    return [cast(node, type_) for node in nodes]


def reduce_types(types: Iterable[str], rule: Any = find_common_type) -> str:
    """Return the common type of several types, reduced from left to right."""
    first, *others = types

    def combine(left: str, right: str) -> str:
        result = rule(left, right)
        if result is None:
            raise CannotCompile(f"no common type of {left} and {right} is supported")
        return str(result)

    return reduce(combine, others, first)
