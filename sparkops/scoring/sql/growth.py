"""Bound the texts and arrays that an expression makes of one row.

Most expressions make no more than a few times what they are given: their size follows from the row, and nothing is
counted. Where a tree may make more (`repeat`, `concat(x, x)` in itself, `sequence`, loops in loops), each text and
array that it makes for a row is counted against a budget.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..codegen.code_writer import CodeWriter
from ..ir.growth import EMPTY, INPUT, UNBOUNDED, Bound
from .expression import Expression
from .runtime.sizes import spend
from .types import parse_element_type

# Characters of a number.
_NUMBER = Bound(0, 400)
# Characters that a format of `printf` adds to one argument at most.
_MAX_FORMATTED = 1000
# Times that an operation makes of its operand, in characters at most.
_FACTORS = {
    "lower": 3,
    "upper": 3,
    "initcap": 3,
    "hex": 8,
    "base64": 6,
    "url_encode": 12,
    "quote": 2,
    "get_json_object": 6,
}
_LOOPS = frozenset(("transform", "filter", "exists", "forall", "zip_with", "aggregate", "array_sort_by"))


@dataclass(frozen=True, slots=True)
class Growth:
    """What a tree makes of a row.

    Args:
        bound: Bound of its value.
        is_counted: Whether it may make more than a few times what a row contains, or loops within loops.
    """

    bound: Bound
    is_counted: bool


def start_budget(growth: Growth, code: CodeWriter) -> None:
    """Let the code of a tree count what it makes, if that may be large."""
    code.budget = ""
    if growth.is_counted:
        code.budget = code.get_row_budget()
        code.spend = code.bind_constant(spend)


def find_growth(tree: Expression, bounds: Mapping[str, Bound]) -> Growth:
    """Return what a tree makes of a row.

    Args:
        tree: The tree.
        bounds: Bounds of computed columns.
    """
    return Growth(*_bound_tree(tree, bounds, is_inside=False))


def _bound_tree(node: Expression, bounds: Mapping[str, Bound], *, is_inside: bool) -> tuple[Bound, bool]:
    """Return the bound of a tree, and whether it is counted; `is_inside` tells that the tree is inside a loop."""
    op = node.op
    if not node.args:
        if node.type != "string" and parse_element_type(node.type) is None:
            return _NUMBER, False
        if op == "literal":
            bound = Bound(0, len(str(node.value)))
            return bound, not bound.is_small
        bound = bounds.get(str(node.value), INPUT) if op == "column" else INPUT
        return bound, not bound.is_small
    is_loop = op in _LOOPS
    operands, is_counted = [], is_loop and is_inside
    for arg in node.args:
        operand, counts = _bound_tree(arg, bounds, is_inside=is_inside or is_loop)
        operands.append(operand)
        is_counted = is_counted or counts
    if node.type != "string" and parse_element_type(node.type) is None:
        return _NUMBER, is_counted
    rule = _RULES.get(op)
    bound = rule(node, operands) if rule else sum(operands, EMPTY) * _FACTORS.get(op, 1)
    return bound, is_counted or not bound.is_small


def _read_literal(node: Expression, kind: type) -> Any:
    """Return the value of a literal of a kind; None for another node."""
    is_literal = node.op == "literal" and isinstance(node.value, kind) and not isinstance(node.value, bool)
    return node.value if is_literal else None


def _bound_repeat(node: Expression, operands: Sequence[Bound]) -> Bound:
    count = _read_literal(node.args[-1], int)
    return UNBOUNDED if count is None else operands[0] * max(count, 1) + Bound(0, max(count, 0))


def _bound_padding(node: Expression, operands: Sequence[Bound]) -> Bound:
    length = _read_literal(node.args[1], int)
    return UNBOUNDED if length is None else operands[0] + Bound(0, max(length, 0))


def _bound_replace(node: Expression, operands: Sequence[Bound]) -> Bound:
    old, new = _read_literal(node.args[1], str), _read_literal(node.args[2], str)
    return UNBOUNDED if old is None or new is None else operands[0] * (1 + len(new) / max(1, len(old)))


def _bound_replaced_matches(node: Expression, operands: Sequence[Bound]) -> Bound:
    replacement = node.value[1] if isinstance(node.value, list | tuple) and len(node.value) > 1 else None
    return operands[0] * (2 + len(replacement)) if isinstance(replacement, str) else UNBOUNDED


def _bound_concat_ws(node: Expression, operands: Sequence[Bound]) -> Bound:
    separator = _read_literal(node.args[0], str)
    return UNBOUNDED if separator is None else sum(operands, EMPTY) * (1 + len(separator))


def _bound_array_join(node: Expression, operands: Sequence[Bound]) -> Bound:
    texts = [_read_literal(arg, str) for arg in node.args[1:]]
    if None in texts:
        return UNBOUNDED
    return sum(operands, EMPTY) * (1 + sum(len(text) for text in texts if text))


def _bound_mask(node: Expression, operands: Sequence[Bound]) -> Bound:
    texts = node.value if isinstance(node.value, list | tuple) else ()
    return operands[0] * (2 * max((len(text) for text in texts if isinstance(text, str)), default=1))


def _bound_insert(node: Expression, operands: Sequence[Bound]) -> Bound:
    position = _read_literal(node.args[1], int)
    return UNBOUNDED if position is None else sum(operands, EMPTY) + Bound(0, abs(position))


def _bound_sequence(node: Expression, operands: Sequence[Bound]) -> Bound:  # noqa: ARG001
    first, last = (_read_literal(arg, int) for arg in node.args[:2])
    return UNBOUNDED if first is None or last is None else Bound(0, abs(last - first) + 1)


def _bound_loop(node: Expression, operands: Sequence[Bound]) -> Bound:
    """Return the bound of a loop: one whose elements are texts may repeat a text of the row for each."""
    return UNBOUNDED if "string" in node.type or node.op == "aggregate" else sum(operands, EMPTY)


def _bound_printf(node: Expression, operands: Sequence[Bound]) -> Bound:
    return sum(operands, Bound(0, len(str(node.value)) + _MAX_FORMATTED * len(node.args)))


_RULES: Mapping[str, Callable[[Expression, Sequence[Bound]], Bound]] = {
    "repeat": _bound_repeat,
    "array_repeat": _bound_repeat,
    "space": _bound_repeat,
    "lpad": _bound_padding,
    "rpad": _bound_padding,
    "replace": _bound_replace,
    "regexp_replace": _bound_replaced_matches,
    "concat_ws": _bound_concat_ws,
    "array_join": _bound_array_join,
    "array_join_nulls": _bound_array_join,
    "mask": _bound_mask,
    "array_insert": _bound_insert,
    "sequence": _bound_sequence,
    "transform": _bound_loop,
    "zip_with": _bound_loop,
    "aggregate": _bound_loop,
    "printf": _bound_printf,
}
