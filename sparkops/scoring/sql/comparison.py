"""Comparison and three-valued logic: NaN equals NaN and is the largest number; null is neither true nor false."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..codegen.code_writer import CodeWriter
from .expression import Expression
from .fragment import Fragment, bind_once, propagate_nulls
from .literals import decode_literal
from .operation import Emit, Fragments, Operation, emit_call, list_argument_types, make_signature_check
from .runtime import strings
from .types import is_floating


def _is_comparison(node: Expression) -> bool:
    types = list_argument_types(node)
    return node.type == "boolean" and len(types) == 2 and types[0] == types[1]  # noqa: PLR2004


def _emit_equality(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    if is_floating(node.args[0].type) and operands[0].nan and operands[1].nan:
        return propagate_nulls(
            code, operands, lambda a, b: f"({a} == {b} or ({a} != {a} and {b} != {b}))", nan=False, once=False
        )
    return propagate_nulls(code, operands, lambda a, b: f"({a} == {b})", nan=False)


def _make_ordering_emitter(operator: str, nan_side: int, test: str) -> Emit:
    """Return the emitter of a comparison in which NaN is the largest number.

    Args:
        operator: Python's comparison operator.
        nan_side: Position of the operand whose NaN needs an additional test.
        test: Format of that test over "a" and "b"; the comparison also holds where it is true.
    """

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        if not is_floating(node.args[0].type) or not operands[nan_side].nan:
            return propagate_nulls(code, operands, lambda a, b: f"({a} {operator} {b})", nan=False)

        def body(a: str, b: str) -> str:
            return f"({a} {operator} {b} or {test.format(a=a, b=b)})"

        return propagate_nulls(code, operands, body, nan=False, once=False)

    return emit


def _emit_null_safe_equality(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    first, a = bind_once(code, operands[0])
    second, b = bind_once(code, operands[1])
    null_count = " + ".join(
        "0" if part.atom and not part.null else f"({text} is None)"
        for part, text in zip(operands, (first, second), strict=True)
    )
    equal = f"{a} == {b}"
    if is_floating(node.args[0].type):
        equal = f"({a} == {b} or ({a} != {a} and {b} != {b}))"
    name = code.new_name()
    return Fragment(f"(({equal}) if ({name} := {null_count}) == 0 else {name} == 2)", null=False, nan=False)


def _is_logical(node: Expression) -> bool:
    return node.type == "boolean" and len(node.args) > 1 and set(list_argument_types(node)) == {"boolean"}


def _make_logical_emitter(operator: str, decisive: str) -> Emit:
    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
        if not any(part.null for part in operands):
            return Fragment(
                f"({f' {operator} '.join(part.expr for part in operands)})", null=False, nan=False
            )
        pairs = [bind_once(code, part) for part in operands]
        decided = " or ".join(f"{first} is {decisive}" for first, _ in pairs)
        nulls = " or ".join(
            f"{name} is None" for (_, name), part in zip(pairs, operands, strict=True) if part.null
        )
        otherwise = "True" if decisive == "False" else "False"
        return Fragment(f"({decisive} if {decided} else None if {nulls} else {otherwise})", nan=False)

    return emit


def _emit_not(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    return propagate_nulls(code, operands, lambda a: f"(not {a})", nan=False)


def emit_is_null(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
    """Return the code of a test for null."""
    if not operands[0].null:
        # The operand is evaluated nevertheless, for the errors that it may raise.
        text = "False" if operands[0].atom else f"({operands[0].expr}, False)[1]"
        return Fragment(text, null=False, nan=False, atom=operands[0].atom)
    return Fragment(f"({operands[0].expr} is None)", null=False, nan=False)


def _emit_in(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    values = code.bind_constant(frozenset(_decode_options(node)))
    return propagate_nulls(code, operands[:1], lambda a: f"({a} in {values})", nan=False)


def _decode_options(node: Expression) -> list[Any]:
    return [decode_literal(arg.value, arg.type) for arg in node.args[1:]]


def _is_in(node: Expression) -> bool:
    types = set(list_argument_types(node))
    are_literals = all(arg.op == "literal" and arg.value is not None for arg in node.args[1:])
    if node.type != "boolean" or len(node.args) < 2 or len(types) != 1 or not are_literals:  # noqa: PLR2004
        return False
    return all(value == value for value in _decode_options(node))  # noqa: PLR0124


def _emit_like(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    return emit_call(code, operands, strings.compile_like(*node.value), nan=False)  # type: ignore[arg-type]


def _is_like(node: Expression) -> bool:
    value = node.value
    is_pair = isinstance(value, list) and [*map(type, value)] == [str, str]
    return (
        make_signature_check("boolean", "string")(node)
        and is_pair
        and len(value[1]) == 1
        and strings.compile_like(*value) is not None
    )


COMPARISONS: Mapping[str, Operation] = {
    "eq": Operation(_is_comparison, _emit_equality),
    "lt": Operation(_is_comparison, _make_ordering_emitter("<", 1, "({b} != {b} and {a} == {a})")),
    "le": Operation(_is_comparison, _make_ordering_emitter("<=", 1, "{b} != {b}")),
    "gt": Operation(_is_comparison, _make_ordering_emitter(">", 0, "({a} != {a} and {b} == {b})")),
    "ge": Operation(_is_comparison, _make_ordering_emitter(">=", 0, "{a} != {a}")),
    "eqnull": Operation(_is_comparison, _emit_null_safe_equality),
    "and": Operation(_is_logical, _make_logical_emitter("and", "False")),
    "or": Operation(_is_logical, _make_logical_emitter("or", "True")),
    "not": Operation(make_signature_check("boolean", "boolean"), _emit_not),
    "isnull": Operation(lambda node: node.type == "boolean" and len(node.args) == 1, emit_is_null),
    "in": Operation(_is_in, _emit_in),
    "like": Operation(_is_like, _emit_like),
}
