"""Supported functions, each with Spark's implicit casts of its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sparkops.compiler.plan import CannotCompile
from sparkops.scoring.sql.expression import Expression, make_expression
from sparkops.scoring.sql.runtime.numeric import MATH
from sparkops.scoring.sql.types import is_integral, parse_decimal_type

from .coercion import (
    VOID,
    adjust_precision_scale,
    cast,
    coerce_all,
    common_type_without_strings,
    literal,
    null_literal,
)
from .operators import add_days, arithmetic, case_when, compare, is_null, require_boolean, unary

Args = Sequence[Expression]
Call = Callable[[Args], Expression]
_REGEX = frozenset("\\^$.|?*+()[]{}")
_SMALL_INTEGERS = ("byte", "short", "integer")


def type_call(name: str, args: Args) -> Expression:
    """Return the typed expression of a function call.

    Raises:
        CannotCompile: The function is not supported, or not with these arguments.
    """
    function = FUNCTIONS.get(name)
    if function is None:
        raise CannotCompile(f"`{name}` is not supported")
    min_args, max_args, build = function
    if not min_args <= len(args) <= max_args:
        raise CannotCompile(f"`{name}` of {len(args)} arguments is not supported")
    return build(args)


def _typed_call(op: str, result: str, *types: str) -> Call:
    return lambda args: make_expression(
        op, result, [cast(arg, type_) for arg, type_ in zip(args, types, strict=True)]
    )


def _positions(args: Args) -> list[Expression]:
    """Return positions and lengths cast to integer."""
    for arg in args:
        if arg.type not in (*_SMALL_INTEGERS, VOID):
            raise CannotCompile(f"a position of type {arg.type} is not supported")
    return [cast(arg, "integer") for arg in args]


def _substring(args: Args) -> Expression:
    start, *length = _positions(args[1:])
    length_args = length or [literal(2**31 - 1, "integer")]
    return make_expression("substring", "string", [cast(args[0], "string"), start, *length_args])


def _left(args: Args) -> Expression:
    (length,) = _positions(args[1:])
    return make_expression("substring", "string", [cast(args[0], "string"), literal(1, "integer"), length])


def _string_call(op: str, result: str) -> Call:
    return lambda args: make_expression(op, result, [cast(arg, "string") for arg in args])


def _replace(args: Args) -> Expression:
    last = args[2] if len(args) > 2 else literal("", "string")  # noqa: PLR2004
    return make_expression("replace", "string", [cast(arg, "string") for arg in (*args[:2], last)])


def _string_predicate(op: str) -> Call:
    def build(args: Args) -> Expression:
        if any(arg.type not in ("string", VOID) for arg in args):
            raise CannotCompile(f"`{op}` of {args[0].type} and {args[1].type} is not supported")
        return make_expression(op, "boolean", [cast(arg, "string") for arg in args])

    return build


def _split(args: Args) -> Expression:
    separator = args[1]
    is_literal = separator.op == "literal" and separator.type == "string" and separator.value
    if not is_literal or _REGEX & set(separator.value):
        raise CannotCompile("split by a regular expression, or by nothing, is not supported")
    return Expression("split", "array<string>", (cast(args[0], "string"),), separator.value)


def _coalesce(args: Args) -> Expression:
    typed = coerce_all(args)
    if typed[0].type == VOID:
        raise CannotCompile("all its operands are null")
    return make_expression("coalesce", typed[0].type, typed) if len(typed) > 1 else typed[0]


def _extreme(op: str, args: Args) -> Expression:
    typed = coerce_all(args, common_type_without_strings)
    if typed[0].type == VOID:
        raise CannotCompile("all its operands are null")
    return make_expression(op, typed[0].type, typed)


def _if(args: Args) -> Expression:
    return case_when([(require_boolean(args[0]), args[1])], args[2])


def _null_if(args: Args) -> Expression:
    if VOID in (args[0].type, args[1].type):
        raise CannotCompile("nullif of null is not supported")
    return case_when([(compare("eq", args[0], args[1]), null_literal(args[0].type))], args[0])


def _nvl2(args: Args) -> Expression:
    return case_when([(make_expression("not", "boolean", [is_null(args[0])]), args[1])], args[2])


def _round(op: str, args: Args) -> Expression:
    value = cast(args[0], "double") if args[0].type == "string" else args[0]
    places = _places(args[1:])
    digits = parse_decimal_type(value.type)
    if digits is None:
        if value.type != "double" and not is_integral(value.type):
            raise CannotCompile(f"`{op}` of {value.type} is not supported")
        return Expression(op, value.type, (value,), places, value.depth + 1, value.size + 1)
    integral, scale = digits[0] - digits[1], min(digits[1], max(places, 0))
    type_ = (
        adjust_precision_scale(integral + 1 + scale, scale)
        if places >= 0
        else adjust_precision_scale(max(integral + 1, 1 - places), 0)
    )
    return Expression(op, type_, (value,), places, value.depth + 1, value.size + 1)


def _places(args: Args) -> int:
    if not args:
        return 0
    places = args[0]
    if places.op != "literal" or places.type != "integer" or places.value is None:
        raise CannotCompile(
            "rounding is supported only to a number of places that is a whole number in the statement"
        )
    return int(places.value)


def _floor_or_ceil(op: str, args: Args) -> Expression:
    value = args[0]
    if parse_decimal_type(value.type):
        raise CannotCompile(f"`{op}` of decimals is not supported")
    return (
        cast(value, "long")
        if is_integral(value.type)
        else make_expression(op, "long", [cast(value, "double")])
    )


def _log(args: Args) -> Expression:
    if len(args) == 1:
        return make_expression("ln", "double", [cast(args[0], "double")])
    return make_expression("log", "double", [cast(arg, "double") for arg in args])


def _floating(args: Args) -> list[Expression]:
    """Return arguments cast to float where all are floats, else to double."""
    type_ = "float" if all(arg.type == "float" for arg in args) else "double"
    return [cast(arg, type_) for arg in args]


def _nanvl(args: Args) -> Expression:
    typed = _floating(args)
    return make_expression("nanvl", typed[0].type, typed)


def _date_field(op: str) -> Call:
    return lambda args: make_expression(op, "integer", [cast(args[0], "date")])


def _time_field(op: str) -> Call:
    return lambda args: make_expression(op, "integer", [cast(args[0], "timestamp")])


def _add_days(args: Args, *, subtract: bool) -> Expression:
    return add_days(
        args[0], cast(args[1], "integer") if args[1].type in (VOID, "string") else args[1], subtract=subtract
    )


def _to_date(args: Args) -> Expression:
    return cast(args[0], "date")


def _math_call(name: str) -> Call:
    return _typed_call(name, "double", "double")


def _cast_call(type_: str) -> Call:
    return lambda args: cast(args[0], type_)


def _arithmetic_call(op: str) -> Call:
    return lambda args: arithmetic(op, args[0], args[1])


_MAX_ARGS = 200
_ALIASES = {
    "ceiling": "ceil", "lcase": "lower", "ucase": "upper", "char_length": "length", "character_length": "length",
    "len": "length", "power": "pow", "nvl": "coalesce", "ifnull": "coalesce", "substr": "substring",
    "dayofmonth": "day", "sign": "signum", "date_diff": "datediff", "dateadd": "date_add", "btrim": "trim",
}  # fmt: skip
_CASTS = {
    "tinyint": "byte", "smallint": "short", "int": "integer", "bigint": "long", "float": "float", "double": "double",
    "boolean": "boolean", "date": "date", "string": "string",
}  # fmt: skip
FUNCTIONS: dict[str, tuple[int, int, Call]] = {
    **{name: (1, 1, _math_call(name)) for name in MATH},
    **{name: (1, 1, _cast_call(type_)) for name, type_ in _CASTS.items()},
    "abs": (1, 1, lambda args: unary("abs", args[0])),
    "negative": (1, 1, lambda args: unary("neg", args[0])),
    "mod": (2, 2, _arithmetic_call("mod")),
    "pmod": (2, 2, _arithmetic_call("pmod")),
    "floor": (1, 1, partial(_floor_or_ceil, "floor")),
    "ceil": (1, 1, partial(_floor_or_ceil, "ceil")),
    "round": (1, 2, partial(_round, "round")),
    "bround": (1, 2, partial(_round, "bround")),
    "log": (1, 2, _log),
    "pow": (2, 2, _typed_call("pow", "double", "double", "double")),
    "greatest": (2, _MAX_ARGS, partial(_extreme, "greatest")),
    "least": (2, _MAX_ARGS, partial(_extreme, "least")),
    "coalesce": (1, _MAX_ARGS, _coalesce),
    "if": (3, 3, _if),
    "nullif": (2, 2, _null_if),
    "nvl2": (3, 3, _nvl2),
    "isnull": (1, 1, lambda args: is_null(args[0])),
    "isnotnull": (1, 1, lambda args: make_expression("not", "boolean", [is_null(args[0])])),
    "isnan": (1, 1, lambda args: make_expression("isnan", "boolean", _floating(args))),
    "nanvl": (2, 2, _nanvl),
    "lower": (1, 1, _string_call("lower", "string")),
    "upper": (1, 1, _string_call("upper", "string")),
    "trim": (1, 1, _string_call("trim", "string")),
    "ltrim": (1, 1, _string_call("ltrim", "string")),
    "rtrim": (1, 1, _string_call("rtrim", "string")),
    "length": (1, 1, _string_call("length", "integer")),
    "substring": (2, 3, _substring),
    "left": (2, 2, _left),
    "replace": (2, 3, _replace),
    "instr": (2, 2, _string_call("instr", "integer")),
    "startswith": (2, 2, _string_predicate("startswith")),
    "endswith": (2, 2, _string_predicate("endswith")),
    "contains": (2, 2, _string_predicate("contains")),
    "concat": (1, _MAX_ARGS, _string_call("concat", "string")),
    "concat_ws": (1, _MAX_ARGS, _string_call("concat_ws", "string")),
    "split": (2, 2, _split),
    **{
        name: (1, 1, _date_field(name))
        for name in ("year", "month", "day", "quarter", "dayofweek", "weekday", "dayofyear", "weekofyear")
    },
    **{name: (1, 1, _time_field(name)) for name in ("hour", "minute", "second")},
    "datediff": (2, 2, _typed_call("datediff", "integer", "date", "date")),
    "date_add": (2, 2, partial(_add_days, subtract=False)),
    "date_sub": (2, 2, partial(_add_days, subtract=True)),
    "last_day": (1, 1, _typed_call("last_day", "date", "date")),
    "months_between": (2, 2, _typed_call("months_between", "double", "timestamp", "timestamp")),
    "to_date": (1, 1, _to_date),
}
FUNCTIONS.update({alias: FUNCTIONS[name] for alias, name in _ALIASES.items()})
FUNCTIONS["nvl"] = FUNCTIONS["ifnull"] = (2, 2, _coalesce)
