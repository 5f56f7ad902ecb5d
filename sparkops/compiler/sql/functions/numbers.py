"""Functions of numbers."""

from __future__ import annotations

import math
from functools import partial

from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.sql.coercion import adjust_precision_scale, cast, literal
from sparkops.compiler.sql.operators import arithmetic, shift, try_arithmetic, unary
from sparkops.scoring.sql.expression import Expression, make_expression
from sparkops.scoring.sql.runtime import mathematics, numeric
from sparkops.scoring.sql.types import is_floating, is_integral, parse_decimal_type

from .call import Args, Build, Function, Functions, make_typed_function, require_literal_integer

_DOUBLE = "double"


def _build_round(op: str, args: Args) -> Expression:
    value = cast(args[0], "double") if args[0].type == "string" else args[0]
    places = require_literal_integer(args[1], "number of places") if len(args) > 1 else 0
    digits = parse_decimal_type(value.type)
    if digits is None:
        if not is_floating(value.type) and not is_integral(value.type):
            raise CannotCompile(f"`{op}` of {value.type} is not supported")
        return make_expression(op, value.type, [value], places)
    integral, scale = digits[0] - digits[1], min(digits[1], max(places, 0))
    type_ = (
        adjust_precision_scale(integral + 1 + scale, scale)
        if places >= 0
        else adjust_precision_scale(max(integral + 1, 1 - places), 0)
    )
    return make_expression(op, type_, [value], places)


def _build_floor_or_ceil(op: str, args: Args) -> Expression:
    (value,) = args
    digits = parse_decimal_type(value.type)
    if digits is not None:
        return make_expression(op, adjust_precision_scale(digits[0] - digits[1] + 1, 0), [value])
    if is_integral(value.type):
        return cast(value, "long")
    return make_expression(op, "long", [cast(value, "double")])


def _build_log(args: Args) -> Expression:
    if len(args) == 1:
        return make_expression("ln", "double", [cast(args[0], "double")])
    return make_expression("log", "double", [cast(arg, "double") for arg in args])


def _cast_to_floating(args: Args) -> list[Expression]:
    """Return arguments cast to float where all are floats, else to double."""
    type_ = "float" if all(arg.type == "float" for arg in args) else "double"
    return [cast(arg, type_) for arg in args]


def _build_nanvl(args: Args) -> Expression:
    values = _cast_to_floating(args)
    return make_expression("nanvl", values[0].type, values)


def _make_arithmetic_builder(op: str) -> Build:
    return lambda args: arithmetic(op, args[0], args[1])


def _make_try_builder(op: str) -> Build:
    return lambda args: try_arithmetic(op, args[0], args[1])


def _make_bit_function(op: str, result: str, *more: str) -> Function:
    def build(args: Args) -> Expression:
        if not is_integral(args[0].type) and args[0].type != "boolean":
            raise CannotCompile(f"`{op}` of {args[0].type} is not supported")
        rest = [cast(arg, type_) for arg, type_ in zip(args[1:], more, strict=True)]
        return make_expression(op, result, [args[0], *rest])

    return Function(1 + len(more), 1 + len(more), build)


def _make_constant_function(value: float) -> Function:
    return Function(0, 0, lambda args: literal(value, "double"))  # noqa: ARG005


NUMBERS: Functions = {
    **{name: make_typed_function(name, _DOUBLE, _DOUBLE) for name in (*numeric.MATH, *mathematics.MATH)},
    "abs": Function(1, 1, lambda args: unary("abs", args[0])),
    "negative": Function(1, 1, lambda args: unary("neg", args[0])),
    "positive": Function(1, 1, lambda args: cast(args[0], "double") if args[0].type == "string" else args[0]),
    "mod": Function(2, 2, _make_arithmetic_builder("mod")),
    "pmod": Function(2, 2, _make_arithmetic_builder("pmod")),
    "try_add": Function(2, 2, _make_try_builder("add"), "only of numbers"),
    "try_subtract": Function(2, 2, _make_try_builder("sub"), "only of numbers"),
    "try_multiply": Function(2, 2, _make_try_builder("mul"), "only of numbers"),
    "try_divide": Function(2, 2, _make_try_builder("div"), "only of numbers"),
    "try_mod": Function(2, 2, _make_try_builder("mod")),
    "floor": Function(1, 1, partial(_build_floor_or_ceil, "floor"), "without a number of places"),
    "ceil": Function(1, 1, partial(_build_floor_or_ceil, "ceil"), "without a number of places"),
    "round": Function(1, 2, partial(_build_round, "round"), "places are a number in the statement"),
    "bround": Function(1, 2, partial(_build_round, "bround"), "places are a number in the statement"),
    "log": Function(1, 2, _build_log),
    "pow": make_typed_function("pow", _DOUBLE, _DOUBLE, _DOUBLE),
    "atan2": make_typed_function("atan2", _DOUBLE, _DOUBLE, _DOUBLE),
    "hypot": make_typed_function("hypot", _DOUBLE, _DOUBLE, _DOUBLE),
    "e": _make_constant_function(math.e),
    "pi": _make_constant_function(math.pi),
    "factorial": make_typed_function("factorial", "long", "integer"),
    "width_bucket": make_typed_function(
        "width_bucket", "long", _DOUBLE, _DOUBLE, _DOUBLE, "long", note="only of numbers"
    ),
    "isnan": Function(1, 1, lambda args: make_expression("isnan", "boolean", _cast_to_floating(args))),
    "nanvl": Function(2, 2, _build_nanvl),
    "bin": make_typed_function("bin", "string", "long"),
    "shiftleft": Function(2, 2, lambda args: shift("shiftleft", args[0], args[1])),
    "shiftright": Function(2, 2, lambda args: shift("shiftright", args[0], args[1])),
    "shiftrightunsigned": Function(2, 2, lambda args: shift("shiftrightunsigned", args[0], args[1])),
    "bit_count": _make_bit_function("bit_count", "integer"),
    "bit_get": _make_bit_function("getbit", "byte", "integer"),
}
