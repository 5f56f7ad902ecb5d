"""Spark's rules of types in ANSI mode: which type two values meet in, and the casts that bring them there."""

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
from sparkops.scoring.sql.runtime.casts import cast_function as cast_of
from sparkops.scoring.sql.runtime.evaluation_error import EvaluationError
from sparkops.scoring.sql.runtime.numeric import to_float
from sparkops.scoring.sql.types import MAX_PRECISION, decimal_of, is_floating, is_integral

VOID = "void"
_WIDER = ("byte", "short", "integer", "long", "float", "double")
_DIGITS = {"byte": (3, 0), "short": (5, 0), "integer": (10, 0), "long": (20, 0)}
_LEAST_SCALE = 6
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?")


def literal(value: Any, kind: str) -> Expression:
    """Return a literal."""
    return make_expression("literal", kind, value=literals.encode_literal(value, kind))


def null_literal(kind: str = VOID) -> Expression:
    """Return a null of a type."""
    return Expression("literal", kind)


def is_numeric(kind: str) -> bool:
    """Tell whether it is a type of numbers."""
    return kind in _WIDER or decimal_of(kind) is not None


def common_type(left: str, right: str) -> str | None:
    """Return the type that two types meet in; None where Spark has none.

    Strings meet numbers, dates and booleans in these.
    """
    close = promoted_type(left, right)
    if close is not None:
        return close
    if "string" in (left, right):
        other = right if left == "string" else left
        if is_integral(other):
            return "long"
        return "double" if is_numeric(other) else other
    first, second = _digits(left), _digits(right)
    if first and second:
        return wider_decimal_type(first, second)
    return "double" if (first and is_floating(right)) or (second and is_floating(left)) else None


def promoted_type(left: str, right: str) -> str | None:
    """Return the type that two types meet in without strings and without new decimals."""
    if right in (left, VOID):
        return left
    if left == VOID:
        return right
    if left in _WIDER and right in _WIDER:
        wider = max(left, right, key=_WIDER.index)
        return "double" if wider == "float" else wider
    return "timestamp" if {left, right} == {"date", "timestamp"} else None


def common_type_without_strings(left: str, right: str) -> str | None:
    """Return the type that arguments of `greatest` meet in."""
    return (
        None if "string" in (left, right) and promoted_type(left, right) is None else common_type(left, right)
    )


def _digits(kind: str) -> tuple[int, int] | None:
    return _DIGITS.get(kind) or decimal_of(kind)


def wider_decimal_type(left: tuple[int, int], right: tuple[int, int]) -> str:
    """Return the decimal type that holds two."""
    scale = max(left[1], right[1])
    precision = max(left[0] - left[1], right[0] - right[1]) + scale
    return (
        _decimal(min(precision, MAX_PRECISION), min(scale, MAX_PRECISION))
        if precision <= MAX_PRECISION
        else _refuse()
    )


def _refuse() -> str:
    raise CannotCompile("it has decimals of more than 38 digits")


def _decimal(precision: int, scale: int) -> str:
    return f"decimal({precision},{scale})"


def arithmetic_decimal_type(op: str, left: tuple[int, int], right: tuple[int, int]) -> str:
    """Return the type of decimal arithmetic."""
    (p, s), (q, t) = left, right
    if op in ("add", "sub"):
        scale = max(s, t)
        return adjust_precision_scale(max(p - s, q - t) + scale + 1, scale)
    if op == "mul":
        return adjust_precision_scale(p + q + 1, s + t)
    if op == "div":
        scale = max(_LEAST_SCALE, s + q + 1)
        return adjust_precision_scale(p - s + t + scale, scale)
    scale = max(s, t)
    return adjust_precision_scale(min(p - s, q - t) + scale, scale)


def adjust_precision_scale(precision: int, scale: int) -> str:
    """Return a decimal type of at most 38 digits, cut behind the point."""
    if precision <= MAX_PRECISION:
        return _decimal(precision, scale)
    before = precision - scale
    return _decimal(MAX_PRECISION, max(MAX_PRECISION - before, min(scale, _LEAST_SCALE)))


def cast(node: Expression, kind: str, *, tried: bool = False, said: bool = False) -> Expression:
    """Return a node cast to a type; a literal is cast at once where it can be.

    Args:
        node: What is cast.
        kind: The type.
        tried: What does not fit becomes null.
        said: The statement itself says it; whole numbers stay casts then, since Spark's decimals look at literals.

    Raises:
        CannotCompile: There is no such cast, or its text differs between Java's versions.
    """
    if node.type == kind:
        return node
    if node.type == VOID:
        return null_literal(kind)
    folded = _folded(node, kind, said=said)
    if folded is not None:
        return folded
    if cast_of(node.type, kind) is None:
        why = ", which Java's versions write differently" if kind == "string" else ""
        raise CannotCompile(f"its cast of {node.type} to {kind} is not in the list of casts{why}")
    return make_expression("try_cast" if tried else "cast", kind, [node])


def _folded(node: Expression, kind: str, *, said: bool) -> Expression | None:
    """Return a literal as a literal of another type; None where the row has to say so, or refuse it."""
    function = cast_of(node.type, kind)
    if node.op != "literal" or (node.value is None and function is None):
        return None
    if node.value is None:
        return null_literal(kind)
    if (node.type, kind) == ("string", "timestamp"):
        return literal(parse_timestamp(node.value), kind)
    if decimal_of(node.type) and kind == "float":
        return literal(to_float(float(node.value)), kind)
    if function is not None and not (said and (is_integral(kind) or decimal_of(kind))):
        with suppress(EvaluationError):
            return literal(function(literals.decode_literal(node.value, node.type)), kind)
    return None


def parse_timestamp(written: str) -> datetime:
    """Return a timestamp that is written with all its digits and without a time zone.

    Raises:
        CannotCompile: It is written in another way.
    """
    try:
        if _MOMENT.fullmatch(written):
            return datetime.fromisoformat(written)
    except ValueError:
        pass
    raise CannotCompile(f"the timestamp `{written}` is not in the list of constants")


def coerce_all(nodes: Sequence[Expression], rule: Any = common_type) -> list[Expression]:
    """Return nodes cast to the type that they meet in.

    Raises:
        CannotCompile: They meet in none that is known.
    """
    kind = reduce_types((node.type for node in nodes), rule)
    return [cast(node, kind) for node in nodes]


def reduce_types(kinds: Iterable[str], rule: Any = common_type) -> str:
    """Return the type that types meet in, from the left to the right."""
    listed = list(kinds)

    def step(left: str, right: str) -> str:
        found = rule(left, right)
        if found is None:
            raise CannotCompile(f"values of {left} and {right} meet in no type of the list")
        return str(found)

    return reduce(step, listed[1:], listed[0])
