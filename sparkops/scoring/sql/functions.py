"""Casts, rounding, and the functions of numbers, text and dates."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..codegen.code_writer import CodeWriter
from ..ir.field import WHOLE_RANGES
from .runtime import (dates, decimals, numeric, strings)
from .runtime.casts import cast as cast_of
from .runtime.evaluation_error import Fault
from .expression import Node
from .operation import Check, Operation, Parts, Write, called, exact, in_range, kinds_of, takes
from .fragment import (Piece, strict)
from .types import decimal_of, number, real, whole

_MOST_PLACES = 400


def _is_cast(node: Node) -> bool:
    return len(node.args) == 1 and cast_of(node.args[0].type, node.type) is not None


def _cast(code: CodeWriter, node: Node, parts: Parts) -> Piece:
    source = node.args[0].type
    function = cast_of(source, node.type)
    assert function is not None
    nan = real(node.type) and (parts[0].nan if number(source) else source == "string")
    if node.op == "try_cast":
        return called(code, parts, partial(_tried, function), null=True, nan=nan)
    if function is float:
        return strict(code, parts, lambda a: f"float({a})", nan=nan)
    if source == node.type or (whole(source) and whole(node.type) and _widens(source, node.type)):
        return parts[0]
    if (source, node.type) == ("float", "double"):
        return parts[0]
    return called(code, parts, function, nan=nan)


def _widens(source: str, target: str) -> bool:
    return WHOLE_RANGES[target] >= WHOLE_RANGES[source]


def _tried(function: Callable[[Any], Any], value: Any) -> Any:
    try:
        return function(value)
    except Fault:
        return None


def _is_round(node: Node) -> bool:
    digits = decimal_of(node.type)
    kind = node.args[0].type if len(node.args) == 1 else ""
    places = type(node.value) is int and -_MOST_PLACES <= node.value <= _MOST_PLACES
    if decimal_of(kind) is not None:
        return places and digits is not None
    return places and kind == node.type and (kind == "double" or whole(kind))


def _round(*, even: bool) -> Write:
    def write(code: CodeWriter, node: Node, parts: Parts) -> Piece:
        made = exact(code, node, parts, decimals.rounding(node.value, even=even))
        if made is not None:
            return made
        if node.type == "double":
            return called(code, parts, numeric.rounding(node.value, even=even))
        name = code.constant(partial(numeric.whole_rounded, places=node.value, even=even))
        return strict(code, parts, lambda a: in_range(code, node.type, f"{name}({a})"), nan=False)

    return write


def _function(function: Callable[..., Any], result: str, *kinds: str, null: bool = False) -> Operation:
    def write(code: CodeWriter, node: Node, parts: Parts) -> Piece:  # noqa: ARG001
        return called(code, parts, function, null=null, nan=result == "double")

    return Operation(takes(result, *kinds), write)


def _attribute(text: str, kind: str) -> Operation:
    """Return the operation that reads a part of a date or a timestamp."""

    def write(code: CodeWriter, node: Node, parts: Parts) -> Piece:  # noqa: ARG001
        return strict(code, parts, text.format, nan=False)

    return Operation(takes("integer", kind), write)


def _texts(result: str) -> Check:
    return lambda node: node.type == result and bool(node.args) and set(kinds_of(node)) == {"string"}


def _concat(code: CodeWriter, node: Node, parts: Parts) -> Piece:  # noqa: ARG001
    return strict(code, parts, lambda *each: f"({' + '.join(each)})", nan=False)


def _concat_between(code: CodeWriter, node: Node, parts: Parts) -> Piece:  # noqa: ARG001
    items = "".join(f"{part.expr}, " for part in parts[1:])
    name = code.constant(strings.joined)
    return Piece(f"{name}({parts[0].expr}, ({items}))", parts[0].null, nan=False)


def _split(code: CodeWriter, node: Node, parts: Parts) -> Piece:
    return called(code, parts, partial(strings.parts, between=node.value), nan=False)


def _is_split(node: Node) -> bool:
    return (
        node.type == "array<string>"
        and kinds_of(node) == ["string"]
        and isinstance(node.value, str)
        and bool(node.value)
    )


_DAY, _TIME = "date", "timestamp"
FUNCTIONS: Mapping[str, Operation] = {
    "cast": Operation(_is_cast, _cast),
    "try_cast": Operation(_is_cast, _cast),
    "round": Operation(_is_round, _round(even=False)),
    "bround": Operation(_is_round, _round(even=True)),
    "floor": _function(numeric.floor, "long", "double"),
    "ceil": _function(numeric.ceil, "long", "double"),
    "pow": _function(numeric.power, "double", "double", "double"),
    "log": _function(numeric.log_of, "double", "double", "double", null=True),
    **{
        name: _function(function, "double", "double", null=name in numeric.NULLABLE)
        for name, function in numeric.MATH.items()
    },
    "lower": _function(str.lower, "string", "string"),
    "upper": _function(str.upper, "string", "string"),
    "trim": _function(strings.trim, "string", "string"),
    "ltrim": _function(strings.trim_left, "string", "string"),
    "rtrim": _function(strings.trim_right, "string", "string"),
    "length": _function(len, "integer", "string"),
    "substring": _function(strings.substring, "string", "string", "integer", "integer"),
    "replace": _function(strings.replace, "string", "string", "string", "string"),
    "instr": _function(strings.find, "integer", "string", "string"),
    "startswith": _function(str.startswith, "boolean", "string", "string"),
    "endswith": _function(str.endswith, "boolean", "string", "string"),
    "contains": _function(operator.contains, "boolean", "string", "string"),
    "concat": Operation(_texts("string"), _concat),
    "concat_ws": Operation(_texts("string"), _concat_between),
    "split": Operation(_is_split, _split),
    "year": _attribute("{}.year", _DAY),
    "month": _attribute("{}.month", _DAY),
    "day": _attribute("{}.day", _DAY),
    "quarter": _attribute("(({}.month + 2) // 3)", _DAY),
    "dayofweek": _attribute("({}.isoweekday() % 7 + 1)", _DAY),
    "weekday": _attribute("{}.weekday()", _DAY),
    "dayofyear": _attribute("{}.timetuple().tm_yday", _DAY),
    "weekofyear": _attribute("{}.isocalendar()[1]", _DAY),
    "hour": _attribute("{}.hour", _TIME),
    "minute": _attribute("{}.minute", _TIME),
    "second": _attribute("{}.second", _TIME),
    "datediff": _function(dates.between, "integer", _DAY, _DAY),
    "date_add": _function(dates.moved, "date", _DAY, "integer"),
    "last_day": _function(dates.last_day, "date", _DAY),
    "months_between": _function(dates.months_between, "double", _TIME, _TIME),
}
