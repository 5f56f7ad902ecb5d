"""Arithmetic by type: integers checked for overflow, doubles, floats rounded after each operation, exact decimals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..codegen.code_writer import CodeWriter
from .expression import Expression
from .fragment import Fragment, propagate_nulls
from .operation import (
    Emit,
    Fragments,
    Operation,
    build_range_check_expr,
    emit_call,
    emit_decimal_call,
    list_argument_types,
    make_one_type_check,
    make_signature_check,
)
from .runtime import decimals, numeric
from .types import is_integral, parse_decimal_type

_DECIMAL: Mapping[str, Callable[..., Any]] = {
    "+": decimals.add,
    "-": decimals.subtract,
    "*": decimals.multiply,
}


def _is_decimal(node: Expression) -> bool:
    return (
        len(node.args) == 2  # noqa: PLR2004
        and parse_decimal_type(node.type) is not None
        and all(parse_decimal_type(type_) is not None for type_ in list_argument_types(node))
    )


def _is_arithmetic(node: Expression) -> bool:
    return make_one_type_check(2)(node) or _is_decimal(node)


def _make_operator_emitter(sign: str) -> Emit:
    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        decimal = emit_decimal_call(code, node, operands, _DECIMAL[sign])
        if decimal is not None:
            return decimal
        if is_integral(node.type):
            return propagate_nulls(
                code,
                operands,
                lambda a, b: build_range_check_expr(code, node.type, f"{a} {sign} {b}"),
                nan=False,
            )
        if node.type == "float":
            to_float = code.bind_constant(numeric.to_float)
            return propagate_nulls(code, operands, lambda a, b: f"{to_float}({a} {sign} {b})")
        return propagate_nulls(code, operands, lambda a, b: f"({a} {sign} {b})")

    return emit


def _emit_division(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    decimal = emit_decimal_call(code, node, operands, decimals.divide, backwards=True)
    if decimal is not None:
        return decimal
    divisor = node.args[1]
    if divisor.op == "literal" and divisor.value is not None and float.fromhex(divisor.value) != 0.0:
        return propagate_nulls(code, operands, lambda a, b: f"({a} / {b})")
    return emit_call(code, operands, numeric.divide, backwards=True)


def _emit_integer_division(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    is_integer = parse_decimal_type(node.args[0].type) is None
    function = numeric.integer_divide if is_integer else decimals.integer_divide
    return emit_call(code, operands, function, nan=False, backwards=True)


def _is_integer_division(node: Expression) -> bool:
    types = list_argument_types(node)
    all_decimal = len(types) == 2 and all(parse_decimal_type(type_) for type_ in types)  # noqa: PLR2004
    return node.type == "long" and (all_decimal or types == ["long", "long"])


def _emit_remainder(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    decimal = emit_decimal_call(code, node, operands, decimals.remainder, backwards=True)
    function = numeric.integer_remainder if is_integral(node.type) else numeric.float_remainder
    return decimal or emit_call(code, operands, function, backwards=True)


def _emit_pmod(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    function = numeric.integer_pmod if is_integral(node.type) else numeric.float_pmod
    return emit_call(code, operands, function, backwards=True)


def _is_pmod_type(node: Expression) -> bool:
    return (is_integral(node.type) and node.type in ("integer", "long")) or node.type == "double"


def _emit_negation(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    if is_integral(node.type):
        return propagate_nulls(
            code, operands, lambda a: build_range_check_expr(code, node.type, f"-{a}"), nan=False
        )
    decimal = emit_decimal_call(code, node, operands, decimals.negate)
    return decimal or propagate_nulls(code, operands, lambda a: f"(-{a})", nan=operands[0].nan)


def _emit_abs(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    if is_integral(node.type):
        return propagate_nulls(
            code, operands, lambda a: build_range_check_expr(code, node.type, f"abs({a})"), nan=False
        )
    return propagate_nulls(code, operands, lambda a: f"abs({a})", nan=operands[0].nan)


ARITHMETIC: Mapping[str, Operation] = {
    "add": Operation(_is_arithmetic, _make_operator_emitter("+")),
    "sub": Operation(_is_arithmetic, _make_operator_emitter("-")),
    "mul": Operation(_is_arithmetic, _make_operator_emitter("*")),
    "div": Operation(
        lambda node: _is_decimal(node) or make_signature_check("double", "double", "double")(node),
        _emit_division,
    ),
    "intdiv": Operation(_is_integer_division, _emit_integer_division),
    "mod": Operation(_is_arithmetic, _emit_remainder),
    "pmod": Operation(lambda node: make_one_type_check(2)(node) and _is_pmod_type(node), _emit_pmod),
    "neg": Operation(make_one_type_check(1), _emit_negation),
    "abs": Operation(make_one_type_check(1), _emit_abs),
}
