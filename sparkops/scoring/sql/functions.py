"""Casts, rounding, and functions of numbers, strings, dates and timestamps."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..codegen.code_writer import CodeWriter
from ..ir.field import INTEGER_RANGES
from .expression import Expression
from .fragment import Fragment, propagate_nulls
from .operation import (
    Check,
    Emit,
    Fragments,
    Operation,
    argument_types,
    emit_call,
    emit_decimal_call,
    has_signature,
    range_check_expr,
)
from .runtime import dates, decimals, numeric, strings
from .runtime.casts import cast_function
from .runtime.evaluation_error import EvaluationError
from .types import is_floating, is_integral, is_numeric, parse_decimal_type

_MAX_PLACES = 400


def _is_cast(node: Expression) -> bool:
    return len(node.args) == 1 and cast_function(node.args[0].type, node.type) is not None


def _emit_cast(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    source = node.args[0].type
    function = cast_function(source, node.type)
    assert function is not None
    nan = is_floating(node.type) and (operands[0].nan if is_numeric(source) else source == "string")
    if node.op == "try_cast":
        return emit_call(code, operands, partial(_none_on_error, function), null=True, nan=nan)
    if function is float:
        return propagate_nulls(code, operands, lambda a: f"float({a})", nan=nan)
    if source == node.type or (is_integral(source) and is_integral(node.type) and _widens(source, node.type)):
        return operands[0]
    if (source, node.type) == ("float", "double"):
        return operands[0]
    return emit_call(code, operands, function, nan=nan)


def _widens(source: str, target: str) -> bool:
    return INTEGER_RANGES[target] >= INTEGER_RANGES[source]


def _none_on_error(function: Callable[[Any], Any], value: Any) -> Any:
    try:
        return function(value)
    except EvaluationError:
        return None


def _is_round(node: Expression) -> bool:
    digits = parse_decimal_type(node.type)
    type_ = node.args[0].type if len(node.args) == 1 else ""
    has_valid_places = type(node.value) is int and -_MAX_PLACES <= node.value <= _MAX_PLACES
    if parse_decimal_type(type_) is not None:
        return has_valid_places and digits is not None
    return has_valid_places and type_ == node.type and (type_ == "double" or is_integral(type_))


def _emit_round(*, even: bool) -> Emit:
    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        decimal = emit_decimal_call(code, node, operands, decimals.round_function(node.value, even=even))
        if decimal is not None:
            return decimal
        if node.type == "double":
            return emit_call(code, operands, numeric.round_function(node.value, even=even))
        name = code.constant(partial(numeric.round_integer, places=node.value, even=even))
        return propagate_nulls(
            code, operands, lambda a: range_check_expr(code, node.type, f"{name}({a})"), nan=False
        )

    return emit


def _function(function: Callable[..., Any], result: str, *types: str, null: bool = False) -> Operation:
    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
        return emit_call(code, operands, function, null=null, nan=result == "double")

    return Operation(has_signature(result, *types), emit)


def _date_field(template: str, type_: str) -> Operation:
    """Return the operation that reads a field of a date or a timestamp, by the format of its Python text."""

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
        return propagate_nulls(code, operands, template.format, nan=False)

    return Operation(has_signature("integer", type_), emit)


def _all_strings(result: str) -> Check:
    return lambda node: node.type == result and bool(node.args) and set(argument_types(node)) == {"string"}


def _emit_concat(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    return propagate_nulls(code, operands, lambda *args: f"({' + '.join(args)})", nan=False)


def _emit_concat_ws(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    items = "".join(f"{operand.expr}, " for operand in operands[1:])
    name = code.constant(strings.concat_ws)
    return Fragment(f"{name}({operands[0].expr}, ({items}))", operands[0].null, nan=False)


def _emit_split(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    return emit_call(code, operands, partial(strings.split, separator=node.value), nan=False)


def _is_split(node: Expression) -> bool:
    return (
        node.type == "array<string>"
        and argument_types(node) == ["string"]
        and isinstance(node.value, str)
        and bool(node.value)
    )


_DATE, _TIMESTAMP = "date", "timestamp"
FUNCTIONS: Mapping[str, Operation] = {
    "cast": Operation(_is_cast, _emit_cast),
    "try_cast": Operation(_is_cast, _emit_cast),
    "round": Operation(_is_round, _emit_round(even=False)),
    "bround": Operation(_is_round, _emit_round(even=True)),
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
    "instr": _function(strings.instr, "integer", "string", "string"),
    "startswith": _function(str.startswith, "boolean", "string", "string"),
    "endswith": _function(str.endswith, "boolean", "string", "string"),
    "contains": _function(operator.contains, "boolean", "string", "string"),
    "concat": Operation(_all_strings("string"), _emit_concat),
    "concat_ws": Operation(_all_strings("string"), _emit_concat_ws),
    "split": Operation(_is_split, _emit_split),
    "year": _date_field("{}.year", _DATE),
    "month": _date_field("{}.month", _DATE),
    "day": _date_field("{}.day", _DATE),
    "quarter": _date_field("(({}.month + 2) // 3)", _DATE),
    "dayofweek": _date_field("({}.isoweekday() % 7 + 1)", _DATE),
    "weekday": _date_field("{}.weekday()", _DATE),
    "dayofyear": _date_field("{}.timetuple().tm_yday", _DATE),
    "weekofyear": _date_field("{}.isocalendar()[1]", _DATE),
    "hour": _date_field("{}.hour", _TIMESTAMP),
    "minute": _date_field("{}.minute", _TIMESTAMP),
    "second": _date_field("{}.second", _TIMESTAMP),
    "datediff": _function(dates.datediff, "integer", _DATE, _DATE),
    "date_add": _function(dates.add_days, "date", _DATE, "integer"),
    "last_day": _function(dates.last_day, "date", _DATE),
    "months_between": _function(dates.months_between, "double", _TIMESTAMP, _TIMESTAMP),
}
