"""Conditional functions."""

from __future__ import annotations

from functools import partial

from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.sql.coercion import (
    VOID,
    coerce_all,
    find_common_type_without_strings,
    literal,
    null_literal,
)
from sparkops.compiler.sql.operators import case_when, compare, is_null, require_boolean
from sparkops.scoring.sql.expression import Expression, make_expression

from .call import MAX_ARGS, Args, Function, Functions


def coalesce(args: Args) -> Expression:
    """Return the first argument that is not null."""
    values = coerce_all(args)
    if values[0].type == VOID:
        raise CannotCompile("all its operands are null")
    return make_expression("coalesce", values[0].type, values) if len(values) > 1 else values[0]


def _build_extreme(op: str, args: Args) -> Expression:
    values = coerce_all(args, find_common_type_without_strings)
    if values[0].type == VOID:
        raise CannotCompile("all its operands are null")
    return make_expression(op, values[0].type, values)


def _build_if(args: Args) -> Expression:
    return case_when([(require_boolean(args[0]), args[1])], args[2])


def _build_null_if(args: Args) -> Expression:
    if VOID in (args[0].type, args[1].type):
        raise CannotCompile("nullif of null is not supported")
    return case_when([(compare("eq", args[0], args[1]), null_literal(args[0].type))], args[0])


def _build_is_not_null(arg: Expression) -> Expression:
    return make_expression("not", "boolean", [is_null(arg)])


def _build_nvl2(args: Args) -> Expression:
    return case_when([(_build_is_not_null(args[0]), args[1])], args[2])


def _build_decode(args: Args) -> Expression:
    """Return `decode(value, key, result, ..., default)`; a null value equals a null key."""
    value, *rest = args
    if len(rest) < 2:  # noqa: PLR2004
        raise CannotCompile("decode of bytes is not supported")
    pairs = [(_build_is_same(value, key), result) for key, result in zip(rest[::2], rest[1::2], strict=False)]
    return case_when(pairs, rest[-1] if len(rest) % 2 else None)


def _build_is_same(value: Expression, key: Expression) -> Expression:
    return is_null(value) if key.type == VOID else compare("eqnull", value, key)


def _make_zero(arg: Expression) -> Expression:
    return literal(0, "integer") if arg.type != "string" else literal("0", "string")


CONDITIONS: Functions = {
    "coalesce": Function(1, MAX_ARGS, coalesce),
    "nvl": Function(2, 2, coalesce),
    "if": Function(3, 3, _build_if),
    "decode": Function(2, MAX_ARGS, _build_decode, "not of bytes with a character set"),
    "nullif": Function(2, 2, _build_null_if),
    "nvl2": Function(3, 3, _build_nvl2),
    "isnull": Function(1, 1, lambda args: is_null(args[0])),
    "isnotnull": Function(1, 1, lambda args: _build_is_not_null(args[0])),
    "equal_null": Function(2, 2, lambda args: compare("eqnull", args[0], args[1])),
    "nullifzero": Function(
        1,
        1,
        lambda args: case_when(
            [(compare("eq", args[0], _make_zero(args[0])), null_literal(args[0].type))], args[0]
        ),
    ),
    "zeroifnull": Function(1, 1, lambda args: coalesce([args[0], _make_zero(args[0])])),
    "greatest": Function(2, MAX_ARGS, partial(_build_extreme, "greatest")),
    "least": Function(2, MAX_ARGS, partial(_build_extreme, "least")),
}
