"""Comparison and logic of three values: NaN equals NaN and is the largest number, null is neither true nor false."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..codegen.code_writer import CodeWriter
from .runtime import strings
from .literals import read
from .expression import Node
from .operation import Operation, Parts, Write, called, kinds_of, takes
from .fragment import (Piece, held, strict)
from .types import real


def _compares(node: Node) -> bool:
    kinds = kinds_of(node)
    return node.type == "boolean" and len(kinds) == 2 and kinds[0] == kinds[1]  # noqa: PLR2004


def _equal(code: CodeWriter, node: Node, parts: Parts) -> Piece:
    if real(node.args[0].type) and parts[0].nan and parts[1].nan:
        return strict(
            code, parts, lambda a, b: f"({a} == {b} or ({a} != {a} and {b} != {b}))", nan=False, once=False
        )
    return strict(code, parts, lambda a, b: f"({a} == {b})", nan=False)


def _ordered(mark: str, odd: int, test: str) -> Write:
    """Return the writer of a comparison in which NaN is the largest number.

    Args:
        mark: Python's comparison.
        odd: The part whose NaN needs a word of its own.
        test: What is true when it is NaN; "a" and "b" stand for the parts.
    """

    def write(code: CodeWriter, node: Node, parts: Parts) -> Piece:
        if not real(node.args[0].type) or not parts[odd].nan:
            return strict(code, parts, lambda a, b: f"({a} {mark} {b})", nan=False)

        def body(a: str, b: str) -> str:
            return f"({a} {mark} {b} or {test.format(a=a, b=b)})"

        return strict(code, parts, body, nan=False, once=False)

    return write


def _equal_or_both_null(code: CodeWriter, node: Node, parts: Parts) -> Piece:
    first, a = held(code, parts[0])
    second, b = held(code, parts[1])
    both = " + ".join(
        "0" if part.atom and not part.null else f"({text} is None)"
        for part, text in zip(parts, (first, second), strict=True)
    )
    equal = f"{a} == {b}"
    if real(node.args[0].type):
        equal = f"({a} == {b} or ({a} != {a} and {b} != {b}))"
    name = code.name()
    return Piece(f"(({equal}) if ({name} := {both}) == 0 else {name} == 2)", null=False, nan=False)


def _logic(node: Node) -> bool:
    return node.type == "boolean" and len(node.args) > 1 and set(kinds_of(node)) == {"boolean"}


def _joined(word: str, decides: str) -> Write:
    def write(code: CodeWriter, node: Node, parts: Parts) -> Piece:  # noqa: ARG001
        if not any(part.null for part in parts):
            return Piece(f"({f' {word} '.join(part.expr for part in parts)})", null=False, nan=False)
        pairs = [held(code, part) for part in parts]
        found = " or ".join(f"{first} is {decides}" for first, _ in pairs)
        nulls = " or ".join(
            f"{name} is None" for (_, name), part in zip(pairs, parts, strict=True) if part.null
        )
        rest = "True" if decides == "False" else "False"
        return Piece(f"({decides} if {found} else None if {nulls} else {rest})", nan=False)

    return write


def _not(code: CodeWriter, node: Node, parts: Parts) -> Piece:  # noqa: ARG001
    return strict(code, parts, lambda a: f"(not {a})", nan=False)


def is_null(code: CodeWriter, node: Node, parts: Parts) -> Piece:  # noqa: ARG001
    """Return whether a part is null."""
    if not parts[0].null:  # still worked out, for its faults
        made = "False" if parts[0].atom else f"({parts[0].expr}, False)[1]"
        return Piece(made, null=False, nan=False, atom=parts[0].atom)
    return Piece(f"({parts[0].expr} is None)", null=False, nan=False)


def _within(code: CodeWriter, node: Node, parts: Parts) -> Piece:
    values = code.constant(frozenset(_constants(node)))
    return strict(code, parts[:1], lambda a: f"({a} in {values})", nan=False)


def _constants(node: Node) -> list[Any]:
    return [read(arg.value, arg.type) for arg in node.args[1:]]


def _is_within(node: Node) -> bool:
    kinds = set(kinds_of(node))
    plain = all(arg.op == "literal" and arg.value is not None for arg in node.args[1:])
    if node.type != "boolean" or len(node.args) < 2 or len(kinds) != 1 or not plain:  # noqa: PLR2004
        return False
    return all(value == value for value in _constants(node))  # noqa: PLR0124


def _like(code: CodeWriter, node: Node, parts: Parts) -> Piece:
    return called(code, parts, strings.like(*node.value), nan=False)  # type: ignore[arg-type]


def _is_like(node: Node) -> bool:
    value = node.value
    two = isinstance(value, list) and len(value) == 2 and all(isinstance(item, str) for item in value)  # noqa: PLR2004
    return takes("boolean", "string")(node) and two and len(value[1]) == 1 and strings.like(*value) is not None


COMPARISONS: Mapping[str, Operation] = {
    "eq": Operation(_compares, _equal),
    "lt": Operation(_compares, _ordered("<", 1, "({b} != {b} and {a} == {a})")),
    "le": Operation(_compares, _ordered("<=", 1, "{b} != {b}")),
    "gt": Operation(_compares, _ordered(">", 0, "({a} != {a} and {b} == {b})")),
    "ge": Operation(_compares, _ordered(">=", 0, "{a} != {a}")),
    "eqnull": Operation(_compares, _equal_or_both_null),
    "and": Operation(_logic, _joined("and", "False")),
    "or": Operation(_logic, _joined("or", "True")),
    "not": Operation(takes("boolean", "boolean"), _not),
    "isnull": Operation(lambda node: node.type == "boolean" and len(node.args) == 1, is_null),
    "in": Operation(_is_within, _within),
    "like": Operation(_is_like, _like),
}
