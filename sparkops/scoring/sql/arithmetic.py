"""Arithmetic, by type: whole numbers in their range, doubles, floats rounded at each step, exact decimals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..codegen.code_writer import CodeWriter
from .runtime import (decimals, numeric)
from .expression import Node
from .operation import (Operation, Parts, Write, called, exact, in_range, kinds_of, same_numbers, takes)
from .fragment import (Piece, strict)
from .types import (decimal_of, whole)

_DECIMAL: Mapping[str, Callable[..., Any]] = {
    "+": decimals.add,
    "-": decimals.subtract,
    "*": decimals.multiply,
}


def _decimals(node: Node) -> bool:
    return (
        len(node.args) == 2  # noqa: PLR2004
        and decimal_of(node.type) is not None
        and all(decimal_of(kind) is not None for kind in kinds_of(node))
    )


def _arithmetic(node: Node) -> bool:
    return same_numbers(2)(node) or _decimals(node)


def _sum(sign: str) -> Write:
    def write(code: CodeWriter, node: Node, parts: Parts) -> Piece:
        made = exact(code, node, parts, _DECIMAL[sign])
        if made is not None:
            return made
        if whole(node.type):
            return strict(code, parts, lambda a, b: in_range(code, node.type, f"{a} {sign} {b}"), nan=False)
        if node.type == "float":
            single = code.constant(numeric.single)
            return strict(code, parts, lambda a, b: f"{single}({a} {sign} {b})")
        return strict(code, parts, lambda a, b: f"({a} {sign} {b})")

    return write


def _divide(code: CodeWriter, node: Node, parts: Parts) -> Piece:
    made = exact(code, node, parts, decimals.divide, backwards=True)
    if made is not None:
        return made
    divisor = node.args[1]
    if divisor.op == "literal" and divisor.value is not None and float.fromhex(divisor.value) != 0.0:
        return strict(code, parts, lambda a, b: f"({a} / {b})")
    return called(code, parts, numeric.divide, backwards=True)


def _whole_divide(code: CodeWriter, node: Node, parts: Parts) -> Piece:
    whole_parts = decimal_of(node.args[0].type) is None
    function = numeric.whole_quotient if whole_parts else decimals.whole_quotient
    return called(code, parts, function, nan=False, backwards=True)


def _whole_divides(node: Node) -> bool:
    kinds = kinds_of(node)
    both = len(kinds) == 2 and all(decimal_of(kind) for kind in kinds)  # noqa: PLR2004
    return node.type == "long" and (both or kinds == ["long", "long"])


def _modulo(code: CodeWriter, node: Node, parts: Parts) -> Piece:
    made = exact(code, node, parts, decimals.remainder, backwards=True)
    kind = numeric.whole_remainder if whole(node.type) else numeric.real_remainder
    return made or called(code, parts, kind, backwards=True)


def _positive(code: CodeWriter, node: Node, parts: Parts) -> Piece:
    kind = numeric.positive_whole if whole(node.type) else numeric.positive_real
    return called(code, parts, kind, backwards=True)


def _plain_numbers(node: Node) -> bool:
    return (whole(node.type) and node.type in ("integer", "long")) or node.type == "double"


def _negate(code: CodeWriter, node: Node, parts: Parts) -> Piece:
    if whole(node.type):
        return strict(code, parts, lambda a: in_range(code, node.type, f"-{a}"), nan=False)
    made = exact(code, node, parts, decimals.negate)
    return made or strict(code, parts, lambda a: f"(-{a})", nan=parts[0].nan)


def _absolute(code: CodeWriter, node: Node, parts: Parts) -> Piece:
    if whole(node.type):
        return strict(code, parts, lambda a: in_range(code, node.type, f"abs({a})"), nan=False)
    return strict(code, parts, lambda a: f"abs({a})", nan=parts[0].nan)


CALCULATIONS: Mapping[str, Operation] = {
    "add": Operation(_arithmetic, _sum("+")),
    "sub": Operation(_arithmetic, _sum("-")),
    "mul": Operation(_arithmetic, _sum("*")),
    "div": Operation(lambda node: _decimals(node) or takes("double", "double", "double")(node), _divide),
    "intdiv": Operation(_whole_divides, _whole_divide),
    "mod": Operation(_arithmetic, _modulo),
    "pmod": Operation(lambda node: same_numbers(2)(node) and _plain_numbers(node), _positive),
    "neg": Operation(same_numbers(1), _negate),
    "abs": Operation(same_numbers(1), _absolute),
}
