"""Fragments of generated code: the Python text of a value, and how fragments are combined where null propagates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..codegen.code_writer import CodeWriter


@dataclass(frozen=True, slots=True)
class Fragment:
    """Python text of a value.

    Args:
        expr: A Python expression over names that the code writer made.
        null: Whether the value may be None.
        nan: Whether the value may be NaN.
        atom: Whether it is one name or constant, so that repeating it costs nothing.
    """

    expr: str
    null: bool = True
    nan: bool = True
    atom: bool = False


def propagate_nulls(
    code: CodeWriter,
    operands: Sequence[Fragment],
    body: Callable[..., str],
    *,
    nan: bool = True,
    backwards: bool = False,
    once: bool = True,
) -> Fragment:
    """Return a fragment that is None where an operand is None, and the value of `body` elsewhere.

    As in Spark, operands are evaluated in order, and those after a null one are not evaluated.

    Args:
        code: Makes names.
        operands: The operands.
        body: Takes one Python text for each operand and returns the text of the result. The result counts as not
            null where no operand is null; `emit_call` has an option for functions that may return None there.
        nan: Whether the body may return NaN.
        backwards: The last operand is evaluated first, as Spark does in divisions.
        once: The body uses each operand at most once.
    """
    positions = range(len(operands))
    order = list(reversed(positions)) if backwards else list(positions)
    null_tests, exprs = [], [operand.expr for operand in operands]
    for turn, position in enumerate(order):
        operand = operands[position]
        null_later = any(operands[other].null for other in order[turn + 1 :])
        if operand.atom:
            null_tests += [f"{operand.expr} is None"] if operand.null else []
        elif operand.null or null_later or not once or (backwards and len(operands) > 1):
            name = code.new_name()
            null_tests.append(f"({name} := {operand.expr}) is None")
            exprs[position] = name
    result = body(*exprs)
    if not null_tests:
        return Fragment(result, null=False, nan=nan)
    return Fragment(
        f"(None if {' or '.join(null_tests)} else {result})",
        any(operand.null for operand in operands),
        nan,
    )


def bind_once(code: CodeWriter, fragment: Fragment) -> tuple[str, str]:
    """Return the text for the first use of a fragment, which assigns it to a name, and the text for later uses."""
    if fragment.atom:
        return fragment.expr, fragment.expr
    name = code.new_name()
    return f"({name} := {fragment.expr})", name
