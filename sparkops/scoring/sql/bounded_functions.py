"""Functions whose result may be far larger than their arguments: its size is tested before it is made.

Used where the size of all results of a row is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..codegen.code_writer import CodeWriter
from .expression import Expression
from .fragment import Fragment
from .operation import Emit, Fragments, emit_call, list_argument_types
from .runtime import arrays, sizes, strings
from .runtime import regular_expressions as regex


def _make_call_emitter(function: Callable[..., Any]) -> Emit:
    """Return the emitter of a call that is null where an operand is null."""

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:  # noqa: ARG001
        return emit_call(code, operands, function, nan=False)

    return emit


def _emit_concat_ws(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
    has_arrays = set(list_argument_types(node)) != {"string"}
    name = code.bind_constant(sizes.bound_join(arrays.concat_ws if has_arrays else strings.concat_ws))
    items = "".join(f"{operand.expr}, " for operand in operands[1:])
    return Fragment(f"{name}({operands[0].expr}, ({items}))", operands[0].null, nan=False)


def _make_expansion_emitter(make: Callable[..., Callable[[str], str]], growth: Callable[..., int]) -> Emit:
    """Return the emitter of a function of a text.

    Args:
        make: Returns the function, from the node's value.
        growth: Returns how many times longer than its argument the result may be, from the node's value.
    """

    def emit(code: CodeWriter, node: Expression, operands: Fragments) -> Fragment:
        function = sizes.bound_expansion(make(*node.value), growth(*node.value))
        return emit_call(code, operands, function, nan=False)

    return emit


BOUNDED: Mapping[str, Emit] = {
    "concat": _make_call_emitter(sizes.concat_texts),
    "array_concat": _make_call_emitter(sizes.concat_arrays),
    "concat_ws": _emit_concat_ws,
    "array_join": _make_call_emitter(sizes.bound_array_join(arrays.join)),
    "array_join_nulls": _make_call_emitter(sizes.bound_array_join(arrays.join_with_nulls)),
    "replace": _make_call_emitter(sizes.replace_text),
    "regexp_replace": _make_expansion_emitter(
        regex.make_replace_function,
        lambda pattern, replacement: 1 + len(replacement),  # noqa: ARG005
    ),
    "mask": _make_expansion_emitter(
        strings.make_mask_function, lambda *kinds: 2 * max(len(kind or " ") for kind in kinds)
    ),
}
"""Emitters by operation, in place of those of trees that are not counted."""


def count_result(code: CodeWriter, fragment: Fragment) -> Fragment:
    """Return a text or an array that is taken from the budget of the row."""
    return Fragment(f"{code.spend}({code.budget}, {fragment.expr})", fragment.null, fragment.nan)
