"""Conditional expressions: CASE, coalesce, greatest, least, isnan and nanvl, and lookups in constant maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..codegen.code_writer import CodeWriter
from .comparison import emit_is_null
from .expression import Expression
from .fragment import Fragment, bind_once
from .literals import decode_literal
from .operation import Emit, Fragments, Operation, list_argument_types, make_one_type_check
from .runtime import numeric
from .types import is_floating, is_key


def _is_case(node: Expression) -> bool:
    conditions, values = node.args[:-1:2], (*node.args[1::2], node.args[-1])
    return (
        len(node.args) > 2  # noqa: PLR2004
        and len(node.args) % 2 == 1
        and all(arg.type == "boolean" for arg in conditions)
        and all(arg.type == node.type for arg in values)
    )


def _emit_case(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    pairs = list(zip(operands[:-1:2], operands[1::2], strict=True))
    values = [value for _, value in pairs] + [operands[-1]]
    text = "".join(f"{value.expr} if {condition.expr} else " for condition, value in pairs)
    return Fragment(
        f"({text}{operands[-1].expr})",
        any(value.null for value in values),
        any(value.nan for value in values),
    )


def _has_one_type(node: Expression) -> bool:
    return len(node.args) > 1 and set(list_argument_types(node)) == {node.type}


def _emit_coalesce(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    text = ""
    for operand in operands[:-1]:
        if not operand.null:
            return Fragment(f"({text}{operand.expr})", null=False, nan=any(other.nan for other in operands))
        first, again = bind_once(code, operand)
        text += f"{again} if {first} is not None else "
    return Fragment(
        f"({text}{operands[-1].expr})", operands[-1].null, any(operand.nan for operand in operands)
    )


def _make_extreme_emitter(function: Callable[..., Any]) -> Emit:
    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
        items = ", ".join(operand.expr for operand in operands)
        null, nan = all(operand.null for operand in operands), any(operand.nan for operand in operands)
        return Fragment(f"{code.bind_constant(function)}(({items}))", null, nan)

    return emit


def _emit_is_nan(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    if not operands[0].nan:
        # As the test for null of a value that is never null: false, and the operand's errors are raised.
        return emit_is_null(code, node, [replace(operands[0], null=False)])
    first, again = bind_once(code, operands[0])
    return Fragment(f"({first} is not None and {again} != {again})", null=False, nan=False)


def _emit_nanvl(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    if not operands[0].nan:
        return operands[0]
    first, again = bind_once(code, operands[0])
    text = f"({again} if {first} is None or {again} == {again} else {operands[1].expr})"
    return Fragment(text, operands[0].null or operands[1].null, operands[1].nan)


def _is_lookup(node: Expression) -> bool:
    """Return whether a node has an operand to look up, and for each of its distinct keys a value of the node's type."""
    key, *values = node.args
    keys = _read_lookup_keys(node)
    return (
        bool(values)
        and is_key(key.type)
        and len(values) == len(keys) == len(set(keys))
        and None not in keys
        and all(value.type == node.type for value in values)
    )


def _read_lookup_keys(node: Expression) -> list[Any]:
    return [decode_literal(key, node.args[0].type) for key in node.value]


def _emit_lookup(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    """Return the code of a lookup in a constant map; only the value of the key is evaluated."""
    key, *values = operands
    keys, args = _read_lookup_keys(node), node.args[1:]
    nan = any(value.nan for value in values)
    if all(arg.op == "literal" for arg in args):
        table = {name: decode_literal(arg.value, arg.type) for name, arg in zip(keys, args, strict=True)}
        return Fragment(f"{code.bind_constant(table.get)}({key.expr})", nan=nan)
    positions = code.bind_constant({name: position for position, name in enumerate(keys)}.get)
    name = code.new_name()
    first = f"({name} := {positions}({key.expr}))"
    branches = "".join(
        f"{value.expr} if {first if position == 0 else name} == {position} else "
        for position, value in enumerate(values)
    )
    return Fragment(f"({branches}None)", nan=nan)


CONDITIONALS: Mapping[str, Operation] = {
    "case": Operation(_is_case, _emit_case),
    "coalesce": Operation(_has_one_type, _emit_coalesce),
    "greatest": Operation(_has_one_type, _make_extreme_emitter(numeric.greatest)),
    "least": Operation(_has_one_type, _make_extreme_emitter(numeric.least)),
    "isnan": Operation(
        lambda node: (
            node.type == "boolean"
            and all(map(is_floating, list_argument_types(node)))
            and len(node.args) == 1
        ),
        _emit_is_nan,
    ),
    "lookup": Operation(_is_lookup, _emit_lookup),
    "nanvl": Operation(lambda node: make_one_type_check(2)(node) and is_floating(node.type), _emit_nanvl),
}
