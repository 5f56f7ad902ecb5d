"""Choice among values: conditions, the first that is not null, the largest, the one that is no NaN."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..codegen.code_writer import CodeWriter
from .runtime import numeric
from .comparison import is_null
from .expression import Node
from .operation import (Operation, Parts, Write, kinds_of, same_numbers)
from .fragment import (Piece, held)
from .types import real


def _is_case(node: Node) -> bool:
    conditions, values = node.args[:-1:2], (*node.args[1::2], node.args[-1])
    return (
        len(node.args) > 2  # noqa: PLR2004
        and len(node.args) % 2 == 1
        and all(arg.type == "boolean" for arg in conditions)
        and all(arg.type == node.type for arg in values)
    )


def _case(code: CodeWriter, node: Node, parts: Parts) -> Piece:  # noqa: ARG001
    pairs = list(zip(parts[:-1:2], parts[1::2], strict=True))
    values = [value for _, value in pairs] + [parts[-1]]
    text = "".join(f"{value.expr} if {condition.expr} else " for condition, value in pairs)
    return Piece(
        f"({text}{parts[-1].expr})", any(value.null for value in values), any(value.nan for value in values)
    )


def _is_choice(node: Node) -> bool:
    return len(node.args) > 1 and set(kinds_of(node)) == {node.type}


def _coalesce(code: CodeWriter, node: Node, parts: Parts) -> Piece:  # noqa: ARG001
    text = ""
    for part in parts[:-1]:
        if not part.null:
            return Piece(f"({text}{part.expr})", null=False, nan=any(each.nan for each in parts))
        first, again = held(code, part)
        text += f"{again} if {first} is not None else "
    return Piece(f"({text}{parts[-1].expr})", parts[-1].null, any(part.nan for part in parts))


def _extreme(function: Callable[..., Any]) -> Write:
    def write(code: CodeWriter, node: Node, parts: Parts) -> Piece:  # noqa: ARG001
        items = ", ".join(part.expr for part in parts)
        null, nan = all(part.null for part in parts), any(part.nan for part in parts)
        return Piece(f"{code.constant(function)}(({items}))", null, nan)

    return write


def _is_nan(code: CodeWriter, node: Node, parts: Parts) -> Piece:
    if not parts[0].nan:
        return is_null(code, node, [replace(parts[0], null=False)])
    first, again = held(code, parts[0])
    return Piece(f"({first} is not None and {again} != {again})", null=False, nan=False)


def _or_else(code: CodeWriter, node: Node, parts: Parts) -> Piece:  # noqa: ARG001
    first, again = held(code, parts[0])
    if not parts[0].nan:
        return parts[0]
    text = f"({again} if {first} is None or {again} == {again} else {parts[1].expr})"
    return Piece(text, parts[0].null or parts[1].null, parts[1].nan)


CHOICES: Mapping[str, Operation] = {
    "case": Operation(_is_case, _case),
    "coalesce": Operation(_is_choice, _coalesce),
    "greatest": Operation(_is_choice, _extreme(numeric.greatest)),
    "least": Operation(_is_choice, _extreme(numeric.least)),
    "isnan": Operation(
        lambda node: node.type == "boolean" and all(map(real, kinds_of(node))) and len(node.args) == 1,
        _is_nan,
    ),
    "nanvl": Operation(lambda node: same_numbers(2)(node) and real(node.type), _or_else),
}
