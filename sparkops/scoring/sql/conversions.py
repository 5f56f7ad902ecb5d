"""Casts and rounding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..codegen.code_writer import CodeWriter
from ..ir.field import INTEGER_RANGES
from .expression import Expression
from .fragment import Fragment, propagate_nulls
from .operation import Emit, Fragments, Operation, build_range_check_expr, emit_call, emit_decimal_call
from .runtime import arrays, decimals, mathematics, numeric
from .runtime.casts import make_cast_function
from .types import is_floating, is_integral, is_numeric, parse_decimal_type, parse_element_type

_MAX_PLACES = 400


def _find_cast_function(source: str, node: Expression) -> Callable[[Any], Any] | None:
    """Return the function of a cast; that of arrays casts each element."""
    inner, outer = parse_element_type(source), parse_element_type(node.type)
    if inner is None or outer is None:
        return None if inner or outer else make_cast_function(source, node.type, node.value)
    function = make_cast_function(inner, outer, node.value)
    return None if function is None else arrays.make_cast_function(function)


def _is_cast(node: Expression) -> bool:
    return len(node.args) == 1 and _find_cast_function(node.args[0].type, node) is not None


def _emit_cast(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    source = node.args[0].type
    function = _find_cast_function(source, node)
    assert function is not None
    nan = is_floating(node.type) and (operands[0].nan if is_numeric(source) else source == "string")
    if node.op == "try_cast":
        return emit_call(code, operands, mathematics.attempt(function), null=True, nan=nan)
    if function is float:
        return propagate_nulls(code, operands, lambda a: f"float({a})", nan=nan)
    if source == node.type or (is_integral(source) and is_integral(node.type) and _widens(source, node.type)):
        return operands[0]
    if (source, node.type) == ("float", "double"):
        return operands[0]
    # A decimal of NaN is null.
    null = is_floating(source) and parse_decimal_type(node.type) is not None
    return emit_call(code, operands, function, null=null, nan=nan)


def _widens(source: str, target: str) -> bool:
    return INTEGER_RANGES[target] >= INTEGER_RANGES[source]


def _is_round(node: Expression) -> bool:
    digits = parse_decimal_type(node.type)
    type_ = node.args[0].type if len(node.args) == 1 else ""
    has_valid_places = type(node.value) is int and -_MAX_PLACES <= node.value <= _MAX_PLACES
    if parse_decimal_type(type_) is not None:
        return has_valid_places and digits is not None
    return has_valid_places and type_ == node.type and (is_floating(type_) or is_integral(type_))


def _make_round_emitter(*, even: bool) -> Emit:
    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        decimal = emit_decimal_call(code, node, operands, decimals.make_round_function(node.value, even=even))
        if decimal is not None:
            return decimal
        if node.type == "double":
            return emit_call(code, operands, numeric.make_round_function(node.value, even=even))
        if node.type == "float":
            return emit_call(code, operands, mathematics.make_float_round_function(node.value, even=even))
        name = code.bind_constant(partial(numeric.round_integer, places=node.value, even=even))
        return propagate_nulls(
            code, operands, lambda a: build_range_check_expr(code, node.type, f"{name}({a})"), nan=False
        )

    return emit


CONVERSIONS: Mapping[str, Operation] = {
    "cast": Operation(_is_cast, _emit_cast),
    "try_cast": Operation(_is_cast, _emit_cast),
    "round": Operation(_is_round, _make_round_emitter(even=False)),
    "bround": Operation(_is_round, _make_round_emitter(even=True)),
}
