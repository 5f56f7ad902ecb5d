"""Functions of numbers, and arithmetic that gives null where it has no result."""

from __future__ import annotations

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
    combine_signatures,
    emit_call,
    emit_decimal_call,
    list_argument_types,
    make_function_operation,
    make_one_type_check,
)
from .runtime import decimals, mathematics, numeric
from .types import is_integral, parse_decimal_type

_BITS = {"byte": 8, "short": 16, "integer": 32, "long": 64}
_DECIMAL: Mapping[str, Callable[..., Any]] = {
    "+": decimals.add,
    "-": decimals.subtract,
    "*": decimals.multiply,
    "/": decimals.divide,
    "%": decimals.remainder,
}


def _make_integral_check(count: int) -> Check:
    return lambda node: (
        len(node.args) == count and is_integral(node.type) and set(list_argument_types(node)) == {node.type}
    )


def _make_bitwise_operation(sign: str) -> Operation:
    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
        return propagate_nulls(code, operands, lambda a, b: f"({a} {sign} {b})", nan=False)

    return Operation(_make_integral_check(2), emit)


def _emit_bit_not(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    return propagate_nulls(code, operands, lambda a: f"(~{a})", nan=False)


def _make_shift_operation(function: Callable[[int, int, int], int]) -> Operation:
    def accepts(node: Expression) -> bool:
        return node.type in ("integer", "long") and list_argument_types(node) == [node.type, "integer"]

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        return emit_call(code, operands, partial(function, _BITS[node.type]), nan=False)

    return Operation(accepts, emit)


def _make_bit_operation(
    function: Callable[..., int], result: str, *more: str, bits: bool = False
) -> Operation:
    """Return the operation of a function whose first operand is an integer of any type, or a boolean."""

    def accepts(node: Expression) -> bool:
        first, *rest = list_argument_types(node)
        return node.type == result and rest == list(more) and (first in INTEGER_RANGES or first == "boolean")

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        size = _BITS.get(node.args[0].type, 1)
        return emit_call(code, operands, partial(function, size) if bits else function, nan=False)

    return Operation(accepts, emit)


def _is_try_arithmetic(node: Expression) -> bool:
    types = list_argument_types(node)
    all_decimal = len(types) == 2 and all(parse_decimal_type(type_) for type_ in (*types, node.type))  # noqa: PLR2004
    return all_decimal or make_one_type_check(2)(node)


def _make_try_emitter(sign: str) -> Emit:
    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        digits = parse_decimal_type(node.type)
        if digits is not None:
            fit, function = decimals.make_fit_function(*digits), _DECIMAL[sign]
            fitted = mathematics.attempt(lambda *values: fit(function(*values)))
            return emit_call(code, operands, fitted, null=True, nan=False)
        if sign == "%":
            is_integer = is_integral(node.type)
            remainder = numeric.integer_remainder if is_integer else numeric.float_remainder
            return emit_call(code, operands, mathematics.attempt(remainder), null=True, nan=not is_integer)
        if sign == "/":
            return emit_call(code, operands, mathematics.attempt(numeric.divide), null=True)
        if not is_integral(node.type):
            to_float = code.bind_constant(numeric.to_float) if node.type == "float" else ""
            return propagate_nulls(code, operands, lambda a, b: f"{to_float}({a} {sign} {b})")
        limit, name = INTEGER_RANGES[node.type], code.new_name()
        result = propagate_nulls(
            code,
            operands,
            lambda a, b: f"({name} if {-limit} <= ({name} := {a} {sign} {b}) < {limit} else None)",
            nan=False,
        )
        return Fragment(result.expr, nan=False)

    return emit


def _make_decimal_operation(function: Callable[..., Any], count: int) -> Operation:
    def accepts(node: Expression) -> bool:
        return len(node.args) == count and all(
            parse_decimal_type(type_) for type_ in (node.type, *list_argument_types(node))
        )

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        fragment = emit_decimal_call(code, node, operands, function, backwards=count > 1)
        assert fragment is not None
        return fragment

    return Operation(accepts, emit)


_DOUBLE = "double"
MATH_FUNCTIONS: Mapping[str, Operation] = {
    "floor": combine_signatures(
        make_function_operation(numeric.floor, "long", _DOUBLE),
        _make_decimal_operation(mathematics.decimal_floor, 1),
    ),
    "ceil": combine_signatures(
        make_function_operation(numeric.ceil, "long", _DOUBLE),
        _make_decimal_operation(mathematics.decimal_ceil, 1),
    ),
    "decimal_pmod": _make_decimal_operation(mathematics.decimal_pmod, 2),
    "pow": make_function_operation(numeric.power, _DOUBLE, _DOUBLE, _DOUBLE),
    "log": make_function_operation(numeric.log_of, _DOUBLE, _DOUBLE, _DOUBLE, null=True),
    **{
        name: make_function_operation(function, _DOUBLE, _DOUBLE, null=name in numeric.NULLABLE)
        for name, function in numeric.MATH.items()
    },
    **{
        name: make_function_operation(function, _DOUBLE, _DOUBLE)
        for name, function in mathematics.MATH.items()
    },
    "atan2": make_function_operation(mathematics.atan2, _DOUBLE, _DOUBLE, _DOUBLE),
    "hypot": make_function_operation(mathematics.hypot, _DOUBLE, _DOUBLE, _DOUBLE),
    "factorial": make_function_operation(mathematics.factorial, "long", "integer", null=True),
    "width_bucket": make_function_operation(
        mathematics.width_bucket, "long", _DOUBLE, _DOUBLE, _DOUBLE, "long", null=True
    ),
    "bit_and": _make_bitwise_operation("&"),
    "bit_or": _make_bitwise_operation("|"),
    "bit_xor": _make_bitwise_operation("^"),
    "bit_not": Operation(_make_integral_check(1), _emit_bit_not),
    "shiftleft": _make_shift_operation(mathematics.shift_left),
    "shiftright": _make_shift_operation(mathematics.shift_right),
    "shiftrightunsigned": _make_shift_operation(mathematics.shift_right_unsigned),
    "bit_count": _make_bit_operation(mathematics.bit_count, "integer"),
    "getbit": _make_bit_operation(mathematics.get_bit, "byte", "integer", bits=True),
    **{
        f"try_{name}": Operation(_is_try_arithmetic, _make_try_emitter(sign))
        for name, sign in (("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/"), ("mod", "%"))
    },
}
