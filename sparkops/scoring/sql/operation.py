"""What an operation of an expression is, and the checks that several share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..codegen.code_writer import CodeWriter
from ..ir.field import WHOLE_RANGES
from .runtime import (decimals, numeric)
from .expression import Node
from .fragment import (Piece, strict)
from .types import decimal_of, number

Parts = Sequence[Piece]
Write = Callable[[CodeWriter, Node, Parts], Piece]
Check = Callable[[Node], bool]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Args:
        fits: Whether a node has the types and the value that it needs.
        write: Its Python text.
    """

    fits: Check
    write: Write


def kinds_of(node: Node) -> list[str]:
    """Return the types below a node."""
    return [arg.type for arg in node.args]


def takes(result: str, *kinds: str) -> Check:
    """Return the check of one type above and the types below."""
    return lambda node: node.type == result and kinds_of(node) == list(kinds)


def same_numbers(count: int) -> Check:
    """Return the check that one type of numbers stands above and below."""
    return lambda node: len(node.args) == count and number(node.type) and set(kinds_of(node)) == {node.type}


def in_range(code: CodeWriter, kind: str, expr: str) -> str:
    """Return the text of a whole number that is a fault out of its type's range."""
    limit, name = WHOLE_RANGES[kind], code.name()
    problem = code.constant(numeric.overflow(kind))
    return f"({name} if {-limit} <= ({name} := {expr}) < {limit} else {problem}({name}))"


def called(code: CodeWriter, parts: Parts, function: Callable[..., Any], **how: Any) -> Piece:
    """Return the text of a call; null in gives null out."""
    name = code.constant(function)
    return strict(code, parts, lambda *each: f"{name}({', '.join(each)})", **how)


def _fitted(function: Callable[..., Any], fit: Callable[[Any], Any], *values: Any) -> Any:
    return fit(function(*values))


def exact(
    code: CodeWriter, node: Node, parts: Parts, function: Callable[..., Any], *, backwards: bool = False
) -> Piece | None:
    """Return the text of a function whose result is a decimal; None for another result."""
    digits = decimal_of(node.type)
    if digits is None:
        return None
    return called(
        code, parts, partial(_fitted, function, decimals.fitting(*digits)), nan=False, backwards=backwards
    )
